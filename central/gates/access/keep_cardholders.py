"""Make people known to the gates, change their groups, block and unblock them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import rules, snapshot
from central.gates.access.tables import CardholderRow
from central.people.community.finding import add_unless_taken, find
from central.people.community.permissions import EDIT_PEOPLE
from central.people.community.queries import community_of, demand_home_in


def add_cardholder(
    db: Session, actor: Actor, community_id: UUID, person_id: UUID,
    groups: Collection[str] = (rules.RESIDENT_GROUP,), *,
    valid_from: datetime | None = None, valid_until: datetime | None = None,
) -> CardholderRow:  # fmt: skip
    """Somebody with a home in the community becomes known to its gates, by a pseudonym and groups."""
    community_of(db, community_id)
    actor.demand(EDIT_PEOPLE, community_id)
    demand_home_in(db, person_id, community_id)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise Invalid("access.window_backwards", fields={"valid_until": "access.window_backwards"})
    holder = CardholderRow(
        community_id=community_id, person_id=person_id, groups=_tidy(groups), valid_from=valid_from,
        valid_until=valid_until,
    )  # fmt: skip
    add_unless_taken(db, holder, Conflict("access.cardholder_exists"))
    record(
        db, actor, "cardholder.add", "cardholder", holder.id, after={"groups": holder.groups},
        community_id=community_id,
    )  # fmt: skip
    snapshot.changed(db, community_id, correlation_id=actor.correlation_id)
    return holder


def change_groups(db: Session, actor: Actor, cardholder_id: UUID, groups: Collection[str]) -> CardholderRow:
    holder = _found(db, actor, cardholder_id)
    before, holder.groups = holder.groups, _tidy(groups)
    db.flush()
    record(
        db, actor, "cardholder.groups", "cardholder", holder.id, before={"groups": before},
        after={"groups": holder.groups}, community_id=holder.community_id,
    )  # fmt: skip
    snapshot.changed(db, holder.community_id, correlation_id=actor.correlation_id)
    return holder


def block_cardholder(db: Session, actor: Actor, cardholder_id: UUID, reason: str, *, now: datetime) -> CardholderRow:
    """None of their credentials opens anything until unblocked. The reason stays here; gates only learn that."""
    holder = _found(db, actor, cardholder_id)
    if holder.blocked_at is not None:
        raise Conflict("access.cardholder_blocked")
    holder.blocked_at, holder.blocked_reason = now, reason
    db.flush()
    record(db, actor, "cardholder.block", "cardholder", holder.id, reason=reason, community_id=holder.community_id)
    snapshot.changed(db, holder.community_id, correlation_id=actor.correlation_id)
    return holder


def unblock_cardholder(db: Session, actor: Actor, cardholder_id: UUID, reason: str) -> CardholderRow:
    holder = _found(db, actor, cardholder_id)
    if holder.blocked_at is None:
        raise Conflict("access.cardholder_not_blocked")
    holder.blocked_at, holder.blocked_reason = None, None
    db.flush()
    record(db, actor, "cardholder.unblock", "cardholder", holder.id, reason=reason, community_id=holder.community_id)
    snapshot.changed(db, holder.community_id, correlation_id=actor.correlation_id)
    return holder


def _found(db: Session, actor: Actor, cardholder_id: UUID) -> CardholderRow:
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder", lock=True)
    actor.demand(EDIT_PEOPLE, holder.community_id)
    return holder


def _tidy(groups: Collection[str]) -> list[str]:
    if not all(re.fullmatch(rules.GROUP, group) for group in groups):
        raise Invalid("access.group_name", fields={"groups": "access.group_name"})
    return sorted(set(groups))
