"""Enrolment: a manager makes a one-time token for a gate, a new node spends it and is known from then on (SYNC-18)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import psycopg
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from central.base.identity.nodes_auth import NodeKey
from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Gone, Invalid, NotFound, Unauthenticated
from central.base.kernel.outbox import announce
from central.base.kernel.session import bind_tenant
from central.gates.access import snapshot
from central.gates.ingest.receive import open_cursor
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.pieces import of_no_maker
from central.gates.nodes.faces.receipts import settle_all
from central.gates.nodes.keys import public_key_of_site
from central.gates.nodes.own_keys import is_own, seal_of
from central.gates.nodes.permissions import ENROL_NODES
from central.gates.nodes.rules import TOKEN_LIFE
from central.gates.nodes.tables import NodeRow, NodeTokenRow
from central.gates.visits import service as visits
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.queries import gate_of, lane_of, lanes_of
from central.people.community.service import add_lane, lane_leads, lane_serves
from central.people.consent.rules import readable
from models.site.topology import Direction, Lane
from models.values.ids import new_id
from models.wire.commands import EnrolLane, EnrolRefusal, EnrolReply, EnrolRequest

NAME_MAX = 60
REVOKED = "node.revoked"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def make_token(
    db: Session, actor: Actor, community_id: UUID, gate_id: UUID, name: str, now: datetime
) -> tuple[str, NodeTokenRow]:
    """A token that enrols one node at this gate within 15 minutes. It is told once; only its hash is kept. Unavailable,
    in words, while central's own key is not to be believed: no node would be enrolled."""
    actor.demand(ENROL_NODES, community_id)
    if gate_of(db, gate_id).community_id != community_id:
        raise NotFound("community.no_gate")
    name = name.strip()
    if not name or len(name) > NAME_MAX:
        raise Invalid(fields={"name": "nodes.name_needed"})
    public_key_of_site(db, community_id)
    token = secrets.token_urlsafe(32)
    row = NodeTokenRow(
        community_id=community_id, gate_id=gate_id, name=name, token_sha256=_digest(token), made_at=now,
        expires_at=now + TOKEN_LIFE,
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, "node_token.make", "node_token", row.id, after={"gate_id": str(gate_id), "name": name},
        community_id=community_id,
    )  # fmt: skip
    return token, row


def enrol(db: Session, asked: EnrolRequest, source_address: str | None, now: datetime) -> EnrolReply:
    """Spend a token. `db` is not bound yet: the token says whose node it is.

    Raises `Unauthenticated` for a token nobody made, `Gone` for one that was used or is too old, `Conflict` for a
    lane of another gate or a key that is already enrolled, `Unavailable` while central's own key is not to be believed.
    A refused enrolment leaves the token unspent.
    """
    digest = _digest(asked.token)
    tenant_id = db.scalar(text("SELECT tenant_id FROM lookup.node_token(:digest)"), {"digest": digest})
    if tenant_id is None:
        raise Unauthenticated("nodes.token_unknown", extra={"why": EnrolRefusal.TOKEN_UNKNOWN})
    bind_tenant(db, tenant_id)
    node_id = new_id()
    # One statement decides who comes first: the second waits for the row, and then finds it used.
    spent = db.execute(
        update(NodeTokenRow)
        .where(NodeTokenRow.token_sha256 == digest, NodeTokenRow.used_at.is_(None), NodeTokenRow.expires_at > now)
        .values(used_at=now, node_id=node_id)
        .returning(NodeTokenRow.community_id, NodeTokenRow.gate_id, NodeTokenRow.name)
    ).one_or_none()
    if spent is None:
        raise Gone("nodes.token_used", extra={"why": EnrolRefusal.TOKEN_USED})
    community_id, gate_id, name = spent
    actor = replace(system(tenant_id, "enrolment", [EDIT_HOUSES]), source_address=source_address)
    lanes = _lanes(db, actor, community_id, gate_id, asked.lanes)
    _add_node(db, NodeRow(
        id=node_id, community_id=community_id, gate_id=gate_id, name=name, version=asked.version,
        public_key=bytes.fromhex(asked.public_key), vehicles=any(lane.vehicles for lane in asked.lanes),
        enrolled_at=now,
    ))  # fmt: skip
    open_cursor(db, node_id, community_id)
    visits.place_node(db, node_id, community_id, name, [lane.lane_id for lane in lanes], now)
    record(
        db, actor, "node.enrol", "node", node_id, community_id=community_id,
        after={"name": name, "gate_id": str(gate_id), "lanes": [lane.code for lane in lanes]},
    )  # fmt: skip
    snapshot.changed(db, community_id)
    return EnrolReply(
        node_id=node_id, site_id=community_id, tenant_id=tenant_id, lanes=lanes, server_time=now,
        central_key=public_key_of_site(db, community_id).hex(), beside=_beside(db, gate_id, node_id),
    )  # fmt: skip


def revoke_node(db: Session, actor: Actor, node_id: UUID, reason: str, now: datetime) -> NodeRow:
    """From now on the node is nobody. Its journal stays; what it can decide alone ends with its snapshot."""
    node = db.scalar(select(NodeRow).where(NodeRow.id == node_id).with_for_update())
    if node is None or not actor.may(ENROL_NODES, node.community_id):
        raise NotFound("nodes.no_node")
    words = readable(reason)
    if not words or len(words) > 200:
        raise Invalid(fields={"reason": "nodes.reason_needed"})
    if node.revoked_at is not None:
        raise Conflict("nodes.revoked")
    node.revoked_at = now
    db.flush()
    announce(db, REVOKED, {"node_id": str(node_id), "community_id": str(node.community_id)})
    visits.remove_node(db, node_id, node.community_id, actor.name, now)
    settle_all(db, node.community_id, now)
    of_no_maker(db, node.community_id, maker_of(db, node.community_id), now)
    snapshot.changed(db, node.community_id)  # the others seal nothing to it from now on, and take nothing of it
    record(db, actor, "node.revoke", "node", node_id, reason=words, community_id=node.community_id)
    return node


def find_key(db: Session, node_id: UUID) -> NodeKey | None:
    """`Parts.nodes`: asked before a tenant is bound. None for unknown and revoked nodes, and for one
    that central did not enrol."""
    found = db.execute(
        text("SELECT tenant_id, community_id, name, public_key, key_seal FROM lookup.node(:node)"), {"node": node_id}
    )
    row = found.one_or_none()
    if row is None or not is_own(db, row.tenant_id, node_id, row.community_id, row.public_key, row.key_seal):
        return None
    return NodeKey(row.tenant_id, row.name, bytes(row.public_key))


def _add_node(db: Session, node: NodeRow) -> None:
    node.key_seal = seal_of(db, node)
    try:
        with db.begin_nested():
            db.add(node)
            db.flush()
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.UniqueViolation):
            raise Conflict("nodes.key_taken", extra={"why": EnrolRefusal.KEY_TAKEN}) from error
        raise


def _beside(db: Session, gate_id: UUID, node_id: UUID) -> tuple[str, ...]:
    query = select(NodeRow.name).where(NodeRow.gate_id == gate_id, NodeRow.id != node_id, NodeRow.revoked_at.is_(None))
    return tuple(db.scalars(query.order_by(NodeRow.id)))


def _why(refusal: EnrolRefusal, lane: str) -> dict[str, str]:
    return {"why": refusal, "lane": lane}


def _lanes(
    db: Session, actor: Actor, community_id: UUID, gate_id: UUID, asked: Sequence[EnrolLane]
) -> tuple[Lane, ...]:
    """A lane that the gate has keeps its id, so that a spare takes over history and rules; a new one is added."""
    if len({lane.code for lane in asked}) < len(asked):
        raise Invalid("nodes.lane_twice", extra={"why": EnrolRefusal.LANE_TWICE})
    known = {view.lane.code: view.lane for view in lanes_of(db, community_id)}
    lanes = []
    for lane in asked:
        there = known.get(lane.code)
        if there is None:
            row = add_lane(db, actor, gate_id, lane.code, lane.name, Direction(lane.direction))
            there = lane_of(db, row.id).lane
        elif there.gate_id != gate_id:
            raise Conflict("nodes.lane_elsewhere", extra=_why(EnrolRefusal.LANE_ELSEWHERE, lane.code), code=lane.code)
        elif there.direction.value != lane.direction:
            raise Conflict("nodes.lane_direction", extra=_why(EnrolRefusal.LANE_DIRECTION, lane.code), code=lane.code)
        if lane.vehicles is not None:
            lane_serves(db, there.lane_id, vehicles=lane.vehicles)
            lane_leads(db, there.lane_id, lane.between)
        lanes.append(there)
    return tuple(lanes)
