"""`scripts/run --check`: everybody comes once, and every expectation is held against what central then knows.

Each arrival is watched from both ends: the simulated board and door say what moved and who went through; central, over
its live stream and web API, says what was decided, sensed and passed. Only when both agree with the expectation is a
row in order.

    all lanes in use, and guards far away         each lane has its own people or cars, one after the other
    the node loses its power and starts again     with an interlock between the doors; an old command comes again
    what needs the whole gate                     a forced door, a silent board, new rules, a revocation, a fire
"""

import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from rich.console import Console
from rich.markup import escape

from devices.door.profiles import LOCK_OUTPUT
from devices.sim.door import Deed
from devices.sim.relay_board import Fault
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.time import utc_now
from models.wire.events import DecisionMade, NodeNews, Position, Sensed
from scripts.demo.afar import Afar, refused
from scripts.demo.arrivals import Arrival, By, Scene, arrive
from scripts.demo.beside import VAN, play_van
from scripts.demo.cars import Cars
from scripts.demo.cast import Cast
from scripts.demo.client import Person
from scripts.demo.lift import LiftLane, Rides, in_fire, riders
from scripts.demo.line import Line
from scripts.demo.rows import Row, forgotten, judged, not_played, relay_wrong, table
from scripts.demo.seen import Seen
from scripts.demo.site import DemoSite
from scripts.demo.telling import Telling, rows_of
from scripts.demo.traffic import Traffic
from scripts.demo.waiting import NotInTime, until

AWAY_S = 2.5
ARMED_S = 3.0
"""A camera that looks once a second has seen the lane empty twice."""
DECIDED_S = 60.0
PASSED_S = 60.0
AT_CENTRAL_S = 0.1
FROM_AFAR, WHOLE_GATE = 4, 7
"""Rows of what a guard or somebody on the line does from afar, and of what needs the whole gate."""
HOME = "5-2-1102"
"""Of the resident with pass and face, as the seed has it."""


class CheckedSite(DemoSite):
    """The demo site with somebody at the cable between node and central. Its doors are interlocked later."""

    def __init__(self, folder: Path, say: Callable[[str], None], devices: dict[str, str]):
        super().__init__(folder, say, devices, check=True)
        self.line = Line()
        self.interlocked = False

    def node_url(self) -> str:
        self.line.toward(self.url)
        return self.line.url

    def close(self) -> None:
        super().close()
        self.line.close()


class Check:
    """Plays the cast on one fresh site."""

    def __init__(self, site: CheckedSite, console: Console):
        self.site, self.rows = site, list[Row]()
        self.cast = Cast(site.seeded, site.faces)
        riding = [one for code in site.lifts for one in (*riders(site.seeded, code), in_fire(site.seeded, code))]
        alone = [*self.cast.check(), *Cars(site.seeded).check(), *riding, VAN]
        self.telling = Telling(console, rows_of(alone) + FROM_AFAR + WHOLE_GATE)
        self.person = Person(site.url)
        self._last_seen: dict[tuple[str, object], float] = {}
        self._left: dict[str, float] = {}
        password = secrets.token_urlsafe(18)
        admin = site.seeded["admin"]
        self.person.sign_in(admin["login"], admin["password"])
        self.person.change_password(admin["password"], password)
        self.afar = Afar(site, self.person, site.line)
        self.seen = Seen(self.person)
        self._line_free = Lock()
        self.traffic = Traffic(site, self.person, self.seen, self._line_free, self._noted)
        self._rides = {
            code: Rides(lift, site.lane_id(code), self.seen, self._noted, self._until, self._alarm)
            for code, lift in site.lifts.items()
        }

    def play(self) -> None:
        self.seen.start()
        lanes = self.site.world.lanes
        self._until(
            lambda: all(self._online(code) for code in (*lanes, *self.site.world.cars, *self.site.lifts)),
            60,
            "中心看不到节点 · the node is not seen at central",
            AT_CENTRAL_S,
        )
        opened = self._both_lanes()
        self._power_cut()
        again = refused("replayed", "线路上重放执行过的开门", "an opening that was done is played again on the line",
                        Reason.REPLAYED, "east-in")  # fmt: skip
        self._command(again, lambda: self.afar.replayed(opened))
        inner, outer = lanes["east-in"].gate, lanes["east-out"].gate
        outer.do(Deed.FORCE)
        self._until(
            lambda: self._alarm("forced"), 15, "撬开的门没有报警 · the forced door raised no alarm", AT_CENTRAL_S
        )
        self._row(self.cast.while_other_door_open())
        inner.board.fault(Fault.SILENT)
        self._until(
            lambda: self._alarm("device_fault", "relay"),
            20,
            "不应答的继电器板没有报警 · the silent board raised no alarm",
            AT_CENTRAL_S,
        )
        self._row(self.cast.silent_board())
        inner.board.fault()
        self._until(
            lambda: not self._alarm("device_fault", "relay"),
            20,
            "继电器板没有恢复 · the board does not come back",
            AT_CENTRAL_S,
        )
        self._until(lambda: outer.door.shut, 15, "撬开的门没有关上 · the forced door did not fall shut")
        self._rules_consent_and_revocation()
        outer.do(Deed.FIRE)
        self._until(lambda: outer.board.output(LOCK_OUTPUT), 10, "火警没有放开门 · fire did not release the door")
        self._until(lambda: self._alarm("fire"), 15, "火警没有报警 · the fire raised no alarm", AT_CENTRAL_S)
        self._row(self.cast.during_fire())
        for code, lift in self.site.lifts.items():
            self._until(partial(_let_go, lift), 10, "火警没有放开电梯 · fire did not let the lift go")
            self._rides[code].play(in_fire(self.site.seeded, code))

    def settle(self) -> None:
        """Wait for passages that are still under way, then judge every row."""
        deadline = time.monotonic() + PASSED_S
        waiting = [row for row in self.rows if row.visit is not None and row.visit["outcome"] == Outcome.GRANT]
        while waiting and time.monotonic() < deadline:
            for row in waiting:
                assert row.visit is not None
                row.visit = self.seen.visit(row.visit["visit_id"])
            waiting = [row for row in waiting if row.visit is not None and row.visit["passed_at"] is None]
            time.sleep(0.02)
        self.seen.stop()
        for row in self.rows:
            row.wrong += judged(row)

    def whole(self) -> list[str]:
        """What is missing or doubled at central, what moved without an arrival, and what was never played."""
        problems = forgotten(self.rows) + self.traffic.whole(self.rows)
        if len(self.rows) != self.telling.total:
            problems.append(
                f"应有 {self.telling.total} 次到访，演了 {len(self.rows)} 次 · "
                f"{self.telling.total} arrivals were to be played, and {len(self.rows)} were"
            )
        for code, lane in self.site.world.lanes.items():
            here = [row for row in self.rows if row.arrival.lane == code and not row.arrival.command]
            found = [one for one in self.person.visits(self.site.lane_id(code)) if one["decided_at"]]
            if len(found) != len(here):
                problems.append(
                    f"{code}：来访 {len(here)} 次，中心却有 {len(found)} 次判定 · "
                    f"{code}: {len(here)} arrivals, but central has {len(found)} decisions"
                )
            problems += relay_wrong(code, self.rows, len(lane.unlocked_since(0)))
        for code in self.site.lifts:
            rode = sum(row.arrival.lane == code for row in self.rows)
            known = sum(one["decided_at"] is not None for one in self.person.visits(self.site.lane_id(code)))
            if known != rode:
                problems.append(
                    f"{code}：有人用了 {rode} 次，中心却有 {known} 次判定 · "
                    f"{code}: {rode} riders, but central has {known} decisions"
                )
        for proof in self.person.get("/api/v1/journal/proof")["items"]:
            if proof["missing"] or proof["breaks"] or proof["parked_open"]:
                problems.append(f"节点的日志在中心不完整 · the node's journal at central is not whole: {proof}")
        return problems

    # -- both lanes at once ----------------------------------------------------------------------------------------

    def _both_lanes(self) -> str:
        """People at each lane and cars at each vehicle lane, one after the other, and a guard who opens from afar. The
        visit that was opened."""
        people, world = self.cast.check(), self.site.world
        lanes = len(world.lanes) + len(world.cars) + len(self.site.lifts)
        with ThreadPoolExecutor(lanes + 2) as hands:  # and the van, and who is far away: nobody waits for a hand
            queues = [
                hands.submit(self._queue, [one for one in people if one.lane == code]) for code in self.site.world.lanes
            ]
            cars = [hands.submit(self.traffic.queue, code) for code in self.site.world.cars]
            lifts = [hands.submit(self._ride, code) for code in self.site.lifts]
            van = hands.submit(play_van, self.site, self.person, self._noted, self._until)
            for busy in (hands.submit(self._from_afar), van, *queues, *cars, *lifts):
                busy.result()
        return self._remote_open()

    def _ride(self, code: str) -> None:
        """Who rides in one lift, one after the other."""
        for rider in riders(self.site.seeded, code):
            self._rides[code].play(rider)

    def _queue(self, people: list[Arrival]) -> None:
        """One lane's people. Who comes next is painted meanwhile."""
        with ThreadPoolExecutor(1) as painter:
            following = painter.submit(people[0].painted)
            for one, after in zip(people, [*people[1:], None], strict=True):
                scene = following.result()
                if after is not None:
                    following = painter.submit(after.painted)
                self._row(one, scene)

    def _from_afar(self) -> None:
        site = self.site
        refuses = refused("not_permitted", "别的小区的保安远程开门", "a guard of another community opens from afar",
                          Reason.NOT_PERMITTED, "east-in")  # fmt: skip
        self._command(refuses, lambda: self.afar.not_permitted(site.lane_id("east-in")))
        late = refused("late", "线路太慢，开门指令过时才到", "a slow line: the opening comes after its time",
                       Reason.LATE, "east-out")  # fmt: skip
        with self._line_free:
            self._command(late, lambda: self.afar.late(site.lane_id("east-out")))

    def _command(self, arrival: Arrival, given: Callable[[], dict[str, Any] | None]) -> None:
        row = Row(arrival, time.monotonic(), None, 0)
        row.visit = given()
        self._noted(row)

    def _row(self, arrival: Arrival, scene: Scene | None = None) -> Row:
        lane, scene = self.site.world.lanes[arrival.lane], scene or arrival.painted()
        if arrival.outcome is Outcome.GRANT and arrival.reason is not Reason.FIRE:
            self._until(
                lambda: self._at_rest(arrival.lane),
                30,
                f"{arrival.lane} 没有回到关好锁好 · {arrival.lane} does not come to rest",
            )
        self._out_of_sight(arrival)
        before, edges = len(self._decided(arrival.lane)), len(lane.gate.board.edges())
        events = self.site.node_events()[-1][0]
        row = Row(arrival, arrive(lane, arrival, scene), None, before)
        self.rows.append(row)
        if scene.pictures:
            self._await_answer(arrival, events)
            lane.leave()
        self._await_decision(row)
        self._moved(row, lane.unlocked_since(edges))
        if arrival.fault is not None:
            lane.gate.board.fault()
        now = time.monotonic()
        self._last_seen[arrival.lane, arrival.shows] = now
        if arrival.alone:
            self._left[arrival.lane] = now
        self.telling.tell(row)
        return row

    def _moved(self, row: Row, moved: list[float]) -> None:
        row.moved_ms = (moved[0] - row.at) * 1000 if moved else None
        if len(moved) > 1:
            row.wrong.append(f"继电器动了 {len(moved)} 次 · the relay moved {len(moved)} times")

    def _noted(self, row: Row) -> None:
        self.rows.append(row)
        self.telling.tell(row)

    def _at_rest(self, code: str) -> bool:
        """The door shut and locked, and every grant concluded: a contact cannot tell who of two went through."""
        gate = self.site.world.lanes[code].gate
        if not gate.door.shut or gate.board.output(LOCK_OUTPUT):
            return False
        return all(one["passed_at"] is not None for one in self._decided(code) if one["outcome"] == Outcome.GRANT)

    def _out_of_sight(self, arrival: Arrival) -> None:
        """The same code or card counts again only after it was away, and the next face after nobody was there: whoever
        comes back, not who stands there."""
        free = 0.0
        if arrival.shows is not None:
            free = self._last_seen.get((arrival.lane, arrival.shows), 0.0) + AWAY_S
        elif arrival.alone and not arrival.queued:
            free = self._left.get(arrival.lane, 0.0) + ARMED_S
        time.sleep(max(0.0, free - time.monotonic()))

    def _await_answer(self, arrival: Arrival, after: int) -> None:
        """Until the gate itself has answered: who stays longer is looked at again, as somebody without a pass."""
        lane_id, deadline = self.site.lane_id(arrival.lane), time.monotonic() + DECIDED_S
        while time.monotonic() < deadline:
            told = [body.decision for _, body in self.site.node_events(after) if isinstance(body, DecisionMade)]
            if any(decision.lane_id == lane_id for decision in told):
                return
            time.sleep(0.02)

    def _await_decision(self, row: Row) -> None:
        deadline = time.monotonic() + DECIDED_S
        while time.monotonic() < deadline:
            visits = self._decided(row.arrival.lane)
            if len(visits) > row.before:
                row.visit = visits[row.before]
                if row.arrival.outcome is not Outcome.GRANT or row.visit["actuated_at"] or not row.arrival.moves:
                    return
            time.sleep(0.02)

    def _remote_open(self) -> str:
        """A guard opens after a look; the visit's id."""
        arrival = Arrival(
            "remote", "保安看画面后远程开门", "a guard looks and opens from central", By.HAND, Kind.REMOTE,
            Outcome.GRANT, Reason.OK,
        )  # fmt: skip
        lane = self.site.world.lanes["east-in"]
        self._until(lambda: self._at_rest("east-in"), 30, "门没有回到关好锁好 · the door does not come to rest")
        before, edges = len(self._decided("east-in")), len(lane.gate.board.edges())
        looked_at = self.person.look(self.site.lane_id("east-in"))
        lane.gate.do(Deed.PULL)
        row = Row(arrival, time.monotonic(), None, before)
        self.rows.append(row)
        visit_id = self.person.open(self.site.lane_id("east-in"), "演示：快递员，已电话核实", looked_at)
        self._await_decision(row)
        self._moved(row, lane.unlocked_since(edges))
        self.telling.tell(row)
        return visit_id

    # -- the whole gate --------------------------------------------------------------------------------------------

    def _power_cut(self) -> None:
        """The node dies as in a power cut, and comes back with an interlock between its doors."""
        site = self.site
        for code in site.world.lanes:
            self._until(partial(self._at_rest, code), 30, f"{code} 没有回到关好锁好 · {code} does not come to rest")
        site.kill("edge")
        site.line.cut()
        before, polls = len(site.node_events()), site.line.polls
        site.interlocked = True
        site.write_site_file()
        site.start_node()
        self._left.clear()
        self._last_seen.clear()
        self._until(
            lambda: site.line.polls > polls,
            60,
            "节点没有重新连上中心 · the node does not find central again",
            AT_CENTRAL_S,
        )
        self._until(
            lambda: self._doors_seen(before), 30, "节点看不到门的状态 · the node does not see its doors", AT_CENTRAL_S
        )

    def _doors_seen(self, before: int) -> bool:
        news = [body for _, body in self.site.node_events()[before:]]
        shut = sum(isinstance(one, Sensed) and one.position is Position.CLOSED for one in news)
        world = self.site.world
        return shut >= len(world.lanes) + len(world.cars) + len(self.site.lifts) and any(
            isinstance(one, NodeNews) for one in news
        )

    def _rules_consent_and_revocation(self) -> None:
        """What a manager changes at central is true at the gate before the next person comes.

        A rule that denies visitors the way out; somebody who went out by face alone takes the consent back: from then
        on the gate knows that face no more; a visitor's pass is revoked; a household is kept from entering.
        """
        seeded = self.site.seeded
        self._changes(
            "/api/v1/rules",
            {
                "community_id": seeded["community"],
                "name": "演示：此门暂不接待访客",
                "effect": "deny",
                "groups": ["visitor"],
                "lanes": [seeded["lanes"]["east-out"]],
            },
        )
        self._row(self.cast.denied_by_rule())
        self._changes(f"/api/v1/residents/{seeded['consent']['withdraws']}/consents/withdraw", {"channel": "desk"})
        self._row(self.cast.after_withdrawal())
        self._changes(f"/api/v1/passes/{seeded['passes']['visitor']['id']}/revoke", {"reason": "演示：住户取消邀请"})
        self._row(self.cast.just_revoked())
        home = self.person.get("/api/v1/houses", community_id=seeded["community"], label=HOME)["items"][0]["house_id"]
        until = (utc_now() + timedelta(days=1)).isoformat()
        self._changes("/api/v1/household-blocks", {"house_id": home, "until": until, "reason": "演示：整户暂停进入"})
        self._row(self.cast.household_blocked())

    def _changes(self, path: str, body: dict[str, Any]) -> None:
        """Something is changed at central, and has reached the gate."""
        self.person.post(path, body)
        made = self.person.rules_made(self.site.seeded["community"])
        self._until(
            lambda: self._rules_version() >= made,
            20,
            f"{path}：没有到达门口 · {path}: it did not reach the gate",
            AT_CENTRAL_S,
        )

    def _lanes_now(self) -> list[dict[str, Any]]:
        lanes: list[dict[str, Any]] = self.person.get("/api/v1/lanes-now")["items"]
        return lanes

    def _rules_version(self) -> int:
        """What the gate says it decides by; the oldest of its lanes."""
        return min(lane["rules_version"] or 0 for lane in self._lanes_now())

    def _decided(self, code: str) -> list[dict[str, Any]]:
        return self.seen.decided(self.site.lane_id(code))

    def _online(self, code: str) -> bool:
        return any(
            lane["code"] == code and lane["node_online"] and lane["position"] == "closed" for lane in self._lanes_now()
        )

    def _alarm(self, kind: str, device: str | None = None) -> bool:
        alarms = self.person.get("/api/v1/alarms")["items"]
        return any(a["kind"] == kind and a["over_at"] is None and device in (None, a["device"]) for a in alarms)

    def _until(self, true: Callable[[], bool], seconds: float, else_say: str, every_s: float = 0.02) -> None:
        until(true, seconds, else_say, self.site.ended, every_s=every_s)


def _let_go(lift: LiftLane) -> bool:
    return not lift.restricted


def run_check(say: Callable[[str], None], devices: dict[str, str], port: int) -> int:
    """0 when every row is as expected and nothing is missing or doubled; else 1."""
    console = Console() if sys.stdout.isatty() else Console(width=160)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="menting-check-") as folder:
        site = CheckedSite(Path(folder), say, devices)
        try:
            site.start(port)
            up_s = time.monotonic() - began
            say(f"{up_s:.0f} 秒就绪，每人来一次 · up after {up_s:.0f} s; everybody comes once")
            check = Check(site, console)
            with check.telling:
                check.play()
            check.settle()
            problems = check.whole()
        except NotInTime as error:
            console.print(f"[red]演到这里停了 · it came to a stop here:[/]\n{escape(str(error))}")
            return 1
        finally:
            site.close()
    console.print(table(check.rows))
    console.print(not_played())
    for row in check.rows:
        for wrong in row.wrong:
            console.print(f"[red]{row.arrival.zh} {row.arrival.en}: {escape(wrong)}")
    for row in check.traffic.again:
        told = "地感一秒没有回答，又来了一次 · the loops were silent for a second, and it came again"
        console.print(f"{row.arrival.zh} {row.arrival.en}: {told}")
    for problem in problems:
        console.print(f"[red]{escape(problem)}")
    bad = sum(bool(row.wrong) for row in check.rows)
    good = not bad and not problems
    if not good:
        check.telling.say_busy()
    count, took_s = len(check.rows), time.monotonic() - began
    console.print(
        f"{count} 次到访，{bad} 次不符，另有 {len(problems)} 处问题；{took_s:.0f} 秒\n"
        f"{count} arrivals, {bad} not as expected; {len(problems)} other faults; {took_s:.0f} s"
    )
    return 0 if good else 1
