"""From the events of a vehicle lane to the facts of stays. Pure.

    decision, a grant   passage              in                       out
    by plate            went through         Detected, DroveIn        DroveOut
    by plate            did not              Detected, DroveIn(no)    nothing
    by plate            nobody knows         Detected                 nothing
    refused, while a    went through         Detected, DroveIn        DroveOut
    person held the arm
    by a guard          as above, with the plate of the vehicle that was refused right before it at the same lane
    none at all         went through         DroveIn, which is odd    DroveOut without a plate

Through an inner lane of the car park, whichever way it leads: Moved where it went through, with the plate as above, and
nothing where it did not.

Every vehicle that comes onto the arming loop is decided about anew, so that what a guard opens for is what was refused
last, as long as nothing was decided in between, it was not long ago, and the gate did not see that nobody stood there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from central.gates.ingest.queries import Recorded
from models.access.credential import Kind
from models.access.decision import Decision, Outcome
from models.parking.congestion import told_minutes
from models.parking.decided import car_in, own_plate
from models.parking.scope import Entering
from models.parking.stays import Detected, DroveIn, DroveOut, Fact, Moved
from models.site.topology import Between, Direction
from models.values.plate import Plate
from models.wire.events import UNSEEN, DecisionMade, Passage

STAY_KINDS = ("decision", "passage")
WAITED_MAX = timedelta(minutes=10)
"""A vehicle that was refused longer ago is not taken to be the one that a guard lets in now."""
OF_DOORS = frozenset({"door_cycle", "timeout"})
OF_VEHICLES = frozenset({"loops", "backed_out", "no_passage", "no_vehicle", "expired", "replaced"})
"""Ends that only a barrier's lane tells of."""

PlateOf = Callable[[bytes, UUID], Plate | None]
"""(sealed plate, correlation) -> what it says; None where it does not open."""
TariffAt = Callable[[datetime, Entering], UUID | None]


class FromLane(NamedTuple):
    """A fact, and the lane that told it. `tells`: what it told of a car that came in."""

    fact: Fact
    lane_id: UUID | None
    tells: Entering | None = None


class _Car(NamedTuple):
    plate: Plate | None
    direction: Direction
    tells: Entering
    leave_extra: int = 0


def may_concern(body: DecisionMade | Passage) -> bool:
    """Whether this can be of a vehicle's lane at all: most of what comes in is of doors."""
    if isinstance(body, DecisionMade):
        return body.decision.kind in (Kind.PLATE, Kind.REMOTE)
    return body.why not in OF_DOORS


def is_refused_read(body: DecisionMade) -> bool:
    return body.decision.kind is Kind.PLATE and body.decision.outcome is not Outcome.GRANT


def was_for_nobody(opened: object) -> bool:
    """Whether a person opened a lane while its loops said that no vehicle stood there: whoever was refused before has
    gone, and what drives in then is somebody else."""
    return isinstance(opened, DecisionMade) and opened.stood is False


def facts_of(
    lot: UUID,
    told: Sequence[Recorded],
    before: Recorded | None,
    lane: Direction,
    plate_of: PlateOf,
    tariff_at: TariffAt,
) -> list[FromLane]:
    """The facts of one passing. told: its decisions and passages, of one node. before: the decision that was made at
    the lane right before. lane: which way it leads, where neither a decision nor a passage says so."""
    events = [(one, one.body) for one in sorted(told, key=lambda one: one.event.seq)]
    decisions = [(one, body) for one, body in events if isinstance(body, DecisionMade)]
    passages = [(one, body) for one, body in events if isinstance(body, Passage)]
    decided = decisions[-1] if decisions else None
    ended = next((each for each in passages if each[1].passed), passages[-1] if passages else None)
    led = ended[1].direction if ended is not None else None  # a tidal lane's passage tells; its site file may not
    car = _car(decided, before, ended, led or lane, plate_of)
    if car is None:
        return []
    if ended is not None and (between := ended[1].between) is not None:
        moved = ended[1].passed and ended[1].why not in UNSEEN
        return [_moved(lot, ended[0], between, decided, car)] if moved else []
    if decided is not None and "to_zone" in decided[1].decision.inputs:
        return []  # let through an inner lane; whether it went nobody has told yet
    held_up = ended is not None and ended[1].passed and ended[1].held
    granted = decided is not None and (decided[1].decision.outcome is Outcome.GRANT or held_up)
    seen = decided[0] if decided is not None and granted else None
    end = ended[0] if ended is not None and ended[1].why not in UNSEEN else None
    through = end is not None and ended is not None and ended[1].passed
    if car.direction is Direction.OUT:
        return [_out(lot, end, seen, car)] if end is not None and through else []
    facts = []
    if seen is not None:
        at = seen.happened_at
        tariff = tariff_at(max(at, end.happened_at) if end is not None and through else at, car.tells)
        detected = Detected(
            seen.event.event_id, seen.event.correlation, lot, car.plate, at, str(tariff) if tariff else ""
        )
        facts.append(FromLane(detected, seen.event.lane_id, car.tells))
    if end is not None and (seen is not None or through):
        at = end.happened_at if seen is None else max(seen.happened_at, end.happened_at)
        drove = DroveIn(end.event.event_id, end.event.correlation, through, at)
        facts.append(FromLane(drove, end.event.lane_id))
    return facts


def _moved(
    lot: UUID, end: Recorded, between: Between, decided: tuple[Recorded, DecisionMade] | None, car: _Car
) -> FromLane:
    at = end.happened_at if decided is None else max(decided[0].happened_at, end.happened_at)
    return FromLane(Moved(end.event.event_id, end.event.correlation, lot, car.plate, between, at), end.event.lane_id)


def _out(lot: UUID, end: Recorded, seen: Recorded | None, car: _Car) -> FromLane:
    at = end.happened_at if seen is None else max(seen.happened_at, end.happened_at)
    drove = DroveOut(end.event.event_id, end.event.correlation, lot, car.plate, at, car.leave_extra)
    return FromLane(drove, end.event.lane_id)


def _car(
    decided: tuple[Recorded, DecisionMade] | None,
    before: Recorded | None,
    ended: tuple[Recorded, Passage] | None,
    lane: Direction,
    plate_of: PlateOf,
) -> _Car | None:
    """What drove, and which way; None where it was no vehicle."""
    if decided is None:
        return _unknown(lane, ended[0]) if ended is not None and ended[1].why in OF_VEHICLES else None
    one, body = decided
    if body.decision.kind is Kind.PLATE:
        plate = plate_of(body.plate, one.event.correlation) if body.plate is not None else None
        return _known(body.decision, plate, lane)
    if body.decision.kind is not Kind.REMOTE:
        return None
    waiting = _waiting(one, before)
    if waiting is not None and before is not None:
        plate = plate_of(waiting.plate, before.event.correlation) if waiting.plate is not None else None
        return _known(waiting.decision, plate, lane)
    return _unknown(lane, one) if ended is not None and ended[1].why in OF_VEHICLES else None


def _known(decision: Decision, plate: Plate | None, lane: Direction) -> _Car:
    plate = plate if own_plate(decision) else None
    tells = car_in(decision, plate.text if plate is not None else "")
    return _Car(plate, _way(decision, lane), tells, _leave_extra(decision))


def _unknown(lane: Direction, told: Recorded) -> _Car:
    return _Car(None, lane, Entering(lane_id=told.event.lane_id))


def _waiting(opened: Recorded, before: Recorded | None) -> DecisionMade | None:
    """The refused vehicle that a guard opened for."""
    if before is None or opened.happened_at - before.happened_at > WAITED_MAX or was_for_nobody(opened.body):
        return None
    body = before.body
    return body if isinstance(body, DecisionMade) and is_refused_read(body) else None


def _leave_extra(decision: Decision) -> int:
    return told_minutes(decision.detail.get("leave_extra_min", ""))


def _way(decision: Decision, lane: Direction) -> Direction:
    """As the lane was switched when it decided."""
    said = decision.inputs.get("direction", "")
    return Direction(said) if said in set(Direction) else lane
