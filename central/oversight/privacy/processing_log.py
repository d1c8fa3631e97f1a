"""The processing log: what was done with people's data, out of the audit (PRIV-10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.base.kernel.audit import AuditRow

LAST_MAX = 50
READ_MAX = 2_000
"""Audit rows that are read for the newest lines: one page load of a guard's desk can look at thirty pictures."""
LOOKS = ("picture.look",)
LOOKS_SPAN = timedelta(minutes=10)
"""Looks of one person within so long are one line, with how many there were; in the audit each has its own."""
ENROLLED = "enrolled"


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
    """`outcome`: how it came out, where the deed has one. `count`: looks that this line stands for, the first of them
    at `since`."""

    deed: Deed
    what: str
    at: datetime
    actor: str
    actor_kind: str
    reason: str | None
    outcome: str | None = None
    count: int = 1
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """`counts`: how often, every deed of `Deed`, also those that never were. `not_enrolled`: attempts among them that
    made no template. `last`: the newest lines."""

    since: datetime
    counts: Mapping[Deed, int]
    last: tuple[Line, ...]
    not_enrolled: int = 0


def deed_of(what: str) -> Deed | None:
    """Which kind of processing an audit row tells of; None: of none."""
    for deed, words in DEEDS.items():
        if any(what.startswith(word) if word.endswith(".") else what == word for word in words):
            return deed
    return None


def folded(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The newest `LAST_MAX` lines, newest first as they come: looks of one person shortly after one another are one."""
    kept: list[Line] = []
    open_at: dict[tuple[str, str, str | None], int] = {}
    for line in lines:
        key = (line.what, line.actor, line.reason)
        place = open_at.get(key) if line.what in LOOKS else None
        if place is not None and kept[place].at - line.at <= LOOKS_SPAN:
            kept[place] = replace(kept[place], count=kept[place].count + 1, since=line.at)
            continue
        if len(kept) == LAST_MAX:
            break
        open_at[key] = len(kept)
        kept.append(line)
    return tuple(kept)


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
    tried = select(func.count()).where(*here, AuditRow.what == "face.enrol")
    in_vain = tried.where(AuditRow.after["outcome"].astext.is_distinct_from(ENROLLED))
    lines = folded(_line(row) for row in db.scalars(query.limit(READ_MAX)))
    return Log(since, counts, lines, db.scalar(in_vain) or 0)


def _line(row: AuditRow) -> Line:
    deed = deed_of(row.what)
    assert deed is not None
    outcome = (row.after or {}).get("outcome")
    return Line(deed, row.what, row.at, row.actor_name, row.actor_kind, row.reason, outcome)
