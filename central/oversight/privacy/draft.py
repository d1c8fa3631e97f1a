"""The facts of an impact assessment, filled in from the live configuration; a person answers the rest (PRIV-10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.access.service import settings_of
from central.oversight.privacy.data_map import facts_of
from central.oversight.privacy.processing_log import processing_log
from central.people.community.queries import community_of, gates_of, lanes_of
from central.people.consent.queries import Standing, standings, text_views

LOG_OVER = timedelta(days=365)


def facts_now(db: Session, community_id: UUID, now: datetime) -> dict[str, Any]:
    """JSON-ready. Signed with the answers, so that later it can be seen what the answers were about."""
    settings, texts = settings_of(db, community_id), text_views(db, community_id)
    agreed = standings(db, community_id, None, now).values()
    log = processing_log(db, community_id, now - LOG_OVER)
    return {
        "community": community_of(db, community_id).name,
        "as_of": now.isoformat(),
        "gates": len(gates_of(db, community_id)),
        "lanes": len(lanes_of(db, community_id)),
        "agreed": sum(one.standing is Standing.IN_FORCE for one in agreed),
        "consent_text": texts[0].version if texts else None,
        "settings": {
            "send_pictures": settings.send_pictures, "picture_passed_s": settings.picture_passed_s,
            "picture_refused_days": settings.picture_refused_days, "refer_when_stale": settings.refer_when_stale,
        },
        "data_map": facts_of(db, community_id),
        "log": {deed.value: count for deed, count in log.counts.items()},
    }  # fmt: skip
