"""A whole gate without hardware: a relay board and a code scanner on serial ports, and the door they are wired to.

    with SimulatedGate(folder, name="east") as gate:      # serial ports folder/east-board and folder/east-scanner
        gate.start()
        gate.present("MT1:...")                           # somebody holds a code in front of the scanner
        gate.do(Deed.PULL)                                # and pulls at the door

The ports are symbolic links, so a site file can name them: `gate.board_address`, `gate.scanner_address`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from devices.door.profiles import LOCK_OUTPUT
from devices.sim.card_reader import ConverterSim
from devices.sim.door import Deed, Door, act, contacts, step
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving

TICK_S = 0.02


class SimulatedGate:
    """One door with its board and scanner. Any thread may call it. `clock` is monotonic seconds."""

    def __init__(
        self, folder: Path, *, name: str = "gate", fail_safe: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._door = Door(fail_safe=fail_safe)
        self._board_line = PtyLine(folder.absolute() / f"{name}-board")
        self._scanner_line = PtyLine(folder.absolute() / f"{name}-scanner")
        self._reader_line = PtyLine(folder.absolute() / f"{name}-reader")
        self.reader = ConverterSim(self._reader_line)
        """The card reader with its keypad, behind a converter: `card(facility, number)`, `key("5")`."""
        self.board = RelayBoardSim(clock=clock)
        """The board itself: `fault(...)`, `edges()`, `output(1)`."""
        self.scanner = ScannerSim(self._scanner_line, end="cr")
        """The scanner itself, for rubbish: `send_control()`, `send_flood()` and so on."""
        self.board_address = f"modbus+serial://{quote(self._board_line.path)}?profile=waveshare-8"
        self.scanner_address = f"scanner+serial://{quote(self._scanner_line.path)}?end=cr"
        self.reader_address = f"wiegand+serial://{quote(self._reader_line.path)}?line=hex"
        self.tick()
        self._serving = Serving(self.board, self._board_line, name=f"{name} board")

    def present(self, code: str) -> None:
        """Somebody holds `code` in front of the scanner."""
        self.scanner.present(code)

    def do(self, deed: Deed) -> None:
        """Somebody does something to the door."""
        with self._lock:
            self._door = act(self._door, deed, self._clock())

    @property
    def door(self) -> Door:
        """The door as it is now."""
        with self._lock:
            return self._door

    def tick(self) -> Door:
        """Let physics catch up with the clock: the lock moves the door, the door moves the contacts."""
        with self._lock:
            self._door = step(self._door, self.board.output(LOCK_OUTPUT), self._clock())
            self.board.set_inputs(contacts(self._door))
            return self._door

    def start(self) -> None:
        """Tick by itself, 50 times a second, until `close`."""
        self._thread = threading.Thread(target=self._run, name="simulated door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Unplug everything. May be called twice."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._serving.close()
        self._board_line.close()
        self._scanner_line.close()
        self._reader_line.close()

    def __enter__(self) -> SimulatedGate:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _run(self) -> None:
        while not self._stop.wait(TICK_S):
            self.tick()
