"""Readers for the suites: a converter, a reader that types, and an OSDP reader, on a cable in memory or a pty."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from devices.ports import Reader
from devices.reader.line_reader import LineReader
from devices.reader.lines import Profile
from devices.reader.wiegand import FORMATS, encode
from devices.registry import open_reader
from devices.scanner.framing import Framing
from devices.sim.card_reader import ConverterSim, TypingSim
from devices.sim.osdp_reader import OsdpReaderSim
from devices.transport.keyboard import Keyboard
from devices.transport.keys import EVENT
from tests.conformance.rigs import DEADLINE_S, Wire

KEY = bytes(range(1, 17))


class ReaderRig(ABC):
    """A reader and somebody in front of it."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.opened: list[Reader] = []
        self.sender: threading.Thread | None = None

    def open(self, repeat_ms: int = 10_000) -> Reader:
        self.opened.append(self.near(repeat_ms))
        return self.opened[-1]

    @abstractmethod
    def near(self, repeat_ms: int) -> Reader:
        """The driver, opened."""

    @abstractmethod
    def card(self, number: int) -> None:
        """Hold a card of facility 12 to it."""

    @abstractmethod
    def rubbish(self) -> None:
        """It sends what is no card."""

    def meanwhile(self, send: Callable[[], None]) -> None:
        """Send from another thread: more than a line's buffer holds goes out only while somebody reads."""
        self.sender = threading.Thread(target=send)
        self.sender.start()

    def unplug(self) -> None:
        self.wire.unplug()

    def plug(self) -> None:
        self.wire.plug()

    def close(self) -> None:
        if self.sender is not None:
            self.sender.join(DEADLINE_S)
        for reader in self.opened:
            reader.close()
        self.unplug()


class WiegandRig(ReaderRig):
    def near(self, repeat_ms: int) -> Reader:
        address = self.wire.address("wiegand", f"line=hex&repeat_ms={repeat_ms}")
        return open_reader(address, cables=self.wire.cables)

    def card(self, number: int) -> None:
        ConverterSim(self.wire.far).card(12, number)

    def rubbish(self) -> None:
        sim = ConverterSim(self.wire.far)
        sim.card(12, 99, flip=2)
        sim.send(b"\x1b[2J\x00")
        sim.send(b"9" * 10_240)
        sim.send("门庭".encode())


class TypingRig(ReaderRig):
    """Its address names a keyboard of this machine, so the driver is put together here as the row does it."""

    def near(self, repeat_ms: int) -> Reader:
        keyboard = Keyboard(self.wire.cables.take("wire"))
        return LineReader(keyboard, Framing(), Profile("comma"), repeat_s=repeat_ms / 1000)

    def card(self, number: int) -> None:
        TypingSim(self.wire.far).types(f"12,{number}")

    def rubbish(self) -> None:
        sim = TypingSim(self.wire.far)
        sim.types("x" * 5)
        sim.types("9" * 10_240)
        sim.event(29, 1)  # Ctrl
        self.wire.far.write(b"\xff" * EVENT.size * 3)
        sim.types("")


class OsdpRig(ReaderRig):
    def __init__(self, wire: Wire, folder: Path) -> None:
        super().__init__(wire)
        self.key_file = folder / "osdp.key"
        self.key_file.write_text(KEY.hex())
        self.key_file.chmod(0o600)
        self.switch_on()

    def switch_on(self) -> None:
        self.sim = OsdpReaderSim(self.wire.far, address=5, key=KEY)
        self.sim.start()

    def near(self, repeat_ms: int) -> Reader:
        query = f"address=5&key_file={self.key_file}&card=proved&silent_ms=30000&repeat_ms={repeat_ms}"
        return open_reader(self.wire.address("osdp", query), cables=self.wire.cables)

    def card(self, number: int) -> None:
        self.sim.card(encode(12, number, FORMATS[26]), 26)

    def rubbish(self) -> None:
        self.sim.card(encode(12, 99, FORMATS[26]) ^ 2, 26)
        self.sim.keys("\x01")

    def unplug(self) -> None:
        self.sim.close()
        super().unplug()

    def plug(self) -> None:
        super().plug()
        self.switch_on()


def simulated_reader(kind: str, folder: Path) -> ReaderRig:
    """`kind`: wiegand, typing or osdp, on memory or pty."""
    family, place = kind.split("-")
    wire = Wire(place, folder)
    if family == "osdp":
        return OsdpRig(wire, folder)
    return WiegandRig(wire) if family == "wiegand" else TypingRig(wire)
