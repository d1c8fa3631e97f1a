"""What nodes said of faces, as rows; run again, or in any order, it leaves the same rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.session import tenant_of
from central.gates.access import snapshot
from central.gates.ingest.queries import community_of_node, told_at
from central.gates.nodes.faces.tables import FaceErasureRow, FaceReceiptRow
from central.gates.nodes.tables import NodeRow
from models.values.ids import new_id
from models.wire.envelope import Event
from models.wire.events import PhotosKept, TemplateErased, TemplateStored


def project_stored(db: Session, event: Event, body: TemplateStored) -> None:
    said = {"what": "stored", "model": body.model, "photos": body.photos, "anew": body.anew}
    _keep(db, event, body.cardholder_id, said)


def project_photos(db: Session, event: Event, body: PhotosKept) -> None:
    """How many photos of an enrolment are kept there now, by the person's choice."""
    _keep(db, event, body.cardholder_id, {"what": "photos", "photos": body.photos})


def project_erased(db: Session, event: Event, body: TemplateErased) -> None:
    values = {
        "what": "erased", "order_id": body.order_id, "had_template": body.had_template, "places": list(body.places),
    }  # fmt: skip
    _keep(db, event, body.cardholder_id, values)
    if body.order_id is not None:
        _confirm(db, body.order_id)


def _keep(db: Session, event: Event, cardholder_id: UUID, said: dict[str, Any]) -> None:
    values = said | {
        "community_id": community_of_node(db, event.node_id), "cardholder_id": cardholder_id, "at": told_at(db, event),
        "seq": event.seq,
    }  # fmt: skip
    made = insert(FaceReceiptRow).values(
        id=new_id(), tenant_id=tenant_of(db), node_id=event.node_id, correlation=event.correlation,
        received_at=clock.now(), **values,
    )  # fmt: skip
    db.execute(made.on_conflict_do_update(index_elements=["tenant_id", "node_id", "correlation"], set_=values))


def _confirm(db: Session, order_id: UUID) -> None:
    """The order's row is locked, so that of two nodes that confirm at once the second sees the first."""
    order = db.scalar(select(FaceErasureRow).where(FaceErasureRow.id == order_id).with_for_update())
    if order is None:
        return  # of a central that was restored from an older backup
    settle(db, order, clock.now())
    if order.overtaken_at is not None:
        snapshot.changed(db, order.community_id)  # this node may now be told of the new consent


def settle(db: Session, order: FaceErasureRow, now: datetime) -> bool:
    """Note that every node has confirmed, if that is so."""
    if order.settled_at is None and not owing(db, order):
        order.settled_at = now
        db.flush()
        return True
    return False


def owing(db: Session, order: FaceErasureRow) -> set[UUID]:
    """Nodes of the community that have not confirmed the order. A revoked node is told nothing any more."""
    nodes = select(NodeRow.id).where(NodeRow.community_id == order.community_id, NodeRow.revoked_at.is_(None))
    confirmed = select(FaceReceiptRow.node_id).where(FaceReceiptRow.order_id == order.id)
    return set(db.scalars(nodes)) - set(db.scalars(confirmed))


def confirmed_by(db: Session, node_id: UUID, order_ids: Collection[UUID]) -> set[UUID]:
    """Those of the orders that this node has confirmed."""
    query = select(FaceReceiptRow.order_id).where(
        FaceReceiptRow.node_id == node_id, FaceReceiptRow.order_id.in_(set(order_ids))
    )
    return {order_id for order_id in db.scalars(query) if order_id is not None}
