"""What a stay that has ended used of its plate's free stays and of a cap that several share (P08, P19): kept as it was
settled, so that the next stay of its plate is priced by it here and at the gate alike.

One that is settled anew, as after a late event or with another plate, changes what those after it cost: they are
settled anew, too, in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from central.gates.parking.stays.tables import StayRow, StayUsedRow
from models.parking.earlier import LOOKED_BACK, before
from models.parking.stays import State
from models.wire.stays import EndedStay, WindowUsed

CHARGED = [one.value for one in State if one not in (State.VOID, State.MERGED, State.BACKED_OUT)]


class Began(NamedTuple):
    """A stay, as far as those before it ask."""

    stay_id: UUID
    plate: str
    digest: bytes
    entered_at: datetime


def ended_before(db: Session, community_id: UUID, stays: Sequence[Began]) -> dict[UUID, tuple[EndedStay, ...]]:
    """By the stay: those of its plate that it is priced by. One without any is left out."""
    if not stays:
        return {}
    entered = [one.entered_at for one in stays]
    rows = db.scalars(
        select(StayUsedRow).where(
            StayUsedRow.community_id == community_id, StayUsedRow.plate_digest.in_({one.digest for one in stays}),
            StayUsedRow.left_at >= min(entered) - LOOKED_BACK, StayUsedRow.left_at <= max(entered),
        ).execution_options(populate_existing=True)
    ).all()  # fmt: skip
    by_digest: dict[bytes, list[StayUsedRow]] = {}
    for row in rows:
        by_digest.setdefault(row.plate_digest, []).append(row)
    found = {}
    for one in stays:
        mine = [_ended(row, one.plate) for row in by_digest.get(one.digest, ()) if row.stay_id != one.stay_id]
        if told := before(mine, one.entered_at):
            found[one.stay_id] = told
    return found


def ended_since(db: Session, stays: Mapping[UUID, str], since: datetime) -> tuple[EndedStay, ...]:
    """Of these, by their plates, those that ended since then."""
    query = select(StayUsedRow).where(StayUsedRow.stay_id.in_(stays), StayUsedRow.left_at >= since)
    rows = db.scalars(query.order_by(StayUsedRow.stay_id).execution_options(populate_existing=True))
    return tuple(_ended(row, stays[row.stay_id]) for row in rows if stays[row.stay_id])


def note_ended(
    db: Session, community_id: UUID, ended: Mapping[UUID, tuple[bytes, EndedStay] | None]
) -> tuple[set[UUID], set[UUID]]:
    """Keep what these stays used; None: it has not ended, or counts for nothing. Returns those of which it differs, and
    those after them that are priced by it."""
    query = select(StayUsedRow).where(StayUsedRow.stay_id.in_(ended)).execution_options(populate_existing=True)
    kept = {row.stay_id: row for row in db.scalars(query)}
    differ, spans = set[UUID](), list[tuple[bytes, datetime]]()
    for stay_id, now in ended.items():
        row = kept.get(stay_id)
        new = None if now is None else (now[0], now[1].entered_at, now[1].left_at, now[1].free, _json(now[1]))
        old = None if row is None else (row.plate_digest, row.entered_at, row.left_at, row.free, row.used)
        if new == old:
            continue
        differ.add(stay_id)
        spans += [(one[0], one[2]) for one in (old, new) if one is not None]
        if new is None and row is not None:
            db.delete(row)
        elif new is not None:
            if row is None:
                row = StayUsedRow(stay_id=stay_id, community_id=community_id)
                db.add(row)
            row.plate_digest, row.entered_at, row.left_at, row.free, row.used = new
    db.flush()
    return differ, _after(db, community_id, spans, differ)


def _after(
    db: Session, community_id: UUID, spans: Sequence[tuple[bytes, datetime]], but: Collection[UUID]
) -> set[UUID]:
    """The stays that began within a day after one of these ends."""
    if not spans:
        return set()
    touching = [
        and_(StayRow.plate_digest == digest, StayRow.entered_at >= left, StayRow.entered_at <= left + LOOKED_BACK)
        for digest, left in spans
    ]
    query = select(StayRow.stay_id).where(
        StayRow.community_id == community_id, StayRow.state.in_(CHARGED), or_(*touching)
    )
    return set(db.scalars(query)) - set(but)


def _json(ended: EndedStay) -> list[list[int]]:
    return [[one.since_us, one.fen, one.of] for one in ended.used]


def _ended(row: StayUsedRow, plate: str) -> EndedStay:
    used = tuple(WindowUsed(since_us=since, fen=fen, of=of) for since, fen, of in row.used)
    return EndedStay(
        stay_id=row.stay_id, plate=plate, entered_at=row.entered_at, left_at=row.left_at, free=row.free, used=used
    )
