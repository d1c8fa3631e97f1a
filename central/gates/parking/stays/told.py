"""What the gates of a lot are told of it: the stays, what was paid, what is owed, and by which tariffs (PARK-05).

A gate that has nothing yet is told the whole; then what has changed since, a few hundred bytes for each car.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.ingest.queries import heard_upto
from central.gates.parking.lot.kept_bays import spells_of
from central.gates.parking.lot.told import lot_told
from central.gates.parking.plates.listed import GRACE, Held, covers_since
from central.gates.parking.rules import in_force, stands
from central.gates.parking.stays import news as stay_news
from central.gates.parking.stays.bays import Asked, bays_of
from central.gates.parking.stays.invited import CameIn, visitors_among
from central.gates.parking.stays.news import INSIDE_NOW, all_changed
from central.gates.parking.stays.paid import Owing, accepted_of, debts_by, paid_of
from central.gates.parking.stays.sealed_plates import open_text
from central.gates.parking.stays.tables import StayNewsRow, StayRow
from central.gates.parking.stays.used import Began, ended_before, ended_since
from central.gates.parking.stays.used_coupons import Parked, held_for
from central.gates.parking.tables import TariffVersionRow
from central.gates.parking.tariffs.queries import rows_of, tariffs_by_id
from models.parking.cover import Permit
from models.parking.decided import permit_in
from models.parking.earlier import LOOKED_BACK, asks_earlier
from models.parking.stays import State
from models.parking.tariff import Tariff
from models.values.time import micros
from models.wire.snapshot import TARIFFS_MAX
from models.wire.stays import Owed, PaidAt, StaysTold, ToldStay

ENDED_MAX = 2_000
"""How many of the cars that left last are looked up for debts when a gate is told the whole. Who left before is told of
when it comes in again: a car's debts come with its stay."""
Debts = Mapping[str, Sequence[Owing]]
"""By the plate's text."""
ENDED = [State.LEFT.value, State.LEFT_OWING.value]


def tariffs_told(db: Session, community_id: UUID, now: datetime) -> tuple[Tariff, ...]:
    """The versions in force, those agreed on for later, and those by which a car is inside; of more than a gate can be
    told those that start last are left out."""
    rows = rows_of(db, community_id)
    current = {row.id for row in in_force(rows, now)}
    used = set(db.scalars(
        select(StayRow.tariff_id).where(StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW)).distinct()
    ))  # fmt: skip
    told = [row for row in rows if row.id in current or row.id in used or (stands(row) and row.starts_at > now)]
    soonest = sorted(told, key=lambda row: (row.id not in current, row.id not in used, row.starts_at))[:TARIFFS_MAX]
    return tuple(Tariff.model_validate(row.value) for row in told if row in soonest)


def newer_than(db: Session, community_id: UUID, node_id: UUID, have: int, now: datetime) -> StaysTold | None:
    """What this node lacks; None where it lacks nothing. The number is read first: what commits meanwhile is told too
    early now and again under its own number, and never left out."""
    heard_seq = heard_upto(db, node_id)
    number = stay_news.head(db, community_id)
    restored = number < have < micros(now)  # this central's database, from an older backup
    if number == 0 or restored:
        all_changed(db, community_id)
        number, have = stay_news.head(db, community_id), 0
    if number <= have:
        return None
    rows = _rows(db, community_id, have)
    asks = any(map(asks_earlier, tariffs_by_id(db, community_id).values()))
    stays, debts, left = _told(db, community_id, rows, asks)
    owed, denied = _owed(debts, frozen=False), _owed(debts, frozen=True)
    gone: set[UUID] = set()
    if have:
        changed = select(StayNewsRow.stay_id).where(StayNewsRow.community_id == community_id, StayNewsRow.number > have)
        gone = set(db.scalars(changed)) - {one.stay_id for one in stays} - {one.stay_id for one in owed}
    return StaysTold(
        node_id=node_id,
        after=have,
        number=number,
        heard_seq=heard_seq,
        stays=stays,
        owed=owed,
        denied=denied,
        ended=ended_since(db, left, now - LOOKED_BACK) if asks else (),
        gone=frozenset(gone),
        lot=lot_told(db, community_id, now),
    )


def _rows(db: Session, community_id: UUID, have: int) -> Sequence[StayRow]:
    """The stays that are inside or may owe: all that are inside and the last that left, or those that changed since."""
    query = select(StayRow).where(StayRow.community_id == community_id).order_by(StayRow.stay_id)
    if not have:
        ended = query.where(StayRow.state.in_(ENDED)).order_by(None).order_by(StayRow.last_at.desc()).limit(ENDED_MAX)
        return [*db.scalars(query.where(StayRow.state.in_(INSIDE_NOW))), *db.scalars(ended)]
    query = query.join(StayNewsRow, StayNewsRow.stay_id == StayRow.stay_id).where(StayNewsRow.number > have)
    return db.scalars(query.where(StayRow.state.in_([*INSIDE_NOW, *ENDED]))).all()


def _told(
    db: Session, community_id: UUID, rows: Sequence[StayRow], asks: bool
) -> tuple[tuple[ToldStay, ...], Debts, Mapping[UUID, str]]:
    """Those that are inside, what is owed on all of their plates, and the plates of those that have left. asks: whether
    a tariff prices by earlier stays."""
    plates = {row.stay_id: open_text(db, row.sealed_plate, f"stay:plate:{row.stay_id}") for row in rows}
    inside = [row for row in rows if row.state in INSIDE_NOW and row.entered_at is not None and plates[row.stay_id]]
    paid = paid_of(db, [row.stay_id for row in inside])
    accepted = accepted_of(db, [row.stay_id for row in inside])
    entered = [row.entered_at for row in inside if row.entered_at is not None]
    permits = covers_since(db, community_id, min(entered)) if entered else {}
    versions = {row.id: row for row in rows_of(db, community_id)}
    asked = [
        Asked(row.stay_id, row.plate_digest, row.entered_at, None)
        for row in inside if row.plate_digest is not None and row.entered_at is not None
    ]  # fmt: skip
    bays = bays_of(db, community_id, asked, lambda: tariffs_by_id(db, community_id))
    held = held_for(db, community_id, [Parked(row.stay_id, row.plate_digest, row.entered_at) for row in inside])
    ended = ended_before(db, community_id, [
        Began(row.stay_id, plates[row.stay_id], row.plate_digest, row.entered_at)
        for row in inside if row.plate_digest is not None and row.entered_at is not None
    ]) if asks else {}  # fmt: skip
    visitors = visitors_among(db, community_id, [
        CameIn(row.stay_id, row.plate_digest, row.entered_at)
        for row in inside if row.plate_digest is not None and row.entered_at is not None
    ])  # fmt: skip
    occupied = spells_of(db, [row.stay_id for row in inside])
    stays = tuple(
        ToldStay(
            stay_id=row.stay_id, plate=plates[row.stay_id], entered_at=row.entered_at, entry_lane_id=row.entry_lane_id,
            vehicle_class=row.vehicle_class, **_began_under(versions.get(row.tariff_id) if row.tariff_id else None),
            payments=tuple(PaidAt(at=one.at, fen=one.fen) for one in paid.get(row.stay_id, ())),
            permits=_no_longer_listed(row, permits.get(plates[row.stay_id], ())),
            coupons=held.get(row.stay_id, ()),
            accepted=tuple(PaidAt(at=one.at, fen=one.fen) for one in (accepted.get(row.stay_id),) if one is not None),
            bay_before=bays[row.stay_id].before if row.stay_id in bays else (),
            earlier=ended.get(row.stay_id, ()),
            invited=row.stay_id in visitors,
            occupied=occupied.get(row.stay_id, ()),
        )
        for row in inside if row.entered_at is not None
    )  # fmt: skip
    left = {row.stay_id: plates[row.stay_id] for row in rows if row.state in ENDED}
    return stays, debts_by(db, sorted({plate for plate in plates.values() if plate})), left


def _began_under(version: TariffVersionRow | None) -> dict[str, Any]:
    return {} if version is None else {"tariff_version": version.version, "tariff_id": version.tariff_id}


def _owed(debts: Debts, *, frozen: bool) -> tuple[Owed, ...]:
    """Every debt on a plate that is told of: also one of another lot of the company (PARK-15). frozen: those that
    somebody denies and nobody has looked at."""
    return tuple(
        Owed(stay_id=one.stay_id, plate=plate, fen=one.fen, since=one.since)
        for plate, of in sorted(debts.items()) for one in sorted(of, key=lambda one: one.stay_id)
        if one.frozen is frozen
    )  # fmt: skip


def _no_longer_listed(row: StayRow, held: Sequence[Held]) -> tuple[Permit, ...]:
    """Permits that counted when it came in or later, and that the lists do not tell of, or soon will not, or tell the
    gates of some lanes alone: the car may leave at another, and others of its bay too."""
    found = []
    for one in held:
        counts = row.entry_lane_id is None or one.entry.counts_at(row.entry_lane_id)
        off, entered = one.taken_off_at, row.entered_at
        ends = one.entry.until is not None and entered is not None and one.entry.until < entered + GRACE
        if (
            counts
            and entered is not None
            and (off is None or off > entered)
            and (off is not None or ends or one.entry.lanes)
        ):
            permit = permit_in(one.entry)
            found += [permit] if permit is not None else []
    return tuple(found)
