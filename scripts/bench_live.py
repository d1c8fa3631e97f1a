"""How long a guard waits for what happened at the gate, with central, node and serial lines as real processes.

Codes that nobody issued are shown to two scanners, twenty a second in all. Beside them one page listens as the guard's
does (server-sent events), asks for each visit that it hears of, and notes when it had the decision in its hands. A
second page listens too, is cut off half-way and comes back with the number of the last thing that it heard. When
the flood is over, `bench_revoked` measures how soon a gate hears that something ended.
"""

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scripts import bench_revoked
from scripts.demo.client import Person
from scripts.demo.site import DemoSite

LIMIT_S = 2.0
RATE = 20.0
"""Events a second that a console must bear (GUARD-02)."""
LATE_S = 20.0
"""How long the last ones are waited for before they count as lost."""
READY_S = 30.0
PASSWORD = "Bench-live-2026!"


class Page:
    """What a guard's open page does, without drawing it. Names of visits in the order they were first heard."""

    def __init__(self, person: Person, fetch: bool):
        self._person, self._fetch = person, fetch
        self.heard: dict[str, float] = {}
        self.had: dict[str, float] = {}
        self.last_id = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def open(self) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._stop.is_set():
            for name, data in self._person.events(self.last_id or None, self._told, self._stop.is_set):
                if name == "visit" and data["id"] not in self.heard:
                    self._hear(data["id"])

    def _hear(self, visit_id: str) -> None:
        self.heard[visit_id] = time.monotonic()
        if self._fetch:
            self._person.get(f"/api/v1/visits/{visit_id}")
            self.had[visit_id] = time.monotonic()

    def _told(self, event_id: str) -> None:
        self.last_id = event_id


def measure(seconds: int, cancelled: int, progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """`cancelled`: how many passes are cancelled, and how many consents taken back, one by one, after the rest."""
    with tempfile.TemporaryDirectory(prefix="menting-live-") as name:
        site = DemoSite(Path(name), lambda text: None, {})
        try:
            site.start(0)
            guard = _guard(site)
            live = _rows(*_played(site, guard, seconds, progress))
            return [*live, *bench_revoked.rows(site, guard, cancelled, progress)]
        finally:
            site.close()


def _guard(site: DemoSite) -> Person:
    guard = Person(site.url)
    first = site.seeded["admin"]
    guard.sign_in(first["login"], first["password"])
    guard.change_password(first["password"], PASSWORD)
    return guard


def _played(
    site: DemoSite, guard: Person, seconds: int, progress: Callable[[int, int], None]
) -> tuple[int, list[float], int, int, float]:
    """(shown, seconds from each scan to the guard's hands, how many the first and the second page heard, codes/s)."""
    steady, broken = Page(guard, fetch=True), Page(guard, fetch=False)
    steady.open()
    broken.open()
    _ready(site, guard)
    before = _heard_by_both(site, steady, broken)
    lanes = [lane.gate for lane in site.world.lanes.values()]
    shown: dict[str, float] = {}
    count = int(seconds * RATE)
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        code = f"NOT-A-PASS-{number:06d}"
        shown[code] = time.monotonic()
        lanes[number % len(lanes)].present(code)
        if number == count // 3:
            broken.close()
        if number == 2 * count // 3:
            broken.open()
        progress(number + 1, count)
    rate = (count - 1) / (time.monotonic() - began)
    deadline = time.monotonic() + LATE_S
    while time.monotonic() < deadline and min(len(steady.had), len(broken.heard)) < count + len(before):
        time.sleep(0.05)
    steady.close()
    broken.close()
    waited = list(_waited(site, guard, list(shown.values()), steady.had, before))
    return count, waited, len(steady.had.keys() - before), len(broken.heard.keys() - before), rate


def _ready(site: DemoSite, guard: Person) -> None:
    """Wait until central sees every lane: its node online, its board read, its door shut."""
    codes = set(site.world.lanes)
    deadline = time.monotonic() + READY_S
    missing = codes
    while missing:
        if (ended := site.ended()) is not None:
            raise RuntimeError(ended)
        if time.monotonic() > deadline:
            raise RuntimeError(f"central does not see {', '.join(sorted(missing))}")
        lanes = guard.get("/api/v1/lanes-now")["items"]
        missing = codes - {one["code"] for one in lanes if one["node_online"] and one["position"] == "closed"}
        time.sleep(0.05)


def _heard_by_both(site: DemoSite, steady: Page, broken: Page) -> set[str]:
    """Show a code at each lane until both pages have heard of every lane: scanners and streams are there. The visits
    that this made, which count for nothing."""
    lanes = [lane.gate for lane in site.world.lanes.values()]
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        before = steady.had.keys() & broken.heard.keys()
        for gate in lanes:
            gate.present(f"NOT-A-PASS-YET-{time.monotonic_ns()}")
        patience = time.monotonic() + 3
        while time.monotonic() < patience:
            both = steady.had.keys() & broken.heard.keys()
            if len(both - before) == len(lanes):
                return set(steady.heard) | set(broken.heard)
            time.sleep(0.05)
    raise RuntimeError("the pages do not hear of every lane")


def _waited(
    site: DemoSite, guard: Person, shown: list[float], had: dict[str, float], before: set[str]
) -> Iterator[float]:
    """Each lane's visits stand in the order of its scans, so the n-th visit is the n-th code shown there."""
    codes = list(site.world.lanes)
    for place, code in enumerate(codes):
        visits = [visit for visit in guard.visits(site.lane_id(code)) if visit["visit_id"] not in before]
        visits = [visit for visit in visits if visit["reason"] == "malformed"]
        for at, visit in zip(shown[place :: len(codes)], visits, strict=False):
            if visit["visit_id"] in had:
                yield had[visit["visit_id"]] - at


def _rows(shown: int, waited: list[float], steady: int, broken: int, rate: float) -> list[dict[str, Any]]:
    p95 = statistics.quantiles(waited, n=20)[-1]
    return [
        {
            "figure": "code shown to decision on the guard's page, p95",
            "measured": f"{p95 * 1000:.0f} ms (median {statistics.median(waited) * 1000:.0f}, worst "
            f"{max(waited) * 1000:.0f}, n = {len(waited)}) at {rate:.1f} codes/s",
            "goal": "at most 1.0 of the limit",
            "peer": f"{LIMIT_S:.0f} s (GUARD-02)",
            "ratio": p95 / LIMIT_S,
            "goal_ratio": 1.0,
            "met": max(waited) <= LIMIT_S and rate >= RATE * 0.98,
        },
        _heard("heard by a page that stayed", steady, shown),
        _heard("heard by a page that was cut off for a third of it", broken, shown),
    ]


def _heard(figure: str, heard: int, shown: int) -> dict[str, Any]:
    return {
        "figure": figure,
        "measured": f"{heard} of {shown}",
        "goal": "all of them",
        "peer": f"{shown} codes shown",
        "ratio": heard / shown,
        "goal_ratio": 1.0,
        "met": heard == shown,
    }


def main() -> None:
    print(json.dumps(measure(10, 5, lambda done, of: None), indent=1))


if __name__ == "__main__":
    main()
