"""Whose cars are inside in a storm, level by level, who of them was told, and what is let go of those that left owing.

Nothing here sends a message: a person rings, and says so. On a driver's own phone, at the link of the permit or of the
sign, the storm stands by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import AuditRow, looked_lately, record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.session import tenant_of
from central.gates.parking.bookings.facts import standing
from central.gates.parking.dues.waive import let_go
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.zones import Zones, zones_in, zones_of
from central.gates.parking.permissions import READ_STAYS, RUN_STORMS, WRITE_OFF
from central.gates.parking.plates.listed import notes_of
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.stays.reads import stays_by_id
from central.gates.parking.stays.tables import StayRow
from central.gates.parking.storms.storm import StormView
from central.gates.parking.storms.tables import StormToldRow
from central.people.community.queries import lanes_of
from models.parking.bookings import BookingState
from models.parking.occupancy import WHOLE
from models.parking.stays import INSIDE, State
from models.values.ids import new_id
from models.values.plate import Plate

CARS_MAX = 2_000
LOOKED = "storm.look"
WAIVED = "storm"
"""The account of waivers of what is let go in a storm (P35)."""


@dataclass(frozen=True, slots=True)
class CarInside:
    """`whose`: what the list of plates says of its holder, mostly a house and a phone; None where it says nothing, or
    the reader may not see it. `bay`: the one it has, by its permit or booking; `by_bay`: no lane told its zone, and it
    stands under that of its bay, where it need not be. `told_at`, `told_by`: when somebody reached them, and who."""

    stay_id: UUID
    plate: Plate | None
    entered_at: datetime | None
    bay: str
    by_bay: bool
    whose: str | None
    told_at: datetime | None
    told_by: str | None


@dataclass(frozen=True, slots=True)
class Level:
    """The cars of one zone, those first whose owners were not told yet. `name`: empty where lanes leave it open."""

    code: str
    name: str
    cars: tuple[CarInside, ...]

    @property
    def told(self) -> int:
        return sum(one.told_at is not None for one in self.cars)


def cars_inside(db: Session, actor: Actor, storm: StormView, now: datetime) -> list[Level]:
    """Of the zones that it is for, and of those whose zone no lane told: these under the zone of the bay that they
    have, where they have one on the plan, whichever it is. The zones in the order of the plan.

    Whose they are is told while the storm runs to whoever may run it: each viewing is written down, and whoever keeps
    the lists of plates reads above every page who looked (pages/alarms_told.py)."""
    actor.demand(RUN_STORMS, storm.community_id)
    actor.demand(READ_STAYS, storm.community_id)
    view = plan_in_force(db, storm.community_id)
    zones = zones_in(lanes_of(db, storm.community_id), view.plan if view is not None else None)
    wanted = _concerned(db, storm.community_id, storm.zones, zones)
    bays = {code: bay.zone for code, (_, bay) in view.plan.bays.items()} if view is not None else {}
    booked = {
        one.booking.plate: one.booking.bay for one in standing(db, storm.community_id, now)
        if one.state is BookingState.CAME and one.booking.bay
    }  # fmt: skip
    notes: Mapping[str, tuple[str, str]] = notes_of(db, storm.community_id, now) if storm.runs else {}
    if storm.runs and wanted and not looked_lately(db, actor, LOOKED, storm.storm_id, now):
        record(
            db, actor, LOOKED, "storm", storm.storm_id, after={"cars": len(wanted)},
            community_id=storm.community_id,
        )  # fmt: skip
    marks = select(StormToldRow).where(StormToldRow.storm_id == storm.storm_id)
    told = {row.stay_id: row for row in db.scalars(marks)}
    by_zone: dict[str, list[CarInside]] = {}
    for stay in stays_by_id(db, wanted):
        note, bay = notes.get(stay.plate.text, ("", "")) if stay.plate is not None else ("", "")
        bay = booked.get(stay.plate.text, bay) if stay.plate is not None else bay
        zone, mark = wanted[stay.stay_id], told.get(stay.stay_id)
        by_bay = zone == WHOLE and bay in bays
        by_zone.setdefault(bays[bay] if by_bay else zone, []).append(CarInside(
            stay.stay_id, stay.plate, stay.entered_at, bay, by_bay, note or None,
            mark.at if mark else None, mark.by_name if mark else None,
        ))  # fmt: skip
    order = [*zones.names, WHOLE]
    return [
        Level(code, zones.names.get(code, ""), tuple(sorted(found, key=_untold_first)))
        for code, found in sorted(by_zone.items(), key=lambda one: order.index(one[0]) if one[0] in order else 0)
    ]


def concerned(db: Session, community_id: UUID, zones: Collection[str]) -> int:
    """How many cars a storm for these zones would be about; none of the whole car park. Asks nobody's right: a number
    without a plate."""
    return len(_concerned(db, community_id, zones, zones_of(db, community_id)))


def looked_by(db: Session, storm: StormView) -> list[str]:
    """Who has opened the list of whose cars are inside, the first first. Asks nobody's right."""
    query = select(AuditRow.actor_name).where(AuditRow.subject_id == str(storm.storm_id), AuditRow.what == LOOKED)
    return list(dict.fromkeys(db.scalars(query.order_by(AuditRow.at, AuditRow.id))))


def mark_told(db: Session, actor: Actor, storm: StormView, stay_id: UUID, now: datetime) -> None:
    """Somebody reached the owner. The first word stays; nobody takes it back."""
    actor.demand(RUN_STORMS, storm.community_id)
    if not storm.runs:
        raise Conflict("storm.over")
    stay = next(iter(stays_by_id(db, [stay_id])), None)
    if stay is None or stay.community_id != storm.community_id:
        raise NotFound("parking.no_stay")
    made = insert(StormToldRow).values(
        id=new_id(), tenant_id=tenant_of(db), storm_id=storm.storm_id, community_id=storm.community_id,
        stay_id=stay_id, at=now, by_name=actor.name,
    )  # fmt: skip
    done = db.execute(made.on_conflict_do_nothing().returning(StormToldRow.id)).first()
    if done is not None:
        record(
            db, actor, "storm.told", "stay", stay_id, community_id=storm.community_id,
            after={"plate": str(stay.plate) if stay.plate is not None else ""},
        )  # fmt: skip


def left_owing(db: Session, storm: StormView, now: datetime) -> list[UUID]:
    """The stays that ended at a way out which the storm held up, and that owe something still."""
    until = storm.ended_at or now
    query = select(StayRow.stay_id).where(
        StayRow.community_id == storm.community_id, StayRow.state == State.LEFT_OWING.value,
        StayRow.exit_lane_id.in_(storm.opens), StayRow.left_at.between(storm.began_at, until),
    )  # fmt: skip
    return list(db.scalars(query.limit(CARS_MAX)))


def waive(db: Session, actor: Actor, storm: StormView, reason: str, now: datetime) -> tuple[int, int]:
    """Let go what the cars that a storm drove out owe for these stays (P35). (how many, fen). By the right of
    write-offs, with a reason, once; Conflict where none owes anything."""
    actor.demand(WRITE_OFF, storm.community_id)
    said = reason.strip()
    if not said or len(said) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    lock_lot(db, storm.community_id)
    found: Sequence[int] = [
        let_go(db, actor, stay, 0, said, now, ref=WAIVED) for stay in stays_by_id(db, left_owing(db, storm, now))
    ]
    if not any(found):
        raise Conflict("parking.nothing_owed")
    count, fen = sum(one > 0 for one in found), sum(found)
    record(
        db, actor, "storm.waive", "storm", storm.storm_id, reason=said, community_id=storm.community_id,
        after={"cars": count, "amount_fen": fen},
    )  # fmt: skip
    return count, fen


def _concerned(db: Session, community_id: UUID, wanted: Collection[str], zones: Zones) -> dict[UUID, str]:
    """The zones of the cars inside, as lanes told them, by their stays: those that are wanted, and WHOLE."""
    rows = db.scalars(
        select(StayRow)
        .where(StayRow.community_id == community_id, StayRow.state.in_([one.value for one in INSIDE]))
        .order_by(StayRow.began_at.desc())
        .limit(CARS_MAX)
    ).all()
    places = {row.stay_id: zones.at(row.zone, row.entry_lane_id) for row in rows}
    return {stay_id: zone for stay_id, zone in places.items() if not wanted or zone in (*wanted, WHOLE)}


def _untold_first(car: CarInside) -> tuple[bool, str]:
    return car.told_at is not None, car.plate.text if car.plate is not None else ""
