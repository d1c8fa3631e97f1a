"""Whose consent is to an earlier text, or was given for a child who has grown: they are to be asked anew."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.people.consent.queries import standings, text_views
from central.people.consent.rules import KEEPS_TEMPLATE, Standing
from central.people.consent.views import StandingView


def to_agree_anew(
    db: Session, community_id: UUID, now: datetime, newest: int | None = None
) -> dict[UUID, StandingView]:
    """By person. With an `until` their consent still counts, and asked in time they lose nothing; without one it counts
    no longer. Whoever withdrew, or let it run out, is not asked. `newest`: the version of the newest text, where it is
    not published yet.
    """
    if newest is None:
        texts = text_views(db, community_id)
        newest = texts[0].version if texts else 0
    return {
        person: view
        for person, view in standings(db, community_id, None, now).items()
        if view.standing is Standing.ASKS_ANEW
        or (view.standing in KEEPS_TEMPLATE and view.last is not None and view.last.text_version < newest)
    }
