"""Commands to nodes: numbered, signed, short-lived. They wait here until the node's poll takes them (SYNC-14)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, Engine, and_, or_, select, text, update
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound, Problem
from central.base.kernel.session import tenant_of, tenant_session
from central.gates.access.snapshot import CHANNEL
from central.gates.ingest.queries import told_at
from central.gates.nodes.keys import signing_key_of_site
from central.gates.nodes.rules import RESULT_GRACE, TTL_S, CommandState
from central.gates.nodes.tables import CommandRow, NodeRow
from central.gates.visits.live import mark, publish
from central.gates.visits.presence import node_of_lane
from central.people.community.queries import LaneView, lane_of
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.commands import Action, Command
from models.wire.envelope import Event
from models.wire.events import CommandDone
from models.wire.signed import Signed, sign

TAKE_MAX = 50
REASON_MAX = 200


def demand_reason(reason: str) -> None:
    """Raises `Invalid` for a reason that says nothing or too much."""
    if not reason or len(reason) > REASON_MAX:
        raise Invalid("nodes.reason_needed", fields={"reason": "nodes.reason_needed"})


def role_for(actor: Actor, permission: str, lane: LaneView) -> str:
    """The role that allows it there, for the node's record. The permission was demanded before."""
    return next(
        grant.role
        for grant in actor.grants
        if permission in grant.permissions and grant.community_id in (None, lane.community_id)
    )


def note_refusal(db: Session, actor: Actor, lane_id: UUID, what: str, reason: str, problem: Problem) -> None:
    """Write a refusal down in a transaction of its own, which the refusal does not roll back."""
    engine = db.get_bind()
    assert isinstance(engine, Engine)
    with tenant_session(engine, tenant_of(db)) as own:
        community_id = None
        with suppress(NotFound):
            community_id = lane_of(own, lane_id).community_id
        record(
            own, actor, what, "lane", lane_id, after={"why": problem.key}, community_id=community_id,
            reason=reason.strip()[:REASON_MAX] or None,
        )  # fmt: skip
    problem.noted = True


@dataclass(frozen=True, slots=True)
class Deed:
    """A command that a person gives to a lane's node with a reason. `audited`: its name in the audit; `refused`: that
    of its refusal, where it shares its right with another deed."""

    action: Action
    permission: str
    audited: str
    refused: str = ""


def give_with_reason(
    db: Session, actor: Actor, lane_id: UUID, deed: Deed, reason: str, now: datetime, *,
    subject: Callable[[LaneView], UUID] | None = None, ready: Callable[[LaneView], None] | None = None,
    minutes: int | None = None, direction: Direction | None = None,
) -> UUID:  # fmt: skip
    """Demand the right and the reason, give the command, write it down. Returns the command's id; its fate comes as a
    `CommandDone`. `subject` names whom it is about, once the right is known; `ready` asks whether the
    lane can do it at all; both may raise.

    Raises Forbidden, NotFound, Invalid (no reason) or Conflict (no node drives the lane). Refusals are audited.
    """
    try:
        lane = lane_of(db, lane_id)
        actor.demand(deed.permission, lane.community_id)
        subject_id = subject(lane) if subject is not None else None
        if ready is not None:
            ready(lane)
        reason = reason.strip()
        demand_reason(reason)
        role, nonce = role_for(actor, deed.permission, lane), secrets.token_urlsafe(24)
        row = give(
            db, actor, role, lane, deed.action, reason, nonce, now, subject_id=subject_id, minutes=minutes,
            direction=direction,
        )  # fmt: skip
    except Problem as problem:
        note_refusal(db, actor, lane_id, deed.refused or f"{deed.audited}_refused", reason, problem)
        raise
    after: dict[str, str | int] = {"command_id": str(row.id), "correlation": str(row.correlation)}
    after |= {"subject_id": str(subject_id)} if subject_id is not None else {}
    after |= {"minutes": minutes} if minutes is not None else {}
    after |= {"direction": direction.value} if direction is not None else {}
    record(db, actor, deed.audited, "lane", lane_id, reason=reason, community_id=lane.community_id, after=after)
    return row.id


def give(
    db: Session, actor: Actor, role: str, lane: LaneView, action: Action, reason: str, nonce: str, now: datetime,
    *, subject_id: UUID | None = None, minutes: int | None = None, direction: Direction | None = None,
) -> CommandRow:  # fmt: skip
    """Number, sign and store a command for the node that drives the lane, and wake its poll.

    The number is taken under the node's row lock, which is held until the end of the transaction: numbers are
    committed in their order, so that a node never sees a higher one first and refuses the lower as replayed.
    """
    assert actor.id is not None
    node_id = node_of_lane(db, lane.lane.lane_id)
    number = db.scalar(
        update(NodeRow)
        .where(NodeRow.id == node_id, NodeRow.revoked_at.is_(None))
        .values(last_number=NodeRow.last_number + 1)
        .returning(NodeRow.last_number)
    )
    if node_id is None or number is None:
        raise Conflict("nodes.lane_without_node", lane=lane.lane.name)
    command = Command(
        command_id=new_id(), number=number, node_id=node_id, lane_id=lane.lane.lane_id, action=action, nonce=nonce,
        issued_at=now, ttl_s=TTL_S[action], actor_id=actor.id, role=role, reason=reason, correlation=new_id(),
        subject_id=subject_id, minutes=minutes, direction=direction,
    )  # fmt: skip
    signed = sign(command.model_dump_json(), "command", signing_key_of_site(db, lane.community_id))
    row = CommandRow(
        id=command.command_id, community_id=lane.community_id, node_id=node_id, lane_id=command.lane_id,
        number=number, action=action.value, correlation=command.correlation, actor_id=actor.id,
        actor_name=actor.name, subject_id=subject_id, reason=reason, payload=signed.payload,
        signature=signed.signature, issued_at=now,
        expires_at=now + timedelta(seconds=command.ttl_s), state=CommandState.WAITING.value,
    )  # fmt: skip
    db.add(row)
    db.flush()
    db.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": f"{tenant_of(db)} {node_id}"}
    )
    return row


def take(db: Session, node_id: UUID, now: datetime) -> tuple[Signed, ...]:
    """The commands that wait for a node, in the order of their numbers; from now on they are sent."""
    waiting = db.scalars(
        select(CommandRow)
        .where(
            CommandRow.node_id == node_id, CommandRow.state == CommandState.WAITING.value, CommandRow.expires_at > now
        )
        .order_by(CommandRow.number)
        .limit(TAKE_MAX)
        .with_for_update()
    ).all()
    for row in waiting:
        row.state, row.sent_at = CommandState.SENT.value, now
    db.flush()
    return tuple(Signed(payload=row.payload, signature=row.signature) for row in waiting)


def expire(db: Session, now: datetime) -> int:
    """Mark what nobody fetched in time, and what was fetched and never reported on. Returns how many."""
    done = db.execute(
        update(CommandRow)
        .where(
            or_(
                and_(CommandRow.state == CommandState.WAITING.value, CommandRow.expires_at <= now),
                and_(CommandRow.state == CommandState.SENT.value, CommandRow.expires_at <= now - RESULT_GRACE),
            )
        )
        .values(state=CommandState.EXPIRED.value, ended_at=now)
    )
    assert isinstance(done, CursorResult)
    return done.rowcount


class UnknownCommand(LookupError):
    """A node reports on a command that it was never given."""


def project_done(db: Session, event: Event, body: CommandDone) -> None:
    """The fate of a command, as its node tells it. The first word counts: a second copy is refused as replayed."""
    row = db.scalar(
        select(CommandRow)
        .where(CommandRow.id == body.command_id, CommandRow.node_id == event.node_id)
        .with_for_update()
    )
    if row is None:
        raise UnknownCommand(str(body.command_id))
    if row.result_seq is not None and row.result_seq <= event.seq:
        return
    row.state, row.result_reason, row.result_seq = body.result, body.reason, event.seq
    row.ended_at = told_at(db, event)
    db.flush()
    mark(db, "lane", row.lane_id, row.community_id)


def command_of(db: Session, command_id: UUID) -> CommandRow:
    row = db.scalar(select(CommandRow).where(CommandRow.id == command_id))
    if row is None:
        raise NotFound("nodes.no_command")
    return row


def tell_lane(db: Session, lane: LaneView) -> None:
    mark(db, "lane", lane.lane.lane_id, lane.community_id)
    publish(db)
