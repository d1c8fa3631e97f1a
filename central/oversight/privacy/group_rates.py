"""Error rates by group, of those who agreed to the test; and the findings that they open (PRIV-17).

A finding that was closed opens again only on attempts made after its close: what was looked into is not told twice.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.session import tenant_of
from central.gates.access.queries import holder_id_of
from central.gates.visits.face_attempts import attempts_of
from central.oversight.privacy.group_rules import PEOPLE_MIN, TRIALS_MIN, Rate, Tally, Verdict, judge, rate_of
from central.oversight.privacy.permissions import CLOSE_FINDINGS
from central.oversight.privacy.tables import GroupFindingRow
from central.people.community.queries import communities
from central.people.group_test.rules import GROUPS, Dimension
from central.people.group_test.service import participants
from models.values.ids import new_id

REASON_MAX = 400


@dataclass(frozen=True, slots=True)
class Group:
    dimension: Dimension
    key: str
    rate: Rate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """`mean`: of all who take part; `agreed`: how many do, whether they have tried yet or not."""

    agreed: int
    mean: Rate
    groups: tuple[Group, ...]

    @property
    def large_enough(self) -> bool:
        """Whether the mean itself says anything, and points at nobody."""
        return self.mean.people >= PEOPLE_MIN and self.mean.trials >= TRIALS_MIN


def report_of(db: Session, community_id: UUID, since: datetime | None = None) -> Report:
    """Every group there is, also those that nobody is in. `since`: attempts before it are left out."""
    people = participants(db, community_id)
    holders = {one.person_id: holder_id_of(db, community_id, one.person_id) for one in people}
    starts = {
        holder: max(one.since, since) if since else one.since
        for one in people
        if (holder := holders[one.person_id]) is not None
    }
    counted = attempts_of(db, starts)
    tallies = [(one.said, Tally(*counted.get(holders[one.person_id] or one.person_id, (0, 0)))) for one in people]
    mean = rate_of(tally for _, tally in tallies)
    groups = []
    for dimension, keys in GROUPS.items():
        for key in keys:
            rate = rate_of(tally for said, tally in tallies if said.get(dimension) == key)
            groups.append(Group(dimension, key, rate, judge(rate, mean)))
    return Report(len(people), mean, tuple(groups))


def open_findings(db: Session, now: datetime) -> int:
    """Timed: one for each group that fails too often and has none open. Returns how many were opened."""
    opened = 0
    for place in communities(db, None):
        closed = _last_closed(db, place.community_id)
        for group in report_of(db, place.community_id).groups:
            after = closed.get((group.dimension.value, group.key))
            if group.verdict is Verdict.FINDING and after is not None:
                group = _again(db, place.community_id, group, after)
            if group.verdict is Verdict.FINDING:
                opened += _open(db, place.community_id, group, now)
    return opened


def findings_of(db: Session, community_id: UUID) -> list[GroupFindingRow]:
    """Those open, then those closed, the newest first of each."""
    query = select(GroupFindingRow).where(GroupFindingRow.community_id == community_id)
    query = query.order_by(GroupFindingRow.closed_at.desc(), GroupFindingRow.opened_at.desc())  # NULL, open, is first
    return list(db.scalars(query.limit(50)))


def close_finding(db: Session, actor: Actor, finding_id: UUID, reason: str, now: datetime) -> GroupFindingRow:
    """Somebody looked into it, and says what came of it. Invalid without a reason; Conflict when it is closed."""
    row = db.scalar(select(GroupFindingRow).where(GroupFindingRow.id == finding_id).with_for_update())
    if row is None:
        raise NotFound("privacy.no_finding")
    actor.demand(CLOSE_FINDINGS, row.community_id)
    if not reason.strip() or len(reason.strip()) > REASON_MAX:
        raise Invalid(fields={"reason": "privacy.finding_reason"})
    if row.closed_at is not None:
        raise Conflict("privacy.finding_closed")
    row.closed_at, row.closed_by, row.close_reason = now, actor.name, reason.strip()
    db.flush()
    record(
        db, actor, "group_finding.close", "group_finding", row.id, reason=reason.strip(),
        community_id=row.community_id, before={"dimension": row.dimension, "group": row.group_key},
    )  # fmt: skip
    return row


def _open(db: Session, community_id: UUID, group: Group, now: datetime) -> int:
    finding_id = new_id()
    made = insert(GroupFindingRow).values(
        id=finding_id, tenant_id=tenant_of(db), community_id=community_id, dimension=group.dimension.value,
        group_key=group.key, facts=asdict(group.rate), opened_at=now,
    )  # fmt: skip
    if db.scalar(made.on_conflict_do_nothing().returning(GroupFindingRow.id)) is None:
        return 0
    record(
        db, system(tenant_of(db), "privacy.open_findings"), "group_finding.open", "group_finding", finding_id,
        community_id=community_id,
        after={"dimension": group.dimension.value, "group": group.key, "trials": group.rate.trials,
               "failures": group.rate.failures},
    )  # fmt: skip
    return 1


def _again(db: Session, community_id: UUID, group: Group, after: datetime) -> Group:
    fresh = report_of(db, community_id, after).groups
    return next(one for one in fresh if (one.dimension, one.key) == (group.dimension, group.key))


def _last_closed(db: Session, community_id: UUID) -> dict[tuple[str, str], datetime]:
    query = select(GroupFindingRow.dimension, GroupFindingRow.group_key, func.max(GroupFindingRow.closed_at)).where(
        GroupFindingRow.community_id == community_id, GroupFindingRow.closed_at.is_not(None)
    )
    rows = db.execute(query.group_by(GroupFindingRow.dimension, GroupFindingRow.group_key))
    return {(dimension, key): at for dimension, key, at in rows if at is not None}
