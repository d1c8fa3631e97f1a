"""Reads of faces for pages and programs. None of them asks who is asking: routes and pages do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access.queries import holder_id_of
from central.gates.ingest.picture_erasures import ErasedPictures, HeldPicture, erased_with, held_at_nodes, held_of
from central.gates.ingest.picture_holds import Cause
from central.gates.ingest.settle import unsettled_nodes
from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.earlier import model_at, nodes_with_earlier
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.orders import counts_at, orders_of
from central.gates.nodes.faces.receipts import confirmed_by, held_at
from central.gates.nodes.faces.rules import TEMPLATE, PieceState, is_earlier_order, is_earlier_receipt
from central.gates.nodes.faces.tables import FaceCountRow, FaceErasureRow, FaceReceiptRow
from central.gates.nodes.tables import NodeRow
from central.gates.visits.presence import presences
from central.people.community.queries import lanes_of
from central.people.consent.queries import StandingView, standing_of
from central.people.consent.rules import Standing


@dataclass(frozen=True, slots=True)
class StoredView:
    """A template that a node keeps. `earlier`: that node compares by another model since. `anew`: it made this one of
    photos that the person let it keep. `by_maker`: that is the enrolment node, whose word alone has
    a person known. `revoked`: it is no gate any more, and its disk is to be destroyed by a person."""

    node_id: UUID
    node: str
    model: str
    photos: int
    stored_at: datetime
    earlier: bool
    anew: bool
    by_maker: bool
    revoked: bool


@dataclass(frozen=True, slots=True)
class RefusedView:
    """A node that takes the newest template for good not. `why`: a word of `PieceRefusal`, "" from a node of before."""

    node_id: UUID
    node: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedView:
    """A node that says it has a template which the enrolment node never made."""

    node_id: UUID
    node: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptView:
    """Photos that a node keeps sealed by the person's choice; 0: it kept some, and has destroyed them."""

    node_id: UUID
    node: str
    photos: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ErasedView:
    """A node's receipt. `at` by its own clock; `order_id` None: a technician did it there. `earlier`: it is of an
    order of before, and says nothing of what is to be destroyed now."""

    node_id: UUID
    node: str
    order_id: UUID | None
    had_template: bool
    places: tuple[str, ...]
    at: datetime
    received_at: datetime
    earlier: bool


@dataclass(frozen=True, slots=True)
class OwingView:
    """A node that has not confirmed. `heard_at`: last heard of, None for never; `revoked`: it never will confirm.
    `disputed`: it may have, and what it said is set aside until a person decides about its records."""

    node_id: UUID
    node: str
    online: bool
    heard_at: datetime | None
    revoked: bool
    disputed: bool


@dataclass(frozen=True, slots=True)
class DisputedView:
    """A node in use whose records wait for a person's decision: what it says meanwhile counts for nothing here."""

    node_id: UUID
    node: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """`earlier`: of a time before the newest consent, or before that was taken back."""

    order_id: UUID
    why: str
    ordered_at: datetime
    overtaken_at: datetime | None
    settled_at: datetime | None
    owing: tuple[OwingView, ...]
    earlier: bool


@dataclass(frozen=True, slots=True)
class HeldView:
    """An event picture of an erased person that `cause` keeps until `until`, unless it is released before. `lane`: ""
    where there is none any more. `node`: where it lies by that node's receipt; "" for central."""

    made_at: datetime
    lane: str
    cause: Cause
    until: datetime
    node: str


@dataclass(frozen=True, slots=True)
class FaceView:
    """Everything central knows of somebody's face, which is no face. `cardholder_id` None: unknown to the gates.

    `under_way`: something is to be destroyed that not every node has confirmed. `awaited`: of a consent that was taken
    back just now, and whose order is not out yet, the nodes that have something of it.
    `left_behind`: gates know them no more, by the model that they have now, and nor does the enrolment node.
    `left_out`: the nodes at whose gates their consent is not for.
    `coming`: the nodes to which a template of theirs is on its way, and which have not said yet that they hold it.
    `central`: what central itself destroyed with the newest order; None while it has not. `held`: event pictures that
    it, or a node, keeps all the same for an alarm or an incident. `disputed`: nodes that may have said more of this
    face than is known here."""

    cardholder_id: UUID | None
    consent: StandingView
    stored: tuple[StoredView, ...]
    refused: tuple[RefusedView, ...]
    claimed: tuple[ClaimedView, ...]
    kept: tuple[KeptView, ...]
    erased: tuple[ErasedView, ...]
    order: OrderView | None
    awaited: tuple[OwingView, ...]
    under_way: bool
    left_behind: bool
    left_out: frozenset[UUID]
    coming: tuple[OwingView, ...] = ()
    central: ErasedPictures | None = None
    held: tuple[HeldView, ...] = ()
    disputed: tuple[DisputedView, ...] = ()


@dataclass(frozen=True, slots=True)
class CountView:
    counted_at: datetime
    faces: int
    orphans: int
    reached: int
    file_by: date | None


def face_of(db: Session, community_id: UUID, person_id: UUID, now: datetime) -> FaceView:
    standing = standing_of(db, community_id, person_id, now)
    holder = holder_id_of(db, community_id, person_id)
    if holder is None:
        return FaceView(None, standing, (), (), (), (), (), None, (), False, False, frozenset())
    query = select(FaceReceiptRow).where(
        FaceReceiptRow.community_id == community_id, FaceReceiptRow.cardholder_id == holder
    )
    receipts = list(db.scalars(query.order_by(FaceReceiptRow.received_at.desc(), FaceReceiptRow.seq.desc())))
    nodes = {row.id: row for row in db.scalars(select(NodeRow).where(NodeRow.community_id == community_id))}
    left_out = frozenset(node.id for node in nodes.values() if standing.leaves_out(node.gate_id))
    last = _last(row for row in receipts if row.what != "photos")
    kept = _last(row for row in receipts if row.what in ("photos", "erased"))
    given_at = standing.last.given_at if standing.last is not None else None
    withdrawn_at = standing.last.withdrawn_at if standing.last is not None else None
    orders = orders_of(db, community_id, [holder]).get(holder, [])
    order = orders[0] if orders else None
    earlier_order = order is not None and (
        (order.overtaken_at is not None and withdrawn_at is None)
        or is_earlier_order(order.ordered_at, order.settled_at, given_at=given_at, withdrawn_at=withdrawn_at)
    )
    current = order.id if order is not None and not earlier_order else None
    to_order = withdrawn_at is not None and current is None
    holding = {row.node_id for row in last.values() if row.what in ("stored", "claimed")}
    holding |= {row.node_id for row in kept.values() if row.what == "photos" and row.photos}
    earlier = nodes_with_earlier(db, community_id, holder)
    maker = maker_of(db, community_id)
    return FaceView(
        holder,
        standing,
        tuple(
            StoredView(
                row.node_id, nodes[row.node_id].name, row.model or "", row.photos or 0, row.at,
                row.node_id in earlier, bool(row.anew),
                nodes[row.node_id].revoked_at is None and maker in (None, row.node_id),
                nodes[row.node_id].revoked_at is not None,
            )
            for row in last.values()
            if row.what == "stored"
        ),
        tuple(
            RefusedView(one.node_id, nodes[one.node_id].name, one.why, one.at)
            for one in pieces.refused(db, [community_id], holder)
            if nodes[one.node_id].revoked_at is None and one.node_id not in left_out
        ),
        tuple(
            ClaimedView(row.node_id, nodes[row.node_id].name, row.at)
            for row in last.values() if row.what == "claimed"
        ),
        tuple(
            KeptView(row.node_id, nodes[row.node_id].name, row.photos or 0, row.at)
            for row in kept.values()
            if row.what == "photos"  # where all was erased since, the receipt of that names the photos
        ),
        tuple(
            ErasedView(
                row.node_id, nodes[row.node_id].name, row.order_id, bool(row.had_template), tuple(row.places or ()),
                row.at, row.received_at,
                is_earlier_receipt(row.order_id, row.at, current=current, since=withdrawn_at or given_at),
            )
            for row in receipts
            if row.what == "erased"
        ),
        _order(db, orders, receipts, nodes, last, now, earlier=earlier_order) if orders else None,
        _owing(db, [node for node in nodes.values() if node.id in holding], now) if to_order else (),
        to_order or (order is not None and order.settled_at is None),
        bool(earlier) and (maker in earlier or maker not in last or last[maker].what != "stored"),
        left_out,
        _owing(db, [nodes[one] for one in _coming(db, community_id, holder, last)
                    if nodes[one].revoked_at is None and one not in left_out], now)
        if standing.standing is Standing.IN_FORCE else (),
        erased_with(db, order.id) if order is not None else None,
        _held(db, community_id, holder, receipts, nodes, now),
        _disputed(db, community_id, nodes),
    )  # fmt: skip


def _disputed(db: Session, community_id: UUID, nodes: dict[UUID, NodeRow]) -> tuple[DisputedView, ...]:
    waits = [nodes[one] for one in unsettled_nodes(db, [community_id]) if one in nodes]
    live = (DisputedView(node.id, node.name) for node in waits if node.revoked_at is None)
    return tuple(sorted(live, key=lambda one: (one.node, one.node_id)))


def _coming(db: Session, community_id: UUID, holder: UUID, last: dict[UUID, FaceReceiptRow]) -> list[UUID]:
    """Nodes to which a template waits or is made once more, or that took one and have not told of it in their journal.
    What the enrolment node does not hold is made for nobody."""
    found = set()
    for node_id, piece in pieces.newest(db, community_id, holder).items():
        word = last.get(node_id)
        heard = word is not None and (word.what == "stored" or word.received_at >= (piece.told_at or piece.made_at))
        if piece.state == PieceState.WAITING.value or (piece.state == PieceState.TAKEN.value and not heard):
            found.add(node_id)
    maker = maker_of(db, community_id)
    if maker is not None and maker in last and last[maker].what == "stored":
        found |= mail.lacking(db, TEMPLATE, holder) & model_at(db, community_id).keys() - {maker}
    return sorted(found)


def _held(
    db: Session, community_id: UUID, holder: UUID, receipts: Iterable[FaceReceiptRow], nodes: dict[UUID, NodeRow],
    now: datetime,
) -> tuple[HeldView, ...]:  # fmt: skip
    """At central, then at the nodes, by the last receipt of each."""
    last = _last(row for row in receipts if row.what == "erased").values()
    at_nodes = held_at_nodes(db, [(row.node_id, row.seq, row.correlation) for row in last], now)
    found: tuple[HeldPicture, ...] = (*held_of(db, community_id, holder, now), *at_nodes)
    names: dict[UUID | None, str] = {one.lane.lane_id: one.lane.name for one in lanes_of(db, community_id) if found}
    return tuple(
        HeldView(
            one.made_at, names.get(one.lane_id, ""), one.cause, one.until,
            nodes[one.node_id].name if one.node_id is not None else "",
        )
        for one in found
    )  # fmt: skip


def _last(receipts: Iterable[FaceReceiptRow]) -> dict[UUID, FaceReceiptRow]:
    """The last word of each node."""
    last: dict[UUID, FaceReceiptRow] = {}
    for row in receipts:
        if row.node_id not in last or row.seq > last[row.node_id].seq:
            last[row.node_id] = row
    return last


def _order(
    db: Session, orders: list[FaceErasureRow], receipts: list[FaceReceiptRow], nodes: dict[UUID, NodeRow],
    last: dict[UUID, FaceReceiptRow], now: datetime, *, earlier: bool,
) -> OrderView:  # fmt: skip
    """The newest, and who owes what counts at its own gate, which may be an earlier one. A revoked node is named when
    its last word was that it has a template: its disk must be destroyed by hand."""
    confirmed = {(row.order_id, row.node_id) for row in receipts}
    holding = {node_id for node_id, row in last.items() if row.what in ("stored", "claimed")}
    owing = [
        node for node in nodes.values()
        if (due := counts_at(orders, node.gate_id)) is not None and (due.id, node.id) not in confirmed
        and (node.revoked_at is None or node.id in holding)
        and (due.settled_at is None or node.enrolled_at <= due.settled_at)
    ]  # fmt: skip
    order = orders[0]
    return OrderView(
        order.id, order.why, order.ordered_at, order.overtaken_at, order.settled_at, _owing(db, owing, now), earlier
    )


def _owing(db: Session, nodes: Sequence[NodeRow], now: datetime) -> tuple[OwingView, ...]:
    there = presences(db, [node.id for node in nodes], now)
    disputed = unsettled_nodes(db, {node.community_id for node in nodes})
    return tuple(
        OwingView(
            node.id, node.name, node.id in there and there[node.id].online,
            there[node.id].heard_at if node.id in there else None, node.revoked_at is not None, node.id in disputed,
        )
        for node in nodes
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftView:
    """What a node's disk holds, by its last word: of how many people, and of how many of these it was ordered to
    destroy it and has not confirmed."""

    people: int
    owed: int


def left_at(db: Session, community_id: UUID, node_id: UUID) -> LeftView:
    held = {holder for node, holder in held_at(db, community_id) if node == node_id}
    gate_id = db.scalar(select(NodeRow.gate_id).where(NodeRow.id == node_id))
    due = [counts_at(orders, gate_id) for orders in orders_of(db, community_id, held).values()] if gate_id else []
    waits = {order.id for order in due if order is not None and order.settled_at is None}
    return LeftView(len(held), len(waits - confirmed_by(db, node_id, waits)))


def newest_count(db: Session) -> CountView | None:
    """The last night's count; None before the first."""
    row = db.scalar(select(FaceCountRow).order_by(FaceCountRow.counted_at.desc()).limit(1))
    return None if row is None else CountView(row.counted_at, row.faces, row.orphans, row.reached, row.file_by)
