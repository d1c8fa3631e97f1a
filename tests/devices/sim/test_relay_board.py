"""The simulated board: it is what the driver is tested against, so it is tested against the golden bytes itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.relay_board import Edge, RelayBoardSim


def said(board: RelayBoardSim, request: str) -> str:
    data = bytes.fromhex(request)
    return " ".join(piece.hex(" ").upper() for _, piece in board.answer(data, data[0], data[1:-2]))


@pytest.mark.req("GEN-08")
def test_it_answers_the_golden_requests_with_the_golden_answers() -> None:
    board = RelayBoardSim()
    assert said(board, "01 05 00 00 FF 00 8C 3A") == "01 05 00 00 FF 00 8C 3A"
    board.set_input(1, True)
    board.set_input(3, True)
    assert said(board, "01 02 00 00 00 08 79 CC").startswith("01 02 01 05 ")
    assert said(board, "01 05 02 02 00 07 2C 70") == "01 05 02 02 00 07 2C 70"
    assert said(board, "01 01 00 00 00 08 3D CC") == "01 01 01 05 91 8B"
    assert said(board, "01 05 00 09 FF 00 5C 38") == "01 85 02 C3 51"
    assert said(board, "02 01 00 00 00 08 3D FF") == "", "another unit's business"


def test_its_own_clock_ends_a_timed_pulse_and_a_plain_command_takes_the_timer_over() -> None:
    now = 10.0
    board = RelayBoardSim(clock=lambda: now)
    said(board, "01 05 02 00 00 07 8D B0")
    now = 10.69
    assert board.output(1)
    now = 30.0
    assert not board.output(1)
    assert board.edges() == (Edge(10.0, 1, True), Edge(10.7, 1, False))
    said(board, "01 05 02 00 00 07 8D B0")
    said(board, "01 05 00 00 FF 00 8C 3A")
    now = 99.0
    assert board.output(1), "switched on to stay"


@given(st.binary(min_size=4, max_size=40))
def test_it_survives_any_request(data: bytes) -> None:
    board = RelayBoardSim(unit=data[0])
    used, unit, _, pdu = board._framer.decode(data)
    if used:
        board.answer(data, unit, pdu)
