"""Order the gates to destroy face data, and let a new consent overtake an order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import record
from central.base.kernel.outbox import News
from central.base.kernel.session import tenant_of
from central.gates.access import queries as access
from central.gates.access import snapshot
from central.gates.nodes import mail
from central.gates.nodes.faces.rules import Why
from central.gates.nodes.faces.tables import FaceErasureRow
from models.values.ids import new_id


def order_erasure(
    db: Session, community_id: UUID, cardholder_ids: Collection[UUID], why: Why, now: datetime,
    *, correlation_id: UUID | None = None,
) -> int:  # fmt: skip
    """Every node of the community destroys what it has of these people, first thing. Returns how many orders are new;
    one that stands already is enough."""
    ordered = 0
    for cardholder_id in sorted(cardholder_ids):
        made = insert(FaceErasureRow).values(
            id=new_id(), community_id=community_id, cardholder_id=cardholder_id, why=why.value, ordered_at=now
        )
        added = db.scalar(
            made.on_conflict_do_nothing(
                index_elements=["tenant_id", "community_id", "cardholder_id"],
                index_where=text("overtaken_at IS NULL AND settled_at IS NULL"),
            ).returning(FaceErasureRow.id)
        )
        if added is not None:
            ordered += 1
            record(
                db, system(tenant_of(db), "faces"), "face.order_erasure", "cardholder", cardholder_id,
                after={"why": why.value}, community_id=community_id,
            )  # fmt: skip
    mail.forget_missed(db, cardholder_ids)
    if ordered:
        snapshot.changed(db, community_id, correlation_id=correlation_id)
    return ordered


def newest_orders(
    db: Session, community_id: UUID, cardholder_ids: Collection[UUID] | None = None
) -> dict[UUID, FaceErasureRow]:
    """The order that counts, by cardholder."""
    query = select(FaceErasureRow).where(FaceErasureRow.community_id == community_id)
    if cardholder_ids is not None:
        query = query.where(FaceErasureRow.cardholder_id.in_(set(cardholder_ids)))
    newest = query.ext(distinct_on(FaceErasureRow.cardholder_id)).order_by(
        FaceErasureRow.cardholder_id, FaceErasureRow.ordered_at.desc(), FaceErasureRow.id.desc()
    )
    return {row.cardholder_id: row for row in db.scalars(newest)}


def on_withdrawn(db: Session, news: News) -> None:
    """A consent was taken back: the nodes that wait are woken with the order (PRIV-04)."""
    community_id, person_id = UUID(news.payload["community_id"]), UUID(news.payload["person_id"])
    holder = access.holder_id_of(db, community_id, person_id)
    if holder is not None and not order_erasure(
        db, community_id, [holder], Why.WITHDRAWN, clock.now(), correlation_id=news.correlation_id
    ):
        snapshot.changed(db, community_id, correlation_id=news.correlation_id)  # ordered before, consent ends now


def on_given(db: Session, news: News) -> None:
    """A new consent: an order about this person holds on only where it is still owed."""
    community_id, person_id = UUID(news.payload["community_id"]), UUID(news.payload["person_id"])
    holder = access.holder_id_of(db, community_id, person_id)
    if holder is not None:
        db.execute(
            update(FaceErasureRow)
            .where(
                FaceErasureRow.community_id == community_id, FaceErasureRow.cardholder_id == holder,
                FaceErasureRow.overtaken_at.is_(None),
            )
            .values(overtaken_at=clock.now())
        )  # fmt: skip
    snapshot.changed(db, community_id, correlation_id=news.correlation_id)


def on_rules_changed(db: Session, news: News) -> None:
    """A newer text, an age, or a choice about photos: something ends earlier or later than the gates were told."""
    snapshot.changed(db, UUID(news.payload["community_id"]), correlation_id=news.correlation_id)
