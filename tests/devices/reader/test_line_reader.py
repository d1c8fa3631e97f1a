"""The driver for readers that write lines: cards, keys, repeats and rubbish."""

from __future__ import annotations

import pytest

from devices.ports import CardRead, Garbage, GarbageReason, KeyPressed, ReaderEvent
from devices.reader.line_reader import READ_MAX, LineReader
from devices.reader.lines import Profile
from devices.scanner.framing import End, Framing
from devices.sim.card_reader import ConverterSim, TypingSim
from devices.transport.keyboard import Keyboard
from devices.transport.memory import Cable


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


def taken(reader: LineReader, count: int) -> list[object]:
    """So many events, and then none."""
    found = [reader.read(30) for _ in range(count)]
    assert reader.read(0) is None
    return [shown(event) for event in found if event is not None]


def shown(event: ReaderEvent) -> object:
    match event:
        case CardRead():
            return event.number
        case KeyPressed(key):
            return key
        case Garbage(reason):
            return reason
        case _:
            return event


@pytest.fixture
def cable() -> Cable:
    return Cable()


@pytest.mark.req("INT-06", "ACC-28")
def test_a_card_through_a_converter_is_weak_and_counts_again_after_two_seconds(cable: Cable) -> None:
    clock = Clock()
    reader = LineReader(cable.a, Framing(), Profile(), clock=clock)
    sim = ConverterSim(cable.b)
    sim.card(123, 45678)
    card = reader.read(0)
    assert isinstance(card, CardRead)
    assert (card.format, card.facility, card.number, card.weak) == ("wiegand26", 123, 45678, True)
    sim.card(123, 45678)
    clock.now += 1.5
    assert reader.read(0) is None
    clock.now += 2.5
    sim.card(123, 45678)
    assert taken(reader, 1) == [45678]


@pytest.mark.req("INT-06")
def test_keys_cards_and_rubbish_come_in_their_order(cable: Cable) -> None:
    reader, sim = LineReader(cable.a, Framing(), Profile()), ConverterSim(cable.b)
    sim.key("1")
    sim.key("1")
    sim.card(1, 2)
    sim.card(1, 3, flip=2)
    sim.send(b"\x1b[2J")
    sim.send(b"9" * 10_000)
    sim.key("#")
    assert taken(reader, 7) == [
        "1",
        "1",
        2,
        GarbageReason.PARITY,
        GarbageReason.CONTROL,
        GarbageReason.TOO_LONG,
        "#",
    ]


def test_a_keypad_without_lines_gives_each_key_at_once_and_counts_the_rest(cable: Cable) -> None:
    reader = LineReader(cable.a, Framing(), Profile("keys"))
    cable.b.write(b"12*\r\x08\xff\x00")
    assert taken(reader, 6) == ["1", "2", "*", "#", "*", GarbageReason.CONTROL]


def test_a_flood_of_keys_is_read_piece_by_piece(cable: Cable) -> None:
    reader = LineReader(cable.a, Framing(), Profile("keys"))
    cable.b.write(b"7" * (READ_MAX * 10))
    assert isinstance(reader.read(0), KeyPressed)
    assert len(reader._found) < READ_MAX


@pytest.mark.req("INT-06", "SEC-11")
def test_a_reader_that_types_is_read_like_one_on_a_line(cable: Cable) -> None:
    reader, sim = LineReader(Keyboard(cable.a), Framing(), Profile("decimal")), TypingSim(cable.b)
    sim.types("0008123456")
    sim.types("12;x")
    card, wrong = reader.read(30), reader.read(30)
    assert isinstance(card, CardRead)
    assert (card.format, card.number, card.weak) == ("decimal10", 8123456, True)
    assert isinstance(wrong, Garbage)
    assert wrong.reason is GarbageReason.NOT_CARD


def test_a_typing_keypad_gives_keys_and_a_held_one_only_once(cable: Cable) -> None:
    reader, sim = LineReader(Keyboard(cable.a), Framing(), Profile("keys")), TypingSim(cable.b)
    for value in (1, *[2] * 500, 0):
        sim.event(79, value)  # the 1 of the number block
    sim.event(96, 1)
    assert taken(reader, 2) == ["1", "#"]


def test_without_an_end_a_gap_ends_a_card(cable: Cable) -> None:
    reader = LineReader(cable.a, Framing(end=End.IDLE, idle_s=0.05), Profile("decimal"))
    cable.b.write(b"12345678")
    card = reader.read(30)
    assert isinstance(card, CardRead)
    assert card.number == 12345678
