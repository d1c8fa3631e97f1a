"""A keyboard as a line: events from a pipe, unplugged, closed, and never one that was not named."""

import os
import threading
from collections.abc import Iterator

import pytest

from devices.address import AddressError
from devices.errors import Unreachable
from devices.ports import Garbage, GarbageReason, Scan
from devices.registry import check_address, open_reader, open_scanner
from devices.scanner.framing import Framing
from devices.scanner.serial_scanner import SerialScanner
from devices.sim.card_reader import TypingSim
from devices.transport.keyboard import EventFile, Keyboard
from devices.transport.keys import strokes
from devices.transport.memory import Cable

PASS = "MT1:6BFOXN*TS0BI$ZD 4"
ID = "/dev/input/by-id/usb-Maker_Scanner-event-kbd"


class Pipe:
    def __init__(self) -> None:
        near, self.far = os.pipe()
        self.keyboard = Keyboard(EventFile(near, "the pipe"))

    def unplug(self) -> None:
        if self.far >= 0:
            os.close(self.far)
        self.far = -1


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.unplug()
    made.keyboard.close()


@pytest.mark.req("INT-06")
def test_a_pass_that_is_typed_is_a_scan_with_both_shifts_and_a_space(pipe: Pipe) -> None:
    scanner = SerialScanner(pipe.keyboard, Framing())
    os.write(pipe.far, strokes(PASS + "\r"))
    found = scanner.read(30)
    assert isinstance(found, Scan)
    assert found.text == PASS


def test_an_event_in_two_pieces_is_one_event(pipe: Pipe) -> None:
    events = strokes("a")
    os.write(pipe.far, events[:30])
    assert pipe.keyboard.read(10, 0.01) == b"a"
    os.write(pipe.far, events[30:] + strokes("b"))
    assert pipe.keyboard.read(10, 30) == b"b"


def test_what_was_typed_and_not_read_is_kept_or_drained(pipe: Pipe) -> None:
    os.write(pipe.far, strokes("abcd"))
    assert pipe.keyboard.read(2, 30) == b"ab"
    assert pipe.keyboard.read(2, 30) == b"cd"
    os.write(pipe.far, strokes("old"))
    pipe.keyboard.drain()
    assert pipe.keyboard.read(10, 0) == b""


def test_unplugged_is_unreachable_and_so_is_closed(pipe: Pipe) -> None:
    pipe.unplug()
    with pytest.raises(Unreachable, match="gone"):
        pipe.keyboard.read(10, 30)
    pipe.keyboard.close()
    pipe.keyboard.close()
    for act in (lambda: pipe.keyboard.read(10, 0), lambda: pipe.keyboard.write(b"x")):
        with pytest.raises(Unreachable):
            act()


def test_closing_ends_a_read_in_another_thread(pipe: Pipe) -> None:
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(Unreachable):
            pipe.keyboard.read(1, 60)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    pipe.keyboard.close()
    assert ended.wait(10)


def test_a_key_without_a_letter_or_lost_events_refuse_the_whole_code() -> None:
    cable = Cable()
    scanner, sim = SerialScanner(Keyboard(cable.a), Framing()), TypingSim(cable.b)
    sim.types("MT1:AB", end="")
    sim.loses_events()
    sim.types("CD")
    found = scanner.read(30)
    assert isinstance(found, Garbage)
    assert found.reason is GarbageReason.CONTROL


@pytest.mark.req("SEC-11")
@pytest.mark.parametrize(
    "path",
    [
        "/dev/input/event3",
        "/dev/input/by-path/pci-0-usb-event-kbd",
        "/dev/input/by-id/",
        "/dev/input/by-id/..",
        "/dev/input/by-id/../event3",
        "/dev/input/by-id/a/b",
        "/dev/ttyUSB0",
        "/tmp/x/dev/input/by-id/usb",
    ],
)
def test_a_keyboard_that_is_not_named_by_its_id_cannot_even_be_written(path: str) -> None:
    for address in (f"scanner+hid://{path}", f"reader+hid://{path}?line=decimal"):
        with pytest.raises(AddressError, match="own id"):
            check_address(address)


@pytest.mark.req("SEC-11")
def test_a_named_keyboard_that_is_not_there_is_unreachable_and_no_other_is_taken() -> None:
    for opener, address in ((open_scanner, f"scanner+hid://{ID}"), (open_reader, f"reader+hid://{ID}?line=uid")):
        check_address(address)
        with pytest.raises(Unreachable, match="usb-Maker_Scanner-event-kbd"):
            opener(address)
