"""What nodes said of faces, as rows; run again, or in any order, it leaves the same rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.session import tenant_of
from central.gates.access import snapshot
from central.gates.ingest.queries import community_of_node, told_at
from central.gates.nodes import mail
from central.gates.nodes.faces import claims, pieces
from central.gates.nodes.faces.maker import maker_of, reachable
from central.gates.nodes.faces.orders import erase_pictures
from central.gates.nodes.faces.rules import TEMPLATE, stored_now
from central.gates.nodes.faces.tables import FaceErasureRow, FaceReceiptRow
from central.gates.nodes.tables import NodeRow
from models.values.ids import new_id
from models.wire.envelope import Event
from models.wire.events import PhotosKept, TemplateErased, TemplateStored

WHAT_A_FACE_LEAVES = frozenset({"template", "photos"})


def project_stored(db: Session, event: Event, body: TemplateStored) -> None:
    """The enrolment node's word makes a face exist; another gate's says that it holds what that one made for it.

    Anything else is noted as a claim, which is nobody's face, and told to a person: a gate in wrong hands would
    otherwise have somebody asked for no photos any more, or have a face that nobody enrolled. Of people whom nobody
    knows it is noted some dozens of times.
    """
    community_id = community_of_node(db, event.node_id)
    maker = maker_of(db, community_id)
    before = _judged(db, event, body.cardholder_id)
    stands = maker in (None, event.node_id) or pieces.counts(db, community_id, event.node_id, event.seq, body)
    what = before or ("stored" if stands else "claimed")
    if what == "claimed" and before is None:
        at = told_at(db, event)
        if not claims.is_to_be_noted(db, community_id, event.node_id, body.cardholder_id, at):
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
    )  # fmt: skip
    return db.scalar(query)


def _last(db: Session, event: Event, cardholder_id: UUID, *words: str) -> FaceReceiptRow | None:
    """The last of these words that this node said of this person before."""
    query = select(FaceReceiptRow).where(
        FaceReceiptRow.community_id == community_of_node(db, event.node_id), FaceReceiptRow.node_id == event.node_id,
        FaceReceiptRow.cardholder_id == cardholder_id, FaceReceiptRow.what.in_(words), FaceReceiptRow.seq < event.seq,
    )  # fmt: skip
    return db.scalar(query.order_by(FaceReceiptRow.seq.desc(), FaceReceiptRow.received_at.desc()).limit(1))


def _keeps_photos(db: Session, event: Event, cardholder_id: UUID) -> bool:
    last = _last(db, event, cardholder_id, "photos", "erased")
    return last is not None and last.what == "photos" and bool(last.photos)


def _has_template(db: Session, event: Event, cardholder_id: UUID) -> bool:
    last = _last(db, event, cardholder_id, "stored", "claimed", "erased")
    return last is not None and last.what != "erased"


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
    """How many photos of an enrolment are kept there now, by the person's choice. They are given to the enrolment node
    alone: another may say of those that it has that they are destroyed, and any others are a claim."""
    community_id, holder = community_of_node(db, event.node_id), body.cardholder_id
    what = _judged(db, event, holder)
    if what is None and maker_of(db, community_id) not in (None, event.node_id):
        if body.photos:
            room = claims.is_to_be_noted(db, community_id, event.node_id, holder, told_at(db, event))
            if not room or _has_template(db, event, holder):
                return  # a claim unsays no template
            what = "claimed"
        elif not _keeps_photos(db, event, holder):
            return  # it had none to destroy
    _keep(db, event, holder, {"what": what or "photos", "photos": body.photos})


def project_erased(db: Session, event: Event, body: TemplateErased) -> None:
    """What was ordered, or was there by all that is known, is destroyed. Anything else confirms nothing: a template or
    photos that nobody knew of are a claim, and of other traces a technician's receipt is noted for people of the site.
    """
    ordered, is_news = _is_ordered(db, event, body), _judged(db, event, body.cardholder_id) is None
    if is_news and not _is_to_be_noted(db, event, body, ordered=ordered):
        return
    values = {
        "what": "erased", "order_id": body.order_id, "had_template": body.had_template, "places": list(body.places),
    }  # fmt: skip
    _keep(db, event, body.cardholder_id, values)
    if body.order_id is not None and ordered:
        _confirm(db, body.order_id, told_at(db, event))
        if is_news:
            _note_lacking(db, event, body.order_id, body.cardholder_id)


def _note_lacking(db: Session, event: Event, order_id: UUID, cardholder_id: UUID) -> None:
    """An order that a newer consent has overtaken leaves nothing at the gate, nor did its disk from before bring what
    was made since: it is sent there once more."""
    order, community_id = db.get_one(FaceErasureRow, order_id), community_of_node(db, event.node_id)
    if order.overtaken_at is not None and maker_of(db, community_id) != event.node_id:
        mail.note_missed(db, [(event.node_id, cardholder_id)], TEMPLATE, clock.now())


def _is_ordered(db: Session, event: Event, body: TemplateErased) -> bool:
    order = select(FaceErasureRow.id).where(
        FaceErasureRow.id == body.order_id, FaceErasureRow.cardholder_id == body.cardholder_id,
        FaceErasureRow.community_id == community_of_node(db, event.node_id),
    )  # fmt: skip
    return body.order_id is not None and db.scalar(order) is not None


def _is_to_be_noted(db: Session, event: Event, body: TemplateErased, *, ordered: bool) -> bool:
    """Of one order a node may have more than one receipt, since it may be told of it again; but no more than claims."""
    holder, community_id = body.cardholder_id, community_of_node(db, event.node_id)
    if not ordered and not _has_template(db, event, holder) and not _keeps_photos(db, event, holder):
        if body.had_template or WHAT_A_FACE_LEAVES & set(body.places):
            claims.tell(db, community_id, event.node_id, told_at(db, event))
            return False
        if not claims.is_known(db, community_id, holder):
            return False
    said = select(FaceReceiptRow.id).where(
        FaceReceiptRow.community_id == community_id, FaceReceiptRow.node_id == event.node_id,
        FaceReceiptRow.cardholder_id == holder, FaceReceiptRow.what == "erased",
    )  # fmt: skip
    mine = said.where(FaceReceiptRow.order_id == body.order_id) if ordered else said
    return (db.scalar(select(func.count()).select_from(mine.subquery())) or 0) < claims.CLAIMS_MAX


def _keep(db: Session, event: Event, cardholder_id: UUID, said: dict[str, Any]) -> None:
    """The first word under a correlation stands: a gate that writes another under it unsays no receipt."""
    made = insert(FaceReceiptRow).values(
        id=new_id(), tenant_id=tenant_of(db), node_id=event.node_id, correlation=event.correlation, seq=event.seq,
        community_id=community_of_node(db, event.node_id), cardholder_id=cardholder_id, at=told_at(db, event),
        received_at=clock.now(), **said,
    )  # fmt: skip
    db.execute(made.on_conflict_do_nothing(index_elements=["tenant_id", "node_id", "correlation"]))


def is_gone_since(db: Session, node_id: UUID, cardholder_id: UUID, at: datetime) -> bool:
    """Whether the last word of this node is that it destroyed what it had of this person, heard since then."""
    said = FaceReceiptRow
    mine = (
        said.node_id == node_id,
        said.cardholder_id == cardholder_id,
        said.what.in_(("stored", "claimed", "erased")),
    )
    newest = select(said.what, said.received_at).where(*mine).order_by(said.seq.desc(), said.received_at.desc())
    last = db.execute(newest.limit(1)).first()
    return last is not None and last.what == "erased" and last.received_at >= at


def stored_at(db: Session, community_id: UUID, words: Collection[str] = ("stored",)) -> set[tuple[UUID, UUID]]:
    """(node, cardholder) of every template that a node has."""
    query = select(FaceReceiptRow.node_id, FaceReceiptRow.cardholder_id, FaceReceiptRow.seq, FaceReceiptRow.what).where(
        FaceReceiptRow.community_id == community_id, FaceReceiptRow.what != "photos"
    )
    return stored_now(((node, holder, seq, what) for node, holder, seq, what in db.execute(query)), words)


def held_at(db: Session, community_id: UUID) -> set[tuple[UUID, UUID]]:
    """The same with those that it only claims: nobody's face, but to be destroyed like one."""
    return stored_at(db, community_id, ("stored", "claimed"))


def _confirm(db: Session, order_id: UUID, said_at: datetime) -> None:
    """The order's row is locked, so that of two nodes that confirm at once the second sees the first."""
    order = db.scalar(select(FaceErasureRow).where(FaceErasureRow.id == order_id).with_for_update())
    if order is None:
        return  # of a central that was restored from an older backup
    if order.settled_at is None:  # said again, or read again, it is no news
        erase_pictures(db, order, said_at, clock.now())
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
    if order.gates is not None:
        query = query.where(NodeRow.gate_id.in_(order.gates))
    nodes = set(db.scalars(query))
    alone = claims.claimers(db, order.community_id, order.cardholder_id).get(order.cardholder_id, nodes)
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


def confirmations(db: Session, order_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """(order, node) of what was confirmed of these orders, by whichever node."""
    query = (
        select(FaceErasureRow.id, FaceReceiptRow.node_id)
        .join(FaceReceiptRow, FaceReceiptRow.order_id == FaceErasureRow.id)
        .where(FaceReceiptRow.cardholder_id == FaceErasureRow.cardholder_id)
        .where(FaceErasureRow.id == any_(literal(list(set(order_ids)), ARRAY(Uuid()))))
    )
    return {(order_id, node_id) for order_id, node_id in db.execute(query)}
