"""The thread that listens to a reader: cards, PINs and tamper reach the gate; a lost reader is told and comes back."""

import logging
import queue
import time
from collections.abc import Callable, Iterator

import pytest

from devices.errors import DeviceError, Refused, Unreachable
from devices.ports import CardRead, Garbage, GarbageReason, KeyPressed, Reader, ReaderEvent, ReaderTamper, Signal
from devices.transport.reopen import Backoff
from edge.lane.hearing import Fault
from edge.lane.inbox import CardSeen, DeviceState, Item, PinEntered, ReaderTampered, ScanRefused
from edge.lane.reader_ears import ReaderThread

CARD = CardRead("wiegand26", 123, 45678, 1e12)  # so late that it never is too old to be decided
AT_ONCE = Backoff(first_s=0.01, most_s=0.02)


class Hand:
    """A reader that says what it is given, one after the other, and shows what it is told."""

    def __init__(self) -> None:
        self.says: queue.Queue[ReaderEvent | DeviceError] = queue.Queue()
        self.showed: queue.Queue[Signal] = queue.Queue()
        self.closed = False

    def read(self, timeout_s: float) -> ReaderEvent | None:
        try:
            said = self.says.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(said, DeviceError):
            raise said
        return said

    def signal(self, signal: Signal) -> None:
        self.showed.put(signal)

    def close(self) -> None:
        self.closed = True


class Rig:
    def __init__(self) -> None:
        self.inbox: queue.Queue[Item] = queue.Queue()
        self.hands = [Hand(), Hand()]
        self.openings: list[Reader | DeviceError] = list(self.hands)
        self.thread = ReaderThread("east-in", self.open, self.inbox, AT_ONCE)

    def open(self) -> Reader:
        opened = self.openings.pop(0)
        if isinstance(opened, DeviceError):
            raise opened
        return opened

    def next(self, wanted: Callable[[Item], bool] = lambda item: True) -> Item:
        while True:
            item = self.inbox.get(timeout=30)
            if wanted(item):
                return item


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.thread.stop()
    made.thread.join(30)


def test_it_meets_the_port() -> None:
    assert isinstance(Hand(), Reader)


def test_cards_keys_tamper_and_rubbish_reach_the_gate(rig: Rig) -> None:
    for count, key in enumerate("1203#483920#"):
        rig.hands[0].says.put(KeyPressed(key, 5.0 + count / 2))
    for said in (CARD, ReaderTamper(True, 8.0), Garbage(GarbageReason.PARITY, 26, CARD.at)):
        rig.hands[0].says.put(said)
    rig.thread.start()
    assert [rig.next() for _ in range(5)] == [
        DeviceState("east-in", "reader", None),
        PinEntered("east-in", "1203", None, 10.5),
        CardSeen("east-in", CARD, CARD.at),
        ReaderTampered("east-in", True),
        ScanRefused("east-in", "parity", 26),
    ]


@pytest.mark.req("ACC-27")
def test_no_digit_is_logged_or_shown(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for count, key in enumerate("1203#483920#"):
        rig.hands[0].says.put(KeyPressed(key, 5.0 + count / 2))
    rig.thread.start()
    entered = rig.next(lambda item: isinstance(item, PinEntered))
    assert "483920" not in repr(entered) + caplog.text
    assert repr(KeyPressed("4", 1.0)) == "KeyPressed(at=1.0)"


def test_a_card_ends_what_was_being_keyed(rig: Rig) -> None:
    for count, key in enumerate("1203#48"):
        rig.hands[0].says.put(KeyPressed(key, 5.0 + count / 2))
    rig.hands[0].says.put(CARD)
    for count, key in enumerate("3920#"):
        rig.hands[0].says.put(KeyPressed(key, 9.0 + count / 2))
    rig.hands[0].says.put(ReaderTamper(False, 20.0))
    rig.thread.start()
    assert isinstance(rig.next(), DeviceState)
    assert [type(rig.next()) for _ in range(2)] == [CardSeen, ReaderTampered]


@pytest.mark.req("ACC-21")
def test_a_keypad_with_a_key_held_down_is_at_fault_until_it_is_let_go_and_cards_count_all_the_while(rig: Rig) -> None:
    now = time.monotonic()
    for count in range(52):
        rig.hands[0].says.put(KeyPressed("7", now - (51 - count) / 2))
    rig.hands[0].says.put(CARD)
    rig.thread.start()
    assert [rig.next() for _ in range(4)] == [
        DeviceState("east-in", "reader", None), DeviceState("east-in", "reader", Fault.KEY_HELD),
        CardSeen("east-in", CARD, CARD.at), DeviceState("east-in", "reader", None),
    ]  # fmt: skip


@pytest.mark.req("SEC-12")
def test_a_lost_reader_is_told_once_closed_and_opened_again(rig: Rig) -> None:
    gone = Unreachable("reader 1 is silent for 1.5 s")
    rig.openings[1:1] = [gone, gone]
    rig.hands[0].says.put(CARD)
    rig.hands[0].says.put(gone)
    rig.hands[1].says.put(CARD)
    rig.thread.start()
    assert [rig.next() for _ in range(5)] == [
        DeviceState("east-in", "reader", None),
        CardSeen("east-in", CARD, CARD.at),
        DeviceState("east-in", "reader", "Unreachable: reader 1 is silent for 1.5 s"),
        DeviceState("east-in", "reader", None),
        CardSeen("east-in", CARD, CARD.at),
    ]
    assert rig.hands[0].closed


def test_a_wrong_key_is_told_and_tried_again_for_whoever_mends_it(rig: Rig) -> None:
    rig.openings.insert(0, Refused("no secure channel"))
    rig.thread.start()
    assert rig.next() == DeviceState("east-in", "reader", "Refused: no secure channel")
    assert rig.next() == DeviceState("east-in", "reader", None)


def test_what_is_to_be_shown_is_shown(rig: Rig) -> None:
    rig.thread.start()
    rig.next()
    rig.thread.show(Signal.GRANTED)
    assert rig.hands[0].showed.get(timeout=30) is Signal.GRANTED


@pytest.mark.req("ACC-17")
def test_a_babbling_reader_is_at_fault_and_a_card_is_decided_while_its_holder_stands_there(rig: Rig) -> None:
    for _ in range(400):
        rig.hands[0].says.put(Garbage(GarbageReason.PARITY, 26, time.monotonic()))
    rig.hands[0].says.put(CARD)
    held_up = CardRead("wiegand26", 123, 1, time.monotonic() - 60)
    rig.hands[0].says.put(held_up)
    rig.thread.start()
    told = [rig.next(lambda item: not isinstance(item, ScanRefused)) for _ in range(3)]
    assert told == [
        DeviceState("east-in", "reader", None), DeviceState("east-in", "reader", Fault.BABBLES),
        CardSeen("east-in", CARD, CARD.at),
    ]  # fmt: skip
    assert rig.thread.fault() == Fault.BABBLES
    rig.hands[0].says.put(Unreachable("unplugged"))  # whoever held up a card a minute ago is gone, and is only counted
    left = rig.next(lambda item: isinstance(item, CardSeen | DeviceState))
    assert left == DeviceState("east-in", "reader", "Unreachable: unplugged")
