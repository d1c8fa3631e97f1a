"""The processing log: what was done with people's data, out of the audit (PRIV-10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.base.kernel.audit import AuditRow

LAST_MAX = 50


class Deed(StrEnum):
    """A kind of processing that somebody may ask about."""

    CONSENT = "consent"
    ENROLMENT = "enrolment"
    ERASURE = "erasure"
    REVEAL = "reveal"
    EXPORT = "export"
    PICTURE = "picture"
    WATCH = "watch"
    SETTING = "setting"
    ASSESSMENT = "assessment"


DEEDS: Mapping[Deed, tuple[str, ...]] = {
    Deed.CONSENT: ("consent.", "consent_text.", "age.", "group_test."),
    Deed.ENROLMENT: ("face.invite", "face.photos", "face.enrol", "face.anew"),
    Deed.ERASURE: ("face.order_erasure", "person.erase", "resident.end", "resident.withdraw"),
    Deed.REVEAL: ("person.unmask", "lane.look", "picture.look", "pass.show"),
    Deed.EXPORT: ("export.", "person.export", "audit.export"),
    Deed.PICTURE: ("picture.",),
    Deed.WATCH: ("watch.", "watch_list.", "watch_group."),
    Deed.SETTING: ("gate_settings.", "lane.kinds"),
    Deed.ASSESSMENT: ("assessment.", "group_finding."),
}
"""What the audit calls them: a whole word, or one with a dot at its end for all that begin so."""


@dataclass(frozen=True, slots=True)
class Line:
    deed: Deed
    what: str
    at: datetime
    actor: str
    actor_kind: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """`counts`: how often, every deed of `Deed`, also those that never were. `last`: the newest lines."""

    since: datetime
    counts: Mapping[Deed, int]
    last: tuple[Line, ...]


def deed_of(what: str) -> Deed | None:
    """Which kind of processing an audit row tells of; None: of none."""
    for deed, words in DEEDS.items():
        if any(what.startswith(word) if word.endswith(".") else what == word for word in words):
            return deed
    return None


def processing_log(db: Session, community_id: UUID, since: datetime) -> Log:
    """Of one community, from `since` on."""
    here = (AuditRow.community_id == community_id, AuditRow.at >= since)
    counts = dict.fromkeys(Deed, 0)
    words = []
    for what, count in db.execute(select(AuditRow.what, func.count()).where(*here).group_by(AuditRow.what)):
        deed = deed_of(what)
        if deed is not None:
            counts[deed] += count
            words.append(what)
    query = select(AuditRow).where(*here, AuditRow.what.in_(words)).order_by(AuditRow.at.desc(), AuditRow.id.desc())
    lines = []
    for row in db.scalars(query.limit(LAST_MAX)):
        deed = deed_of(row.what)
        assert deed is not None
        lines.append(Line(deed, row.what, row.at, row.actor_name, row.actor_kind, row.reason))
    return Log(since, counts, tuple(lines))
