"""Reads of faces for pages and programs. None of them asks who is asking: routes and pages do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access.queries import holder_id_of
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.earlier import nodes_with_earlier
from central.gates.nodes.faces.jobs import held_at
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.orders import newest_orders
from central.gates.nodes.faces.receipts import confirmed_by
from central.gates.nodes.faces.tables import FaceCountRow, FaceErasureRow, FaceReceiptRow
from central.gates.nodes.tables import NodeRow
from central.gates.visits.presence import presences
from central.people.consent.queries import StandingView, standing_of


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
    """A node's receipt. `at` by its own clock; `order_id` None: a technician did it there."""

    node_id: UUID
    node: str
    order_id: UUID | None
    had_template: bool
    places: tuple[str, ...]
    at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class OwingView:
    """A node that has not confirmed. `heard_at`: last heard of, None for never; `revoked`: it never will confirm."""

    node_id: UUID
    node: str
    online: bool
    heard_at: datetime | None
    revoked: bool


@dataclass(frozen=True, slots=True)
class OrderView:
    order_id: UUID
    why: str
    ordered_at: datetime
    overtaken_at: datetime | None
    settled_at: datetime | None
    owing: tuple[OwingView, ...]


@dataclass(frozen=True, slots=True)
class FaceView:
    """Everything central knows of somebody's face, which is no face. `cardholder_id` None: unknown to the gates."""

    cardholder_id: UUID | None
    consent: StandingView
    stored: tuple[StoredView, ...]
    refused: tuple[RefusedView, ...]
    claimed: tuple[ClaimedView, ...]
    kept: tuple[KeptView, ...]
    erased: tuple[ErasedView, ...]
    order: OrderView | None


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
        return FaceView(None, standing, (), (), (), (), (), None)
    query = select(FaceReceiptRow).where(
        FaceReceiptRow.community_id == community_id, FaceReceiptRow.cardholder_id == holder
    )
    receipts = list(db.scalars(query.order_by(FaceReceiptRow.received_at.desc(), FaceReceiptRow.seq.desc())))
    nodes = {row.id: row for row in db.scalars(select(NodeRow).where(NodeRow.community_id == community_id))}
    last = _last(row for row in receipts if row.what != "photos")
    order = newest_orders(db, community_id, [holder]).get(holder)
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
            if nodes[one.node_id].revoked_at is None
        ),
        tuple(
            ClaimedView(row.node_id, nodes[row.node_id].name, row.at)
            for row in last.values() if row.what == "claimed"
        ),
        tuple(
            KeptView(row.node_id, nodes[row.node_id].name, row.photos or 0, row.at)
            for row in _last(one for one in receipts if one.what != "stored").values()
            if row.what == "photos"  # where all was erased since, the receipt of that names the photos
        ),
        tuple(
            ErasedView(
                row.node_id, nodes[row.node_id].name, row.order_id, bool(row.had_template), tuple(row.places or ()),
                row.at, row.received_at,
            )
            for row in receipts
            if row.what == "erased"
        ),
        _order(db, order, receipts, nodes, last, now) if order is not None else None,
    )  # fmt: skip


def _last(receipts: Iterable[FaceReceiptRow]) -> dict[UUID, FaceReceiptRow]:
    """The last word of each node."""
    last: dict[UUID, FaceReceiptRow] = {}
    for row in receipts:
        if row.node_id not in last or row.seq > last[row.node_id].seq:
            last[row.node_id] = row
    return last


def _order(
    db: Session, order: FaceErasureRow, receipts: list[FaceReceiptRow], nodes: dict[UUID, NodeRow],
    last: dict[UUID, FaceReceiptRow], now: datetime,
) -> OrderView:  # fmt: skip
    """A revoked node is named when its last word was that it has a template: its disk must be destroyed by hand."""
    confirmed = {row.node_id for row in receipts if row.order_id == order.id}
    holding = {node_id for node_id, row in last.items() if row.what in ("stored", "claimed")}
    owing = [
        node for node in nodes.values()
        if node.id not in confirmed and (node.revoked_at is None or node.id in holding)
        and (order.settled_at is None or node.enrolled_at <= order.settled_at)
    ]  # fmt: skip
    there = presences(db, [node.id for node in owing], now)
    return OrderView(
        order.id, order.why, order.ordered_at, order.overtaken_at, order.settled_at,
        tuple(
            OwingView(
                node.id, node.name, node.id in there and there[node.id].online,
                there[node.id].heard_at if node.id in there else None, node.revoked_at is not None,
            )
            for node in owing
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeftView:
    """What a node's disk holds, by its last word: of how many people, and of how many of these it was ordered to
    destroy it and has not confirmed."""

    people: int
    owed: int


def left_at(db: Session, community_id: UUID, node_id: UUID) -> LeftView:
    held = {holder for node, holder in held_at(db, community_id) if node == node_id}
    waits = {row.id for row in newest_orders(db, community_id, held).values() if row.settled_at is None}
    return LeftView(len(held), len(waits - confirmed_by(db, node_id, waits)))


def newest_count(db: Session) -> CountView | None:
    """The last night's count; None before the first."""
    row = db.scalar(select(FaceCountRow).order_by(FaceCountRow.counted_at.desc()).limit(1))
    return None if row is None else CountView(row.counted_at, row.faces, row.orphans, row.reached, row.file_by)
