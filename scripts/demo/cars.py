"""The cars of the demo and of its check, with what must become of each.

A plate camera tells of each car over HTTP; whether somebody stands there, the loop says. What the camera only kept,
what is sent again, and what no car stands behind opens nothing.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from devices.sim.plate_camera import Seen
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.parking.admission import Case
from models.values.time import utc_now
from scripts.demo.arrivals import Arrival, By
from scripts.demo.street import CarLane
from scripts.seed_parking import OVERSTAY

EARLY_S = 0.4
STRANGER, POLICE, UNSEEN = "川AXXXXX", "川A0000警", "川ANEVR1"
"""Plates on no list: one of nobody, one of a form that alone opens nothing, and one that nobody saw come in."""
UNSURE = 60
"""Per cent: less than a camera must be sure of."""
IN, OUT = "east-car-in", "east-car-out"


class Way(StrEnum):
    """How a car comes, and how the camera tells of it."""

    DRIVES = "drives"
    EARLY = "early"
    """The camera tells of it a moment before it is on the loop."""
    STORED = "stored"
    """All that the camera sends is a record that it kept from before."""
    REPLAYED = "replayed"
    """Somebody sends the last record of this lane once more."""
    ABSENT = "absent"
    """A push, and no car."""
    BACKS_OUT = "backs_out"
    FOLLOWED = "followed"
    """A second car drives close behind it."""
    STAYS = "stays"
    """It waits for the guard, whatever is said."""
    CALLS = "calls"
    """It is not let through, and its driver presses the call button."""


@dataclass(frozen=True)
class CarArrival(Arrival):
    """One car at one lane. `tells`: what the node must write down beside a decision, or in its place: by its name in
    the journal. `decided` is False where no lane decides anything. `after`: comes when that one is through."""

    plate: str = ""
    way: Way = Way.DRIVES
    sure: bool = True
    tells: str = ""
    decided: bool = True
    after: str = ""

    @property
    def word(self) -> str:
        """What is expected: a decision, an alarm, or no more than a line in the journal."""
        return super().word if self.decided else "alarm" if self.tells == Reason.TAILGATE else "kept"

    @property
    def why(self) -> str:
        return super().why if self.decided else self.tells

    @property
    def passes(self) -> bool | None:
        """Nobody granted the car that follows anything, and it went through."""
        return True if self.word == "alarm" else super().passes


def come(lane: CarLane, car: CarArrival, last: Seen | None = None) -> tuple[float, Seen]:
    """Let it happen; the later instant of push and loop, and what the camera saw. `last`: what is sent again."""
    stops = car.way in (Way.BACKS_OUT, Way.STORED, Way.REPLAYED)
    seen = lane.plate_camera.see(car.plate, "blue", utc_now(), 96 if car.sure else UNSURE)
    if car.way is Way.ABSENT:
        return lane.push(seen), seen
    if car.way is Way.EARLY:
        telling = threading.Thread(target=lane.push, args=(seen,), daemon=True)
        telling.start()
        time.sleep(EARLY_S)
        at = lane.arrive(car.plate)
        telling.join()
        return at, seen
    lane.arrive(STRANGER if stops and car.way is not Way.BACKS_OUT else car.plate, stops)
    if car.way is Way.FOLLOWED:
        lane.follow()
    if car.way is Way.REPLAYED and last is not None:
        return lane.push(last), last
    return lane.push(seen, stored=car.way is Way.STORED), seen


class Cars:
    """Which cars there are to play, by the plates of the sample lists."""

    def __init__(self, seeded: Mapping[str, Any]):
        self._plates: Mapping[str, str] = seeded["plates"]

    def show(self) -> list[CarArrival]:
        """What the running demo repeats."""
        return [
            self._listed("car_in", "住户的车进（登记过）", "a resident's car with a permit", "permit"),
            self._listed("guest_in", "访客的车进（登记过）", "a visitor's car on the list", "visitor"),
            self._listed("ambulance", "名单上的救护车", "an ambulance on the list", "ambulance", case=Case.SPECIAL),
            self._referred("blocked", "拉黑的车", "a blocked car", Reason.BLOCKED, Case.BLACK_LIST,
                           self._plates["blocked"]),
            self._referred("stranger", "名单外的车，等保安", "a car on no list waits for the guard", Reason.UNKNOWN,
                           Case.NO_TEMPORARY, STRANGER, way=Way.STAYS),
            self._leaves("car_out", "住户的车出", "the resident's car drives out", self._plates["permit"]),
            self._leaves("stranger_out", "名单外的车出", "a car on no list drives out", STRANGER),
            self._referred(
                "overstayed", "停了三小时没缴费的车", "a car that stayed for three hours and has not paid",
                Reason.UNKNOWN, Case.PAY, OVERSTAY, lane=OUT, way=Way.CALLS,
            ),
        ]  # fmt: skip

    def check(self) -> list[CarArrival]:
        """Who comes to the vehicle lanes while people come to the doors, in the order of each lane."""
        car_in, guest_in, ambulance, blocked, stranger, car_out, stranger_out, overstayed = self.show()
        return [
            # in
            car_in,
            replace(
                guest_in, zh="访客的车：推送比地感早到", en="a visitor's car; its push comes before the loop",
                way=Way.EARLY,
            ),
            blocked,
            self._referred(
                "police", "警车样式的车牌，不在名单", "a plate of the police's form, on no list", Reason.UNKNOWN,
                Case.SPECIAL_LOOKS, POLICE,
            ),
            ambulance,
            self._referred(
                "unsure_plate", "登记车牌，但相机没把握", "a listed plate that the camera is unsure of",
                Reason.AMBIGUOUS, Case.UNSURE, self._plates["visitor"], sure=False,
            ),
            self._listed(
                "lapsed", "月卡昨天到期，还在宽限期", "a permit that ended yesterday, in its grace", "lapsed",
                case=Case.PERMIT_GRACE,
            ),
            CarArrival(
                "no_car", "推送了登记车牌，地感上没有车", "a listed plate is pushed, and no car is there", By.PUSH,
                Kind.PLATE, Outcome.DENY, Reason.UNKNOWN, lane=IN, plate=self._plates["permit"], way=Way.ABSENT,
                tells="no_vehicle", decided=False,
            ),
            replace(
                self._listed(
                    "backs_out", "已在场内的车牌又来，抬杆后倒车走了",
                    "a plate that is inside already comes, and backs out after the arm is up", "visitor",
                    case=Case.INSIDE_ALREADY, way=Way.BACKS_OUT, enters=False,
                ),
                plate=OVERSTAY,  # the visitor's car drove in a moment ago: that plate would be asked about
            ),
            replace(
                self._listed(
                    "followed", "登记的车进，后面有车跟着", "a listed car, with another close behind", "permit",
                    way=Way.FOLLOWED,
                ),
                after="car_out",
            ),
            self._referred(
                "second_car", "同一车位的第二辆车，第一辆在里面", "the second car of a bay, whose first is inside",
                Reason.UNKNOWN, Case.BAY_TAKEN, self._plates["second"],
            ),
            stranger,
            # out
            replace(car_out, after="car_in"),
            self._referred(
                "replayed_push", "刚才的推送被重放，别的车在等", "the last push is sent again while another car waits",
                Reason.LOW_QUALITY, Case.UNREAD, self._plates["permit"], lane=OUT, way=Way.REPLAYED,
                tells="refused",
            ),
            self._referred(
                "stored_push", "相机补传旧记录，别的车在等", "a record from before comes while another car waits",
                Reason.LOW_QUALITY, Case.UNREAD, self._plates["permit"], lane=OUT, way=Way.STORED, tells="stored",
            ),
            overstayed,
            self._referred(
                "unseen_out", "没有入场记录的车出", "a car that nobody saw come in drives out", Reason.UNKNOWN,
                Case.NO_ENTRY, UNSEEN, lane=OUT,
            ),
            self._leaves(
                "blocked_out", "拉黑的车出：谁都不扣在里面", "a blocked car drives out: nobody is kept inside",
                self._plates["blocked"],
            ),
            replace(
                stranger_out, zh="名单外的车，免费时间内出", en="a car on no list leaves within its free minutes",
                after="opened",
            ),
        ]  # fmt: skip

    def follows(self) -> CarArrival:
        """The second car of two on one grant."""
        return CarArrival(
            "follows", "第二辆车跟着冲过", "a second car on the first one's grant", By.PUSH, Kind.PLATE, Outcome.DENY,
            Reason.TAILGATE, lane=IN, tells=Reason.TAILGATE.value, decided=False,
        )  # fmt: skip

    def calls(self) -> CarArrival:
        """The driver at the exit who presses the button."""
        return CarArrival(
            "calls", "出口的司机按呼叫，中控室接下办完", "the driver at the exit presses the call button, the booth "
            "takes it", By.HAND, Kind.PLATE, Outcome.DENY, Reason.UNKNOWN, lane=OUT, tells="call",
            decided=False,
        )  # fmt: skip

    def opened(self) -> CarArrival:
        """The guard opens for the car that waits."""
        return CarArrival(
            "opened", "保安看画面后远程抬杆", "the guard looks and raises the arm from central", By.HAND, Kind.REMOTE,
            Outcome.GRANT, Reason.OK, lane=IN,
        )  # fmt: skip

    def _listed(
        self, key: str, zh: str, en: str, name: str, case: Case = Case.PERMIT, way: Way = Way.DRIVES,
        enters: bool = True,
    ) -> CarArrival:  # fmt: skip
        return CarArrival(
            key, zh, en, By.PUSH, Kind.PLATE, Outcome.GRANT, Reason.OK, lane=IN, plate=self._plates[name], case=case,
            way=way, enters=enters,
        )  # fmt: skip

    def _referred(
        self, key: str, zh: str, en: str, reason: Reason, case: Case, plate: str, lane: str = IN,
        way: Way = Way.DRIVES, sure: bool = True, tells: str = "",
    ) -> CarArrival:  # fmt: skip
        return CarArrival(
            key, zh, en, By.PUSH, Kind.PLATE, Outcome.REFER, reason, lane=lane, plate=plate, case=case, way=way,
            sure=sure, tells=tells,
        )  # fmt: skip

    def _leaves(self, key: str, zh: str, en: str, plate: str) -> CarArrival:
        return CarArrival(
            key, zh, en, By.PUSH, Kind.PLATE, Outcome.GRANT, Reason.OK, lane=OUT, plate=plate, case=Case.NOTHING_DUE,
        )  # fmt: skip
