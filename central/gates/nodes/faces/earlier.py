"""Who is enrolled under an earlier face model, or by an enrolment node of before: known by face nowhere, or by no new
gate, until new photos come (PRIV-09)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.access import queries as access
from central.gates.nodes.faces import claims, pieces
from central.gates.nodes.faces.jobs import stored_at
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.orders import order_again
from central.gates.nodes.faces.tables import FaceModelRow, FaceReceiptRow, TemplatePieceRow
from central.gates.nodes.own_keys import nodes_of
from central.gates.nodes.tables import NodeRow
from central.people.consent import queries as consent
from central.people.consent.rules import KEEPS_TEMPLATE
from models.wire.faces import TemplateModels


@dataclass(frozen=True, slots=True)
class EarlierView:
    """Somebody whom new photos would make known again. `nodes`: where the old template lies, by name.

    `in_vain`: what was wrong with photos that they let a node keep; empty where there were none. `lacking`: the model
    is none of before, but the enrolment node of now has no template of them and so can make none for another gate.
    `widens`: their consent is not for that node's gate: before any photo they have to agree to it.
    """

    cardholder_id: UUID
    person_id: UUID
    nodes: tuple[str, ...]
    in_vain: tuple[str, ...]
    lacking: bool
    widens: bool


def note_models(db: Session, node: Actor, told: TemplateModels, now: datetime) -> None:
    """A node says which model it has now; it says all of it each time. Of another than the enrolment node those people
    count of whom it was given a template; the others it claims."""
    own = db.scalars(select(NodeRow).where(NodeRow.id == node.id).with_for_update(key_share=True)).one()
    maker = maker_of(db, own.community_id)
    earlier = set(told.earlier)
    if maker not in (None, own.id):
        given = _given_to(db, own)
        claims.note(db, own.community_id, own.id, earlier - given, told.model, now)
        earlier &= given
    not_anew = [one.model_dump(mode="json") for one in told.not_anew if one.cardholder_id in earlier]
    values = {"model": told.model, "earlier": sorted(earlier), "not_anew": not_anew, "told_at": now}
    said = insert(FaceModelRow).values(node_id=own.id, community_id=own.community_id, **values)
    db.execute(said.on_conflict_do_update(index_elements=["tenant_id", "node_id"], set_=values))
    order_again(db, own, told.unagreed, now)
    if maker not in (None, own.id) and model_at(db, own.community_id).get(maker) == told.model:
        pieces.try_again(db, own.id, own.community_id, now)


def _given_to(db: Session, node: NodeRow) -> set[UUID]:
    """Of whom a template was sent to this node, or stored there by a word that counted."""
    sent = select(TemplatePieceRow.cardholder_id).where(
        TemplatePieceRow.community_id == node.community_id, TemplatePieceRow.node_id == node.id
    )
    stored = select(FaceReceiptRow.cardholder_id).where(
        FaceReceiptRow.community_id == node.community_id, FaceReceiptRow.node_id == node.id,
        FaceReceiptRow.what == "stored",
    )  # fmt: skip
    return set(db.scalars(sent.union(stored)))


def model_at(db: Session, community_id: UUID) -> dict[UUID, str]:
    """The model of each node that still counts and told one, and nothing else of what it told."""
    found = db.execute(
        select(FaceModelRow.node_id, FaceModelRow.model).where(FaceModelRow.community_id == community_id)
    )
    said: dict[UUID, str] = dict(found.all())
    return {node_id: said[node_id] for node_id in nodes_of(db, community_id) if node_id in said}


def models_of(db: Session, community_id: UUID, *, lock: bool = False) -> dict[UUID, FaceModelRow]:
    """What each node that still counts said, by node. `lock`: one at a time may act on it."""
    query = (
        select(FaceModelRow)
        .join(NodeRow, NodeRow.id == FaceModelRow.node_id)
        .where(FaceModelRow.community_id == community_id, NodeRow.revoked_at.is_(None))
        .order_by(FaceModelRow.node_id)
    )
    rows = db.scalars(query.with_for_update(of=FaceModelRow) if lock else query).all()
    own = nodes_of(db, community_id) if rows else {}
    return {row.node_id: row for row in rows if row.node_id in own}


def earlier_of(db: Session, community_id: UUID, now: datetime) -> list[EarlierView]:
    """Those who agreed and whom a node knows no more. Whoever withdrew is erased and not asked; nor is anybody asked
    whom the enrolment node knows: it makes the template anew for a gate that lacks it. What was wrong with kept photos
    is its word as well."""
    rows, maker = models_of(db, community_id), maker_of(db, community_id)
    where: dict[UUID, list[UUID]] = {}
    for node_id, row in rows.items():
        for cardholder_id in row.earlier:
            where.setdefault(cardholder_id, []).append(node_id)
    if maker is not None and where:
        here = {holder for node_id, holder in stored_at(db, community_id) if node_id == maker}
        for cardholder_id in here - set(rows[maker].earlier if maker in rows else ()):
            where.pop(cardholder_id, None)
    maker = maker_of(db, community_id)
    lacking = whom_lacks(db, community_id, maker) if maker is not None else {}
    where = {holder: sorted(nodes) for holder, nodes in lacking.items()} | where
    if not where:
        return []
    people = {holder: person for holder, person in access.people_behind(db, community_id).items() if holder in where}
    standings = consent.standings(db, community_id, people.values(), now)
    named = {node_id for nodes in where.values() for node_id in nodes}
    names = {row.id: row.name for row in db.scalars(select(NodeRow).where(NodeRow.id.in_(named)))}
    in_vain = {
        UUID(one["cardholder_id"]): tuple(dict.fromkeys(wrong["problem"] for wrong in one["problems"]))
        for node_id, row in rows.items()
        if maker in (None, node_id)
        for one in row.not_anew
    }
    gate = gate_of_node(db, maker) if maker is not None else None
    return [
        EarlierView(
            holder, person, tuple(sorted(names[node_id] for node_id in where[holder])), in_vain.get(holder, ()),
            holder in lacking and not any(holder in row.earlier for row in rows.values()),
            gate is not None and standings[person].leaves_out(gate),
        )
        for holder, person in sorted(people.items())
        if standings[person].standing in KEEPS_TEMPLATE
    ]  # fmt: skip


def whom_lacks(db: Session, community_id: UUID, maker: UUID) -> dict[UUID, set[UUID]]:
    """By cardholder: the nodes that have their template, where this one, as the enrolment node, has none."""
    found: dict[UUID, set[UUID]] = {}
    for node_id, holder in stored_at(db, community_id):
        found.setdefault(holder, set()).add(node_id)
    return {holder: nodes for holder, nodes in found.items() if maker not in nodes}


def gate_of_node(db: Session, node_id: UUID) -> UUID | None:
    return db.scalar(select(NodeRow.gate_id).where(NodeRow.id == node_id))


def asked_with(db: Session, community_id: UUID, maker: UUID, now: datetime) -> tuple[int, int]:
    """How many who agree will be asked for new photos once this is the enrolment node, since it has none of them; and
    how many besides have to agree to its gate before any photo."""
    lacks = whom_lacks(db, community_id, maker)
    people = {person for holder, person in access.people_behind(db, community_id).items() if holder in lacks}
    standings = consent.standings(db, community_id, people, now)
    agree = [standings[person] for person in people if standings[person].standing in KEEPS_TEMPLATE]
    gate = gate_of_node(db, maker)
    widened = sum(gate is not None and one.leaves_out(gate) for one in agree)
    return len(agree) - widened, widened


def nodes_with_earlier(db: Session, community_id: UUID, cardholder_id: UUID) -> frozenset[UUID]:
    """The nodes at which this person's template is of an earlier model."""
    said = select(FaceModelRow.node_id).where(
        FaceModelRow.community_id == community_id, literal(cardholder_id) == any_(FaceModelRow.earlier)
    )
    return frozenset(db.scalars(said)) & nodes_of(db, community_id).keys()


def made_anew(db: Session, community_id: UUID) -> int:
    """Of how many people a node made a template by its model of now out of photos that they had let it keep."""
    query = (
        select(func.count(FaceReceiptRow.cardholder_id.distinct()))
        .join(FaceModelRow, FaceModelRow.node_id == FaceReceiptRow.node_id)
        .where(
            FaceReceiptRow.community_id == community_id,
            FaceReceiptRow.what == "stored",
            FaceReceiptRow.anew.is_(True),
            FaceReceiptRow.model == FaceModelRow.model,
        )
    )
    return db.scalar(query) or 0


def made_elsewise(db: Session, community_id: UUID, maker: UUID) -> tuple[str, ...]:
    """Nodes, by name, that compare by another model than `maker`, the node that makes templates: asking people again
    changes nothing there until both run the same."""
    models = model_at(db, community_id)
    if maker not in models:
        return ()
    others = [node_id for node_id, model in models.items() if model != models[maker]]
    return tuple(db.scalars(select(NodeRow.name).where(NodeRow.id.in_(others)).order_by(NodeRow.name)))
