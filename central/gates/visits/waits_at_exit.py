"""Cars that stand at an exit of the lot now and have not been let out, and what each is asked for.

Made of what the gates have told of their lanes (at_lane.py) and of the stays: so it says who stands there, and not who
stood there when the page was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict
from central.gates.parking.driver.signs import ways_out
from central.gates.parking.dues.pay_stay import owed_for
from central.gates.parking.permissions import READ_STAYS
from central.gates.parking.stays.exit_meant import paid_from
from central.gates.parking.stays.news import inside_with
from central.gates.parking.stays.reads import StayView, stay_that_left, stays_by_id
from central.gates.parking.stays.tables import StayRow
from central.gates.visits.at_lane import car_at
from central.gates.visits.tables import VisitRow
from central.people.community.queries import LaneView, community_of
from models.values.plate import Plate, normalised
from models.values.time import SITE_TZ


@dataclass(frozen=True, slots=True)
class AtExit:
    """`visit_id`: which has its picture. `plate`: None where none was read. `stay`: None where nobody knows when it
    came in, or more than one car inside has its plate: then a person says what it costs. `asked_fen`: with debts.
    `paid`: where none was read, the stays that were paid for from this exit's sign while it stands there."""

    lane: LaneView
    visit_id: UUID
    since: datetime
    plate: Plate | None
    stay: StayView | None
    asked_fen: int
    paid: tuple[StayView, ...] = ()


def at_exits(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[AtExit]:
    """Who waits longest first. Raises NotFound, Forbidden."""
    community_of(db, community_id)
    actor.demand(READ_STAYS, community_id)
    found = [one for lane in ways_out(db, community_id) if (one := waits_at(db, lane, now)) is not None]
    return sorted(found, key=lambda one: one.since)


def stay_asked_at(db: Session, community_id: UUID, visit_id: UUID, plate: str | None) -> UUID | None:
    """The stay that this word of an exit was about: the one that ended with it, else the one of its plate that is
    inside; None where that is none, or several. Asks nobody's right."""
    ended = db.scalar(select(StayRow.stay_id).where(StayRow.exit_id == visit_id, StayRow.stay_id != visit_id).limit(1))
    if ended is not None:
        return ended
    inside = inside_with(db, community_id, normalised(plate)) if plate else []
    return inside[0] if len(inside) == 1 else None


def waits_at(db: Session, lane: LaneView, now: datetime) -> AtExit | None:
    """Who waits at this exit. Asks nobody's right."""
    car = car_at(db, lane.lane.lane_id, now)
    if car is None or car.released:
        return None
    inside = inside_with(db, lane.community_id, car.plate) if car.plate else []
    stay = next(iter(stays_by_id(db, inside)), None) if len(inside) == 1 else None
    asked = owed_for(db, stay.stay_id, now).asked_fen if stay is not None else 0
    paid = () if car.plate else tuple(paid_from(db, lane.lane.lane_id, car.since))
    return AtExit(lane, car.visit_id, car.since, Plate(text=car.plate) if car.plate else None, stay, asked, paid)


def demand_there(db: Session, lane: LaneView, visit_id: UUID, now: datetime) -> None:
    """Whoever takes cash of a car at this exit takes it of one that stands there still. Raises Conflict, with what the
    car owes by now, where it has driven out: past an arm that is held up it waits for nobody."""
    row = db.scalar(select(VisitRow).where(VisitRow.visit_id == visit_id, VisitRow.lane_id == lane.lane.lane_id))
    if row is None or not row.passed:
        return
    left = (row.passed_at or row.happened_at).astimezone(SITE_TZ).strftime("%H:%M:%S")
    stay = stay_that_left(db, visit_id)
    owes = owed_for(db, stay.stay_id, now).due_fen if stay is not None else None
    if owes:
        raise Conflict("parking.driven_out_owing", at=left, yuan=f"{owes / 100:.2f}")
    raise Conflict("parking.driven_out", at=left)
