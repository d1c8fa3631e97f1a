"""What each gate says of somebody's own face, on the page behind their link: that it has it, or has destroyed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.ingest.picture_erasures import ErasedPictures
from central.gates.ingest.settle import unsettled_nodes
from central.gates.nodes.faces.earlier import model_at
from central.gates.nodes.faces.maker import maker_of
from central.gates.nodes.faces.queries import (
    DisputedView,
    ErasedView,
    FaceView,
    HeldView,
    OwingView,
    StoredView,
    face_of,
)
from central.gates.nodes.tables import NodeRow
from central.gates.visits.presence import presences
from central.people.consent.rules import KEEPS_TEMPLATE, Standing


class Says(StrEnum):
    """Of one gate. COMING and ERASING are under way; `_LATER`: the gate is away, and does it first when it is back;
    `_EXAMINED`: it may be done, and what the gate says waits with its records for a person's decision.
    NOT_HERE: it takes the template for good not, until a person does something about it. REVOKED, BY_HAND: it is no
    gate any more, and people destroy its disk; BY_HAND: after a withdrawal."""

    KNOWS = "knows"
    RESTS = "rests"
    EARLIER = "earlier"
    COMING = "coming"
    COMING_LATER = "coming_later"
    COMING_EXAMINED = "coming_examined"
    NOT_HERE = "not_here"
    ERASING = "erasing"
    ERASING_LATER = "erasing_later"
    ERASING_EXAMINED = "erasing_examined"
    BY_HAND = "by_hand"
    REVOKED = "revoked"
    ERASED = "erased"
    HAD_NONE = "had_none"


UNDER_WAY = frozenset({Says.COMING, Says.ERASING})
KEEPS = frozenset({Says.KNOWS, Says.RESTS, Says.EARLIER, Says.COMING, Says.COMING_LATER, Says.COMING_EXAMINED})
"""What a gate says that has a template, or will: a withdrawal has it destroyed there."""


@dataclass(frozen=True, slots=True)
class AtGate:
    """`at`: when it was stored or destroyed there, by the gate's own clock; None while that has not happened."""

    gate: str
    says: Says
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AtCentral:
    """`erased`: the event pictures that central destroyed of this person, None where there was no reason to yet.
    `held`: those that it keeps all the same."""

    erased: ErasedPictures | None
    held: tuple[HeldView, ...]


def is_known(face: FaceView) -> bool:
    """Whether the enrolment node has a template that it can compare and need not destroy. What another gate says of
    itself has nobody asked for no photos."""
    owing = {one.node_id for one in face.order.owing} if face.order is not None else set()
    return any(at.by_maker and not at.earlier and at.node_id not in owing for at in face.stored)


def refusing_photos(db: Session, community_id: UUID, person_id: UUID, now: datetime) -> DisputedView | None:
    """The enrolment node, where it is told of no consent, however new, until it has confirmed an erasure, and what it
    said of that waits with its records for a person's decision: photos would be answered with no consent meanwhile."""
    maker_id = maker_of(db, community_id)
    if maker_id not in unsettled_nodes(db, [community_id]):
        return None  # as nearly always: a phone asks each second
    face = face_of(db, community_id, person_id, now)
    owing = {one.node_id for one in face.order.owing if one.disputed} if face.order is not None else set()
    return next((one for one in face.disputed if one.node_id == maker_id and maker_id in owing), None)


def settled_at(face: FaceView) -> datetime | None:
    """When every gate had confirmed what was ordered for the last withdrawal, and central had destroyed its own
    pictures; None while that is not so. Each gate tells the time by its own clock, which may be ahead of central's: of
    all of them it is the latest, so that none confirms after all did."""
    withdrawn = face.consent.last is not None and face.consent.last.withdrawn_at is not None
    done = face.central is not None and face.order is not None and not face.order.earlier
    if not withdrawn or not done or face.order is None or face.order.settled_at is None:
        return None
    return max([face.order.settled_at, *(gone.at for gone in face.erased if not gone.earlier)])


def at_central(face: FaceView) -> AtCentral:
    """What central destroyed is told as long as it is of the newest consent, as the gates' receipts are."""
    return AtCentral(face.central if face.order is not None and not face.order.earlier else None, face.held)


def at_gates(
    db: Session, community_id: UUID, face: FaceView, now: datetime, *, enrolled: bool, left: bool = False
) -> tuple[AtGate, ...]:
    """By the gates' names. `enrolled`: a template was made just now and is on its way to those that have none yet.
    `left`: the person lives there no more, and no consent keeps anything, whatever is written of it by now.

    What was destroyed is told until the person agrees anew, at a gate that their consent leaves out for as long as it
    does; what a new order has not reached yet counts as under way.
    """
    found: dict[UUID, AtGate] = {}
    standing = face.consent.standing
    stays = standing in KEEPS_TEMPLATE and not left
    for gone in face.erased:
        counts = (not stays or gone.node_id in face.left_out) and not gone.earlier
        if (counts or _was_slip(face, gone)) and gone.node_id not in found:  # the newest receipt of a gate comes first
            found[gone.node_id] = AtGate(gone.node, Says.ERASED if gone.had_template else Says.HAD_NONE, gone.at)
    for at in face.stored:
        says = Says.ERASING if at.node_id in face.left_out else _says(standing, at, stays=stays)
        found[at.node_id] = AtGate(at.node, says, at.stored_at)
    if stays and standing is Standing.IN_FORCE:
        for one in face.refused:
            if one.node_id not in found:  # else it goes on knowing the person by the one before
                found[one.node_id] = AtGate(one.node, Says.NOT_HERE)
    for owing in face.order.owing if face.order is not None else ():
        found[owing.node_id] = AtGate(owing.node, _owes(owing))
    if enrolled and stays and standing is Standing.IN_FORCE:
        found = _coming(db, community_id, face, now) | found
    return tuple(sorted(found.values(), key=lambda one: one.gate))


def _was_slip(face: FaceView, gone: ErasedView) -> bool:
    """Whether it was destroyed under the very consent that is asked for anew, which for a while was believed to count
    no more: nobody withdrew, and nobody is told of it otherwise."""
    last = face.consent.last
    return face.consent.standing is Standing.ASKS_ANEW and last is not None and gone.at >= last.given_at


def _says(standing: Standing, at: StoredView, *, stays: bool) -> Says:
    if at.revoked:
        return Says.REVOKED if stays else Says.BY_HAND
    if not stays:
        return Says.ERASING
    if standing is not Standing.IN_FORCE:
        return Says.RESTS
    return Says.EARLIER if at.earlier else Says.KNOWS


def _owes(owing: OwingView) -> Says:
    if owing.revoked:
        return Says.BY_HAND
    if owing.disputed:
        return Says.ERASING_EXAMINED
    return Says.ERASING if owing.online else Says.ERASING_LATER


def _coming(db: Session, community_id: UUID, face: FaceView, now: datetime) -> dict[UUID, AtGate]:
    """Every gate that compares faces at all, and that the person agreed to."""
    nodes, disputed = model_at(db, community_id).keys() - face.left_out, {one.node_id for one in face.disputed}
    names = dict(db.execute(select(NodeRow.id, NodeRow.name).where(NodeRow.id.in_(nodes))).all())
    there = presences(db, list(nodes), now)

    def says(node: UUID) -> Says:
        if node in disputed:
            return Says.COMING_EXAMINED
        return Says.COMING if node in there and there[node].online else Says.COMING_LATER

    return {node: AtGate(names[node], says(node)) for node in nodes}
