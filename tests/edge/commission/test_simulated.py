"""`--simulate`: everything of the device list that a line or a socket can be is there to be tried, and works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devices.catalogue import Kind
from devices.diagnose import Finding
from edge.commission.picker import address_of, fields, options
from edge.commission.simulated import SimulatedHardware
from edge.commission.trial import Trial
from edge.console.words import Line
from tests.conformance.rigs import eventually

NEED_A_KERNEL = {"gpio", "scanner+hid", "reader+hid", "camera+v4l2", "rtsps"}


@pytest.fixture(scope="module")
def hardware(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedHardware]:
    made = SimulatedHardware(tmp_path_factory.mktemp("sim") / "dev")
    yield made
    made.close()


@pytest.mark.req("ACC-23")
def test_every_scheme_is_there_but_those_that_need_a_kernels_device(hardware: SimulatedHardware) -> None:
    assert {each.scheme for each in hardware.found} == {each.scheme for each in options()} - NEED_A_KERNEL
    for each in hardware.found:
        assert isinstance(each.label, Line), "in the reader's language"
        assert each.label.zh.startswith("◇ 模拟：") and each.label.en.startswith("◇ simulated: ")


@pytest.mark.parametrize("scheme", sorted({each.scheme for each in options()} - NEED_A_KERNEL))
def test_each_of_them_works_when_it_is_tried(hardware: SimulatedHardware, scheme: str) -> None:
    found = next(each for each in hardware.found if each.scheme == scheme)
    option = next(each for each in options() if each.scheme == scheme)
    asked = {each.name: each.value for each in fields(option, found.link)}
    trial = Trial(address_of(option, found.where, asked))
    trial.start()
    try:
        assert eventually(lambda: trial.state().works or trial.state().told_only), trial.state()
        if trial.state().told_only:
            sent, done = (Finding.TEXT_SENT, _shows) if trial.kind is Kind.BOARD else (Finding.ONLY_SENT, _clicks)
            assert eventually(lambda: [each.finding for each in trial.state().told] == [sent])
            assert eventually(lambda: done(trial)), trial.state()
            assert eventually(lambda: (trial.saw(True), trial.state().works)[1]), "asked anew after each order"
    finally:
        trial.stop()


def _shows(trial: Trial) -> bool:
    trial.show("zh")
    return eventually(lambda: bool(trial.state().shown))


def _clicks(trial: Trial) -> bool:
    """A panel takes a moment until its line is sealed."""
    if not trial.state().pulsed:
        trial.pulse(1)
    return eventually(lambda: trial.state().pulsed == 1 or bool(trial.state().pulse_told)) and trial.state().pulsed == 1
