"""What nodes said of faces, as rows; run again, or in any order, it leaves the same rows."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.session import tenant_of
from central.gates.access import snapshot
from central.gates.ingest.queries import community_of_node, told_at
from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.claims import claimers, is_one_too_many
from central.gates.nodes.faces.maker import maker_of, reachable
from central.gates.nodes.faces.rules import TEMPLATE
from central.gates.nodes.faces.tables import FaceErasureRow, FaceReceiptRow
from central.gates.nodes.tables import NodeRow
from central.gates.visits.alarms import MANY_CLAIMED, TEMPLATE_CLAIMED, node_name, raise_again
from models.values.ids import new_id
from models.wire.envelope import Event
from models.wire.events import PhotosKept, TemplateErased, TemplateStored

log = logging.getLogger(__name__)


def project_stored(db: Session, event: Event, body: TemplateStored) -> None:
    """The enrolment node's word makes a face exist; another gate's says that it holds what that one made for it.

    Anything else is noted as a claim, which is nobody's face, and told to a person: a gate in wrong hands would
    otherwise have somebody asked for no photos any more, or have a face that nobody enrolled. Of people whom nobody
    knows it is noted some dozens of times.
    """
    community_id = community_of_node(db, event.node_id)
    maker = maker_of(db, community_id)
    before = _judged(db, event, body.cardholder_id)
    own = maker is None or maker == event.node_id
    stands = own or pieces.counts(db, community_id, event.node_id, event.seq, body)
    what = before or ("stored" if stands else "claimed")
    if what == "claimed" and before is None:
        log.error("a node claims a template that the enrolment node never made", extra={"node_id": str(event.node_id)})
        more = is_one_too_many(db, community_id, event.node_id, body.cardholder_id)
        kind, name = MANY_CLAIMED if more else TEMPLATE_CLAIMED, node_name(db, event.node_id) or None
        raise_again(db, event.node_id, community_id, kind, name, told_at(db, event))
        if more:
            return
    said = {"what": what, "model": body.model, "photos": body.photos, "anew": body.anew}
    _keep(db, event, body.cardholder_id, said)
    if maker == event.node_id and before is None:
        _note_who_lacks(db, community_id, event, body.cardholder_id)


def _judged(db: Session, event: Event, cardholder_id: UUID) -> str | None:
    """What this very event was taken for when it came: made anew from the journal, it is judged by no enrolment node
    of later, and is no news."""
    query = select(FaceReceiptRow.what).where(
        FaceReceiptRow.node_id == event.node_id, FaceReceiptRow.correlation == event.correlation,
        FaceReceiptRow.seq == event.seq, FaceReceiptRow.cardholder_id == cardholder_id,
        FaceReceiptRow.what.in_(["stored", "claimed"]),
    )  # fmt: skip
    return db.scalar(query)


def _note_who_lacks(db: Session, community_id: UUID, event: Event, cardholder_id: UUID) -> None:
    """The enrolment node has made a face: whichever gate gets none of it by itself is sent one. Its answer may have
    been lost, or have come too late; and of a capture at its own desk there is none."""
    since = told_at(db, event)
    lack = reachable(db, community_id) - {event.node_id} - pieces.has_since(db, community_id, cardholder_id, since)
    later = select(FaceReceiptRow.node_id).where(
        FaceReceiptRow.community_id == community_id, FaceReceiptRow.cardholder_id == cardholder_id,
        FaceReceiptRow.at >= since,
    )  # fmt: skip
    lack -= set(db.scalars(later))
    mail.note_missed(db, ((node_id, cardholder_id) for node_id in lack), TEMPLATE, clock.now())


def project_photos(db: Session, event: Event, body: PhotosKept) -> None:
    """How many photos of an enrolment are kept there now, by the person's choice."""
    _keep(db, event, body.cardholder_id, {"what": "photos", "photos": body.photos})


def project_erased(db: Session, event: Event, body: TemplateErased) -> None:
    values = {
        "what": "erased", "order_id": body.order_id, "had_template": body.had_template, "places": list(body.places),
    }  # fmt: skip
    _keep(db, event, body.cardholder_id, values)
    if body.order_id is not None:
        _confirm(db, body.order_id)  # where this receipt is about the order's own person


def _keep(db: Session, event: Event, cardholder_id: UUID, said: dict[str, Any]) -> None:
    """The first word under a correlation stands: a gate that writes another under it unsays no receipt."""
    made = insert(FaceReceiptRow).values(
        id=new_id(), tenant_id=tenant_of(db), node_id=event.node_id, correlation=event.correlation, seq=event.seq,
        community_id=community_of_node(db, event.node_id), cardholder_id=cardholder_id, at=told_at(db, event),
        received_at=clock.now(), **said,
    )  # fmt: skip
    db.execute(made.on_conflict_do_nothing(index_elements=["tenant_id", "node_id", "correlation"]))


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


def settle_all(db: Session, community_id: UUID, now: datetime) -> None:
    """The same for every order of a community: a node that owed some may be none any more."""
    waits = select(FaceErasureRow).where(
        FaceErasureRow.community_id == community_id, FaceErasureRow.settled_at.is_(None)
    )
    for order in db.scalars(waits.order_by(FaceErasureRow.id).with_for_update()):
        settle(db, order, now)


def owing(db: Session, order: FaceErasureRow) -> set[UUID]:
    """Nodes that are told of the order and have not confirmed it. A revoked node is told nothing any more."""
    query = select(NodeRow.id).where(NodeRow.community_id == order.community_id, NodeRow.revoked_at.is_(None))
    nodes = set(db.scalars(query))
    alone = claimers(db, order.community_id, order.cardholder_id).get(order.cardholder_id, nodes)
    confirmed = select(FaceReceiptRow.node_id).where(
        FaceReceiptRow.order_id == order.id, FaceReceiptRow.cardholder_id == order.cardholder_id
    )
    return (nodes & alone) - set(db.scalars(confirmed))


def confirmed_by(db: Session, node_id: UUID, order_ids: Collection[UUID]) -> set[UUID]:
    """Those of the orders that this node has confirmed."""
    query = (
        select(FaceErasureRow.id)
        .join(FaceReceiptRow, FaceReceiptRow.order_id == FaceErasureRow.id)
        .where(FaceReceiptRow.cardholder_id == FaceErasureRow.cardholder_id, FaceReceiptRow.node_id == node_id)
        .where(FaceErasureRow.id == any_(literal(list(set(order_ids)), ARRAY(Uuid()))))
    )
    return set(db.scalars(query))
