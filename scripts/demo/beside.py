"""What comes beside the demo's vehicle lanes: an e-bike before a detector, a van on the fire lane (LANE-27).

No arm moves for either. Each is an alarm with its picture, but for the e-bikes of a lane of their own, which the page
of posts and rounds counts.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.wire.events import AlarmKind
from scripts.demo.arrivals import Arrival, By
from scripts.demo.cars import IN
from scripts.demo.client import Person
from scripts.demo.rows import Row
from scripts.demo.site import EBIKE_LANE, FIRE_LANE_S, DemoSite
from scripts.demo.street import CarLane

RIDES_S = 3.0
"""So long an e-bike is before its detector."""
VAN_S = FIRE_LANE_S + 25.0
"""So long the van stands there: until somebody who watches has seen its alarm."""
TOLD_S = FIRE_LANE_S + 60.0


@dataclass(frozen=True)
class BesideArrival(Arrival):
    """Something beside a lane, of which no lane decides anything. `alarm`: what it must raise; None: it is counted."""

    alarm: AlarmKind | None = None

    @property
    def word(self) -> str:
        return "alarm" if self.alarm is not None else "kept"

    @property
    def why(self) -> str:
        return self.alarm.value if self.alarm is not None else super().why


def _beside(key: str, zh: str, en: str, lane: str, alarm: AlarmKind | None) -> BesideArrival:
    return BesideArrival(key, zh, en, By.HAND, Kind.REMOTE, Outcome.DENY, Reason.OK, lane=lane, alarm=alarm)


VAN = _beside("van", "货车停在消防通道上", "a van is left on the fire lane", IN, AlarmKind.FIRE_LANE)
RIDDEN_IN = _beside("ebike_car", "电动车从车道骑进来", "an e-bike is ridden in at the barrier", IN, AlarmKind.EBIKE)
RIDDEN_OUT = _beside("ebike_out", "电动车从自己的车道出去", "an e-bike leaves by a lane of its own", EBIKE_LANE, None)


def show() -> list[BesideArrival]:
    """What the running demo repeats."""
    return [VAN, RIDDEN_IN, RIDDEN_OUT]


def comes_beside(lane: CarLane, what: BesideArrival) -> threading.Timer:
    """Let it happen; it goes by itself, while others come: what waits for that."""
    there = lane.leave_van if what is VAN else lane.ride_past
    there(True)
    goes = threading.Timer(VAN_S if what is VAN else RIDES_S, there, args=(False,))
    goes.daemon = True
    goes.start()
    return goes


def play_van(site: DemoSite, person: Person, noted: Callable[[Row], None], until: Callable[..., None]) -> None:
    """The van of the check: its alarm is at central with a picture that can be looked at, and ends as it drives away.
    Asked for by nobody else, so that it costs no more than the half minute during which cars come."""
    lane, lane_id = site.world.cars[VAN.lane], str(site.lane_id(VAN.lane))

    def alarm() -> dict[str, Any] | None:
        told = person.get("/api/v1/alarms")["items"]
        return next((one for one in told if one["kind"] == VAN.why and one["lane_id"] == lane_id), None)

    began = time.monotonic()
    lane.leave_van(True)
    until(alarm, TOLD_S, "消防通道被占没有报警 · the occupied fire lane raised no alarm", 0.5)
    raised = alarm()
    assert raised is not None
    row = Row(VAN, began, None, 0, {"outcome": VAN.word, "reason": VAN.why, "kind": VAN.kind.value, "passed": None})
    picture = f"/api/v1/alarms/{raised['alarm_id']}/picture.jpg"
    until(lambda: person.has(picture), TOLD_S, "消防通道报警没有图片 · the fire lane's alarm has no picture", 0.5)
    lane.leave_van(False)
    noted(row)
