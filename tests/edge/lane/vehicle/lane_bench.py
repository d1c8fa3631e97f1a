"""A vehicle lane in the gate's own thread on a bench: real rules, journal and store; loops, eyes and clock are the
test's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from devices.ports import Frame, PlateRecord, Push
from edge.lane.hold import FireHolds
from edge.lane.inbox import LoopsRead, PlatePushed, PlatesVoted, Pulsed
from edge.lane.runner import Gate
from edge.lane.standing import StandingAlarms
from edge.lane.vehicle.one_car import AGAIN_S
from edge.lane.vehicle.shell import VehicleShell
from edge.lane.vehicle.states import Contacts, Loop, Settings, VehicleLane
from edge.lane.vehicle.stays import Stays
from edge.store.stays import ToldStays
from edge.verify.plate.vote import Vote
from models.access.decision import Outcome
from models.parking.admission import LaneRules
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.plate import PlateColour
from models.wire.envelope import Event
from models.wire.events import DecisionMade, PlateRead
from models.wire.plates import PassingEntry, PlateEntry, open_plate
from models.wire.signed import sign
from models.wire.stays import StaysTold, ToldStay
from tests.edge.lane.bench import Bench, Lock, a_frame

LANE = "car-in"
KEY = bytes(range(32))
REFERS = LaneRules(temporary=False, stranger=Outcome.REFER, barred=Outcome.REFER)
FREE, BUSY = Loop.FREE, Loop.OCCUPIED


class PlateEyes:
    """What the lane asked of the plate thread."""

    def __init__(self) -> None:
        self.looks: list[Any] = []
        self.frame: Frame | None = None

    def look_for(self, look: Any) -> None:
        self.looks.append(look)

    def newest(self) -> Frame | None:
        return self.frame


class VehicleBench(Bench):
    """One barrier; `contacts` of a door become loops. The arm is where `up` says."""

    def __init__(self, folder: Path, rules: LaneRules = REFERS, direction: Direction = Direction.IN):
        self.lane_rules, self.up, self.alone = rules, False, False
        self.answered: list[str] = []
        self.beside: dict[str, bool] = {}
        super().__init__(folder, codes=(LANE,), direction=direction)

    def start(self) -> None:
        super().start()
        central = bytes(self.authority.central_key.verify_key)
        self.told = ToldStays.open(self.folder / "stays.db", self.authority.node_id, central, self.keys)
        self._opened.append(self.told)
        lanes = [one.lane_id for one in self.lanes.values()]
        self.stays = Stays(self.journal, self.told.told, self.store.view, lambda: self.alone, lanes)
        self.arm, self.eyes_of_lane = Lock(lambda: self.journal.head()[0]), PlateEyes()
        vehicle = VehicleLane(settings=Settings(), direction=self.lanes[LANE].direction)
        self.shell = VehicleShell(
            LANE, self.lanes[LANE], self.arm, self.lane_rules, vehicle, self.eyes_of_lane, accounts=self.stays
        )  # fmt: skip
        self.gate = Gate(
            self.authority.site_id, {}, self.journal, self.store, self.kept, FireHolds(self.folder), self.inbox,
            self.now, (), lambda: self.mono, StandingAlarms(self.folder / "standing-alarms.json"), {LANE: self.shell},
        )  # fmt: skip
        self.gate.begin()

    def lists(self, entries: Sequence[PlateEntry | PassingEntry] = (), **more: Any) -> None:
        """Central's next snapshot with these plates is in force."""
        plates = tuple(one for one in entries if isinstance(one, PlateEntry))
        passing = tuple(one for one in entries if isinstance(one, PassingEntry))
        self.rules(more={"plates": plates, "passing": passing, "plate_key": KEY.hex(), **more})

    def news(self, *stays: ToldStay, after: int | None = None, heard_seq: int = 0, **more: Any) -> None:
        """Central's next telling of the car park; `after` 0: the whole."""
        number = self.told.told().number
        told = StaysTold(
            node_id=self.authority.node_id, after=number if after is None else after, number=number + 1, stays=stays,
            heard_seq=heard_seq, **more,
        )  # fmt: skip
        refused = self.told.take(sign(told.model_dump_json(), "stays", self.authority.central_key))
        assert refused is None, refused

    def loops(
        self, arming: Loop = FREE, safety: Loop = FREE, closing: Loop = FREE, fire: bool = False, **beside: bool
    ) -> None:
        """`beside`: what detectors beside the lane see from now on, `ebike` or `fire_lane`."""
        self.beside = {**self.beside, **beside}
        outer, inner = (arming, closing) if self.shell.vehicle.direction is Direction.IN else (closing, arming)
        seen = Contacts(outer, safety, inner, self.up, not self.up, fire)
        self.gate.handle(LoopsRead(LANE, seen, **self.beside))

    def wait(self, seconds: float) -> None:
        """The loops are heard all the while, as they last were."""
        lane = self.shell.vehicle
        for _ in range(round(seconds / 0.1)):
            self.mono += 0.1
            seen = Contacts(lane.outer, lane.safety, lane.inner, self.up, not self.up, lane.fire)
            self.gate.handle(LoopsRead(LANE, seen, **self.beside))
            self.gate.tick()

    def arrive(self, text: str = "", sure: bool = True, colour: PlateColour = PlateColour.BLUE) -> None:
        """A vehicle comes onto the arming loop, and the camera has read it; "": it reads nothing all the while."""
        self.loops(arming=BUSY)
        self.read(text, sure, colour)

    def read(self, text: str, sure: bool = True, colour: PlateColour = PlateColour.BLUE) -> None:
        look = self.eyes_of_lane.looks[-1]
        vote = Vote(text, sure and bool(text), 1, (text,) if text else (), {})
        self.gate.handle(PlatesVoted(LANE, look, vote, colour, 3, a_frame(), self.mono))
        if not (sure and text):
            self.wait(4.2)

    def arrive_behind(self, text: str, sure: bool = True) -> None:
        """Another comes onto the arming loop, with one still under the arm."""
        self.loops(arming=BUSY, safety=BUSY)
        self.read(text, sure)

    def raised(self) -> None:
        """The board answers the newest pulse, and the arm is up."""
        self.gate.handle(Pulsed(LANE, self.arm.pulses[-1], None, self.mono))
        self.up = True
        self.loops(arming=BUSY)

    def drive_through(self) -> None:
        self.loops(arming=BUSY, safety=BUSY)
        self.loops(safety=BUSY)
        self.loops(safety=BUSY, closing=BUSY)
        self.loops(closing=BUSY)
        self.loops()

    def much_later(self) -> None:
        """The arm is down again, and whoever was here has gone for so long that the same car may be back."""
        self.up = False
        self.loops()
        self.mono += AGAIN_S + 1
        self.loops()

    def push(
        self, text: str, stored: bool = False, score: float | None = 0.97, taken_at: datetime | None = None
    ) -> Push:
        record = PlateRecord(
            "abcd-1234", new_id().hex, text, PlateColour.BLUE, "1", "2", "8", score, taken_at, stored=stored
        )  # fmt: skip
        push = Push(record, self.mono)
        self.gate.handle(PlatePushed(LANE, push, lambda one: self.answered.append(one.record.text) or True))
        return push

    # -- what the journal says ------------------------------------------------------------------------------------

    def cases(self) -> list[str]:
        return [f"{one.decision.outcome.value} {one.decision.detail['case']}" for one in self.said(DecisionMade)]

    def plates(self) -> list[str | None]:
        """What central can open of the decisions and of the reads that decided nothing."""
        told: list[tuple[Event, DecisionMade | PlateRead]] = [
            (event, body) for event, body in self.events() if isinstance(body, DecisionMade | PlateRead)
        ]
        return [open_plate(body.plate, event.correlation, KEY) if body.plate else None for event, body in told]
