"""Lockdowns 封控 (ACC-24, SEC-07): one person asks, another approves, one ends, and its hour ends it in any case."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.kernel.outbox import announce
from central.gates.access import rules, snapshot
from central.gates.access.permissions import APPROVE_LOCKDOWNS, REQUEST_LOCKDOWNS
from central.gates.access.rules import LockdownState, lockdown_state
from central.gates.access.tables import LockdownRow
from central.people.community.finding import find
from central.people.community.queries import community_of, lanes_of

REASON_MAX = 200


def request_lockdown(
    db: Session, actor: Actor, community_id: UUID, lanes: Collection[UUID], admits: str, until: datetime, reason: str,
    *, now: datetime,
) -> LockdownRow:  # fmt: skip
    """Ask for one. No gate hears of it before somebody else has approved."""
    community_of(db, community_id)
    actor.demand(REQUEST_LOCKDOWNS, community_id)
    person, reason = _person(actor), reason.strip()
    _check(db, community_id, lanes, admits, until, reason, now)
    row = LockdownRow(
        community_id=community_id, lanes=sorted(set(lanes)), admits=admits, until=until, reason=reason,
        requested_by=person, requested_name=actor.name, requested_at=now,
    )  # fmt: skip
    db.add(row)
    db.flush()
    _write_down(db, actor, "lockdown.request", row, reason)
    return row


def approve_lockdown(db: Session, actor: Actor, lockdown_id: UUID, *, now: datetime) -> LockdownRow:
    """The second person's yes; from here on the gates are told. Raises Forbidden for who asked for it themselves."""
    row = _locked(db, lockdown_id)
    actor.demand(APPROVE_LOCKDOWNS, row.community_id)
    if _person(actor) == row.requested_by:
        raise Forbidden("access.lockdown_own", permission=APPROVE_LOCKDOWNS)
    _demand(row, LockdownState.WAITING, now)
    row.approved_by, row.approved_name, row.approved_at = actor.id, actor.name, now
    db.flush()
    _write_down(db, actor, "lockdown.approve", row, row.reason)
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    return row


def withdraw_lockdown(db: Session, actor: Actor, lockdown_id: UUID, reason: str, *, now: datetime) -> LockdownRow:
    """A request that waits is taken back: by who made it, or refused by who could have approved it."""
    row = _locked(db, lockdown_id)
    actor.demand(REQUEST_LOCKDOWNS, row.community_id)
    if _person(actor) != row.requested_by:
        actor.demand(APPROVE_LOCKDOWNS, row.community_id)
    _demand(row, LockdownState.WAITING, now)
    _end(db, actor, row, "lockdown.withdraw", reason, now)
    return row


def end_lockdown(db: Session, actor: Actor, lockdown_id: UUID, reason: str, *, now: datetime) -> LockdownRow:
    """One person ends it before its hour; the gates follow the ordinary rules again."""
    row = _locked(db, lockdown_id)
    actor.demand(APPROVE_LOCKDOWNS, row.community_id)
    _person(actor)
    _demand(row, LockdownState.RUNNING, now)
    _end(db, actor, row, "lockdown.end", reason, now)
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    return row


def state_of(row: LockdownRow, now: datetime) -> LockdownState:
    return lockdown_state(row.approved_at, row.ended_at, row.until, now)


def _end(db: Session, actor: Actor, row: LockdownRow, what: str, reason: str, now: datetime) -> None:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "access.lockdown_reason"}, most=REASON_MAX)
    row.ended_by, row.ended_name, row.ended_at, row.ended_reason = actor.id, actor.name, now, reason
    db.flush()
    _write_down(db, actor, what, row, reason)


def _locked(db: Session, lockdown_id: UUID) -> LockdownRow:
    return find(db, LockdownRow, lockdown_id, "access.no_lockdown", lock=True)


def _demand(row: LockdownRow, wanted: LockdownState, now: datetime) -> None:
    """Two desks may show the same button: the second press finds what the first has made."""
    state = state_of(row, now)
    if state is not wanted:
        raise Conflict(f"access.lockdown_is_{state}")


def _person(actor: Actor) -> UUID:
    """Two persons are two accounts: what is no account can be neither of them."""
    if actor.kind is not ActorKind.ACCOUNT or actor.id is None:
        raise Forbidden("access.lockdown_person")
    return actor.id


def _check(
    db: Session, community_id: UUID, lanes: Collection[UUID], admits: str, until: datetime, reason: str, now: datetime
) -> None:
    problems: dict[str, str] = {}
    if not lanes or not set(lanes) <= {view.lane.lane_id for view in lanes_of(db, community_id)}:
        problems["lanes"] = "access.lockdown_lanes"
    if not re.fullmatch(rules.GROUP, admits):
        problems["admits"] = "access.group_name"
    if wrong := rules.lockdown_end_problem(until, now):
        problems["until"] = wrong
    if not reason or len(reason) > REASON_MAX:
        problems["reason"] = "access.lockdown_reason"
    if problems:
        raise Invalid(fields=problems, most=REASON_MAX)


def _write_down(db: Session, actor: Actor, what: str, row: LockdownRow, reason: str) -> None:
    """The audit, and word to the desks: `lockdown.changed`."""
    after: dict[str, Any] = {
        "lanes": [str(lane) for lane in row.lanes], "group": row.admits, "until": row.until.isoformat(),
    }  # fmt: skip
    record(db, actor, what, "lockdown", row.id, after=after, reason=reason, community_id=row.community_id)
    announce(
        db, "lockdown.changed", {"community_id": str(row.community_id), "lanes": after["lanes"]},
        correlation_id=actor.correlation_id,
    )  # fmt: skip
