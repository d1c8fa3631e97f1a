"""When the node's process dies, whatever only it would have switched off is switched off by another one (S11, ACC-23).

    python -m edge.watchdog        started by `Watchdog`, never by a person; ends with the process that started it

    first line    {"east-in": {"relay": "lcus+serial:///dev/ttyUSB0?channels=4", "lock": 1}, ...}
    then          energised LANE | held LANE | let_go LANE | released LANE      one a line, before or after the deed

The node's end of this pipe is closed by the kernel, however the node dies: that is the sign. What is energised then is
switched off at once, except doors held for fire. A node that stops in order has ended its pulses and leaves nothing
to do, so nothing moves. A node that hangs without dying is not noticed here.

Only boards that cannot end a pulse by themselves need this; without one no process is started.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from devices.errors import DeviceError
from devices.registry import open_relay_board, relay_board_facts
from edge.site import Site

AGAIN_S = 0.05
GIVE_UP_S = 60.0
START_AGAIN_S = 10.0
ROOT = Path(__file__).resolve().parent.parent

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Left:
    """Which lanes' locks are on without a timer, and which of them for fire."""

    on: frozenset[str] = frozenset()
    for_fire: frozenset[str] = frozenset()

    def heard(self, line: str) -> Left:
        """After one more line. What is no whole line of ours changes nothing: the node may die while it writes."""
        word, _, lane = line.partition(" ")
        match word:
            case "energised":
                return replace(self, on=self.on | {lane})
            case "held":
                return replace(self, for_fire=self.for_fire | {lane})
            case "let_go":
                return replace(self, for_fire=self.for_fire - {lane})
            case "released":
                return replace(self, on=self.on - {lane})
        return self

    def to_switch_off(self) -> frozenset[str]:
        """What must not stay on once the node is dead."""
        return self.on - self.for_fire

    def lines(self) -> tuple[str, ...]:
        """What a new process must hear to know all this."""
        return tuple(f"energised {lane}" for lane in self.on) + tuple(f"held {lane}" for lane in self.for_fire)


def boards_to_watch(site: Site) -> dict[str, dict[str, str | int]]:
    """The lanes whose board ends no pulse by itself."""
    return {
        lane.code: {"relay": lane.relay, "lock": lane.contacts.lock}
        for lane in site.lane
        if not relay_board_facts(lane.relay).timed
    }


class Watchdog:
    """The node's end: a Guard. Telling never blocks and never fails; a process that is gone is replaced."""

    def __init__(self, boards: Mapping[str, Mapping[str, str | int]]):
        self._boards = boards
        self._lock = threading.Lock()
        self._left = Left()
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = float("-inf")
        with self._lock:
            self._start()

    def energised(self, lane: str) -> None:
        """See Guard."""
        self._tell(f"energised {lane}")

    def held(self, lane: str) -> None:
        """See Guard."""
        self._tell(f"held {lane}")

    def let_go(self, lane: str) -> None:
        """See Guard."""
        self._tell(f"let_go {lane}")

    def released(self, lane: str) -> None:
        """See Guard."""
        self._tell(f"released {lane}")

    @property
    def pid(self) -> int | None:
        """The other process."""
        return self._process.pid if self._process is not None else None

    def close(self) -> int | None:
        """The node ends here: wait for the other process, which switches off what is left. Its exit code."""
        with self._lock:
            if self._process is None or self._process.stdin is None:
                return None
            self._process.stdin.close()
            return self._process.wait()

    def _tell(self, line: str) -> None:
        lane = line.partition(" ")[2]
        if lane not in self._boards:
            return
        with self._lock:
            before, self._left = self._left, self._left.heard(line)
            if before != self._left and not self._write(line):
                log.error("the watchdog of outputs is gone, and is started again")
                self._start()

    def _start(self) -> None:
        """A new process that knows all this one knew. In a session of its own, so that no Ctrl-C reaches it."""
        if time.monotonic() - self._started_at < START_AGAIN_S:
            return
        self._started_at = time.monotonic()
        self._forget()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "edge.watchdog"],
                stdin=subprocess.PIPE,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        except OSError as error:
            log.error("the watchdog of outputs does not start: %s", error)
            return
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._write(json.dumps(self._boards))
        for line in self._left.lines():
            self._write(line)

    def _write(self, line: str) -> bool:
        """False when the other process is gone or has long stopped reading."""
        if self._process is None or self._process.stdin is None:
            return False
        try:
            data = f"{line}\n".encode()
            return os.write(self._process.stdin.fileno(), data) == len(data)
        except (OSError, ValueError):
            return False

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.kill()  # it may still read, and must not act beside its successor
            self._process.stdin.close()
            self._process.wait()
            self._process = None


def switch_off(
    lanes: Iterable[str],
    boards: Mapping[str, Mapping[str, str | int]],
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], object] = time.sleep,
) -> frozenset[str]:
    """Switch these lanes' locks off, each in its own time; the lanes where that could not be done."""
    failed: list[str] = []

    def one(lane: str) -> None:
        if not _switched_off(lane, boards[lane], clock, wait):
            failed.append(lane)

    threads = [threading.Thread(target=one, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return frozenset(failed)


def _switched_off(
    lane: str, board: Mapping[str, str | int], clock: Callable[[], float], wait: Callable[[float], object]
) -> bool:
    give_up_at = clock() + GIVE_UP_S
    while True:
        try:
            opened = open_relay_board(str(board["relay"]))
            try:
                opened.set(int(board["lock"]), False)
            finally:
                opened.close()
            print(f"{lane}: the node died with the lock released; it is off now", file=sys.stderr, flush=True)
            return True
        except DeviceError as error:
            if clock() >= give_up_at:
                print(f"{lane}: the node died, and its lock may still be released: {error}", file=sys.stderr)
                return False
        wait(AGAIN_S)


def main() -> int:
    """0 when nothing is left on that should not be."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a supervisor signals everything at once; this one ends by its pipe
    boards: dict[str, dict[str, str | int]] = json.loads(sys.stdin.readline() or "{}")
    _load(boards)
    left = Left()
    for line in sys.stdin:
        if line.endswith("\n"):
            left = left.heard(line[:-1])
    return 1 if switch_off(left.to_switch_off(), boards) else 0


def _load(boards: Mapping[str, Mapping[str, str | int]]) -> None:
    """Import what opening will need, while there is time."""
    import devices.door.lcus_board
    import devices.door.modbus_board
    import devices.transport.serial
    import devices.transport.tcp

    if any(str(board["relay"]).startswith("gpio:") for board in boards.values()):
        import devices.door.gpio_board  # noqa: F401 - loaded before it is needed in a hurry


if __name__ == "__main__":
    sys.exit(main())
