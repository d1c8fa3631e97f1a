"""What the suites run on: a simulated device on an in-memory cable, the same on a pseudo-terminal, or real hardware.

Only the far end differs. The near end is always opened by its address, as on site.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devices.errors import DeviceError
from devices.ports import RelayBoard, Scanner
from devices.registry import open_relay_board, open_scanner
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving
from devices.transport.memory import Cable, Cables, MemoryEnd
from devices.transport.port import Transport

DEADLINE_S = 30.0


def eventually(true: Callable[[], bool]) -> bool:
    """Poll until true, or until far too late."""
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def works_again(act: Callable[[], object]) -> object:
    """What `act` returns once it no longer raises a DeviceError."""
    results: list[object] = []

    def tried() -> bool:
        try:
            results.append(act())
        except DeviceError as error:
            return not error.retry_helps  # a Refused would never heal: let it be seen as a missing result
        return True

    assert eventually(tried)
    assert results, "an error that trying again does not heal"
    return results[0]


class Wire:
    """A simulated wire of either kind; `far` is the device's end. `plug` again after `unplug`."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.cables = Cables()
        self._link = folder / "port"
        self._pty: PtyLine | None = None
        self._cable: Cable | None = None
        self.far: Transport
        self.plug()

    def plug(self) -> None:
        if self.kind == "pty":
            self.far = self._pty = PtyLine(self._link, patience_s=DEADLINE_S)
        else:
            self._cable = Cable()
            self.cables.register("wire", self.near)
            self.far = self._cable.b

    @property
    def near(self) -> MemoryEnd:
        assert self._cable is not None
        return self._cable.a

    def unplug(self) -> None:
        if self._pty is not None:
            self._pty.close()
        elif self._cable is not None:
            self._cable.cut()
            self.cables.unregister("wire")

    def address(self, family: str, query: str) -> str:
        place = f"+serial://{self._link}" if self.kind == "pty" else "+memory://wire"
        return f"{family}{place}?{query}"


class Clock:
    """The simulated board's clock: stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class BoardRig:
    """A relay board. With real hardware `sim` is None, and time passes by itself."""

    address: str
    wire: Wire | None = None
    sim: RelayBoardSim | None = None
    clock: Clock = field(default_factory=Clock)
    opened: list[RelayBoard] = field(default_factory=list)
    serving: Serving | None = None

    def open(self, timeout_ms: int | None = None, tries: int | None = None, echo: bool = False) -> RelayBoard:
        """Open the board anew. The default time-out is generous: nothing here measures speed."""
        address = self.address
        if self.sim is not None:
            address += f"&timeout_ms={timeout_ms or 2000}&tries={tries or 2}&echo={int(echo)}"
        board = open_relay_board(address, cables=self.wire.cables if self.wire else None)
        self.opened.append(board)
        return board

    def let_pass(self, seconds: float) -> None:
        if self.sim is None:
            time.sleep(seconds)  # real time passes only so
        else:
            self.clock.now += seconds

    def serve(self) -> None:
        assert self.sim is not None
        assert self.wire is not None
        self.serving = Serving(self.sim, self.wire.far)

    def unplug(self) -> None:
        assert self.wire is not None
        self.wire.unplug()
        assert self.serving is not None
        self.serving.close()

    def plug(self) -> None:
        assert self.wire is not None
        self.wire.plug()
        self.serve()

    def close(self) -> None:
        for board in self.opened:
            board.close()
        if self.wire is not None:
            self.unplug()


def simulated_board(kind: str, folder: Path) -> BoardRig:
    """`kind`: memory, memory-plain (a board that cannot time a pulse), or pty."""
    plain = kind.endswith("-plain")
    wire = Wire(kind.removesuffix("-plain"), folder)
    clock = Clock()
    sim = RelayBoardSim(timed_base=None if plain else 0x0200, late_s=0.4, clock=clock)
    address = wire.address("modbus", f"profile={'plain-8' if plain else 'waveshare-8'}")
    rig = BoardRig(address, wire, sim, clock)
    rig.serve()
    return rig


@dataclass
class ScannerRig:
    """A code scanner and somebody who presents codes."""

    wire: Wire
    opened: list[Scanner] = field(default_factory=list)
    sender: threading.Thread | None = None

    def open(self, query: str = "end=cr&repeat_ms=10000") -> Scanner:
        scanner = open_scanner(self.wire.address("scanner", query), cables=self.wire.cables)
        self.opened.append(scanner)
        return scanner

    def far(self, end: str = "cr", stx: bool = False) -> ScannerSim:
        return ScannerSim(self.wire.far, end=end, stx=stx)

    def meanwhile(self, send: Callable[[], None]) -> None:
        """Send from another thread: more than a line's buffer holds goes out only while somebody reads."""
        self.sender = threading.Thread(target=send)
        self.sender.start()

    def close(self) -> None:
        if self.sender is not None:
            self.sender.join(DEADLINE_S)
        for scanner in self.opened:
            scanner.close()
        self.wire.unplug()
