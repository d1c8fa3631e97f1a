"""A whole simulated gate, driven through its real addresses and drivers."""

from pathlib import Path

import pytest

from devices.ports import Scan
from devices.registry import open_relay_board, open_scanner
from devices.sim.door import Deed
from devices.sim.gate import SimulatedGate
from tests.conformance.rigs import eventually

GENEROUS = "&timeout_ms=2000"


@pytest.mark.req("GEN-08")
def test_a_code_is_read_the_lock_released_and_the_door_seen_to_open_and_shut(tmp_path: Path) -> None:
    now = 500.0
    with SimulatedGate(tmp_path / "gate 1", clock=lambda: now) as gate:
        board = open_relay_board(gate.board_address + GENEROUS)
        scanner = open_scanner(gate.scanner_address)
        assert board.read_inputs()[:3] == (True, False, True), "shut, not pressed, no fire"
        gate.present("MT1:ABC")
        scan = scanner.read(30)
        assert isinstance(scan, Scan)
        assert scan.text == "MT1:ABC"
        gate.do(Deed.PULL)
        gate.tick()
        assert board.read_inputs()[0] is True, "still locked"
        board.pulse(1, 3000)
        gate.tick()
        assert board.read_inputs()[0] is False
        now += 3.5
        gate.tick()
        assert board.read_inputs()[0] is True
        assert board.read_outputs()[0] is False
        assert gate.door.passages == 1
        gate.do(Deed.FIRE)
        gate.do(Deed.PRESS_EXIT)
        gate.tick()
        assert board.read_inputs()[1:3] == (True, False)
        board.close()
        scanner.close()


def test_by_itself_it_ticks(tmp_path: Path) -> None:
    with SimulatedGate(tmp_path) as gate:
        gate.start()
        board = open_relay_board(gate.board_address + GENEROUS)
        gate.do(Deed.FORCE)
        assert eventually(lambda: board.read_inputs()[0] is False), "forced open, and the contact says so"
        assert eventually(lambda: board.read_inputs()[0] is True), "fallen shut again by itself"
        assert gate.door.forced == 1
        board.close()
    assert not list(tmp_path.iterdir()), "the ports are gone with the gate"
