"""Templates on to the other nodes: those of an enrolment, and those that none asked for, made anew of kept photos, or
wanted by a node that came to a model late or missed what was meant for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import NotFound
from central.gates.access import queries as access
from central.gates.access.tables import CardholderRow
from central.gates.face_enrolment.keys import receiving_keys
from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.earlier import models_of, nodes_with_earlier
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.orders import newest_orders
from central.gates.nodes.faces.receipts import confirmed_by, stored_at
from central.gates.nodes.faces.rules import TEMPLATE
from central.gates.nodes.faces.tables import FaceModelRow
from central.gates.nodes.own_keys import nodes_of
from central.gates.nodes.tables import NodeMailRow, NodeRow
from central.people.community.finding import find
from central.people.consent import queries as consent
from models.wire.faces import SealedTemplate, TemplateAnew, WantedTemplate

WANTED_AT_ONCE = 100


def send_on(
    db: Session, holder: CardholderRow, maker_id: UUID, templates: Iterable[SealedTemplate], now: datetime,
    *, late: bool,
) -> None:  # fmt: skip
    """What the enrolment node sealed of one enrolment, to each node that may have it. Whoever gets none is noted as
    missing it. `late`: what is sealed to another key than that of now is not sent."""
    nodes = nodes_of(db, holder.community_id)
    missed = nodes.keys() - {maker_id}
    allowed, keys = _may_have(db, nodes.values(), holder, now), receiving_keys(db, nodes.values())
    for template in templates:
        if template.node_id not in missed & allowed or template.cardholder_id != holder.id or not template.key_id:
            continue
        if late and (template.node_id not in keys or keys[template.node_id].key_id != template.key_id):
            continue
        pieces.send(db, holder.community_id, maker_id, template, now)
        missed.remove(template.node_id)
    for node_id in missed:
        mail.take_away(db, [TEMPLATE], subject_id=holder.id, node_id=node_id)
    mail.note_missed(db, ((node_id, holder.id) for node_id in missed), TEMPLATE, now)


def pass_on(db: Session, node: Actor, told: TemplateAnew, now: datetime) -> bool:
    """Put each sealed template into the box of its node, in place of one that waits. Twice is harmless. False where
    this node is not the enrolment node: then nothing is done, and nothing noted.

    Only of the enrolment node, and for a node that said that it knows the person by an earlier model alone, or that
    missed the template: a stolen key of a gate gives nobody a face at the others, and replaces none that waits for
    them. Whoever withdrew meanwhile gets none, nor does a gate that their consent leaves out; each node asks its own
    rules as well. One that is sealed to a lasting
    key is not kept here for anybody.
    """
    assert node.id is not None
    own = find(db, NodeRow, node.id, "nodes.no_node")
    holder = find(db, CardholderRow, told.cardholder_id, "access.no_cardholder")
    if holder.community_id != own.community_id:
        raise NotFound("access.no_cardholder")
    if maker_of(db, own.community_id) != own.id:
        return False
    nodes = nodes_of(db, own.community_id)
    allowed = _may_have(db, nodes.values(), holder, now)
    if not allowed or holder.id in _to_be_erased(db, own):
        return True
    behind = nodes_with_earlier(db, own.community_id, holder.id) - {own.id}
    lacking = {node_id for node_id, who in _missed(db, own, models_of(db, own.community_id)) if who == holder.id}
    due = [
        one for one in told.templates
        if one.node_id in allowed & (behind | lacking) and one.cardholder_id == holder.id and one.key_id
    ]  # fmt: skip
    for template in due:
        pieces.send(db, own.community_id, own.id, template, now)
    record(
        db, node, "face.anew", "cardholder", holder.id, community_id=own.community_id,
        after={"nodes": len(due), "not_passed_on": len(told.templates) - len(due)},
    )  # fmt: skip
    return True


def _may_have(db: Session, nodes: Iterable[NodeRow], holder: CardholderRow, now: datetime) -> set[UUID]:
    """Those of these nodes that may have this person's template: their consent is in force at the gate (PRIV-01), and
    the node owes no erasure of what was made under an earlier one."""
    agreed = consent.agreed(db, holder.community_id, now, person_ids=[holder.person_id]).get(holder.person_id)
    if agreed is None:
        return set()
    return {node.id for node in nodes if agreed.at(node.gate_id) and holder.id not in _to_be_erased(db, node)}


def wanted_of(db: Session, own: NodeRow, now: datetime) -> tuple[WantedTemplate, ...]:
    """Whom nodes of this node's model know no more, or missed, while this node, which makes the templates, knows them.

    The nodes of a site are rarely renewed in one minute. What was made before a node came to the model was of no use to
    it then, and would be lost to it; and so would be what a node could not open, or what nobody could seal to it yet.
    All nodes have their turn, and what one asks for again and again waits an hour.
    """
    if maker_of(db, own.community_id) != own.id:
        return ()
    rows = models_of(db, own.community_id)
    ours = rows.get(own.id)
    nodes = nodes_of(db, own.community_id)
    reached = receiving_keys(db, nodes.values())
    if ours is None or own.id not in reached:  # one of before seals to lasting keys, which nobody takes any more
        return ()
    behind = {
        (node_id, holder)
        for node_id, row in rows.items() if node_id != own.id and row.model == ours.model
        for holder in row.earlier
    }  # fmt: skip
    due = {(node_id, holder) for node_id, holder in behind | _missed(db, own, rows) if node_id in reached}
    if not due:
        return ()
    here = {holder for node_id, holder in stored_at(db, own.community_id) if node_id == own.id} - set(ours.earlier)
    agreed = consent.agreed(db, own.community_id, now)
    known = {
        holder: agreed[person]
        for holder, person in access.people_behind(db, own.community_id).items() if person in agreed
    }  # fmt: skip
    owed = {(node_id, holder) for node_id in {one for one, _ in due} for holder in _to_be_erased(db, nodes[node_id])}
    waits = select(NodeMailRow.node_id, NodeMailRow.subject_id).where(NodeMailRow.kind == TEMPLATE)
    on_the_way: set[tuple[UUID, UUID]] = {(node_id, holder) for node_id, holder in db.execute(waits)}
    fit = (here & known.keys()) - _to_be_erased(db, own)
    open_now = due - on_the_way - owed - mail.sent_often(db, TEMPLATE, now)
    wanted = _in_turn(
        (node_id, holder) for node_id, holder in open_now if holder in fit and known[holder].at(nodes[node_id].gate_id)
    )[:WANTED_AT_ONCE]
    return tuple(WantedTemplate(node_id=node_id, cardholder_id=holder) for node_id, holder in wanted)


def _in_turn(pairs: Iterable[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """One of each node, then the next of each: a node that lacks everything keeps no other waiting."""
    turn: Counter[UUID] = Counter()
    placed: list[tuple[int, UUID, UUID]] = []
    for node_id, holder in sorted(pairs):
        placed.append((turn[node_id], node_id, holder))
        turn[node_id] += 1
    return [(node_id, holder) for _, node_id, holder in sorted(placed)]


def _missed(db: Session, own: NodeRow, rows: Mapping[UUID, FaceModelRow]) -> set[tuple[UUID, UUID]]:
    """(node, cardholder) of what the other nodes missed that compare by this one's model."""
    ours = rows.get(own.id)
    if ours is None:
        return set()
    same = {node_id for node_id, row in rows.items() if row.model == ours.model}
    return mail.missed(db, TEMPLATE, same - {own.id})


def _to_be_erased(db: Session, own: NodeRow) -> set[UUID]:
    """Whose template this node still owes to destroy: it was made under a consent that is over."""
    orders = newest_orders(db, own.community_id, gate_id=own.gate_id)
    confirmed = confirmed_by(db, own.id, [row.id for row in orders.values() if row.settled_at is None])
    return {holder for holder, row in orders.items() if row.settled_at is None and row.id not in confirmed}
