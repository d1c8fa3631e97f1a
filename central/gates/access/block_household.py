"""Block a household: nobody whose only homes are so blocked comes in, until an hour that ends it by itself (ACC-06).

The reason stays at central. Gates learn of each of these people until when, and refuse with a reason of its own. They
let everybody out, and let in whoever has another home here that is not blocked.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import rules, snapshot
from central.gates.access.tables import HouseholdBlockRow
from central.people.community.finding import find
from central.people.community.permissions import EDIT_PEOPLE
from central.people.community.queries import house_of
from central.people.community.rules import REASON_MAX


def block_household(
    db: Session, actor: Actor, house_id: UUID, until: datetime, reason: str, *, now: datetime
) -> HouseholdBlockRow:
    """Nobody of this house comes in until then. A second block waits for the end of the first: Conflict."""
    house = house_of(db, house_id)
    actor.demand(EDIT_PEOPLE, house.community_id)
    reason, problems = reason.strip(), {}
    if wrong := rules.household_end_problem(until, now):
        problems["until"] = wrong
    if not reason or len(reason) > REASON_MAX:
        problems["reason"] = "community.reason_needed"
    if problems:
        raise Invalid(fields=problems)
    snapshot.changed(db, house.community_id, correlation_id=actor.correlation_id)  # one change after the other
    if running_block(db, house_id, now) is not None:
        raise Conflict("access.household_blocked")
    row = HouseholdBlockRow(
        community_id=house.community_id, house_id=house_id, until=until, reason=reason, blocked_at=now,
        blocked_by=actor.id, blocked_name=actor.name,
    )  # fmt: skip
    db.add(row)
    db.flush()
    _write_down(db, actor, "household.block", row, reason)
    return row


def end_household_block(db: Session, actor: Actor, block_id: UUID, reason: str, *, now: datetime) -> HouseholdBlockRow:
    """End it before its hour; the gates follow the ordinary rules again."""
    row = find(db, HouseholdBlockRow, block_id, "access.no_household_block", lock=True)
    actor.demand(EDIT_PEOPLE, row.community_id)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "community.reason_needed"})
    if row.ended_at is not None or row.until <= now:
        raise Conflict("access.household_not_blocked")
    row.ended_at, row.ended_by, row.ended_name, row.ended_reason = now, actor.id, actor.name, reason
    db.flush()
    _write_down(db, actor, "household.unblock", row, reason)
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    return row


def running_block(db: Session, house_id: UUID, now: datetime) -> HouseholdBlockRow | None:
    query = select(HouseholdBlockRow).where(HouseholdBlockRow.house_id == house_id, *snapshot.blocked_now(now))
    return db.scalar(query.order_by(HouseholdBlockRow.until.desc()).limit(1))


def _write_down(db: Session, actor: Actor, what: str, row: HouseholdBlockRow, reason: str) -> None:
    after = {"house": house_of(db, row.house_id).label, "until": row.until.isoformat()}
    record(db, actor, what, "household_block", row.id, after=after, reason=reason, community_id=row.community_id)
