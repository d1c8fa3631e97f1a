"""What every relay board must do, simulated or real."""

import threading

import pytest

from devices.errors import Busy, Unreachable
from tests.conformance.rigs import BoardRig

pytestmark = pytest.mark.req("GEN-08")


def test_it_says_what_it_has(board: BoardRig) -> None:
    opened = board.open()
    assert len(opened.read_outputs()) == opened.outputs >= 1
    assert len(opened.read_inputs()) == opened.inputs
    assert opened.timed in (True, False)


def test_every_output_can_be_switched_alone_and_reads_back(board: BoardRig) -> None:
    opened = board.open()
    for channel in range(1, opened.outputs + 1):
        opened.set(channel, True)
        opened.set(channel, True)
        expected = tuple(number == channel for number in range(1, opened.outputs + 1))
        assert opened.read_outputs() == expected
        if board.sim is not None:
            assert board.sim.outputs() == expected
        opened.set(channel, False)
        opened.set(channel, False)
        assert not any(opened.read_outputs())


@pytest.mark.req("LANE-18")
def test_a_pulse_ends_by_itself_though_the_driver_is_gone(board: BoardRig) -> None:
    opened = board.open()
    opened.pulse(1, 1500 if board.sim is None else 300)
    if not opened.timed:
        assert not opened.read_outputs()[0], "such a board is switched off before pulse returns"
        return
    assert opened.read_outputs()[0]
    opened.close()
    board.let_pass(2.0)
    again = board.open()
    assert not again.read_outputs()[0]


def test_switching_off_ends_a_pulse_early(board: BoardRig) -> None:
    opened = board.open()
    if opened.timed:
        opened.pulse(1, 30_000)
        opened.set(1, False)
        assert not opened.read_outputs()[0]


def test_what_it_does_not_have_is_a_value_error(board: BoardRig) -> None:
    opened = board.open()
    for channel in (0, -1, opened.outputs + 1):
        with pytest.raises(ValueError, match="does not exist"):
            opened.set(channel, True)
        with pytest.raises(ValueError, match="does not exist"):
            opened.pulse(channel, 500)
    assert not any(opened.read_outputs())


@pytest.mark.req("ACC-23")
def test_opening_and_closing_moves_nothing(board: BoardRig) -> None:
    opened = board.open()
    opened.set(2, True)
    before = opened.read_outputs()
    opened.close()
    for _ in range(10):
        board.open().close()
    after = board.open()
    assert after.read_outputs() == before
    after.set(2, False)
    if board.sim is not None:
        assert [(edge.channel, edge.on) for edge in board.sim.edges()] == [(2, True), (2, False)]


def test_only_one_may_have_the_line_and_closing_gives_it_back(board: BoardRig) -> None:
    first = board.open()
    if "+tcp:" not in board.address:  # whoever connects is not told of others
        with pytest.raises(Busy):
            board.open()
    first.close()
    first.close()
    with pytest.raises(Unreachable):
        first.read_inputs()
    assert board.open().read_outputs()


def test_inputs_follow_the_contacts(board: BoardRig) -> None:
    opened = board.open()
    if board.sim is None:
        assert opened.read_inputs() == opened.read_inputs()
        return
    for channel in range(1, opened.inputs + 1):
        board.sim.set_input(channel, True)
        assert opened.read_inputs() == tuple(number == channel for number in range(1, opened.inputs + 1))
        board.sim.set_input(channel, False)
    assert not any(opened.read_inputs())


def test_two_threads_share_one_board_without_mixing_answers(board: BoardRig) -> None:
    opened = board.open()
    quiet = opened.read_inputs()
    wrong: list[object] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            seen = opened.read_inputs()
            if seen != quiet:
                wrong.append(seen)

    poller = threading.Thread(target=poll)
    poller.start()
    for on in (True, False) * 10:
        opened.set(1, on)
        assert opened.read_outputs()[0] is on
    stop.set()
    poller.join(30)
    assert not poller.is_alive()
    assert not wrong
