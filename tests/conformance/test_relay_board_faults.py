"""What a relay board's driver makes of each fault: a typed error, nothing moved that should not, and recovery."""

from collections.abc import Callable

import pytest

from devices.errors import DeviceError, Garbled, NotConfirmed, Refused, Unreachable
from devices.ports import RelayBoard
from devices.registry import open_relay_board
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.serve import Serving
from devices.transport.memory import Cable, Cables, Late
from tests.conformance.rigs import BoardRig, Clock, works_again

pytestmark = pytest.mark.req("GEN-08")

SHORT_MS = 100  # only where the fault makes the time-out pass anyway


def read_inputs(board: RelayBoard) -> object:
    return board.read_inputs()


def read_outputs(board: RelayBoard) -> object:
    return board.read_outputs()


def switch_on(board: RelayBoard) -> None:
    board.set(1, True)


def pulse(board: RelayBoard) -> None:
    board.pulse(1, 500)


ACTS: list[Callable[[RelayBoard], object]] = [read_inputs, read_outputs, switch_on, pulse]
every_act = pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)


def sim_of(rig: BoardRig) -> RelayBoardSim:
    assert isinstance(rig.sim, RelayBoardSim)
    return rig.sim


@every_act
@pytest.mark.parametrize(
    ("faults", "error"),
    [
        ([Fault.SILENT], Unreachable),
        ([Fault.DEAF_ANSWER], Unreachable),
        ([Fault.LATE], Unreachable),
        ([Fault.GARBLED], Garbled),
        ([Fault.WRONG], Garbled),
    ],
    ids=lambda value: "+".join(fault.name for fault in value).lower() if isinstance(value, list) else None,
)
def test_without_a_sound_answer_there_is_a_typed_error_and_afterwards_all_is_well(
    simulated: BoardRig, act: Callable[[RelayBoard], object], faults: list[Fault], error: type[DeviceError]
) -> None:
    board, sim = simulated.open(timeout_ms=SHORT_MS, tries=1), sim_of(simulated)
    sim.fault(*faults)
    with pytest.raises(error) as caught:
        act(board)
    assert caught.value.retry_helps
    if Fault.SILENT in faults:
        assert not sim.edges()
    sim.set_input(1, True)
    sim.fault()
    inputs = works_again(board.read_inputs)
    assert isinstance(inputs, tuple)
    assert inputs[0] is True, "the state of before, from an answer that came late"
    works_again(lambda: board.set(1, False))
    assert not sim.output(1)


@every_act
@pytest.mark.parametrize("declared", [True, False])
def test_a_dead_board_behind_an_echoing_adapter_is_an_error_never_a_success(
    echoing: BoardRig, act: Callable[[RelayBoard], object], declared: bool
) -> None:
    board = echoing.open(timeout_ms=SHORT_MS, tries=1, echo=declared)
    sim_of(echoing).fault(Fault.ECHOING, Fault.SILENT)
    with pytest.raises((Unreachable, Garbled)):
        act(board)


def test_a_live_board_behind_a_declared_echo_works(echoing: BoardRig) -> None:
    board, sim = echoing.open(echo=True), sim_of(echoing)
    sim.fault(Fault.ECHOING)
    sim.set_input(2, True)
    board.set(1, True)
    assert sim.output(1)
    assert board.read_inputs()[:3] == (False, True, False)


@pytest.mark.req("LANE-19")
def test_a_relay_that_does_not_move_is_not_confirmed(simulated: BoardRig) -> None:
    board, sim = simulated.open(), sim_of(simulated)
    board.set(2, True)
    sim.fault(Fault.STUCK)
    with pytest.raises(NotConfirmed):
        board.set(1, True)
    with pytest.raises(NotConfirmed):
        board.pulse(1, 500)
    with pytest.raises(NotConfirmed):
        board.set(2, False)


def test_answers_sent_twice_do_no_harm(simulated: BoardRig) -> None:
    board, sim = simulated.open(), sim_of(simulated)
    sim.fault(Fault.TWICE)
    for on in (True, False) * 5:
        board.set(1, on)
        assert sim.output(1) is on


def test_a_pulse_the_board_does_not_know_is_refused_and_not_done_otherwise(simulated: BoardRig) -> None:
    assert simulated.serving is not None
    assert simulated.wire is not None
    simulated.serving.close()
    simulated.sim = RelayBoardSim(timed_base=None, tcp=simulated.wire.kind == "tcp")
    simulated.serve()
    with pytest.raises(Refused):
        simulated.open().pulse(1, 500)
    assert not simulated.sim.edges()


@pytest.mark.req("ACC-16")
def test_a_pulse_whose_answer_is_lost_opens_once(simulated: BoardRig) -> None:
    board, sim = simulated.open(timeout_ms=SHORT_MS, tries=2), sim_of(simulated)
    sim.fault(Fault.DEAF_ANSWER)
    with pytest.raises(Unreachable):
        board.pulse(1, 500)
    simulated.let_pass(60)
    assert [edge.on for edge in sim.edges()] == [True, False]


@pytest.mark.req("ACC-23")
def test_losing_and_regaining_the_line_moves_nothing(simulated: BoardRig) -> None:
    board, sim = simulated.open(), sim_of(simulated)
    board.set(1, True)
    board.set(2, False)
    before = sim.edges()
    for _ in range(3):
        simulated.unplug()
        for act in ACTS:
            with pytest.raises(Unreachable):
                act(board)
        board.close()
        simulated.plug()
        board = simulated.open()
        assert board.read_outputs()[:2] == (True, False)
    assert sim.edges() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: [bytes([byte]) for byte in data],
        lambda data: [data[:3], Late(data[3:], by_s=0.03)],
        lambda data: [b"\x00\xff\x01" + data],
        lambda data: [data + b"\x01\x05\x00"],
        lambda data: [data[:-1] + b"\x00" + data[-1:], data],
    ],
    ids=["bytewise", "30 ms gap", "noise before", "noise after", "once damaged, once sound"],
)
def test_an_answer_that_arrives_in_pieces_or_among_noise_is_still_an_answer(
    damage: Callable[[bytes], list[bytes | Late]],
) -> None:
    cables, cable, sim = Cables(), Cable(), RelayBoardSim(clock=Clock())
    cables.register("board", cable.a)
    serving = Serving(sim, cable.b)
    board = open_relay_board("modbus+memory://board?profile=waveshare-8&timeout_ms=2000", cables=cables)
    sim.set_input(3, True)
    cable.to_a = damage
    board.set(1, True)
    board.pulse(2, 500)
    assert board.read_inputs()[:4] == (False, False, True, False)
    assert sim.outputs()[:3] == (True, True, False)
    board.close()
    serving.close()
