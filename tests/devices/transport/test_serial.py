"""The serial port, on a pseudo-terminal."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.errors import Busy, Unreachable
from devices.sim.pty import PtyLine
from devices.transport.serial import SerialLine


@pytest.fixture
def pty() -> Iterator[PtyLine]:
    line = PtyLine()
    yield line
    line.close()


def test_bytes_travel_unchanged_both_ways_and_reading_does_not_wait_for_more(pty: PtyLine) -> None:
    line = SerialLine(pty.path, baud=9600)
    every = bytes(range(256))  # a terminal that is not raw would eat or change some of these
    line.write(every)
    got = b""
    while len(got) < 256 and (piece := pty.read(256, 5)):
        got += piece
    assert got == every
    pty.write(b"\x03\x04\r\n")
    got = b""
    while len(got) < 4 and (piece := line.read(1000, 5)):
        got += piece
    assert got == b"\x03\x04\r\n"
    assert line.read(1, 0) == b""
    line.close()


def test_drain_forgets_what_was_not_read(pty: PtyLine) -> None:
    line = SerialLine(pty.path, baud=9600)
    pty.write(b"old")
    assert line.read(1, 5) == b"o"
    line.drain()
    pty.write(b"new")
    assert line.read(1, 5) == b"n"
    line.close()


def test_two_openers_of_one_port_are_refused_until_the_first_lets_go(pty: PtyLine) -> None:
    first = SerialLine(pty.path, baud=9600)
    with pytest.raises(Busy):
        SerialLine(pty.path, baud=9600)
    first.close()
    SerialLine(pty.path, baud=9600).close()


def test_unplugging_is_unreachable_for_reading_writing_and_opening(pty: PtyLine) -> None:
    line = SerialLine(pty.path, baud=9600)
    pty.close()
    for act in (lambda: line.read(1, 5), lambda: line.write(b"x" * 9), line.drain):
        with pytest.raises(Unreachable):
            act()
    line.close()
    with pytest.raises(Unreachable):
        SerialLine(pty.path, baud=9600)


def test_closing_ends_a_read_in_another_thread(pty: PtyLine) -> None:
    line = SerialLine(pty.path, baud=9600)
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(Unreachable):
            line.read(1, 60)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    line.close()
    line.close()
    assert ended.wait(10)


def test_a_file_that_is_no_terminal_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unreachable):
        SerialLine(str(tmp_path / "file"), baud=9600)
