"""Reads of nodes and commands for pages and programs. None of them asks who is asking."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.nodes.commands import command_of
from central.gates.nodes.rules import CommandState, state_now
from central.gates.nodes.tables import CommandRow, NodeRow, NodeTokenRow
from central.gates.visits.presence import lanes_of_node, presences
from central.people.community.queries import gates_of
from models.wire.commands import Action


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as last heard of. `rules_version` is what it said it has; `in_contact`: what is asked of it now reaches
    it, by the rule of the guard's page; `online`: it was heard within 45 seconds, beyond which an alarm is made.
    `vehicles`: it was enrolled with a lane for vehicles; else it is told of no car until it is enrolled anew."""

    node_id: UUID
    community_id: UUID
    gate_id: UUID
    name: str
    version: str
    enrolled_at: datetime
    revoked_at: datetime | None
    online: bool
    in_contact: bool
    heard_at: datetime | None
    rules_version: int | None
    rules_issued_at: datetime | None
    queue_length: int | None
    skew_ms: int | None
    disk_free_mb: int | None
    lane_ids: tuple[UUID, ...]
    vehicles: bool = True


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token that was made; never the token itself. `node_id`: the node that spent it."""

    token_id: UUID
    community_id: UUID
    gate_id: UUID
    name: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    node_id: UUID | None


@dataclass(frozen=True, slots=True)
class CommandView:
    command_id: UUID
    community_id: UUID
    lane_id: UUID
    node_id: UUID
    number: int
    action: str
    correlation: UUID
    actor_name: str
    reason: str
    state: str
    issued_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    result_reason: str | None


def nodes(db: Session, community_ids: Collection[UUID] | None, now: datetime) -> list[NodeView]:
    """Newest first, revoked ones at the end."""
    query = select(NodeRow).order_by(NodeRow.revoked_at.desc().nulls_first(), NodeRow.id.desc())
    if community_ids is not None:
        query = query.where(NodeRow.community_id.in_(community_ids))
    rows = db.scalars(query).all()
    there = presences(db, [row.id for row in rows], now)
    views = []
    for row in rows:
        here = there.get(row.id)
        status = here.status if here else None
        views.append(NodeView(
            node_id=row.id, community_id=row.community_id, gate_id=row.gate_id, name=row.name,
            version=(status.software if status else None) or row.version, enrolled_at=row.enrolled_at,
            revoked_at=row.revoked_at, online=here is not None and here.online,
            in_contact=here is not None and here.in_contact,
            heard_at=here.heard_at if here else None, rules_version=status.rules_version if status else None,
            rules_issued_at=status.rules_issued_at if status else None,
            queue_length=status.queue_length if status else None, skew_ms=status.skew_ms if status else None,
            disk_free_mb=status.disk_free_mb if status else None, lane_ids=tuple(lanes_of_node(db, row.id)),
            vehicles=row.vehicles,
        ))  # fmt: skip
    return views


def gate_of(db: Session, node_id: UUID) -> UUID | None:
    """The gate at which a node was enrolled, revoked or not."""
    return db.scalar(select(NodeRow.gate_id).where(NodeRow.id == node_id))


def node_places(db: Session, node_ids: Collection[UUID]) -> dict[UUID | None, str]:
    """The gate and the name of each node, revoked or not: "东门 · 东门岗"."""
    if not node_ids:
        return {}
    rows = db.execute(
        select(NodeRow.id, NodeRow.community_id, NodeRow.gate_id, NodeRow.name).where(NodeRow.id.in_(node_ids))
    )
    found = list(rows)
    gates = {gate.gate_id: gate.name for community in {row[1] for row in found} for gate in gates_of(db, community)}
    return {node_id: f"{gates[gate_id]} · {name}" if gate_id in gates else name for node_id, _, gate_id, name in found}


def tokens(db: Session, community_ids: Collection[UUID] | None, limit: int = 50) -> list[TokenView]:
    """Newest first."""
    query = select(NodeTokenRow).order_by(NodeTokenRow.id.desc()).limit(limit)
    if community_ids is not None:
        query = query.where(NodeTokenRow.community_id.in_(community_ids))
    return [token_view(row) for row in db.scalars(query)]


def token_view(row: NodeTokenRow) -> TokenView:
    return TokenView(
        row.id, row.community_id, row.gate_id, row.name, row.made_at, row.expires_at, row.used_at, row.node_id
    )


def command(db: Session, command_id: UUID, now: datetime) -> CommandView:
    """NotFound when there is none."""
    return _command_view(command_of(db, command_id), now)


def commands_of_lane(db: Session, lane_id: UUID, now: datetime, limit: int = 20) -> list[CommandView]:
    """Newest first."""
    query = select(CommandRow).where(CommandRow.lane_id == lane_id).order_by(CommandRow.issued_at.desc())
    return [_command_view(row, now) for row in db.scalars(query.limit(limit))]


def fire_enders(db: Session, lane_ids: Collection[UUID]) -> list[tuple[UUID, UUID, int, str]]:
    """(node, lane, number of its answer, who asked): each end of a fire hold here that a node carried out."""
    query = select(CommandRow.node_id, CommandRow.lane_id, CommandRow.result_seq, CommandRow.actor_name).where(
        CommandRow.lane_id.in_(lane_ids), CommandRow.action == Action.END_FIRE_HOLD.value,
        CommandRow.state == CommandState.DONE.value, CommandRow.result_seq.is_not(None),
    )  # fmt: skip
    return [(node_id, lane_id, seq, name) for node_id, lane_id, seq, name in db.execute(query) if seq is not None]


def _command_view(row: CommandRow, now: datetime) -> CommandView:
    return CommandView(
        command_id=row.id, community_id=row.community_id, lane_id=row.lane_id, node_id=row.node_id, number=row.number,
        action=row.action, correlation=row.correlation, actor_name=row.actor_name, reason=row.reason,
        state=state_now(CommandState(row.state), row.expires_at, now).value, issued_at=row.issued_at,
        expires_at=row.expires_at, sent_at=row.sent_at, ended_at=row.ended_at, result_reason=row.result_reason,
    )  # fmt: skip
