"""What is decided of what a scanner sends, what is only counted, and when the scanner itself is at fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ports import Garbage, GarbageReason, Scan
from edge.lane.hearing import (
    BAD_MAX,
    LATE_S,
    LULL_S,
    PACE_S,
    QUIET_S,
    TELL_WITHIN_S,
    WAITING_MAX,
    Backlog,
    Fault,
    Hearing,
)
from scripts.rig import Authority

PASS = Authority().a_pass()[1]
UNENDED = GarbageReason.UNENDED


def dealt_with(hearing: Hearing, since: float, until: float) -> list[Scan | Garbage | Backlog]:
    """Everything that was due in that time, asked for again and again as the thread does."""
    found, now = [], since
    while now <= until:
        found += [heard for heard in [hearing.due(now)] if heard is not None]
        now += PACE_S / 2
    return found


def rubbish(hearing: Hearing, count: int, now: float, every_s: float = 0.0) -> None:
    for number in range(count):
        hearing.hear(Scan(f"X{number}", now), now)
        now += every_s


@pytest.mark.req("INT-06")
def test_a_code_that_comes_alone_is_decided_at_once() -> None:
    hearing, wrong = Hearing(), Scan("6922-a poster", 10.0)
    for one, at in ((Scan(PASS, 9.0), 9.0), (wrong, 10.0), (Garbage(GarbageReason.CONTROL, 5, 11.0), 11.0)):
        hearing.hear(one, at)
        assert hearing.due(at) == one and hearing.due(at + PACE_S) is None
    assert hearing.fault(11.0) is None and hearing.left_out() is None


@pytest.mark.req("ACC-07", "INT-06")
def test_a_pass_behind_eight_hundred_lines_is_decided_at_once_and_the_lines_are_one_record() -> None:
    """Seen with a babbling scanner: the relay moved 57.7 s after the pass was shown, with nobody there any more."""
    hearing = Hearing()
    rubbish(hearing, 800, 5.0)
    shown = Scan(PASS, 5.02)
    hearing.hear(shown, 5.02)
    assert hearing.due(5.02) == shown
    after = dealt_with(hearing, 5.03, 60.0)
    (backlog,) = [one for one in after if isinstance(one, Backlog)]
    assert len(after) - 1 + backlog.count == 800 and len(after) - 1 <= BAD_MAX
    assert backlog.length > 3 * backlog.count


@given(st.lists(st.tuples(st.sampled_from(["pass", "rubbish", "garbage"]), st.floats(0, 0.3)), max_size=120))
def test_every_line_is_dealt_with_or_counted_young_and_never_faster_than_the_pace(
    lines: list[tuple[str, float]],
) -> None:
    hearing, now, next_at = Hearing(), 100.0, 100.0
    told: list[tuple[float, Scan | Garbage | Backlog]] = []
    for kind, pause_s in lines:
        now += pause_s
        hearing.hear(Garbage(UNENDED, 3, now) if kind == "garbage" else Scan(PASS if kind == "pass" else "X", now), now)
        while next_at <= now:
            told += [(next_at, heard) for heard in [hearing.due(next_at)] if heard is not None]
            next_at += PACE_S
    told += [(at, heard) for at in [now + n * PACE_S for n in range(2 * WAITING_MAX)] if (heard := hearing.due(at))]
    rest = hearing.left_out()
    counted = sum(one.count for _, one in [*told, (now, rest)] if isinstance(one, Backlog))
    assert counted + sum(not isinstance(one, Backlog) for _, one in told) == len(lines)
    assert all(at - one.at <= LATE_S for at, one in told if not isinstance(one, Backlog))


def test_what_grew_old_behind_a_slow_gate_is_counted_and_not_decided() -> None:
    hearing = Hearing()
    hearing.hear(Scan(PASS, 1.0), 1.0)
    newest = Scan(PASS, 1.0 + LATE_S)
    hearing.hear(newest, newest.at)
    assert hearing.due(1.1 + LATE_S) == newest
    assert dealt_with(hearing, 1.2 + LATE_S, 9.0) == [Backlog(1, len(PASS))]


@pytest.mark.req("ACC-23")
def test_a_scanner_that_sends_no_codes_without_pause_is_at_fault_until_it_is_quiet() -> None:
    hearing = Hearing()
    rubbish(hearing, BAD_MAX - 1, 1.0, every_s=0.4)
    assert hearing.fault(9.0) is None, "somebody may try a few"
    hearing.hear(Garbage(GarbageReason.NOT_ASCII, 9, 9.0), 9.0)
    assert hearing.fault(9.0) is Fault.BABBLES
    assert hearing.fault(8.9 + QUIET_S) is Fault.BABBLES and hearing.fault(9.0 + QUIET_S) is None


def test_wrong_codes_that_a_crowd_holds_up_are_no_fault() -> None:
    hearing = Hearing()
    for second in range(100):
        hearing.hear(Scan(f"X{second}", float(second)), float(second))
        assert hearing.fault(float(second)) is None


@pytest.mark.req("ACC-23")
def test_a_line_that_never_ends_is_a_fault_at_once_and_is_said_once_with_its_reason() -> None:
    hearing, told = Hearing(), []
    for second in (2.0, 4.0, 6.0, 8.0):
        hearing.hear(Garbage(UNENDED, 20_000, second), second)
        assert hearing.fault(second) is Fault.UNENDED
        told += dealt_with(hearing, second, second + 0.2)
    assert told == [Garbage(UNENDED, 20_000, 2.0)]
    assert dealt_with(hearing, 8.2, 20.0) == [Backlog(3, 60_000)]
    again = Garbage(UNENDED, 7, 40.0)
    hearing.hear(again, 40.0)
    assert hearing.due(40.0) == again, "a day later it is news again"


@pytest.mark.req("ACC-23")
def test_a_pass_that_came_alone_ends_the_fault_and_one_amid_babble_is_decided_and_ends_nothing() -> None:
    hearing = Hearing()
    rubbish(hearing, 100, 1.0, every_s=0.01)
    hearing.hear(Scan(PASS, 2.0), 2.0)
    assert hearing.due(2.0) == Scan(PASS, 2.0) and hearing.fault(2.0) is Fault.BABBLES
    hearing.hear(Scan(PASS, 2.0 + LULL_S), 2.0 + LULL_S)
    assert hearing.fault(2.0 + LULL_S) is None


def test_of_babble_that_goes_on_something_is_told_every_ten_seconds() -> None:
    hearing, told = Hearing(), []
    for tenth in range(600):
        now = tenth / 10
        hearing.hear(Scan(f"X{tenth}", now), now)
        told += [heard for heard in [hearing.due(now)] if isinstance(heard, Backlog)]
    assert 60 / TELL_WITHIN_S - 2 <= len(told) <= 60 / TELL_WITHIN_S
    rest = hearing.left_out()
    assert sum(one.count for one in told) + (rest.count if rest else 0) > 500
