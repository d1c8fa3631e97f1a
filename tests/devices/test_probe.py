"""Looking for a board finds it, takes a bounded time, and moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from devices.catalogue import parse
from devices.diagnose import Finding
from devices.errors import Busy
from devices.probe import probe, variants
from devices.registry import open_relay_board
from devices.sim.pty import PtyLine
from devices.sim.relay_board import Fault, RelayBoardSim
from devices.sim.serve import Serving


class Port:
    def __init__(self, path: Path, unit: int) -> None:
        self.line, self.sim = PtyLine(path), RelayBoardSim(unit=unit)
        self.serving = Serving(self.sim, self.line)
        self.address = f"modbus+serial://{quote(self.line.path)}?profile=waveshare-8"


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Port]:
    made = Port(tmp_path / "board", unit=255)
    yield made
    made.serving.close()
    made.line.close()


def test_a_board_with_another_number_is_found_without_moving_anything(port: Port) -> None:
    found = probe(port.address).found
    assert found is not None and parse(found).options["unit"] == 255
    assert {request[1] for request in port.sim.requests()} <= {1, 2}, "reads only"
    assert port.sim.edges() == ()


def test_an_echoing_adapter_is_found_with_echo(port: Port) -> None:
    port.sim.unit = 1
    port.sim.fault(Fault.ECHOING)
    found = probe(port.address).found
    assert found is not None and parse(found).options["echo"] == 1


@pytest.mark.req("ACC-23")
@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        (Fault.SECOND, Finding.TWO_DEVICES),
        (Fault.ANOTHER, Finding.OTHER_UNIT),
        (Fault.GARBLED, Finding.BAD_CRC),
        (Fault.SPEED, Finding.NOT_ITS_LANGUAGE),
    ],
)
def test_what_answers_and_would_not_work_is_not_found_and_what_was_heard_is_told(
    port: Port, fault: Fault, finding: Finding
) -> None:
    port.sim.unit = 1
    port.sim.fault(fault)
    done = probe(port.address, tell=lambda tried, _: tried < 3)
    assert done.found is None and done.heard is not None and done.heard.finding is finding
    assert done.heard.facts["speed"] == "9600" and done.heard.facts["asked"] == "1"
    assert {request[1] for request in port.sim.requests()} <= {1, 2} and port.sim.edges() == ()


def test_a_dead_board_behind_an_echo_is_not_found(port: Port) -> None:
    port.sim.fault(Fault.ECHOING, Fault.SILENT)
    done = probe(port.address, tell=lambda tried, _: tried < 3)
    assert done.found is None and done.heard is not None and done.heard.finding is Finding.ECHO


def test_silence_is_nothing_heard(port: Port) -> None:
    port.sim.fault(Fault.SILENT)
    assert probe(port.address, tell=lambda tried, _: tried < 3).heard is None


def test_the_time_is_bounded_and_a_person_may_stop_it(port: Port) -> None:
    port.sim.fault(Fault.SILENT)
    ticks = iter(range(0, 1000, 5))
    over = probe(port.address, budget_s=12, clock=lambda: next(ticks))
    assert over.found is None and over.tried <= 3 < over.planned
    assert probe(port.address, tell=lambda tried, _: tried < 1).tried == 1


def test_a_port_that_somebody_has_open_is_not_probed(port: Port) -> None:
    board = open_relay_board(port.address)
    with pytest.raises(Busy):
        probe(port.address)
    board.close()


def test_each_variant_is_asked_once_and_begins_with_what_was_given() -> None:
    given = "modbus+serial:///dev/ttyUSB0?profile=waveshare-8"
    told = list(variants(parse(given)))
    assert told[0] == given and len(set(told)) == len(told)
    assert any("baud=115200" in each for each in told) and any("unit=255" in each for each in told)
    assert all("profile=waveshare-8" in each for each in told)
