"""What one node is told of faces: whom to erase first, and who may be compared there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from central.gates.nodes.faces.claims import claimers
from central.gates.nodes.faces.orders import newest_orders
from central.gates.nodes.faces.receipts import confirmed_by
from central.gates.nodes.faces.rules import Order, is_told, is_told_of_an_old_disk
from central.gates.nodes.tables import NodeRow
from models.access.credential import Cardholder
from models.wire.snapshot import Erasure


@dataclass(frozen=True, slots=True)
class Told:
    """`erase`: before anything else counts. `overtaken`: besides, and only where a disk of before was put back."""

    erase: tuple[Erasure, ...]
    overtaken: tuple[Erasure, ...]


def erasures_for(db: Session, node: NodeRow, now: datetime) -> Told:
    """In the order in which they were given, so that two nodes confirm in the same order. What a gate alone claims to
    have of somebody unknown is told to that gate alone."""
    alone, everybody = claimers(db, node.community_id), frozenset({node.id})
    newest = [
        order
        for holder, order in newest_orders(db, node.community_id, gate_id=node.gate_id).items()
        if node.id in alone.get(holder, everybody)
    ]
    newest.sort(key=lambda row: row.id)
    confirmed = confirmed_by(db, node.id, [row.id for row in newest if row.overtaken_at is not None])

    def those(is_so: Callable[..., bool]) -> tuple[Erasure, ...]:
        return tuple(
            Erasure(order_id=row.id, cardholder_id=row.cardholder_id)
            for row in newest
            if is_so(Order(row.overtaken_at, row.settled_at), confirmed=row.id in confirmed, now=now)
        )

    return Told(those(is_told), those(is_told_of_an_old_disk))


def without_consent(holders: Iterable[Cardholder], erase: tuple[Erasure, ...]) -> tuple[Cardholder, ...]:
    """Whoever is to be erased is told of without a consent, whatever they agreed to since."""
    erased = {one.cardholder_id for one in erase}
    gone = {"face_consent": False, "face_consent_until": None, "keeps_photos": False}
    return tuple(holder.model_copy(update=gone) if holder.cardholder_id in erased else holder for holder in holders)
