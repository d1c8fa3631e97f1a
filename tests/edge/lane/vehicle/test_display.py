"""What a driver is shown and told: case by case, in two languages, over a real line to a simulated board."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.display.lane_board import PROFILES, LaneBoard
from devices.display.texts import Text
from devices.sim.lane_board import LaneBoardSim
from devices.transport.memory import Cable
from edge.lane.inbox import DeviceState, Item
from edge.lane.vehicle.display import DisplayThread, text_of, would_show
from models.parking.admission import Case
from models.site.topology import Direction
from tests.edge.lane.vehicle.test_paying import MINE, made, paid, stay

IN, OUT = Direction.IN, Direction.OUT


@pytest.mark.req("LANE-23")
@pytest.mark.parametrize(
    ("case", "granted", "direction", "ask", "zh", "en"),
    [
        (Case.PAY, False, OUT, 12_00, "川A12345，请缴费，12.00元", "川A12345, Please pay, CNY 12.00"),
        (
            Case.OWES,
            True,
            OUT,
            7_50,
            "川A12345，请先离场，下次补缴，7.50元",
            "川A12345, Drive on, pay next time, CNY 7.50",
        ),
        (Case.PERMIT, True, IN, 0, "川A12345，欢迎光临", "川A12345, Welcome"),
        (Case.NOTHING_DUE, True, OUT, 0, "川A12345，一路平安", "川A12345, Goodbye"),
        (Case.BLACK_LIST, False, IN, 0, "川A12345，请稍候，保安马上来", "川A12345, Please wait, a guard is coming"),
    ],
)
def test_plate_case_and_fee_are_said_in_both_languages(case, granted, direction, ask, zh, en) -> None:
    assert text_of(case, granted, direction, MINE, ask).spoken() == zh
    assert text_of(case, granted, direction, MINE, ask, "en").spoken() == en


@pytest.mark.req("SEC-09")
@given(
    case=st.sampled_from([*Case, "rules_age", "kind", "", "a newer case"]),
    granted=st.booleans(),
    direction=st.sampled_from(Direction),
    plate=st.none() | st.text(max_size=20) | st.just(MINE) | st.just(MINE + "\n"),
    ask=st.integers(0, 10**12),
)
def test_whatever_is_decided_and_read_gives_one_text_of_the_closed_list(case, granted, direction, plate, ask) -> None:
    text = text_of(case, granted, direction, plate, ask)
    assert text.plate in (None, MINE) and text.spoken().isprintable()
    assert case != Case.UNSURE or text.plate is None, "nobody is told what was only guessed"


class Line:
    """A thread at one end of a cable, the simulated board at the other; cut, it can be laid anew."""

    def __init__(self) -> None:
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.lay()
        self.thread = DisplayThread("car-out", lambda: LaneBoard(self.cable.a, PROFILES["lines-6f"]), self.inbox)
        self.thread.start()

    def lay(self) -> None:
        self.cable = Cable()
        self.sim = LaneBoardSim(self.cable.b)

    def until(self, true) -> None:
        deadline = time.monotonic() + 20
        while not true():
            assert time.monotonic() < deadline, "it did not happen"
            self.sim.hear(0.05)

    def faults(self) -> list[str | None]:
        return [item.fault for item in list(self.inbox.queue) if isinstance(item, DeviceState)]


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.thread.stop()
    made.thread.join(timeout=5)


@pytest.mark.req("LANE-23")
@pytest.mark.req("INT-08")
def test_the_board_shows_lines_and_speaks_and_a_lost_line_is_told_and_heals(line: Line) -> None:
    line.thread.say(text_of(Case.PAY, False, OUT, MINE, 12_00))
    line.until(lambda: line.sim.spoken == ["川A12345，请缴费，12.00元"])
    assert line.sim.shown == ("川A12345", "请缴费", "12.00元") and line.sim.damaged == 0
    cut = line.cable
    line.lay()
    cut.cut()
    line.thread.say(text_of(Case.NOTHING_DUE, True, OUT, MINE, 0))
    line.until(lambda: line.sim.spoken == ["川A12345，一路平安"])
    faults = line.faults()
    assert faults[0] is None and faults[-1] is None and any(one is not None for one in faults)


@pytest.mark.req("LANE-23")
def test_a_lane_tells_its_driver_what_it_decided(tmp_path: Path) -> None:
    bench = made(tmp_path)
    said: list[Text] = []
    bench.shell.board = Told(said)
    told = stay(2)
    bench.news(told)
    bench.arrive(MINE)
    bench.news(told.model_copy(update={"payments": (paid(7_00),)}))
    bench.wait(0.2)
    assert [one.spoken() for one in said] == ["川A12345，请缴费，7.00元", "川A12345，一路平安"]
    bench.close()
    bench.keys.close()


class Told:
    def __init__(self, said: list[Text]) -> None:
        self.said = said

    def say(self, text: Text) -> None:
        self.said.append(text)


def test_who_checks_a_site_file_reads_what_the_board_would_say() -> None:
    out = would_show(Direction.OUT, "zh")
    assert "京A12345，请缴费，12.00元" in out and "京A12345，请缴费，60.00元" in would_show(Direction.IN, "zh")
    assert all(one.isascii() or "京" in one for one in would_show(Direction.OUT, "en"))
