"""What every reader's driver must do. A real reader needs a hand: see --real-reader."""

import time

import pytest

from devices.errors import Unreachable
from devices.ports import CardRead, Garbage, Reader, ReaderTamper, Signal
from devices.registry import open_reader
from devices.transport.keyboard import open_keyboard
from tests.conformance.readers import ReaderRig
from tests.conformance.rigs import DEADLINE_S, eventually

pytestmark = pytest.mark.req("GEN-08")


def card(reader: Reader) -> tuple[str, int | None, int]:
    """The next card; what else a reader has to say may come before."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = reader.read(1)
        if isinstance(found, CardRead):
            assert found.at <= time.monotonic()
            return found.format, found.facility, found.number
    raise AssertionError("no card was read")


def test_it_meets_the_port_and_silence_is_none(cards: ReaderRig) -> None:
    reader = cards.open()
    assert isinstance(reader, Reader)
    assert reader.read(0) is None


@pytest.mark.req("INT-06")
def test_a_card_is_read_by_format_facility_and_number(cards: ReaderRig) -> None:
    reader = cards.open()
    cards.card(45678)
    assert card(reader) == ("wiegand26", 12, 45678)


@pytest.mark.req("INT-06")
def test_the_same_card_inside_the_window_counts_once_and_another_one_counts(cards: ReaderRig) -> None:
    reader = cards.open(repeat_ms=10_000)
    for number in (1, 1, 1, 2, 1, 3):
        cards.card(number)
    assert [card(reader)[2] for _ in range(3)] == [1, 2, 3]


def test_where_repeats_are_wanted_they_come(cards: ReaderRig) -> None:
    reader = cards.open(repeat_ms=0)
    cards.card(1)
    cards.card(1)
    assert [card(reader)[2] for _ in range(2)] == [1, 1]


@pytest.mark.req("INT-06")
def test_rubbish_is_garbage_and_never_a_card_and_the_next_card_is_read(cards: ReaderRig) -> None:
    reader = cards.open()
    garbage: list[Garbage] = []

    def send() -> None:
        cards.rubbish()
        cards.card(7)

    cards.meanwhile(send)
    found = None
    deadline = time.monotonic() + DEADLINE_S
    while not isinstance(found, CardRead) and time.monotonic() < deadline:
        found = reader.read(1)
        if isinstance(found, Garbage):
            garbage.append(found)
    assert isinstance(found, CardRead)
    assert found.number == 7
    assert garbage


def test_a_signal_is_shown_or_ignored_and_never_in_the_way(cards: ReaderRig) -> None:
    reader = cards.open()
    for signal in Signal:
        reader.signal(signal)
    cards.card(4)
    assert card(reader)[2] == 4


def test_unplugged_is_unreachable_and_plugged_again_reads_again(cards: ReaderRig) -> None:
    reader = cards.open()
    cards.unplug()
    with pytest.raises(Unreachable):
        reader.read(DEADLINE_S)
    reader.close()
    cards.plug()
    again = cards.open()
    cards.card(5)
    assert card(again)[2] == 5
    again.close()
    again.close()
    with pytest.raises(Unreachable):
        again.read(0)


def test_a_keyboard_of_the_kernel_is_grabbed_and_read_and_its_end_is_unreachable(typing_keyboard: str) -> None:
    import evdev

    with evdev.UInput(name=f"menting {typing_keyboard}") as made:
        assert made.device is not None
        keyboard = open_keyboard(str(made.device.path))
        for code, value in ((30, 1), (30, 0), (28, 1), (28, 0)):
            made.write(1, code, value)
        made.syn()
        typed = bytearray()
        assert eventually(lambda: typed.extend(keyboard.read(10, 0.1)) is None and typed == b"a\r")
    with pytest.raises(Unreachable):
        keyboard.read(10, DEADLINE_S)
    keyboard.close()


def test_a_real_reader_reads_a_card(real_reader: str) -> None:
    reader = open_reader(real_reader)
    reader.signal(Signal.GRANTED)
    print("\nThe reader's light is green where it has one. Hold a card to it, or press a key, within 30 seconds.")
    found = reader.read(30)
    while isinstance(found, ReaderTamper):
        print(f"opened or torn off: {found.tampered}")
        found = reader.read(30)
    reader.close()
    assert found is not None, "nothing was read"
    assert not isinstance(found, Garbage), f"got {found}"
    print(f"read {found if isinstance(found, CardRead) else 'a key'}")
