"""Who is inside and what they owe, as a lane asks: central's word, and what this node's own journal says since.

A view, made anew at each start from the journal's lines that central had not heard of. Plates lie sealed there and are
opened in memory alone, with the key of the site that the rules bring.

    decision, a grant by plate       who drives        a guard's opening   the car that was refused right before it, at
    passage, went through            in, or out                            the same lane and not long ago

Who goes through an inner lane was inside before and is inside after: nothing of this is different then.

A vehicle that was refused on its way out and went through all the same drove behind another's grant: it is gone, and
owes its fee (LANE-16). On its way in it is nobody's stay, until a person says whose (as central has it).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from edge.decide.plates import charging_of, invited_of, lists_of
from edge.journal.errors import JournalError, RowDamaged
from edge.journal.journal import Journal
from edge.store.store import RulesView
from models.access.credential import Kind
from models.access.decision import Outcome
from models.parking.account import Account, Denied, account_of, version_at
from models.parking.admission import Case
from models.parking.bookings import Booking, BookingState, Inside, holds_bay, hours_of, is_kept, state_of
from models.parking.decided import car_at, car_in, own_plate
from models.parking.earlier import asks_earlier, ended_of
from models.parking.inside import (
    Cars,
    DroveIn,
    DroveOut,
    Own,
    Told,
    cars,
    ended_before,
    kept_since,
    owed_since,
    places_left,
    places_since,
)
from models.parking.invited import invited_at
from models.parking.scope import Entering
from models.parking.second_car import own_place, permits_at, taken_from
from models.parking.tariff import SharedHours
from models.site.topology import Direction
from models.values.clocks import corrected
from models.values.plate import Plate, PlateColour, kind_of
from models.wire.envelope import Event
from models.wire.events import EVENT_BODY, DecisionMade, Passage
from models.wire.plates import open_plate
from models.wire.stays import EndedStay, LotTold, ToldStay

WAITED_MAX = timedelta(minutes=10)
"""As central has it: a vehicle that was refused longer ago is not the one that a guard lets in now."""
BEFORE = 2_000
"""Lines before those that central had not heard of, which say whose passage they tell."""
READ_AT_ONCE = 500
KEPT_MAX = 1_000

log = logging.getLogger(__name__)


class _Car(NamedTuple):
    plate: str
    direction: Direction
    at: datetime
    refused: bool
    tells: Entering
    owed: int = 0


class Stays:
    """Owned by the gate's thread. `lanes`: the vehicle lanes of this node. `alone`: central is not reached now."""

    def __init__(
        self,
        journal: Journal,
        told: Callable[[], Told],
        view: Callable[[], RulesView],
        alone: Callable[[], bool],
        lanes: Collection[UUID],
    ):
        self._journal, self._told_now, self._view, self._alone = journal, told, view, alone
        self._lanes = frozenset(lanes)
        self._told = Told()
        self._cars = Cars()
        self._own: list[Own] = []
        self._last: dict[UUID, _Car] = {}
        self._decided_of: dict[UUID, _Car] = {}
        self._read_to: int | None = None
        self._stuck = False

    def state(self, now: datetime) -> tuple[int, int, bool, int | None, int]:
        """Differs when another amount may be asked of a car that stands there, or a place or its bay has become
        free."""
        return self._view().version, self._told_now().number, self._alone(), self.places(now), len(self._cars.left)

    def lot(self, now: datetime) -> LotTold | None:
        """How many places are free, by central's word and what this gate saw since; None where nobody counts. While
        central is away it goes on from there: a lot with several gates drifts, until central is back."""
        told = self._told.lot
        if told is None:
            return None
        kept = [one.booking_id for one in self._kept(now) if one.anybodys]
        told = kept_since(told, kept)
        mine = [one for one in self._own if one.seq > self._told.heard_seq]
        if not mine:
            return told
        view = self._view()
        lists, versions = lists_of(view), charging_of(view).versions
        return places_since(
            told, mine, self._told.heard_seq,
            lambda fact: own_place(fact, self._cars, lists, versions) or self._is_guest(fact),
        )  # fmt: skip

    def places(self, now: datetime) -> int | None:
        """For how many more cars there is a place."""
        lot = self.lot(now)
        return None if lot is None else places_left(lot)

    def booked(self, plate: str | None, now: datetime) -> Booking | None:
        """By which a place is kept for this plate now; of several the one that began first."""
        mine = [one for one in self._kept(now) if one.plate == plate]
        return min(mine, key=lambda one: (one.since, one.booking_id), default=None)

    def _kept(self, now: datetime) -> list[Booking]:
        """The bookings for which a place is kept now, by the rules and by who has come as far as this gate knows."""
        return [
            one for one in self._booked()
            if is_kept(one, state_of(one, self._cars.stays_of(one.plate), None, now), now)
        ]  # fmt: skip

    def _booked(self) -> Sequence[Booking]:
        snapshot = self._view().snapshot
        return snapshot.booked if snapshot is not None else ()

    def _shared(self, plate: str, stay: ToldStay | None) -> tuple[SharedHours, ...]:
        """The hours on others' bays that this plate has booked for its stay (PARK-10)."""
        mine = [one for one in self._booked() if one.plate == plate]
        if stay is None or not mine:
            return ()
        return hours_of(mine, self._cars.stays_of(plate), Inside(stay.entered_at))

    def _is_guest(self, fact: Own) -> bool:
        """Whether the car came for, or left from, another's bay: it takes no place that is for anybody."""
        plate, at = (fact.stay.plate, fact.stay.entered_at) if isinstance(fact, DroveIn) else (fact.plate, fact.at)
        booked = [one for one in self._booked() if one.shared is not None and one.plate == plate]
        here = self._cars.stays_of(plate) if booked else []
        return any(state_of(one, here, None, at) in (BookingState.CAME, BookingState.OVER) for one in booked)

    def _guests(self, plate: str, now: datetime) -> list[Booking]:
        """The bookings by which other cars have others' bays now, kept for them or under them."""
        return [
            one for one in self._booked()
            if one.shared is not None and one.plate != plate
            and holds_bay(one, state_of(one, self._cars.stays_of(one.plate), None, now), now)
        ]  # fmt: skip

    def account(
        self, plate: str | None, lane_id: UUID, now: datetime, leave_extra: int = 0,
        colour: PlateColour = PlateColour.UNKNOWN,
    ) -> Account | None:  # fmt: skip
        """What is known of this plate's money at a lane; None where nothing is charged. leave_extra: minutes by which
        its time to leave is longer now. colour: as it is seen there."""
        self.catch_up()
        return self._account(plate, lane_id, now, leave_extra, colour)

    def _account(
        self, plate: str | None, lane_id: UUID, now: datetime, leave_extra: int = 0,
        colour: PlateColour = PlateColour.UNKNOWN,
    ) -> Account | None:  # fmt: skip
        view = self._view()
        charging = charging_of(view)
        if plate is None or not charging.versions:
            return None
        lists = lists_of(view)
        car = car_at(lists, lane_id, Plate(text=plate, colour=colour), now)
        permits = permits_at(lists, self._cars, plate, lane_id, now)
        taken = taken_from(plate, permits, self._cars, lists, charging.versions, now, car)
        owed = self._told.owed_on(plate) + owed_since(self._own, plate)
        since = self._told.owed_since(plate)
        stay = self._cars.inside.get(plate)
        denied = Denied(self._told.denied_on(plate), self._told.denied_since(plate))
        return account_of(
            stay, owed, charging, permits, lane_id, now, self._alone(), since, leave_extra, denied=denied, taken=taken,
            car=car, shared=self._shared(plate, stay), held=self._guests(plate, now),
        )  # fmt: skip

    def catch_up(self) -> None:
        """Hear what central told since, and what the journal says since. What cannot be read waits."""
        told = self._told_now()
        if told is not self._told:
            self._told = told
            self._own = [one for one in self._own if one.seq > told.heard_seq]
            self._cars = cars(told.stays.values(), self._own, told.heard_seq)
        if self._read_to is None:
            self._read_to = max(0, told.heard_seq - BEFORE)
        try:
            while self._journal.head()[0] > self._read_to:
                events = self._journal.read(self._read_to, READ_AT_ONCE)
                if not events:
                    return
                for event in events:
                    self._hear(event)
                self._read_to = events[-1].seq
            self._stuck = False
        except RowDamaged as error:
            log.error("line %d is damaged: whether it told of a car is not known", error.seq)
            self._read_to = error.seq
        except JournalError as error:
            if not self._stuck:  # asked ten times a second
                log.error("who is inside is known no further than line %d: %s", self._read_to, error)
            self._stuck = True

    def _hear(self, event: Event) -> None:
        if event.lane_id not in self._lanes or event.lane_id is None:
            return
        try:
            body = EVENT_BODY.validate_json(event.body)
        except ValueError:  # one damaged line says nothing of any car
            return
        if isinstance(body, DecisionMade):
            self._decided(body, event, event.lane_id)
        elif isinstance(body, Passage):
            car = self._decided_of.pop(event.correlation, None)
            came_in_refused = car is not None and car.refused and car.direction is Direction.IN
            if car is not None and body.passed and body.between is None and (body.held or not came_in_refused):
                self._drove(car, event)

    def _decided(self, body: DecisionMade, event: Event, lane_id: UUID) -> None:
        made, last = body.decision, self._last.pop(lane_id, None)
        granted = made.outcome is Outcome.GRANT
        if made.kind is Kind.PLATE:
            plate = self._opened(body, event.correlation) if own_plate(made) else ""
            # whoever was not let through and drives all the same, behind another, owes what the stay came to
            unpaid = made.detail.get("case") in (Case.OWES, Case.PAY)
            owed = int(made.detail.get("due_fen", "0")) if unpaid else 0
            way = Direction(made.inputs.get("direction", "in"))
            car = _Car(plate, way, made.at, not granted, car_in(made, plate), owed)
            self._last[lane_id] = car
        elif made.kind is Kind.REMOTE and last is not None and last.refused and made.at - last.at <= WAITED_MAX:
            car = last._replace(owed=0, refused=False)  # what of it is still to be paid, central knows
        else:
            return
        if car.plate:
            self._decided_of[event.correlation] = car
            if len(self._decided_of) > KEPT_MAX:
                del self._decided_of[next(iter(self._decided_of))]

    def _opened(self, body: DecisionMade, correlation: UUID) -> str:
        snapshot = self._view().snapshot
        if body.plate is None or snapshot is None or not snapshot.plate_key:
            return ""
        text = open_plate(body.plate, correlation, bytes.fromhex(snapshot.plate_key))
        return text if text is not None and kind_of(text) is not None else ""

    def _drove(self, car: _Car, event: Event) -> None:
        at = corrected(event.at, event.skew_ms)
        fact: Own
        if car.direction is Direction.OUT:
            fact = DroveOut(event.seq, car.plate, at, car.owed, self._ended(car.plate, event.lane_id, at))
        else:
            version = version_at(charging_of(self._view()).versions, at, car.tells)
            stay = ToldStay(
                stay_id=event.correlation, plate=car.plate, entered_at=at, entry_lane_id=event.lane_id,
                vehicle_class=car.tells.vehicle_class,
                tariff_version=version.version if version is not None else None,
                tariff_id=version.tariff_id if version is not None else None,
                earlier=ended_before(self._told, self._own, car.plate, at),
                invited=invited_at(invited_of(self._view()), car.plate, at),
            )  # fmt: skip
            fact = DroveIn(event.seq, stay)
        if fact.seq > self._told.heard_seq:
            self._own.append(fact)
            self._cars = self._cars.after(fact)

    def _ended(self, plate: str, lane_id: UUID | None, at: datetime) -> EndedStay | None:
        """The stay that ends here, as the next one of its plate is priced by it; None where no tariff asks."""
        stay = self._cars.inside.get(plate)
        if stay is None or lane_id is None or not any(map(asks_earlier, charging_of(self._view()).versions)):
            return None
        account = self._account(plate, lane_id, at)
        due = account.due if account is not None else None
        return ended_of(stay.stay_id, plate, stay.entered_at, at, due) if due is not None else None
