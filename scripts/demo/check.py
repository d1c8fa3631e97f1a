"""`scripts/run --check`: everybody comes once, and every expectation is held against what central then knows.

Each arrival is watched from both ends: the simulated board and door say what moved and who went through; central, over
its web API, says what was decided, sensed and passed. Only when both agree with the expectation is a row in order.
"""

import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from devices.door.profiles import LOCK_OUTPUT
from devices.sim.door import Deed
from devices.sim.relay_board import Fault
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from scripts.demo.arrivals import Arrival, By, arrive
from scripts.demo.cast import Cast
from scripts.demo.client import Person
from scripts.demo.site import DemoSite

AWAY_S = 2.5
DECIDED_S = 15.0
PASSED_S = 12.0


@dataclass
class Row:
    """One line of the table. `before` is how many decisions the lane had; `wrong` what is not as expected."""

    arrival: Arrival
    at: float
    moved_ms: float | None
    before: int
    visit: dict[str, Any] | None = None
    wrong: list[str] = field(default_factory=list)


class Check:
    """Plays the cast on one fresh site."""

    def __init__(self, site: DemoSite, console: Console):
        self.site, self.console, self.rows = site, console, list[Row]()
        self.cast = Cast(site.seeded, site.faces)
        self.person = Person(site.url)
        self._last_seen: dict[str | None, float] = {}
        password = secrets.token_urlsafe(18)
        admin = site.seeded["admin"]
        self.person.sign_in(admin["login"], admin["password"])
        self.person.change_password(admin["password"], password)

    def play(self) -> None:
        lanes = self.site.world.lanes
        self._until(lambda: all(self._online(code) for code in lanes), 30, "the node is not seen at central")
        for arrival in self.cast.check():
            self._row(arrival)
        self._remote_open()
        inner, outer = lanes["east-in"].gate, lanes["east-out"].gate
        outer.do(Deed.FORCE)
        self._until(lambda: self._alarm("forced"), 10, "the forced door raised no alarm")
        self._row(self.cast.while_other_door_open())
        self._until(lambda: outer.door.shut, 10, "the forced door did not fall shut")
        inner.board.fault(Fault.SILENT)
        self._until(lambda: self._alarm("device_fault", "relay"), 15, "the silent board raised no alarm")
        self._row(self.cast.silent_board())
        inner.board.fault()
        self._rules_and_revocation()
        self._consent_taken_back()
        outer.do(Deed.FIRE)
        self._until(lambda: outer.board.output(1), 5, "fire did not release the door")
        self._row(self.cast.during_fire())

    def settle(self) -> None:
        """Wait for passages that are still under way, then judge every row."""
        deadline = time.monotonic() + PASSED_S
        waiting = [row for row in self.rows if row.arrival.outcome is Outcome.GRANT]
        while waiting and time.monotonic() < deadline:
            for row in waiting:
                if row.visit is not None:
                    row.visit = self.person.get(f"/api/v1/visits/{row.visit['visit_id']}")
            waiting = [row for row in waiting if row.visit is not None and row.visit["passed"] is None]
            time.sleep(0.1)
        for row in self.rows:
            row.wrong += judged(row)

    def whole(self) -> list[str]:
        """What is missing or doubled between the gate and central."""
        problems = []
        for code in self.site.world.lanes:
            expected = sum(row.arrival.lane == code for row in self.rows)
            found = len(self._decided(code))
            if found != expected:
                problems.append(f"{code}: {expected} arrivals, but central has {found} decisions")
        for proof in self.person.get("/api/v1/journal/proof")["items"]:
            if proof["missing"] or proof["breaks"] or proof["parked_open"]:
                problems.append(f"the node's journal at central is not whole: {proof}")
        return problems

    def _row(self, arrival: Arrival) -> Row:
        lane = self.site.world.lanes[arrival.lane]
        if arrival.outcome is Outcome.GRANT and arrival.reason.value != "fire":
            self._until(self._at_rest, 15, "the doors do not come to rest")
        self._out_of_sight(arrival)
        before, edges = len(self._decided(arrival.lane)), len(lane.gate.board.edges())
        pictures = arrival.pictures()
        at = arrive(lane, arrival, pictures)
        row = Row(arrival, at, None, before)
        self.rows.append(row)
        self._await_decision(row)
        moved = lane.unlocked_since(edges)
        row.moved_ms = (moved[0] - at) * 1000 if moved else None
        if len(moved) > 1:
            row.wrong.append(f"the relay moved {len(moved)} times")
        if arrival.fault is not None:
            lane.gate.board.fault()
        self._last_seen[arrival.token] = time.monotonic()
        if pictures:
            lane.leave()
            if arrival.by is By.CAMERA and arrival.token is None:
                time.sleep(2.5)  # the camera arms again once nobody was there for two looks, one a second
        self.console.print(
            f"  {arrival.zh} · {arrival.en}: {row.visit['reason'] if row.visit else '中心没有 not at central'}"
        )
        return row

    def _at_rest(self) -> bool:
        """Both doors shut and locked, and every grant concluded: a contact cannot tell who of two went through."""
        gates = [lane.gate for lane in self.site.world.lanes.values()]
        if not all(gate.door.shut and not gate.board.output(LOCK_OUTPUT) for gate in gates):
            return False
        visits = [visit for code in self.site.world.lanes for visit in self._decided(code)]
        return all(visit["passed"] is not None for visit in visits if visit["outcome"] == Outcome.GRANT)

    def _out_of_sight(self, arrival: Arrival) -> None:
        """The same code counts again only after it was away: a person who comes back, not one who stands there."""
        seen = self._last_seen.get(arrival.token) if arrival.token else None
        if seen is not None:
            time.sleep(max(0.0, seen + AWAY_S - time.monotonic()))

    def _await_decision(self, row: Row) -> None:
        deadline = time.monotonic() + DECIDED_S
        while time.monotonic() < deadline:
            visits = self._decided(row.arrival.lane)
            if len(visits) > row.before:
                row.visit = visits[row.before]
                if row.arrival.outcome is not Outcome.GRANT or row.visit["actuated_at"] or not row.arrival.moves:
                    return
            time.sleep(0.05)

    def _remote_open(self) -> None:
        arrival = Arrival(
            "remote", "保安看画面后远程开门", "a guard looks and opens from central", By.HAND, Kind.REMOTE,
            Outcome.GRANT, Reason.OK,
        )  # fmt: skip
        lane = self.site.world.lanes["east-in"]
        self._until(self._at_rest, 15, "the doors do not come to rest")
        before, edges = len(self._decided("east-in")), len(lane.gate.board.edges())
        lane.gate.do(Deed.PULL)
        self.person.look_and_open(self.site.lane_id("east-in"), "演示：快递员，已电话核实")
        row = Row(arrival, time.monotonic(), None, before)
        self.rows.append(row)
        self._await_decision(row)
        moved = lane.unlocked_since(edges)
        row.moved_ms = (moved[0] - row.at) * 1000 if moved else None

    def _rules_and_revocation(self) -> None:
        """What a manager changes at central is true at the gate before the next person comes."""
        site, before = self.site, self._rules_version()
        self.person.post(
            "/api/v1/rules",
            {
                "community_id": site.seeded["community"],
                "name": "演示：此门暂不接待访客",
                "effect": "deny",
                "groups": ["visitor"],
                "lanes": [site.seeded["lanes"]["east-out"]],
            },
        )
        self._until(lambda: self._rules_version() > before, 10, "the new rule did not reach the gate")
        self._row(self.cast.denied_by_rule())
        before = self._rules_version()
        visitor = site.seeded["passes"]["visitor"]["id"]
        self.person.post(f"/api/v1/passes/{visitor}/revoke", {"reason": "演示：住户取消邀请"})
        self._until(lambda: self._rules_version() > before, 10, "the revocation did not reach the gate")
        self._row(self.cast.just_revoked())

    def _consent_taken_back(self) -> None:
        """Somebody who went out by face alone withdraws: from then on the gate knows that face no more."""
        before, resident = self._rules_version(), self.site.seeded["consent"]["withdraws"]
        self.person.post(f"/api/v1/residents/{resident}/consents/withdraw", {"channel": "desk"})
        self._until(lambda: self._rules_version() > before, 10, "the withdrawal did not reach the gate")
        self._row(self.cast.after_withdrawal())

    def _lanes_now(self) -> list[dict[str, Any]]:
        lanes: list[dict[str, Any]] = self.person.get("/api/v1/lanes-now")["items"]
        return lanes

    def _rules_version(self) -> int:
        """What the gate says it decides by; the oldest of its lanes."""
        return min(lane["rules_version"] or 0 for lane in self._lanes_now())

    def _decided(self, code: str) -> list[dict[str, Any]]:
        return [visit for visit in self.person.visits(self.site.lane_id(code)) if visit["decided_at"]]

    def _online(self, code: str) -> bool:
        return any(
            lane["code"] == code and lane["node_online"] and lane["position"] == "closed" for lane in self._lanes_now()
        )

    def _alarm(self, kind: str, device: str | None = None) -> bool:
        alarms = self.person.get("/api/v1/alarms")["items"]
        return any(a["kind"] == kind and a["over_at"] is None and device in (None, a["device"]) for a in alarms)

    def _until(self, true: Callable[[], bool], seconds: float, else_say: str) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if (ended := self.site.ended()) is not None:
                raise RuntimeError(ended)
            if time.monotonic() > deadline:
                raise RuntimeError(else_say)
            time.sleep(0.05)


def judged(row: Row) -> list[str]:
    """What is not as expected in one row."""
    arrival, visit = row.arrival, row.visit
    if visit is None:
        return ["never arrived at central"]
    wrong = []
    for name, expected, found in (
        ("decision", arrival.outcome.value, visit["outcome"]),
        ("reason", arrival.reason.value, visit["reason"]),
        ("kind", arrival.kind.value, visit["kind"]),
        ("relay moved", arrival.moves, row.moved_ms is not None),
        ("passed", arrival.passes, visit["passed"]),
    ):
        if expected != found:
            wrong.append(f"{name}: expected {expected}, found {found}")
    if arrival.moves and not visit["actuation_confirmed"]:
        wrong.append("central does not know that the lock was released")
    return wrong


def table(rows: list[Row]) -> Table:
    shown = Table(title="门庭 scripts/run --check", title_justify="left")
    for column in ("arrival", "expected", "decision", "reason", "relay", "passed", "central", "ms to relay"):
        shown.add_column(column, overflow="fold")
    for row in rows:
        arrival, visit = row.arrival, row.visit or {}
        style = "red" if row.wrong else None
        shown.add_row(
            f"{arrival.zh}\n[dim]{arrival.en}[/]",
            f"{arrival.outcome.value} {arrival.reason.value}",
            str(visit.get("outcome", "–")),
            str(visit.get("reason", "–")),
            "moved" if row.moved_ms is not None else "–",
            {True: "yes", False: "no", None: "–"}[visit.get("passed")],
            "yes" if visit else "no",
            f"{row.moved_ms:.0f}" if row.moved_ms is not None else "–",
            style=style,
        )
    return shown


def run_check(say: Callable[[str], None], devices: dict[str, str], port: int) -> int:
    """0 when every row is as expected and nothing is missing or doubled; else 1."""
    console = Console() if sys.stdout.isatty() else Console(width=160)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="menting-check-") as folder:
        site = DemoSite(Path(folder), say, devices, check=True)
        try:
            site.start(port)
            up_s = time.monotonic() - began
            say(f"{up_s:.0f} 秒就绪，每人来一次 · up after {up_s:.0f} s; everybody comes once")
            check = Check(site, console)
            check.play()
            check.settle()
            problems = check.whole()
        finally:
            site.close()
    console.print(table(check.rows))
    for row in check.rows:
        for wrong in row.wrong:
            console.print(f"[red]{row.arrival.en}: {wrong}")
    for problem in problems:
        console.print(f"[red]{problem}")
    bad = sum(bool(row.wrong) for row in check.rows)
    good = not bad and not problems
    count, took_s = len(check.rows), time.monotonic() - began
    console.print(
        f"{count} 次到访，{bad} 次不符，{'有' if problems else '没有'}缺失或重复；{took_s:.0f} 秒\n"
        f"{count} arrivals, {bad} not as expected; {'something' if problems else 'nothing'} missing or doubled"
    )
    return 0 if good else 1
