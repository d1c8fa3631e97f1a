"""What the suites run on: a simulated device on a cable in memory, a pseudo-terminal or a socket, or real hardware.

Only the far end differs. The near end is always opened by its address, as on site.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devices.door.gpio_board import GpioBoard, Pins
from devices.errors import DeviceError
from devices.ports import RelayBoard, Scanner
from devices.registry import open_relay_board, open_scanner
from devices.sim.lcus import LcusSim
from devices.sim.pins import PinsSim
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.scanner import ScannerSim
from devices.sim.serve import Serving
from devices.sim.tcp import TcpServerLine
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
        self._server: TcpServerLine | None = None
        self.far: Transport
        self.plug()

    def plug(self) -> None:
        if self.kind == "pty":
            self.far = self._pty = PtyLine(self._link, patience_s=DEADLINE_S)
        elif self.kind == "tcp":
            self.far = self._server = TcpServerLine(self._server.port if self._server else 0)
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
        elif self._server is not None:
            self._server.close()
        elif self._cable is not None:
            self._cable.cut()
            self.cables.unregister("wire")

    def address(self, family: str, query: str) -> str:
        if self._server is not None:
            return f"{family}+tcp://127.0.0.1:{self._server.port}?{query}"
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
    sim: RelayBoardSim | PinsSim | None = None
    clock: Clock = field(default_factory=Clock)
    opened: list[RelayBoard] = field(default_factory=list)
    serving: Serving | None = None

    def open(self, timeout_ms: int | None = None, tries: int | None = None, echo: bool = False) -> RelayBoard:
        """Open the board anew. The default time-out is generous: nothing here measures speed."""
        address = self.address
        if self.sim is not None:
            address += f"&timeout_ms={timeout_ms or 2000}&tries={tries or 2}{'&echo=1' if echo else ''}"
        board = open_relay_board(address, cables=self.wire.cables if self.wire else None)
        self.opened.append(board)
        return board

    def let_pass(self, seconds: float) -> None:
        if self.sim is None:
            time.sleep(seconds)  # real time passes only so
        else:
            self.clock.now += seconds

    def serve(self) -> None:
        assert isinstance(self.sim, RelayBoardSim)
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


BOARDS: dict[str, dict[str, Any]] = {
    "waveshare-8": {},
    "plain-8": {"timed_base": None},
    "plain-16": {"timed_base": None, "outputs": 16, "inputs": 16},
    "lctech-8": {"timed_base": None, "timed_words": (3, 5)},
    "from-one-8": {"timed_base": None, "coil_base": 1, "on_value": 0x0100, "inputs": 0},
}
"""How the far end behaves for each profile: written here a second time, so that a wrong profile shows."""


def simulated_board(kind: str, folder: Path) -> BoardRig:
    """`kind`: a wire (memory, pty, tcp), and after a space the profile where it is not the usual one; or gpio."""
    if kind.startswith("gpio"):
        pins = Pins(outputs=(17, 27, 22), inputs=(5, 6, 13), active_low="low" in kind)
        return PinsRig(replace(pins, pull="down") if "down" in kind else pins)
    place, _, profile = kind.partition(" ")
    wire, clock = Wire(place, folder), Clock()
    profile = profile or "waveshare-8"
    sim = RelayBoardSim(**BOARDS[profile], tcp=place == "tcp", late_s=0.4, clock=clock)
    rig = BoardRig(wire.address("modbus", f"profile={profile}"), wire, sim, clock)
    rig.serve()
    return rig


class PinsRig(BoardRig):
    """A board of GPIO pins: gpiozero's mock factory stands in for the chip, and there is no wire to pull."""

    def __init__(self, pins: Pins) -> None:
        self.pins = pins
        self.far = PinsSim(pins)
        super().__init__("gpio://gpiochip0", sim=self.far)

    def open(self, timeout_ms: int | None = None, tries: int | None = None, echo: bool = False) -> RelayBoard:
        board = GpioBoard(self.far.chip, self.pins, wait=lambda seconds: None)
        self.opened.append(board)
        return board


@dataclass
class ToldRig:
    """An LCUS board."""

    wire: Wire
    sim: LcusSim
    serving: Serving
    opened: list[RelayBoard] = field(default_factory=list)

    def open(self) -> RelayBoard:
        board = open_relay_board(self.wire.address("lcus", "channels=4"), cables=self.wire.cables)
        self.opened.append(board)
        return board

    def unplug(self) -> None:
        self.wire.unplug()
        self.serving.close()

    def plug(self) -> None:
        self.wire.plug()
        self.serving = Serving(self.sim, self.wire.far)

    def close(self) -> None:
        for board in self.opened:
            board.close()
        if self.serving.alive:
            self.unplug()


def told_board(kind: str, folder: Path) -> ToldRig:
    wire, sim = Wire(kind, folder), LcusSim(4)
    return ToldRig(wire, sim, Serving(sim, wire.far))


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
