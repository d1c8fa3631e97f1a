"""Order the gates to destroy face data, at all of them or at some, and which order counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import record
from central.base.kernel.outbox import News
from central.base.kernel.session import tenant_of
from central.gates.access import queries as access
from central.gates.access import snapshot
from central.gates.ingest import picture_erasures as pictures
from central.gates.ingest.tables import PictureErasureRow
from central.gates.nodes import mail
from central.gates.nodes.faces.rules import Order, Why, is_told
from central.gates.nodes.faces.tables import FaceErasureRow
from central.gates.nodes.tables import NodeRow
from models.values.ids import new_id


def order_erasure(
    db: Session, community_id: UUID, cardholder_ids: Collection[UUID], why: Why, now: datetime,
    *, gates: Collection[UUID] | None = None, correlation_id: UUID | None = None,
) -> int:  # fmt: skip
    """Every node of the community, or of these gates, destroys what it has of these people, first thing; central the
    event pictures that it has of them, at once. Returns how many orders are new; one that stands already at every gate
    is enough."""
    ordered = 0
    for cardholder_id in sorted(cardholder_ids):
        made = insert(FaceErasureRow).values(
            id=new_id(), community_id=community_id, cardholder_id=cardholder_id, why=why.value, ordered_at=now,
            gates=sorted(gates) if gates is not None else None,
        )  # fmt: skip
        added = db.scalar(
            made.on_conflict_do_nothing(
                index_elements=["tenant_id", "community_id", "cardholder_id"],
                index_where=text("overtaken_at IS NULL AND settled_at IS NULL AND gates IS NULL"),
            ).returning(FaceErasureRow.id)
        )
        if added is not None:
            ordered += 1
            _erase_pictures(db, added, community_id, cardholder_id, gates, now, now)
            record(
                db, system(tenant_of(db), "faces"), "face.order_erasure", "cardholder", cardholder_id,
                after={"why": why.value}, community_id=community_id,
            )  # fmt: skip
    if gates is None:
        mail.forget_missed(db, cardholder_ids)
    if ordered:
        snapshot.changed(db, community_id, correlation_id=correlation_id)
    return ordered


def _erase_pictures(
    db: Session, order_id: UUID, community_id: UUID, cardholder_id: UUID, gates: Collection[UUID] | None,
    before: datetime, now: datetime,
) -> None:  # fmt: skip
    nodes = select(NodeRow.id).where(NodeRow.community_id == community_id, NodeRow.gate_id.in_(gates or ()))
    there = set(db.scalars(nodes)) if gates is not None else None
    pictures.erase_pictures(db, order_id, community_id, cardholder_id, before, now, there)


def erase_pictures(db: Session, order: FaceErasureRow, said_at: datetime, now: datetime) -> None:
    """Once more, as a node confirms: what was made there since the order, while the node had not heard of it. Its
    pictures are dated by its own clock, as `said_at` is, and that may be ahead of central's."""
    before = order.overtaken_at or max(said_at, now)
    _erase_pictures(db, order.id, order.community_id, order.cardholder_id, order.gates, before, now)


def erase_forgotten(db: Session, community_id: UUID, now: datetime) -> None:
    """Orders from before central destroyed pictures of its own with them."""
    done = select(PictureErasureRow.order_id).where(PictureErasureRow.order_id == FaceErasureRow.id)
    forgotten = select(FaceErasureRow).where(FaceErasureRow.community_id == community_id, ~done.exists())
    for row in db.scalars(forgotten).all():
        _erase_pictures(db, row.id, community_id, row.cardholder_id, row.gates, row.ordered_at, now)


def newest_orders(db: Session, community_id: UUID, *, gate_id: UUID | None = None) -> dict[UUID, FaceErasureRow]:
    """The order that counts at this gate, by cardholder; None: the newest of those that hold at every gate."""
    query = select(FaceErasureRow).where(FaceErasureRow.community_id == community_id)
    everywhere = FaceErasureRow.gates.is_(None)
    query = query.where(everywhere if gate_id is None else or_(everywhere, FaceErasureRow.gates.contains([gate_id])))
    newest = query.ext(distinct_on(FaceErasureRow.cardholder_id)).order_by(
        FaceErasureRow.cardholder_id, FaceErasureRow.ordered_at.desc(), FaceErasureRow.id.desc()
    )
    return {row.cardholder_id: row for row in db.scalars(newest)}


def orders_of(db: Session, community_id: UUID, cardholder_ids: Collection[UUID]) -> dict[UUID, list[FaceErasureRow]]:
    """Every order about these people, newest first."""
    query = select(FaceErasureRow).where(
        FaceErasureRow.community_id == community_id, FaceErasureRow.cardholder_id.in_(set(cardholder_ids))
    )
    found: dict[UUID, list[FaceErasureRow]] = {}
    for row in db.scalars(query.order_by(FaceErasureRow.ordered_at.desc(), FaceErasureRow.id.desc())):
        found.setdefault(row.cardholder_id, []).append(row)
    return found


def counts_at(orders: Iterable[FaceErasureRow], gate_id: UUID) -> FaceErasureRow | None:
    """Of somebody's orders, newest first, the one that counts at this gate."""
    return next((row for row in orders if row.holds_at(gate_id)), None)


def order_again(db: Session, node: NodeRow, cardholder_ids: Collection[UUID], now: datetime) -> None:
    """A node says that it has something of people who agree to nothing: where their order is told no more, it is given
    anew for that gate. A disk from before it was put back there, however old. What is told already is enough."""
    for holder, rows in orders_of(db, node.community_id, cardholder_ids).items():
        last = counts_at(rows, node.gate_id)
        if last is None or last.overtaken_at is not None:
            continue
        if not is_told(Order(None, last.settled_at), confirmed=True, now=now):
            order_erasure(db, node.community_id, [holder], Why(last.why), now, gates={node.gate_id})


def on_withdrawn(db: Session, news: News) -> None:
    """A consent was taken back: the nodes that wait are woken with the order (PRIV-04)."""
    community_id, person_id = UUID(news.payload["community_id"]), UUID(news.payload["person_id"])
    holder = access.holder_id_of(db, community_id, person_id)
    if holder is not None and not order_erasure(
        db, community_id, [holder], Why.WITHDRAWN, clock.now(), correlation_id=news.correlation_id
    ):
        snapshot.changed(db, community_id, correlation_id=news.correlation_id)  # ordered before, consent ends now


def on_rules_changed(db: Session, news: News) -> None:
    """A newer text, or a choice about photos: something ends earlier or later than the gates were told."""
    snapshot.changed(db, UUID(news.payload["community_id"]), correlation_id=news.correlation_id)
