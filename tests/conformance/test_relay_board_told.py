"""What a relay board must do that can be told and never asked (LCUS), on a cable and on a serial port."""

import pytest

from devices.door.lcus_board import LcusBoard
from devices.errors import Busy, DeviceError, Refused, Unreachable
from devices.registry import open_relay_board
from tests.conformance.rigs import ToldRig, eventually

pytestmark = pytest.mark.req("GEN-08")


def test_it_says_what_it_cannot_do(told: ToldRig) -> None:
    board = told.open()
    assert (board.outputs, board.inputs, board.timed, board.reads_back) == (4, 0, False, False)
    assert board.read_inputs() == ()


@pytest.mark.req("LANE-19")
def test_that_it_was_told_is_never_read_back_as_if_it_were_known(told: ToldRig) -> None:
    board = told.open()
    board.set(1, True)
    with pytest.raises(Refused, match="another input must confirm"):
        board.read_outputs()
    told.sim.dead = True
    board.set(2, True)  # sent, and that is all that anybody knows
    assert told.sim.output(2) is False


@pytest.mark.req("LANE-19")
def test_commands_are_discrete_and_repeating_one_changes_nothing(told: ToldRig) -> None:
    board = told.open()
    for on in (True, True, False, False):
        board.set(3, on)
        assert eventually(lambda on=on: told.sim.output(3) is on)
    assert [edge.on for edge in told.sim.edges()] == [True, False]


def test_a_pulse_is_over_when_it_returns(told: ToldRig) -> None:
    told.open().pulse(4, 1)
    assert eventually(lambda: [(edge.channel, edge.on) for edge in told.sim.edges()] == [(4, True), (4, False)])


@pytest.mark.req("ACC-23")
def test_opening_and_closing_moves_nothing(told: ToldRig) -> None:
    board = told.open()
    board.set(2, True)
    assert eventually(lambda: told.sim.output(2))
    board.close()
    for _ in range(10):
        told.open().close()
    assert len(told.sim.edges()) == 1


def test_what_it_does_not_have_is_a_value_error(told: ToldRig) -> None:
    board = told.open()
    for channel in (0, 5):
        with pytest.raises(ValueError, match="does not exist"):
            board.set(channel, True)
        with pytest.raises(ValueError, match="does not exist"):
            board.pulse(channel, 500)
    with pytest.raises(ValueError, match="at least 1 ms"):
        board.pulse(1, 0)


@pytest.mark.req("ACC-23")
def test_unplugged_is_noticed_though_nothing_is_ever_answered_and_plugged_again_it_works(told: ToldRig) -> None:
    board = told.open()
    told.unplug()
    for act in (board.read_inputs, lambda: board.set(1, True)):
        with pytest.raises(Unreachable):
            act()
    board.close()
    told.plug()
    again = told.open()
    again.set(1, True)
    assert eventually(lambda: told.sim.output(1))
    with pytest.raises(Busy):
        told.open()


def test_a_line_that_is_lost_in_a_pulse_is_told(told: ToldRig) -> None:
    board = told.open()
    assert isinstance(board, LcusBoard)
    board._wait = lambda _: told.unplug()
    with pytest.raises(DeviceError):
        board.pulse(1, 500)


def test_how_many_relays_it_has_must_be_said() -> None:
    with pytest.raises(ValueError, match="'channels' is missing"):
        open_relay_board("lcus+serial:///dev/ttyUSB0")
