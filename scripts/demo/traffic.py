"""The vehicle lanes' part of the check: cars come while people do, and each is watched from both ends.

The simulated barrier says when the arm was ordered up, and whether it ever came down on a car; central says what was
decided and who passed. What decides nothing is a line of the node's journal, which central must have too.
"""

import re
import time
from collections.abc import Callable
from threading import Event, Lock
from typing import Any

from devices.sim.plate_camera import Seen as CarSeen
from models.access.decision import Outcome, Reason
from models.parking.admission import Case
from models.wire.events import Alarm, AlarmKind, EventBody, LaneCall, PlateRead
from scripts.demo.arrivals import Arrival
from scripts.demo.beside import BesideArrival
from scripts.demo.cars import IN, OUT, CarArrival, Cars, Way, come
from scripts.demo.client import Person
from scripts.demo.rows import Row, forgotten_cases
from scripts.demo.seen import Seen
from scripts.demo.site import DemoSite
from scripts.demo.street import SWITCHED_S, CarLane
from scripts.demo.waiting import until

DECIDED_S = 60.0
PASSED_S = 60.0
AFTER_S = 60.0
AT_CENTRAL_S = 0.1
UNHEARD = "not_sensed"


class Traffic:
    """`line_free`: held by whoever needs that commands to open reach the node in time."""

    def __init__(self, site: DemoSite, person: Person, seen: Seen, line_free: Lock, noted: Callable[[Row], None]):
        self._site, self._person, self._seen, self._noted = site, person, seen, noted
        self._line_free = line_free
        self._cars = Cars(site.seeded)
        self._through: dict[str, Event] = {car.key: Event() for car in (*self._cars.check(), self._cars.opened())}
        self._last: dict[str, CarSeen] = {}
        self.again: list[Row] = []
        """What was played a second time."""

    def queue(self, code: str) -> None:
        """One lane's cars, one after the other."""
        for car in self._cars.check():
            if car.lane == code:
                if car.after:
                    self._until(self._through[car.after].is_set, AFTER_S, f"{car.after} 没有通过 · it did not pass")
                self._comes(car)
                self._through[car.key].set()
                if car.way is Way.STAYS:
                    self._guard_opens(car)

    def whole(self, rows: list[Row]) -> list[str]:
        """What is missing or doubled at central, what moved without a car, and what a lane could say and never did."""
        problems = forgotten_cases(rows)
        burnt = any(row.arrival.reason is Reason.FIRE for row in rows)  # it raises every arm of the gate
        for code, lane in self._site.world.cars.items():
            here = [row.arrival for row in (*rows, *self.again) if row.arrival.lane == code]
            decided = [one for one in here if not isinstance(one, BesideArrival) and _is_decided(one)]
            found = sum(one["decided_at"] is not None for one in self._person.visits(self._site.lane_id(code)))
            raised, moves = len(lane.raised_since(0)), sum(one.moves for one in decided)
            if found != len(decided):
                problems.append(
                    f"{code}：来车判定应有 {len(decided)} 次，中心有 {found} 次 · "
                    f"{code}: {len(decided)} cars were decided on, central has {found} decisions"
                )
            if raised != moves + burnt:
                problems.append(
                    f"{code}：放行 {moves} 次、火警 {int(burnt)} 次，却抬杆 {raised} 次 · "
                    f"{code}: the arm was raised {raised} times for {moves} grants and {int(burnt)} fire"
                )
            if hits := lane.barrier.barrier.hits:
                problems.append(f"{code}：杆落到车上 {hits} 次 · {code}: the arm came down on a car {hits} times")
        return problems

    def _comes(self, car: CarArrival) -> None:
        """Once more where the loops were not heard for a second on the way, as on a machine that is busy with others:
        the lane then rightly says that nobody knows whether the car passed. A second time it is told as it is."""
        row = self._plays(car)
        if _is_unheard(row):
            self.again.append(row)
            row = self._plays(car)
        self._noted(row)
        if car.way is Way.FOLLOWED:
            self._follows()

    def _plays(self, car: CarArrival) -> Row:
        lane = self._site.world.cars[car.lane]
        self._free(car.lane)
        before, edges = len(self._decided(car.lane)), len(lane.barrier.board.edges())
        seq = self._newest() if car.tells else 0
        at, self._last[car.lane] = come(lane, car, self._last.get(car.lane))
        row = Row(car, at, None, before)
        row.visit = self._decision(row) if car.decided else None
        if car.tells:
            self._kept(seq, car.tells)
        if not car.decided:
            row.visit = _fate(car)
        if car.case is Case.PAY and not self._asked_to_pay(car.plate, lane):
            row.wrong.append("屏上没有说请缴费 · the board did not ask for the payment")
        self._moved(row, edges)
        if car.way is Way.BACKS_OUT:
            self._until(lambda: lane.barrier.barrier.height == 1, PASSED_S, "杆没有抬起来 · the arm did not rise")
            lane.back_out()
        if car.way is Way.CALLS:
            self._calls()
        if car.outcome is Outcome.GRANT:
            self._over(row)
        elif car.way is not Way.STAYS:
            lane.back_out()
        return row

    def _calls(self) -> None:
        """The driver presses the button: the call stands on the booth's list, and is gone once somebody was there."""
        car, lane_id = self._cars.calls(), self._site.lane_id(OUT)
        row, seq = Row(car, time.monotonic(), None, 0, _fate(car)), self._newest()
        self._site.world.cars[OUT].call()
        self._until(
            lambda: re.search(f'data-asks-lane="{lane_id}" data-state="waiting" data-calls', self._booth()),
            DECIDED_S, "中控室没有看到呼叫 · the booth does not see the call", AT_CENTRAL_S,
        )  # fmt: skip
        for deed in ("take", "done"):
            self._person.press(f"/booth/{lane_id}/{deed}", {})
        self._until(
            lambda: f'data-asks-lane="{lane_id}"' not in self._booth(), DECIDED_S,
            "办完的呼叫还在列表里 · a call that was dealt with is listed still", AT_CENTRAL_S,
        )  # fmt: skip
        self._kept(seq, car.tells)
        self._noted(row)

    def _booth(self) -> str:
        return self._person.page("/booth")

    def _asked_to_pay(self, plate: str, lane: CarLane) -> bool:
        deadline = time.monotonic() + DECIDED_S
        while not any(plate in said and "请缴费" in said for said in lane.board.spoken):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def _guard_opens(self, waits: CarArrival) -> None:
        """A guard opens for the car that waits; once more, car and all, where the loops were not heard (`_comes`)."""
        row = self._opens()
        if _is_unheard(row):
            self.again += [row, self._plays(waits)]
            row = self._opens()
        self._noted(row)
        self._through[row.arrival.key].set()

    def _opens(self) -> Row:
        car, lane = self._cars.opened(), self._site.world.cars[IN]
        before, edges = len(self._decided(IN)), len(lane.barrier.board.edges())
        lane_id = self._site.lane_id(IN)
        with self._line_free:
            looked_at = self._person.look(lane_id)
            row = Row(car, time.monotonic(), None, before)
            self._person.open(lane_id, "演示：搬家公司的车，已电话核实", looked_at)
            row.visit = self._decision(row)
        self._moved(row, edges)
        self._over(row)
        return row

    def _follows(self) -> None:
        """The second of two cars: an alarm at the gate and at central, and a passage that nobody was granted."""
        car = self._cars.follows()
        lane_id = str(self._site.lane_id(IN))

        def told() -> bool:
            alarms = self._person.get("/api/v1/alarms")["items"]
            alarmed = any(one["kind"] == AlarmKind.TAILGATE and one["lane_id"] == lane_id for one in alarms)
            return alarmed and any(one["passed"] for one in self._seen.undecided(self._site.lane_id(IN)))

        self._until(told, PASSED_S, "尾随的车没有报警 · the car that followed raised no alarm", AT_CENTRAL_S)
        self._kept(0, car.tells)
        self._noted(Row(car, time.monotonic(), None, 0, _fate(car)))

    def _decision(self, row: Row) -> dict[str, Any] | None:
        deadline, car = time.monotonic() + DECIDED_S, row.arrival
        while time.monotonic() < deadline:
            visits = self._decided(car.lane)
            if len(visits) > row.before and (not car.moves or visits[row.before]["actuated_at"]):
                return visits[row.before]
            time.sleep(0.02)
        return None

    def _over(self, row: Row) -> None:
        """Until the grant has ended, however it did: the next car must not be taken for this one."""
        if row.visit is not None:
            visit_id = row.visit["visit_id"]
            end = "放行没有结束 · the grant does not end"
            self._until(lambda: self._seen.visit(visit_id)["passed_at"] is not None, PASSED_S, end)
            row.visit = self._seen.visit(visit_id)

    def _kept(self, seq: int, tells: str) -> None:
        """Until the node has written this line after `seq`, and central has it."""
        found: list[int] = []

        def there() -> bool:
            found[:] = [at for at, body in self._site.node_events(seq) if _tells(body) == tells]
            return bool(found) and self._proved() >= found[0]

        self._until(there, DECIDED_S, f"没有记下 {tells} · {tells} was not written down", AT_CENTRAL_S)

    def _moved(self, row: Row, edges: int) -> None:
        moved = self._site.world.cars[row.arrival.lane].raised_since(edges)
        row.moved_ms = (moved[0] - row.at) * 1000 if moved else None
        if len(moved) > 1:
            row.wrong.append(f"抬杆 {len(moved)} 次 · the arm was raised {len(moved)} times")

    def _free(self, code: str) -> None:
        lane = self._site.world.cars[code]
        self._until(lambda: lane.is_free, PASSED_S, f"{code} 没有空出来 · {code} does not come to rest")
        time.sleep(SWITCHED_S)

    def _decided(self, code: str) -> list[dict[str, Any]]:
        return self._seen.decided(self._site.lane_id(code))

    def _newest(self) -> int:
        return self._site.node_events()[-1][0]

    def _proved(self) -> int:
        return max(one["upto_seq"] for one in self._person.get("/api/v1/journal/proof")["items"])

    def _until(self, true: Callable[[], object], seconds: float, else_say: str, every_s: float = 0.02) -> None:
        until(true, seconds, else_say, self._site.ended, every_s=every_s)


def _is_unheard(row: Row) -> bool:
    return row.visit is not None and row.visit.get("passage_why") == UNHEARD


def _is_decided(one: Arrival) -> bool:
    return not isinstance(one, CarArrival) or one.decided


def _fate(car: CarArrival) -> dict[str, Any]:
    """Of a car that no lane decides on, once what must be told of it was seen at both ends."""
    return {"outcome": car.word, "reason": car.why, "kind": car.kind.value, "passed": car.passes}


def _tells(body: EventBody) -> str:
    if isinstance(body, PlateRead):
        return body.why
    if isinstance(body, LaneCall):
        return body.kind
    return body.alarm.value if isinstance(body, Alarm) else ""
