"""Existing access panels for the suite: by a Wiegand converter or by OSDP, on a cable in memory or a pty."""

from abc import ABC, abstractmethod
from pathlib import Path

from devices.ports import CardRead, RelayBoard
from devices.reader.line_reader import LineReader
from devices.reader.lines import Profile
from devices.reader.wiegand import FORMATS, decode
from devices.registry import open_relay_board
from devices.scanner.framing import Framing
from devices.sim.osdp_panel import OsdpPanelSim
from tests.conformance.rigs import Wire, eventually

KEY = bytes(range(1, 17))


def private(path: Path, text: str) -> Path:
    path.write_text(text, encoding="ascii")
    path.chmod(0o600)
    return path


class PanelRig(ABC):
    """A panel and the node's way to it. `cards`: facility and number of each card that the panel was shown."""

    def __init__(self, wire: Wire, folder: Path) -> None:
        self.wire = wire
        self.card_file = private(folder / "panel.card", "123,45678")
        self.opened: list[RelayBoard] = []
        self.unplugged = False

    def open(self) -> RelayBoard:
        self.opened.append(open_relay_board(self.address(), cables=self.wire.cables))
        self.wait_until_it_listens()
        return self.opened[-1]

    def close(self) -> None:
        for board in self.opened:
            board.close()
        if not self.unplugged:
            self.unplug()

    def unplug(self) -> None:
        self.unplugged = True
        self.wire.unplug()

    @abstractmethod
    def address(self) -> str: ...

    @abstractmethod
    def wait_until_it_listens(self) -> None:
        """The two ends may have to agree first."""

    @abstractmethod
    def cards(self, at_least: int) -> list[tuple[int, int]]:
        """Once there are so many, or after far too long."""


class ConverterPanel(PanelRig):
    def __init__(self, wire: Wire, folder: Path) -> None:
        super().__init__(wire, folder)
        self._panel = LineReader(wire.far, Framing(), Profile("hex", FORMATS[26]), repeat_s=0)
        self._cards: list[tuple[int, int]] = []

    def address(self) -> str:
        return self.wire.address("panel", f"card_file={self.card_file}")

    def wait_until_it_listens(self) -> None:
        """A converter listens always."""

    def cards(self, at_least: int) -> list[tuple[int, int]]:
        def enough() -> bool:
            if isinstance(card := self._panel.read(0.05), CardRead):
                self._cards.append((card.facility or 0, card.number))
            return len(self._cards) >= at_least

        eventually(enough)
        return self._cards


class OsdpPanel(PanelRig):
    def __init__(self, wire: Wire, folder: Path) -> None:
        super().__init__(wire, folder)
        self.key_file = private(folder / "panel.key", KEY.hex())
        self.panel = OsdpPanelSim(wire.far, key=KEY)

    def address(self) -> str:
        query = f"card_file={self.card_file}&key_file={self.key_file}"
        return (
            self.wire.address("panel", query).replace("panel+memory", "panel+osdp+memory").replace("+serial", "+osdp")
        )

    def wait_until_it_listens(self) -> None:
        self.panel.start()  # not before the node answers: libosdp's panel sits out for long who does not
        assert eventually(self.panel.secure)

    def cards(self, at_least: int) -> list[tuple[int, int]]:
        eventually(lambda: len(self.panel.cards()) >= at_least)
        read = [decode(value, FORMATS[bits]) for bits, value in self.panel.cards()]
        return [(card.facility, card.number) for card in read if card is not None]

    def close(self) -> None:
        super().close()
        self.panel.close()


def simulated_panel(kind: str, folder: Path) -> PanelRig:
    """`kind`: wiegand or osdp, on memory or pty."""
    family, _, place = kind.partition("-")
    wire = Wire(place, folder)
    return OsdpPanel(wire, folder) if family == "osdp" else ConverterPanel(wire, folder)
