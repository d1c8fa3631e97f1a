"""Pins as a board: what is held already stays held, and conflicts are told in words."""

from pathlib import Path

import lgpio
import pytest
from gpiozero.exc import PinUnknownPi

from devices.door import gpio_chip
from devices.door.gpio_board import GpioBoard, Pins
from devices.door.gpio_chip import open_chip
from devices.errors import AddressError, Busy, NotConfirmed, Refused, Unreachable
from devices.registry import open_relay_board, relay_board_facts
from devices.sim.pins import PinsSim

PINS = Pins(outputs=(17, 27), inputs=(5, 6))


@pytest.mark.parametrize("active_low", [False, True])
@pytest.mark.req("ACC-23")
def test_a_pin_is_not_touched_before_it_is_switched_and_then_goes_to_its_level_at_once(active_low: bool) -> None:
    pins = Pins((17, 27), (5, 6), active_low=active_low)
    far = PinsSim(pins)
    board = GpioBoard(far.chip, pins)
    assert far.chip.factory.pin(17).function == "input"
    assert board.read_outputs() == (False, False)
    board.set(1, False)
    assert far.edges() == ()
    board.set(1, True)
    assert (far.outputs(), board.read_outputs()) == ((True, False), (True, False))
    assert [edge.on for edge in far.edges()] == [True]


def test_two_boards_that_want_one_pin_are_told_which_and_the_second_takes_nothing() -> None:
    far = PinsSim(PINS)
    first = GpioBoard(far.chip, PINS)
    with pytest.raises(Busy, match=r"GPIO17.*in use by the board with outputs \(17, 27\)"):
        GpioBoard(far.chip, Pins(outputs=(4, 17), inputs=()))
    GpioBoard(far.chip, Pins(outputs=(4,), inputs=())).close()
    first.close()
    GpioBoard(far.chip, PINS).close()


def test_a_pin_that_the_computer_does_not_have_is_refused_in_words() -> None:
    with pytest.raises(Refused, match="has no pin GPIO 63"):
        GpioBoard(PinsSim(PINS).chip, Pins(outputs=(63,), inputs=()))


def test_a_pin_that_something_else_holds_at_its_level_is_not_confirmed() -> None:
    far = PinsSim(PINS)
    board = GpioBoard(far.chip, PINS)
    board.set(1, False)
    pin = far.chip.factory.pin(17)
    pin._change_state = lambda value: False
    with pytest.raises(NotConfirmed, match="GPIO 17 was told to be high and reads low"):
        board.set(1, True)


def test_a_closed_board_is_unreachable() -> None:
    board = GpioBoard(PinsSim(PINS).chip, PINS)
    board.close()
    board.close()
    for act in (board.read_inputs, board.read_outputs, lambda: board.set(1, True)):
        with pytest.raises(Unreachable):
            act()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("gpio://gpiochip0?outputs=17&inputs=17", "pin 17 is an output and an input"),
        ("gpio://chip0?outputs=17", "as in gpio://gpiochip0"),
        ("gpio://gpiochip0?outputs=17,17", "joined by commas, each once"),
        ("gpio://gpiochip0?pull=sideways", "pull=up|down|floating"),
    ],
)
def test_pins_that_contradict_each_other_are_told(address: str, words: str) -> None:
    for use in (relay_board_facts, open_relay_board):
        with pytest.raises(AddressError) as told:
            use(address)
        assert words in str(told.value)


def test_a_computer_without_that_chip_is_unreachable_and_no_other_chip_is_taken() -> None:
    with pytest.raises(Unreachable, match="has no /dev/gpiochip99"):
        open_relay_board("gpio://gpiochip99?outputs=17")


@pytest.fixture
def fake_chip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[object, ...]]:
    """The library lgpio without a chip behind it: what it was asked, in order."""
    asked: list[tuple[object, ...]] = []
    (tmp_path / "gpiochip7").touch()
    monkeypatch.setattr(gpio_chip, "Path", lambda text: tmp_path / Path(text).name)
    monkeypatch.setattr(gpio_chip, "_OPEN", {})
    monkeypatch.setattr("gpiozero.pins.local.LocalPiFactory.pins", {})
    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", lambda: 0xA02082)
    monkeypatch.setattr(lgpio, "gpiochip_open", lambda chip: 1)
    for name in ("gpio_claim_input", "gpio_claim_output", "gpio_write", "gpio_free"):
        monkeypatch.setattr(lgpio, name, lambda *call, name=name: asked.append((name, *call)))
    monkeypatch.setattr(lgpio, "gpio_get_mode", lambda handle, number: 0)
    monkeypatch.setattr(lgpio, "gpio_read", lambda handle, number: 1)
    return asked


@pytest.mark.req("ACC-23")
def test_with_the_real_library_a_low_active_output_is_claimed_high_and_never_low_first(
    fake_chip: list[tuple[object, ...]],
) -> None:
    board = GpioBoard(open_chip(7), Pins(outputs=(17,), inputs=(), active_low=True))
    assert fake_chip == [], "opening touches no output"
    board.set(1, False)
    assert [call for call in fake_chip if call[0] != "gpio_claim_input"] == [("gpio_claim_output", 1, 17, 1)]
    assert open_chip(7) is open_chip(7)


def test_a_line_that_another_program_has_is_busy(
    fake_chip: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise lgpio.error("GPIO busy")

    monkeypatch.setattr(lgpio, "gpio_claim_input", busy)
    with pytest.raises(Busy, match="another program"):
        GpioBoard(open_chip(7), Pins(outputs=(), inputs=(5,)))


def test_a_computer_whose_pins_nobody_knows_is_unreachable(
    fake_chip: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> int:
        raise PinUnknownPi("no revision in /proc")

    monkeypatch.setattr("gpiozero.pins.local.get_pi_revision", unknown)
    with pytest.raises(Unreachable, match="cannot be used"):
        open_chip(7)
