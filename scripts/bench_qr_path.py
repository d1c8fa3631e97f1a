"""From the bytes of a scan to the relay's frame on the line: the whole node, with everything real but the metal.

Each scan is a fresh visitor pass; between scans the door is opened and shut by hand, so that every one is a grant of
its own. In between, the same journal line is committed to a second journal on the same disk: the limit is made of it.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.journal.journal import Entry, Journal
from edge.lane.states import Phase
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.events import DecisionMade
from scripts.rig import Rig

FIXED_MS = 25.0
WRITE_COIL = 5


class _Listener:
    """Hears when a pulse's frame has arrived at the board."""

    def __init__(self, rig: Rig):
        self.board = rig.world.lanes["east-in"].gate.board
        self._answer = self.board.answer
        self.heard = threading.Event()
        self.at = 0.0
        self.board.answer = self._listen  # type: ignore[method-assign]  # listens in between

    def _listen(self, request: bytes, unit: int, pdu: bytes, number: int = 0) -> list[tuple[float, bytes]]:
        if pdu and pdu[0] == WRITE_COIL and not self.heard.is_set():
            self.at = time.monotonic()
            self.heard.set()
        return self._answer(request, unit, pdu, number)


def measure(weights: Path, scans: int, progress: Callable[[int, int], None] = lambda done, of: None) -> dict[str, Any]:
    """Milliseconds of `scans` scans and of as many commits, interleaved in one run."""
    path_ms: list[float] = []
    commit_ms: list[float] = []
    with tempfile.TemporaryDirectory(prefix="menting-bench-") as name:
        folder = Path(name)
        rig = Rig(folder, weights, people=False)
        listener = _Listener(rig)
        node = rig.start()
        shell = node.gate.lane("east-in")
        other = Journal.open(folder / "other.db", new_id(), KeyRing.open(folder / "other-keys"))
        wait_for(lambda: shell.door.phase is Phase.SECURED)
        scanner = rig.world.lanes["east-in"].gate.scanner
        for done in range(scans):
            _, token = rig.authority.a_pass()
            listener.heard.clear()
            began = time.monotonic()
            scanner.present(token)
            if not listener.heard.wait(5):
                raise RuntimeError(f"scan {done + 1} of {scans} moved no relay within 5 s")
            path_ms.append((listener.at - began) * 1000)
            _walk_through(listener, lambda: shell.door.phase)
            body = next(b for b in map(_decision, reversed(node.journal.read(node.journal.head()[0] - 5, 5))) if b)
            began = time.monotonic()
            other.append(Entry(body=body, correlation=new_id(), personal=token.encode()))
            commit_ms.append((time.monotonic() - began) * 1000)
            progress(done + 1, scans)
        other.close()
        rig.close()
    return {"path_ms": path_ms, "commit_ms": commit_ms}


def rows(measured: dict[str, Any]) -> list[dict[str, Any]]:
    """p95 of the path against 25 ms plus two commits of the same run (their p95 too)."""
    path, commit = measured["path_ms"], measured["commit_ms"]
    limit = FIXED_MS + 2 * p95(commit)
    return [
        {
            "figure": "scan bytes to relay frame, p95",
            "measured": f"{p95(path):.1f} ms (median {statistics.median(path):.1f}, n = {len(path)})",
            "goal": "at most 1.0 of the limit",
            "peer": f"25 ms + 2 commits of {p95(commit):.1f} ms p95 = {limit:.1f} ms",
            "ratio": p95(path) / limit,
            "goal_ratio": 1.0,
            "met": p95(path) <= limit,
        }
    ]


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def wait_for(true: Callable[[], bool], seconds: float = 10.0) -> None:
    """Until `true()`. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(0.005)


def _walk_through(listener: _Listener, phase: Callable[[], Phase]) -> None:
    listener.board.set_input(1, False)
    wait_for(lambda: phase() is Phase.OPENED)
    listener.board.set_input(1, True)
    wait_for(lambda: phase() is Phase.SECURED)


def _decision(event: Any) -> DecisionMade | None:
    from models.wire.events import EVENT_BODY

    body = EVENT_BODY.validate_json(event.body)
    return body if isinstance(body, DecisionMade) else None
