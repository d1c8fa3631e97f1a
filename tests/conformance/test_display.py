"""What every lane board's driver must do, on the simulator at a cable and at a pseudo-terminal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.display.texts import Say, Text
from devices.errors import Unreachable
from devices.ports import Display
from devices.registry import open_display
from devices.sim.lane_board import LaneBoardSim
from tests.conformance.rigs import Wire, eventually

pytestmark = pytest.mark.req("GEN-08", "INT-08")
PAY = Text(Say.PLEASE_PAY, plate="京A12345", fee_fen=1250)


class Stand:
    """A lane's board and its simulator at the far end of one wire."""

    def __init__(self, kind: str, folder: Path):
        self.wire = Wire(kind, folder)
        self.far = LaneBoardSim(self.wire.far)
        self.plugged = True

    def open(self, profile: str = "lines-6f", unit: int = 0) -> Display:
        return open_display(self.wire.address("led", f"profile={profile}&unit={unit}"), cables=self.wire.cables)

    def unplug(self) -> None:
        """Once, whoever asks."""
        if self.plugged:
            self.plugged = False
            self.wire.unplug()

    def heard(self, count: int) -> bool:
        def enough() -> bool:
            self.far.hear(0.05)
            return len(self.far.spoken) >= count

        return eventually(enough)


@pytest.fixture(params=["memory", "pty"])
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    made = Stand(request.param, tmp_path)
    yield made
    made.unplug()


def test_a_text_is_shown_line_by_line_and_spoken(stand: Stand) -> None:
    board = stand.open()
    board.show(PAY)
    assert stand.heard(1)
    assert stand.far.shown == ("京A12345", "请缴费", "12.50元") and stand.far.spoken == ["京A12345，请缴费，12.50元"]
    board.close()
    board.close()


def test_a_board_that_knows_no_lines_only_speaks(stand: Stand) -> None:
    stand.open("voice-01", unit=3).show(Text(Say.WELCOME))
    assert stand.heard(1)
    assert (stand.far.shown, stand.far.spoken, stand.far.damaged) == ((), ["欢迎光临"], 0)


def test_opening_says_nothing_and_one_text_follows_another(stand: Stand) -> None:
    board = stand.open()
    stand.far.hear(0.1)
    assert not stand.far.spoken
    for say in (Say.WELCOME, Say.GOODBYE):
        board.show(Text(say))
    assert stand.heard(2)
    assert stand.far.spoken == ["欢迎光临", "一路平安"]


def test_noise_before_a_frame_costs_no_text(stand: Stand) -> None:
    stand.wire.far.drain()
    board = stand.open()
    stand.far._held = b"\x00\xff\x64"
    board.show(PAY)
    assert stand.heard(1)
    assert stand.far.damaged == 3


def test_a_board_without_power_is_not_noticed_and_an_unplugged_line_is(stand: Stand) -> None:
    board = stand.open()
    stand.far.deaf = True
    board.show(PAY)
    stand.unplug()

    def gone() -> bool:
        try:
            board.show(PAY)
        except Unreachable:
            return True
        return False

    assert eventually(gone)
