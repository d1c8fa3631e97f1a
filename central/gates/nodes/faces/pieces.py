"""Sealed templates on their way: which one the enrolment node made for which node, and what became of each.

A piece is replaced by its own maker alone, and settled by its own name: what a node says late of an earlier one takes
no newer one away. What is told of a piece is kept, so that a node's word that it holds a face can be judged, and a
person told which gate takes theirs not, and why.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from central.base.kernel.session import tenant_of
from central.gates.nodes import mail
from central.gates.nodes.faces.rules import LIVE, TEMPLATE, PieceState
from central.gates.nodes.faces.tables import FaceErasureRow, FaceReceiptRow, TemplatePieceRow
from models.values.ids import new_id
from models.wire.events import TemplateStored
from models.wire.faces import PieceRefusal, SealedTemplate


@dataclass(frozen=True, slots=True)
class Refused:
    """A node takes somebody's newest template for good not."""

    node_id: UUID
    cardholder_id: UUID
    why: str
    at: datetime


def send(db: Session, community_id: UUID, maker_id: UUID, template: SealedTemplate, now: datetime) -> None:
    """Into its node's box, in place of what waits there of the same person."""
    node_id, holder = template.node_id, template.cardholder_id
    mail.take_away(db, [TEMPLATE], subject_id=holder, node_id=node_id)
    mine = (TemplatePieceRow.node_id == node_id, TemplatePieceRow.cardholder_id == holder)
    waits = TemplatePieceRow.state == PieceState.WAITING.value
    db.execute(update(TemplatePieceRow).where(*mine, waits).values(state=PieceState.REPLACED.value))
    mail.send(db, node_id, TEMPLATE, holder, template.model_dump_json(), now)
    values = {"state": PieceState.WAITING.value, "why": None, "made_at": now, "told_at": None, "maker_id": maker_id}
    made = insert(TemplatePieceRow).values(
        id=new_id(), tenant_id=tenant_of(db), community_id=community_id, node_id=node_id, cardholder_id=holder,
        piece=template.piece, **values,
    )  # fmt: skip
    db.execute(
        made.on_conflict_do_update(index_elements=["tenant_id", "node_id", "cardholder_id", "piece"], set_=values)
    )


def settle(
    db: Session, node_id: UUID, cardholder_id: UUID, now: datetime, *, piece: str | None, taken: bool,
    why: PieceRefusal | None = None, again: bool = False,
) -> None:  # fmt: skip
    """A node has dealt with one piece: it waits no longer. `again`: it is lost as it is, and noted as missed. `piece`
    None: a node of before means whatever waits."""
    waits = [
        sent.piece
        for subject, payload in mail.waiting(db, node_id, TEMPLATE, subject_id=cardholder_id)
        if (sent := SealedTemplate.model_validate_json(payload)) and piece in (None, sent.piece)
    ]
    if not waits:
        return  # settled before, or a newer one came meanwhile
    mail.take_away(db, [TEMPLATE], subject_id=cardholder_id, node_id=node_id)
    state = PieceState.LOST if again else PieceState.TAKEN if taken else PieceState.REFUSED
    db.execute(
        update(TemplatePieceRow)
        .where(TemplatePieceRow.node_id == node_id, TemplatePieceRow.cardholder_id == cardholder_id)
        .where(TemplatePieceRow.piece.in_(waits))
        .values(state=state.value, why=why.value if why is not None else None, told_at=now)
    )
    if again:
        mail.asked_again(db, node_id, TEMPLATE, cardholder_id, now)


def forget(db: Session, cardholder_id: UUID) -> None:
    """The person withdrew: nothing of theirs waits, and none that was made of it is worth anything."""
    mail.take_away(db, [TEMPLATE], subject_id=cardholder_id)
    mail.forget_missed(db, [cardholder_id])
    db.execute(
        update(TemplatePieceRow)
        .where(TemplatePieceRow.cardholder_id == cardholder_id, TemplatePieceRow.state != PieceState.OVER.value)
        .values(state=PieceState.OVER.value)
    )


def live_at(db: Session, community_id: UUID) -> set[tuple[UUID, UUID]]:
    """(node, cardholder) of what waits for a node or was taken there, as far as it has told."""
    query = select(TemplatePieceRow.node_id, TemplatePieceRow.cardholder_id).where(
        TemplatePieceRow.community_id == community_id, TemplatePieceRow.state.in_([one.value for one in LIVE])
    )
    return {(node_id, holder) for node_id, holder in db.execute(query)}


def withhold(db: Session, cardholder_id: UUID, node_ids: Collection[UUID]) -> None:
    """The person agrees at these nodes' gates no more: nothing of theirs waits there, and what was made for them is
    worth nothing."""
    for node_id in sorted(node_ids):
        mail.take_away(db, [TEMPLATE], subject_id=cardholder_id, node_id=node_id)
    db.execute(
        update(TemplatePieceRow)
        .where(TemplatePieceRow.cardholder_id == cardholder_id, TemplatePieceRow.node_id.in_(node_ids))
        .where(TemplatePieceRow.state.in_([one.value for one in LIVE]))
        .values(state=PieceState.OVER.value)
    )


def of_no_maker(db: Session, community_id: UUID, maker_id: UUID | None, now: datetime) -> int:
    """What waits of any other than this enrolment node is taken by nobody any more: it is noted as missed, and made
    again. Returns how many pieces."""
    over = (
        update(TemplatePieceRow)
        .where(TemplatePieceRow.community_id == community_id, TemplatePieceRow.state == PieceState.WAITING.value)
        .where(TemplatePieceRow.maker_id.is_distinct_from(maker_id))
        .values(state=PieceState.OVER.value, told_at=now)
        .returning(TemplatePieceRow.node_id, TemplatePieceRow.cardholder_id)
    )
    pairs = [(node_id, holder) for node_id, holder in db.execute(over)]
    for node_id, holder in pairs:
        mail.take_away(db, [TEMPLATE], subject_id=holder, node_id=node_id)
    mail.note_missed(db, [pair for pair in pairs if pair[0] != maker_id], TEMPLATE, now)
    return len(pairs)


def counts(db: Session, community_id: UUID, node_id: UUID, seq: int, body: TemplateStored) -> bool:
    """Whether a template that this node, which is not the enrolment node, says it stores is one that was made for it.

    One of before a withdrawal counts until the node has said that it destroyed it.
    """
    mine = select(TemplatePieceRow).where(
        TemplatePieceRow.node_id == node_id, TemplatePieceRow.cardholder_id == body.cardholder_id
    )
    if body.piece is None:  # a node of before
        row = db.scalar(mine.order_by(TemplatePieceRow.made_at.desc(), TemplatePieceRow.id.desc()).limit(1))
        if row is not None and PieceState(row.state) not in LIVE:
            return False
    else:
        row = db.scalar(mine.where(TemplatePieceRow.piece == body.piece))
    if row is None:
        return False
    destroyed = (
        select(FaceReceiptRow.id)
        .join(FaceErasureRow, FaceErasureRow.id == FaceReceiptRow.order_id)
        .where(FaceReceiptRow.node_id == node_id, FaceReceiptRow.cardholder_id == body.cardholder_id)
        .where(FaceReceiptRow.seq < seq, FaceErasureRow.ordered_at >= row.made_at)
    )
    return db.scalar(destroyed.limit(1)) is None


def has_since(db: Session, community_id: UUID, cardholder_id: UUID, since: datetime) -> set[UUID]:
    """The nodes for which one was made since, whatever became of it."""
    query = select(TemplatePieceRow.node_id).where(
        TemplatePieceRow.community_id == community_id, TemplatePieceRow.cardholder_id == cardholder_id,
        TemplatePieceRow.made_at >= since,
    )  # fmt: skip
    return set(db.scalars(query))


def refused(db: Session, community_ids: Collection[UUID], cardholder_id: UUID | None = None) -> list[Refused]:
    """Of whom a node does not take the newest template, and why; by node and person."""
    newest = select(TemplatePieceRow).where(
        TemplatePieceRow.community_id.in_(community_ids),
        TemplatePieceRow.state.not_in([PieceState.REPLACED.value, PieceState.OVER.value]),
    )
    if cardholder_id is not None:
        newest = newest.where(TemplatePieceRow.cardholder_id == cardholder_id)
    rows = db.scalars(
        newest.ext(distinct_on(TemplatePieceRow.node_id, TemplatePieceRow.cardholder_id)).order_by(
            TemplatePieceRow.node_id, TemplatePieceRow.cardholder_id, TemplatePieceRow.made_at.desc(),
            TemplatePieceRow.id.desc(),
        )
    )  # fmt: skip
    return [
        Refused(row.node_id, row.cardholder_id, row.why or "", row.told_at or row.made_at)
        for row in rows
        if row.state == PieceState.REFUSED.value
    ]


def newest(db: Session, community_id: UUID, cardholder_id: UUID) -> dict[UUID, TemplatePieceRow]:
    """By node: this person's newest template that was made for it and counts."""
    mine = select(TemplatePieceRow).where(
        TemplatePieceRow.community_id == community_id, TemplatePieceRow.cardholder_id == cardholder_id,
        TemplatePieceRow.state.not_in([PieceState.REPLACED.value, PieceState.OVER.value]),
    )  # fmt: skip
    return {row.node_id: row for row in db.scalars(mine.order_by(TemplatePieceRow.made_at, TemplatePieceRow.id))}


def try_again(db: Session, node_id: UUID, community_id: UUID, now: datetime) -> None:
    """The node compares by the model of the enrolment node now: what it refused for its model's sake is made again."""
    other = [
        (one.node_id, one.cardholder_id)
        for one in refused(db, [community_id])
        if one.node_id == node_id and one.why == PieceRefusal.OTHER_MODEL
    ]
    mail.note_missed(db, other, TEMPLATE, now)
