"""Stays made anew where a fact came: the part of the history that it can touch is folded again, and nothing else.

What a fact can touch is closed over: the stays and facts of the same plate or the same number, from the first change of
any stay that was open then or has changed since. Before that instant none of them is open, so that the fold of what
came after is what a fold of everything would give (a test folds everything beside it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from central.base.kernel.outbox import announce
from central.gates.parking.stays.bays import mates
from central.gates.parking.stays.facts import FromLane
from central.gates.parking.stays.news import changed as told_anew
from central.gates.parking.stays.sealed_plates import class_of, digest_of, open_text, seal_text
from central.gates.parking.stays.tables import StayChangeRow, StayFactRow, StayOddRow, StayRow
from models.parking.stays import (
    INSIDE,
    Corrected,
    Detected,
    DroveIn,
    DroveOut,
    Ended,
    Fact,
    Joined,
    Lots,
    Moved,
    Odd,
    Paid,
    Priced,
    State,
    Stay,
    Voided,
    take,
)
from models.site.topology import Between
from models.values.plate import Plate

ORDER = ("detected", "drove_in", "moved", "priced", "paid", "drove_out", "corrected", "joined", "ended", "voided")
"""Of facts of one instant: what a car owes as it leaves is known before it has left."""
OF_MONEY = ("priced", "paid")
OF_JOURNAL = ("detected", "drove_in", "moved", "drove_out")
FOLDED = "stays.folded"
"""The news that stays are over, or another than before: {"community_id", "stay_ids"}. Money hears it."""
NOT_OVER = INSIDE | {State.DETECTED, State.BACKED_OUT}


class Touched(NamedTuple):
    """What a fact is about, as far as the fold asks."""

    fact_id: UUID
    at: datetime
    digest: bytes | None
    ids: frozenset[UUID]


def touched(row: StayFactRow) -> Touched:
    named = {row.subject_id} | ({row.other_id} if row.other_id is not None else set())
    return Touched(row.fact_id, row.at, row.plate_digest, frozenset(named))


def row_of(
    db: Session, community_id: UUID, told: FromLane, *, by_name: str | None = None, reason: str | None = None
) -> StayFactRow:
    """How a fact is kept."""
    fact, plate = told.fact, None
    row = StayFactRow(
        fact_id=fact.fact, community_id=community_id, at=fact.at, lane_id=told.lane_id, by_name=by_name, reason=reason
    )
    match fact:
        case Detected():
            row.kind, row.subject_id, plate = "detected", fact.stay_id, fact.plate
            row.tariff_id = UUID(fact.tariff) if fact.tariff else None
            if told.tells is not None:
                row.colour, row.entered_as = told.tells.colour.value, told.tells.group.value
        case DroveIn():
            row.kind, row.subject_id, row.passed = "drove_in", fact.stay_id, fact.passed
        case Moved():
            row.kind, row.subject_id, plate = "moved", fact.move_id, fact.plate
            row.from_zone, row.to_zone = fact.between
        case DroveOut():
            row.kind, row.subject_id, plate = "drove_out", fact.exit_id, fact.plate
            row.leave_extra = fact.leave_extra or None
        case Corrected():
            row.kind, row.subject_id, plate = "corrected", fact.stay_id, fact.plate
        case Joined():
            row.kind, row.subject_id, row.other_id = "joined", fact.stay_id, fact.exit_id
        case Ended():
            row.kind, row.subject_id, row.until_at = "ended", fact.stay_id, fact.until
        case Voided():
            row.kind, row.subject_id, row.reason = "voided", fact.stay_id, fact.why
        case Priced():
            row.kind, row.subject_id, row.fen = "priced", fact.stay_id, fact.fee
        case Paid():
            row.kind, row.subject_id, row.fen = "paid", fact.stay_id, fact.fen
        case _:
            raise TypeError(f"nothing at central says {type(fact).__name__} yet")
    if plate is not None:
        row.plate_digest = digest_of(db, community_id, plate.text)
        row.sealed_plate = seal_text(db, plate.text, f"stay_fact:plate:{fact.fact}")
    return row


def fact_of(db: Session, row: StayFactRow) -> Fact:
    said = open_text(db, row.sealed_plate, f"stay_fact:plate:{row.fact_id}")
    plate = Plate(text=said) if said else None
    match row.kind:
        case "detected":
            tariff = str(row.tariff_id) if row.tariff_id else ""
            return Detected(row.fact_id, row.subject_id, row.community_id, plate, row.at, tariff)
        case "drove_in":
            return DroveIn(row.fact_id, row.subject_id, bool(row.passed), row.at)
        case "moved" if row.from_zone is not None and row.to_zone is not None:
            between = Between(row.from_zone, row.to_zone)
            return Moved(row.fact_id, row.subject_id, row.community_id, plate, between, row.at)
        case "drove_out":
            return DroveOut(row.fact_id, row.subject_id, row.community_id, plate, row.at, row.leave_extra or 0)
        case "corrected" if plate is not None:
            return Corrected(row.fact_id, row.subject_id, plate, row.at)
        case "joined" if row.other_id is not None:
            return Joined(row.fact_id, row.subject_id, row.other_id, row.at)
        case "ended" if row.until_at is not None:
            return Ended(row.fact_id, row.subject_id, row.until_at, row.at)
        case "voided":
            return Voided(row.fact_id, row.subject_id, row.reason or "", row.at)
        case "priced":
            return Priced(row.fact_id, row.subject_id, row.fen or 0, row.at)
        case "paid":
            return Paid(row.fact_id, row.subject_id, row.fen or 0, row.at)
    raise ValueError(f"a fact of stays is no {row.kind!r}, or lacks what one says")


class _Part(NamedTuple):
    """The part of the history that is folded anew."""

    stays: Sequence[StayRow]
    facts: Sequence[StayFactRow]
    since: datetime
    digests: frozenset[bytes]


def fold(db: Session, community_id: UUID, changed: Iterable[Touched]) -> dict[UUID, Odd]:
    """Make anew what these facts, which are kept or were taken out by now, can touch. Says what is odd in it."""
    seeds = list(changed)
    if not seeds:
        return {}
    db.flush()
    part = _part(db, community_id, seeds)
    lots = Lots()
    for fact in sorted(part.facts, key=_place):
        lots = take(lots, fact_of(db, fact))
    facts = {row.fact_id: row for row in part.facts}
    stays = [row.stay_id for row in part.stays]
    for row in part.stays:
        db.expunge(row)  # what is written in its place is another row
    for of, gone in (
        (StayRow.stay_id, stays),
        (StayChangeRow.stay_id, stays),
        (StayOddRow.fact_id, [*facts, *(one.fact_id for one in seeds)]),
    ):
        db.execute(delete(of.class_).where(of.in_(gone)).execution_options(synchronize_session=False))
    _write(db, community_id, lots, facts)
    over = {stay.stay_id for stay in lots.stays.values() if stay.state not in NOT_OVER}
    beside = set[UUID]()
    if any(one.fact_id not in facts or facts[one.fact_id].kind not in OF_MONEY for one in seeds):
        beside, left = mates(db, community_id, part.digests, part.since)  # who came before them on their bay (PARK-09)
        over |= left
    if over:
        announce(db, FOLDED, {"community_id": str(community_id), "stay_ids": sorted(map(str, over))})
    told_anew(db, community_id, {*stays, *lots.stays, *beside})
    return dict(lots.odd)


def _place(row: StayFactRow) -> tuple[datetime, int, UUID]:
    return row.at, ORDER.index(row.kind), row.fact_id


def _part(db: Session, community_id: UUID, seeds: Sequence[Touched]) -> _Part:
    since = min(one.at for one in seeds)
    digests = {one.digest for one in seeds if one.digest is not None}
    ids = {one for seed in seeds for one in seed.ids}
    while True:
        before = (since, len(digests), len(ids))
        of_plates = select(StayFactRow.subject_id).where(
            StayFactRow.community_id == community_id, StayFactRow.plate_digest.in_(digests)
        )
        stirred = or_(StayRow.state.in_([one.value for one in INSIDE]), StayRow.last_at >= since)
        stays = db.scalars(
            select(StayRow).where(
                StayRow.community_id == community_id,
                or_(StayRow.stay_id.in_(ids), StayRow.exit_id.in_(ids), StayRow.stay_id.in_(of_plates) & stirred),
            )
        ).all()
        for stay in stays:
            since = min(since, stay.began_at)
            ids |= {one for one in (stay.stay_id, stay.exit_id, stay.merged_into) if one is not None}
        facts = db.scalars(
            select(StayFactRow).where(
                StayFactRow.community_id == community_id, StayFactRow.at >= since,
                or_(StayFactRow.plate_digest.in_(digests), StayFactRow.subject_id.in_(ids),
                    StayFactRow.other_id.in_(ids)),
            )
        ).all()  # fmt: skip
        for fact in facts:
            ids |= touched(fact).ids
            digests |= {fact.plate_digest} if fact.plate_digest is not None else set()
        if before == (since, len(digests), len(ids)):
            return _Part(stays, facts, since, frozenset(digests))


def _write(db: Session, community_id: UUID, lots: Lots, facts: dict[UUID, StayFactRow]) -> None:
    by_exit = {row.subject_id: row for row in facts.values() if row.kind == "drove_out"}
    by_entry = {row.subject_id: row for row in facts.values() if row.kind == "detected"}
    stays = [_stay(db, community_id, stay, by_entry, by_exit) for stay in lots.stays.values()]
    changes = [
        {
            "stay_id": stay.stay_id, "place": place, "community_id": community_id, "state": change.state.value,
            "at": change.at, "cause": change.cause.value, "what": change.what,
            "sealed_note": seal_text(db, change.note, f"stay_change:note:{change.what}") if change.note else None,
            "from_zone": change.between.from_zone if change.between else None,
            "to_zone": change.between.to_zone if change.between else None,
        }
        for stay in lots.stays.values() for place, change in enumerate(stay.history)
    ]  # fmt: skip
    odd = [
        {
            "fact_id": fact, "community_id": community_id, "what": what.value, "at": facts[fact].at,
            "subject_id": facts[fact].subject_id, "lane_id": facts[fact].lane_id,
        }
        for fact, what in lots.odd
    ]  # fmt: skip
    for table, rows in ((StayRow, stays), (StayChangeRow, changes), (StayOddRow, odd)):
        if rows:
            db.execute(insert(table), rows)


def _stay(
    db: Session, community_id: UUID, stay: Stay, by_entry: dict[UUID, StayFactRow], by_exit: dict[UUID, StayFactRow]
) -> dict[str, object]:
    entry, exit_ = by_entry.get(stay.stay_id), by_exit.get(stay.exit_id) if stay.exit_id else None
    sealed = digest = None
    if stay.plate is not None:
        digest = digest_of(db, community_id, stay.plate.text)
        sealed = seal_text(db, stay.plate.text, f"stay:plate:{stay.stay_id}")
    return {
        "stay_id": stay.stay_id, "community_id": community_id, "state": stay.state.value,
        "vehicle_class": class_of(stay.plate, entry.colour if entry else None),
        "colour": entry.colour if entry else None, "entered_as": entry.entered_as if entry else None,
        "plate_digest": digest, "sealed_plate": sealed,
        "entered_at": stay.entered, "left_at": stay.left, "exit_id": stay.exit_id,
        "entry_lane_id": entry.lane_id if entry else None, "exit_lane_id": exit_.lane_id if exit_ else None,
        "leave_extra": exit_.leave_extra if exit_ else None,
        "tariff_id": UUID(stay.tariff) if stay.tariff else None, "merged_into": stay.merged_into,
        "again_id": stay.again, "again_at": stay.again_at, "zone": stay.zone or None,
        "began_at": stay.history[0].at, "last_at": stay.history[-1].at,
    }  # fmt: skip
