"""A babbling line passes time only for who waits, and says the same again from the same seed."""

from devices.errors import Unreachable
from devices.sim.babble import FLOOD, BabblingLine, SimulatedClock


def _heard(seed: int) -> tuple[list[bytes], float]:
    clock = SimulatedClock()
    line = BabblingLine(clock, seed, (b"12345",), b"\r")
    heard = [line.read(4096, 1.0) for _ in range(400)]
    return heard, clock.now


def test_the_same_seed_babbles_the_same() -> None:
    assert _heard(5) == _heard(5)
    assert _heard(5) != _heard(6)


def test_a_read_takes_as_long_as_it_waited_and_no_more() -> None:
    clock = SimulatedClock(0.0)
    line = BabblingLine(clock, 1, unasked=False)
    assert line.read(16, 0.25) == b""
    assert clock.now == 0.25


def test_sound_answers_arrive_unharmed_and_harmed_ones_never_as_they_were_sent_whole() -> None:
    clock = SimulatedClock()
    line = BabblingLine(clock, 1, answers=lambda asked: [asked[::-1]], sound=100, unasked=False)
    line.write(b"abc")
    heard = b"".join(line.read(16, 2.0) for _ in range(4))
    assert heard == b"cba"


def test_what_nobody_reads_is_lost_as_in_a_serial_buffer() -> None:
    clock = SimulatedClock()
    line = BabblingLine(clock, 1, answers=lambda asked: [bytes(FLOOD)] * 4, sound=100, unasked=False)
    line.write(b"?")
    clock.wait(10)
    assert sum(len(line.read(FLOOD, 2.0)) for _ in range(40)) <= 2 * FLOOD


def test_a_closed_line_is_gone_until_it_is_opened_again() -> None:
    line = BabblingLine(SimulatedClock(), 1)
    line.close()
    try:
        line.read(1, 0)
        raise AssertionError("it answered")
    except Unreachable:
        assert line.reopen().read(0, 0) == b""
