"""What is keyed at a gate: unit, PIN, and nothing that a bystander could read."""

import math
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lane.keypad import (
    GAP_S,
    LET_GO_S,
    PIN_MAX,
    REPEAT_S,
    STUCK_S,
    UNIT_MAX,
    WHOLE_S,
    Entered,
    Keypad,
    cleared,
    press,
    stuck,
    tick,
)

KEYS = "0123456789*#"
PRESSES = st.lists(st.tuples(st.sampled_from(KEYS), st.floats(0, 12)), max_size=60)


def keyed(
    text: str, pad: Keypad | None = None, *, every_s: float = 0.3, at: float = 100.0
) -> tuple[Keypad, list[Entered]]:
    pad, entered = pad or Keypad(), list[Entered]()
    for count, key in enumerate(text):
        pad, found = press(pad, key, at + count * every_s)
        entered += [found] if found else []
    return pad, entered


@pytest.mark.req("ACC-27")
def test_the_unit_is_keyed_first_and_then_the_pin() -> None:
    pad, entered = keyed("1203#483920#")
    assert entered == [Entered("1203", "483920")]
    assert pad.empty


def test_double_digits_are_two_digits() -> None:
    assert keyed("1100#556677#")[1] == [Entered("1100", "556677")]


@pytest.mark.parametrize(
    "text", ["#", "##", "12##", "*#", "12#34*#", "1" * (UNIT_MAX + 1) + "#", "1#" + "2" * 13 + "#"]
)
def test_half_of_it_or_too_much_of_it_is_nothing(text: str) -> None:
    pad, entered = keyed(text)
    assert entered == []
    assert pad.empty


def test_after_anything_a_star_begins_anew() -> None:
    for before in ("12", "12#", "12#34", "9" * 50, "1#" + "9" * 50):
        assert keyed(before + "*7#654321#")[1] == [Entered("7", "654321")]


def test_the_longest_unit_and_pin_are_taken_whole() -> None:
    assert keyed("1" * UNIT_MAX + "#" + "2" * PIN_MAX + "#")[1] == [Entered("1" * UNIT_MAX, "2" * PIN_MAX)]


def test_a_half_keyed_pin_is_not_left_for_the_next_person() -> None:
    pad, _ = keyed("1203#4839")
    assert not tick(pad, pad.at + GAP_S - 0.01).empty
    assert tick(pad, pad.at + GAP_S).empty
    _, found = press(pad, "#", pad.at + GAP_S)
    assert found is None


def test_keying_slowly_for_ever_ends_too() -> None:
    pad, now = Keypad(), 0.0
    while now < WHOLE_S:
        pad, _ = press(pad, "1" if now < 5 else "#", now)
        now += GAP_S - 1
        pad = tick(pad, now)
    assert tick(pad, WHOLE_S).empty


def test_a_key_held_down_counts_once_however_long() -> None:
    pad, entered = keyed("1" * 80, every_s=REPEAT_S * 0.9)
    assert pad.digits == "1"
    assert keyed("1" * 500, every_s=REPEAT_S * 0.9)[0].empty, "stuck: it clears the pad and begins nothing anew"
    pad, entered = keyed("#7" + "#" * 100, pad, every_s=REPEAT_S * 0.9, at=pad.held_at + 1)
    assert entered == [Entered("1", "7")]
    assert pad.empty


@pytest.mark.req("ACC-21", "ACC-27")
@pytest.mark.parametrize("every_s", [0.03, 0.5])
def test_a_key_that_is_held_down_for_long_is_stuck_until_it_is_let_go_also_while_cards_are_shown(
    every_s: float,
) -> None:
    presses = math.ceil(STUCK_S / every_s)
    pad, entered = keyed("5" * presses, every_s=every_s)
    assert not stuck(pad, pad.held_at) and entered == []
    pad, _ = press(cleared(pad), "5", pad.held_at + every_s)
    assert stuck(pad, pad.held_at) and not stuck(pad, pad.held_at + LET_GO_S)
    after, _ = press(pad, "5", pad.held_at + LET_GO_S)
    other, _ = press(pad, "6", pad.held_at + every_s)
    assert not stuck(after, after.held_at) and not stuck(other, other.held_at)


@pytest.mark.req("ACC-27")
def test_a_digit_twice_counts_twice_when_the_first_press_was_read_late() -> None:
    """150 ms between two presses, and the first read 80 ms late, as on a node that has much to do."""
    pad, _ = keyed("12")
    pad, _ = press(pad, "3", 101.08)
    assert press(pad, "3", 101.15)[0].digits == "1233"


def test_keys_that_a_reader_collected_are_taken_as_they_are() -> None:
    assert keyed("1100#556677#", every_s=0)[1] == [Entered("1100", "556677")]


@pytest.mark.req("ACC-27")
@given(PRESSES)
def test_no_digit_is_in_any_repr(presses: list[tuple[str, float]]) -> None:
    pad, now = Keypad(), 0.0
    for key, pause_s in presses:
        now += pause_s
        pad, found = press(pad, key, now)
        assert not pad.digits or f"{pad.digits!r}" not in repr(pad)
        assert "digits" not in repr(pad)
        assert "pin" not in repr(found)


@given(PRESSES)
def test_what_comes_out_was_keyed_in_this_order_within_the_time_and_the_caps(presses: list[tuple[str, float]]) -> None:
    pad, now, all_keys = Keypad(), 0.0, ""
    times: list[float] = []
    for key, pause_s in presses:
        now += pause_s
        pad, found = press(pad, key, now)
        all_keys += key
        times.append(now)
        assert len(pad.digits) <= max(UNIT_MAX, PIN_MAX)
        if found is not None:
            assert 1 <= len(found.unit) <= UNIT_MAX
            assert 1 <= len(found.pin) <= PIN_MAX
            assert set(found.unit + found.pin) <= set(string.digits)
            assert key == "#"
            assert pad.empty
            keys = len(found.unit) + len(found.pin) + 2
            assert now - times[-keys] < WHOLE_S
            assert found.unit + "#" + found.pin + "#" in without_repeats(all_keys, times)


def without_repeats(keys: str, times: list[float]) -> str:
    """What was keyed, presses that are one held key counted once."""
    kept = ""
    for at, key in enumerate(keys):
        if not (at and keys[at - 1] == key and 0 < times[at] - times[at - 1] < REPEAT_S):
            kept += key
    return kept


@given(PRESSES, st.floats(GAP_S + 0.001, 1000))
def test_silence_empties_every_pad(presses: list[tuple[str, float]], silence_s: float) -> None:
    pad, now = Keypad(), 0.0
    for key, pause_s in presses:
        now += pause_s
        pad, _ = press(pad, key, now)
    assert tick(pad, now + silence_s).empty
