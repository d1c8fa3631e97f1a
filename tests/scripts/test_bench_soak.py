"""Rubbish on every port for some simulated minutes; `scripts/bench soak` is the whole day."""

import gc
import tracemalloc
from collections.abc import Iterator

import pytest

from scripts import bench_soak
from scripts.bench_soak import Day
from scripts.soak_ports import PORTS, Made

SECONDS = 60.0
KIB_MAX = 512.0
"""Traced by Python, over half of those seconds; the journal's own cache is filled in the other half."""


@pytest.fixture
def traced() -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.req("SEC-17")
@pytest.mark.parametrize("name", PORTS)
def test_no_bytes_on_any_port_crash_a_driver_or_energise_an_output(name: str) -> None:
    day = bench_soak.soak(name, PORTS[name], SECONDS, seed=7, looks=1)
    assert day.energised == 0
    assert day.seconds == SECONDS and day.pieces > 0


@pytest.mark.req("SEC-17")
def test_memory_stays_flat_under_a_flood(traced: None) -> None:
    day = bench_soak.soak("scanner, CR", PORTS["scanner, CR"], 4 * SECONDS, seed=7)
    assert day.grown_kib < KIB_MAX


@pytest.mark.req("SEC-17")
def test_rubbish_on_an_osdp_line_is_no_card_and_ends_in_a_device_error() -> None:
    day = bench_soak.osdp(SECONDS, seed=7)
    assert day.met and day.heard["Refused"] + day.heard["Unreachable"] > 0


def test_a_day_with_an_output_or_with_growth_is_missed() -> None:
    assert bench_soak._row(Day("a", 60, energised=1))["met"] is False
    assert bench_soak._row(Day("a", 60, grown_kib=1 + bench_soak.GROWTH_MAX_KIB))["met"] is False
    assert bench_soak._row(Day("a", 60))["met"] is True


def test_growth_is_the_slope_and_not_a_peak() -> None:
    memory = bench_soak.Memory()
    memory._kib = [0, 0, 100, 100, 900, 100, 100, 100]
    assert memory.grown() < 200
    memory._kib = [float(100 * n) for n in range(8)]
    assert memory.grown() == pytest.approx(500)


def test_every_port_can_be_made_anew_from_its_seed() -> None:
    def pieces(made: Made) -> int:
        return bench_soak.soak("a", made, 30.0, seed=3, looks=1).pieces

    made = PORTS["reader, Wiegand in hex"]
    assert pieces(made) == pieces(made)
