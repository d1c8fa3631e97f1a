"""How long a gate is away: the demo's second start, and a node killed and started again until it opens a door."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devices.door.profiles import LOCK_OUTPUT
from scripts.demo.site import DemoSite

SECOND_START_S = 10.0
RESTART_S = 3.0
RETRY_S = 0.75
"""Between codes: three passes in turn, so that none is shown twice within the two seconds in which it counts once."""
PASSES = ("visitor", "resident", "no_face")


def measure(restarts: int, progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
    """Rows against the limits; the first start, made first and told too, has no limit of its own here."""
    with tempfile.TemporaryDirectory(prefix="menting-start-") as name:
        first, site = _start(Path(name))
        site.close()
        second, site = _start(Path(name))
        try:
            away = []
            for done in range(restarts):
                while site.world.lanes["east-out"].gate.board.output(LOCK_OUTPUT):
                    time.sleep(0.05)  # only a lock that was off can be seen to switch on
                site.kill("edge")
                began = time.monotonic()
                site.start_node()
                _until_opened(site)
                away.append(time.monotonic() - began)
                progress(done + 1, restarts)
        finally:
            site.close()
    return [
        _row("first start, packages in place, to the first opened door", first, None),
        _row("second start to the first opened door", second, SECOND_START_S),
        _row(f"node killed and started to an opened door, worst of {restarts}", max(away), RESTART_S),
    ]


def _start(folder: Path) -> tuple[float, DemoSite]:
    began = time.monotonic()
    site = DemoSite(folder, lambda text: None, {})
    try:
        site.start(0)
        _until_opened(site)
    except BaseException:
        site.close()
        raise
    return time.monotonic() - began, site


def _until_opened(site: DemoSite) -> None:
    """Present passes at the way out, one after the other, until the relay moves."""
    lane = site.world.lanes["east-out"]
    edges = len(lane.gate.board.edges())
    deadline = time.monotonic() + 60
    presented, turn = 0.0, 0
    while not lane.unlocked_since(edges):
        if time.monotonic() > deadline:
            raise TimeoutError("no door opened within a minute")
        if time.monotonic() - presented > RETRY_S:
            presented = time.monotonic()
            lane.gate.present(site.seeded["passes"][PASSES[turn % len(PASSES)]]["token"])
            turn += 1
        time.sleep(0.01)


def _row(figure: str, seconds: float, limit_s: float | None) -> dict[str, Any]:
    return {
        "figure": figure,
        "measured": f"{seconds:.1f} s",
        "goal": "–" if limit_s is None else "at most 1.0 of the limit",
        "peer": "–" if limit_s is None else f"{limit_s:.0f} s",
        "ratio": None if limit_s is None else seconds / limit_s,
        "goal_ratio": 1.0,
        "met": None if limit_s is None else seconds <= limit_s,
    }
