"""An OSDP panel behind a lane is switched off and on again: over serial ports, with the board's own thread."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.door.paired import open_pair
from devices.ports import RelayBoard
from devices.registry import open_relay_board
from devices.sim.osdp_panel import OsdpPanelSim
from devices.sim.pty import PtyLine
from devices.sim.relay_board import RelayBoardSim
from devices.sim.serve import Serving
from edge.lane.board import PANEL, BoardThread, Wiring
from edge.lane.inbox import BoardDown, ContactsRead, DeviceState, Item

KEY = bytes(range(1, 17))


class Line:
    """A lane's panel by OSDP and its contacts on a board of their own, as the site file names them."""

    def __init__(self, folder: Path) -> None:
        for name, text in {"card": "123,45678", "key": KEY.hex()}.items():
            path = folder / name
            path.touch(0o600)
            path.write_text(text)
        self.wire, self.contacts = PtyLine(), PtyLine()
        self.sim = RelayBoardSim()
        self.sim.set_inputs([True, False, True])
        self.serving = Serving(self.sim, self.contacts, name="contacts")
        lock = f"panel+osdp://{self.wire.path}?address=0&card_file={folder / 'card'}&key_file={folder / 'key'}"
        inputs = f"modbus+serial://{self.contacts.path}?profile=waveshare-8"

        def opener() -> RelayBoard:
            return open_pair(lambda: open_relay_board(lock), lambda: open_relay_board(inputs))

        self.inbox: queue.Queue[Item] = queue.Queue()
        self.thread = BoardThread("a", opener, Wiring(), self.inbox)
        self.told: list[Item] = []

    def panel(self) -> OsdpPanelSim:
        made = OsdpPanelSim(self.wire, key=KEY)
        made.start()
        return made

    def until(self, true: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, self.told
            try:
                self.told.append(self.inbox.get(timeout=0.05))
            except queue.Empty:
                continue

    def of_panel(self) -> list[str | None]:
        return [each.fault for each in self.told if isinstance(each, DeviceState) and each.device == PANEL]

    def close(self) -> None:
        self.thread.stop()
        self.thread.join(5)
        self.serving.close()
        for line in (self.wire, self.contacts):
            line.close()


@pytest.mark.req("INT-07", "LANE-15")
def test_a_panel_that_is_switched_off_is_an_alarm_before_anybody_comes_and_over_once_it_is_back(tmp_path: Path) -> None:
    line = Line(tmp_path)
    panel = line.panel()
    line.thread.start()
    try:
        line.until(panel.secure, 20)
        line.until(lambda: not line.of_panel() or line.of_panel()[-1] is None, 20)
        before = len(line.of_panel())
        panel.close()
        line.until(lambda: len(line.of_panel()) == before + 1, 10)
        assert "does not ask" in str(line.of_panel()[-1])
        line.told.clear()
        line.sim.set_inputs([True, True, True])
        line.until(lambda: any(isinstance(each, ContactsRead) and each.contacts.exit_pressed for each in line.told), 10)
        again = line.panel()
        line.until(lambda: line.of_panel() == [None], 20)
        again.close()
        assert not [each for each in line.told if isinstance(each, BoardDown)]
    finally:
        line.close()
