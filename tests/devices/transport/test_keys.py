"""What a keyboard-wedge scanner types: every letter of the keyboard, any chunking, and nothing dropped in silence."""

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.transport.keys import EVENT, KEY, SUB, SYN, SYN_DROPPED, KeyDecoder, strokes

LETTERS = string.ascii_letters + string.digits + string.punctuation + " "


def typed(*pieces: bytes) -> bytes:
    decoder = KeyDecoder()
    return b"".join(decoder.feed(piece) for piece in pieces)


def test_the_events_of_the_handbook_byte_by_byte() -> None:
    """24 bytes each: seconds 8, microseconds 8, type 2, code 2, value 4, low byte first. Shift, A, Enter."""
    at = bytes.fromhex("01 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00")
    pressed = "01 00 2A 00 01 00 00 00", "01 00 1E 00 01 00 00 00", "01 00 1E 00 02 00 00 00", "01 00 1E 00 00 00 00 00"
    let_go = "01 00 2A 00 00 00 00 00", "01 00 1E 00 01 00 00 00", "01 00 1C 00 01 00 00 00"
    assert typed(b"".join(at + bytes.fromhex(one) for one in (*pressed, *let_go))) == b"Aa\r"


def event(code: int, value: int, kind: int = KEY) -> bytes:
    return EVENT.pack(1, 2, kind, code, value)


@pytest.mark.req("INT-06")
@given(st.text(LETTERS, max_size=60))
def test_what_is_typed_is_what_is_read(text: str) -> None:
    assert typed(strokes(text + "\r")) == text.encode() + b"\r"


@given(st.text(LETTERS, max_size=20), st.data())
def test_the_result_does_not_depend_on_how_the_events_were_cut(text: str, data: st.DataObject) -> None:
    events = strokes(text)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=6)))
    pieces = [events[a:b] for a, b in itertools.pairwise([0, *cuts, len(events)])]
    assert typed(*pieces) == text.encode()


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise_and_each_event_types_one_byte_at_most(data: bytes) -> None:
    assert len(typed(data)) <= len(data) // EVENT.size


def test_either_shift_holds_until_it_is_let_go_also_while_the_other_comes_and_goes() -> None:
    pressed = [(42, 1), (30, 1), (54, 1), (42, 0), (31, 1), (54, 0), (32, 1)]
    assert typed(b"".join(event(*key) for key in pressed)) == b"ASd"


def test_a_held_key_counts_once_and_letting_go_types_nothing() -> None:
    assert typed(event(30, 1) + event(30, 2) * 1000 + event(30, 0)) == b"a"


@pytest.mark.parametrize("code", [29, 56, 58, 59, 1, 125, 240, 0, 65535])
def test_a_key_without_a_letter_spoils_the_code_and_is_not_dropped(code: int) -> None:
    assert typed(strokes("ab") + event(code, 1) + event(code, 0) + strokes("cd")) == b"ab" + SUB + b"cd"


def test_lost_events_spoil_the_code_and_forget_the_shift() -> None:
    lost = event(SYN_DROPPED, 0, SYN)
    assert typed(event(42, 1) + event(30, 1) + lost + event(31, 1)) == b"A" + SUB + b"s"


def test_num_lock_types_nothing() -> None:
    assert typed(event(69, 1) + event(69, 0) + event(79, 1)) == b"1"


def test_a_letter_that_no_key_has_is_said() -> None:
    with pytest.raises(ValueError, match="no key types"):
        strokes("门")
