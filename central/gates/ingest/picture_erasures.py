"""Event pictures of somebody whose face data are to be destroyed: central's own go at once, with the order (PRIV-05).

Those of every decision that names them, whether it let them pass or not. What an alarm or an incident holds stays until
the last such hold is over, and is shown until then; the person and the desk are told which, and until when.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.gates.ingest.picture_holds import Cause, is_held, reaches
from central.gates.ingest.queries import Recorded, named_by
from central.gates.ingest.rules import CLOCK_AHEAD
from central.gates.ingest.tables import EventPictureRow, JournalEventRow, PictureErasureRow, PictureHoldRow
from models.access.pictures import held_until
from models.values.ids import new_id, unix_ms
from models.wire import events
from models.wire.events import TemplateErased

_NAMES = re.compile(r'"cardholder_id":"([0-9a-f-]{36})"')


@dataclass(frozen=True, slots=True)
class ErasedPictures:
    """What central itself destroyed with one order."""

    at: datetime
    pictures: int


@dataclass(frozen=True, slots=True)
class HeldPicture:
    """One that was to be destroyed, and that a hold keeps until `until` unless it is released before."""

    made_at: datetime
    lane_id: UUID | None
    cause: Cause
    until: datetime
    node_id: UUID | None = None
    """Where it lies, by that node's receipt; None: at central."""


def erase_pictures(
    db: Session, order_id: UUID, community_id: UUID, cardholder_id: UUID, before: datetime, now: datetime,
    node_ids: Collection[UUID] | None = None,
) -> int:  # fmt: skip
    """Destroy what is here of the decisions about this person until `before`, of these nodes (None: of every one).
    Done again it destroys what came meanwhile. Returns how many."""
    mine = _names(cardholder_id, EventPictureRow.community_id == community_id, EventPictureRow.made_at <= before)
    if node_ids is not None:
        mine = and_(mine, EventPictureRow.node_id.in_(node_ids))
    held = is_held(
        EventPictureRow.node_id, EventPictureRow.correlation, EventPictureRow.lane_id, EventPictureRow.made_at, now
    )
    gone = len(db.execute(delete(EventPictureRow).where(mine, ~held).returning(EventPictureRow.event_id)).all())
    let_go = {"erased_at": now, "keep_until": func.least(EventPictureRow.keep_until, now)}
    db.execute(update(EventPictureRow).where(mine, EventPictureRow.erased_at.is_(None)).values(let_go))
    made = insert(PictureErasureRow).values(
        id=new_id(), community_id=community_id, order_id=order_id, cardholder_id=cardholder_id,
        node_ids=sorted(node_ids) if node_ids is not None else None, before=before, at=now, pictures=gone,
    )  # fmt: skip
    more = {
        "pictures": PictureErasureRow.pictures + gone, "before": func.greatest(PictureErasureRow.before, before),
        "at": now if gone else PictureErasureRow.at,
    }  # fmt: skip
    db.execute(made.on_conflict_do_update(index_elements=["tenant_id", "order_id"], set_=more))
    return gone


def is_erased(db: Session, told: Recorded) -> bool:
    """Whether the picture of this decision, which comes only now, was to be destroyed already."""
    named = {UUID(one) for one in _NAMES.findall(told.event.body)}
    query = select(PictureErasureRow.id).where(
        PictureErasureRow.community_id == told.community_id, PictureErasureRow.cardholder_id.in_(named),
        PictureErasureRow.before >= told.happened_at,
        or_(PictureErasureRow.node_ids.is_(None), literal(told.event.node_id) == any_(PictureErasureRow.node_ids)),
    )  # fmt: skip
    return bool(named) and db.scalar(query.limit(1)) is not None


def erased_with(db: Session, order_id: UUID) -> ErasedPictures | None:
    """None: central has not come to it yet."""
    row = db.scalar(select(PictureErasureRow).where(PictureErasureRow.order_id == order_id))
    return None if row is None else ErasedPictures(row.at, row.pictures)


def held_of(db: Session, community_id: UUID, cardholder_id: UUID, now: datetime) -> tuple[HeldPicture, ...]:
    """What is kept of this person although their face data were destroyed, oldest first; by its longest hold."""
    picture, hold = EventPictureRow, PictureHoldRow
    query = (
        select(picture.event_id, picture.made_at, picture.lane_id, hold.cause, hold.until)
        .join(hold, reaches(picture.node_id, picture.correlation, picture.lane_id, picture.made_at, now))
        .where(_names(cardholder_id, picture.community_id == community_id, picture.erased_at.is_not(None)))
        .order_by(picture.made_at, picture.event_id, hold.until)
    )
    longest = {
        event_id: HeldPicture(made_at, lane_id, Cause(cause), until)
        for event_id, made_at, lane_id, cause, until in db.execute(query)
    }
    return tuple(longest.values())


def held_at_nodes(
    db: Session, receipts: Collection[tuple[UUID, int, UUID]], now: datetime
) -> tuple[HeldPicture, ...]:  # fmt: skip
    """What nodes keep all the same by these receipts (node, number, correlation), oldest first; without what central
    has by now, and says itself. What was made in a time to come was made by nobody, and is left out."""
    row, found = JournalEventRow, dict[UUID, HeldPicture]()
    those = row.kind == "template_erased", tuple_(row.node_id, row.seq, row.correlation).in_(receipts)
    for node_id, body in db.execute(select(row.node_id, row.body).where(*those)) if receipts else ():
        for one in _told_held(body):
            with suppress(ValueError, OverflowError):  # a node in wrong hands may write anything
                made_at = datetime.fromtimestamp(unix_ms(one.event_id) / 1000, UTC)
                if made_at <= now + CLOCK_AHEAD:
                    until = held_until(made_at, one.until)
                    found[one.event_id] = HeldPicture(made_at, None, Cause.ALARM, until, node_id)
    standing = {event_id: one for event_id, one in found.items() if one.until > now}
    here = set(db.scalars(select(EventPictureRow.event_id).where(EventPictureRow.event_id.in_(standing))))
    told = named_by(db, list(standing))
    return tuple(
        replace(one, lane_id=told[event_id].lane_id) if event_id in told else one
        for event_id, one in sorted(standing.items())
        if event_id not in here and (event_id not in told or told[event_id].node_id == one.node_id)
    )


def _told_held(body: bytes) -> Sequence[events.HeldPicture]:
    try:
        return TemplateErased.model_validate_json(body).held
    except ValueError:
        return ()


def _names(cardholder_id: UUID, *those: ColumnElement[bool]) -> ColumnElement[bool]:
    """That the decision of one of `those` pictures names this person, as its node wrote it."""
    said = f'"cardholder_id":"{cardholder_id}"'.encode()
    decisions = select(JournalEventRow.event_id).where(
        JournalEventRow.event_id == EventPictureRow.event_id,
        func.pg_catalog.position(JournalEventRow.body, said) > 0,
    )
    return and_(*those, decisions.correlate(EventPictureRow).exists())
