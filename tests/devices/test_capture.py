"""A recording is read back as it was written, and holds nothing of a person."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.capture import (
    Asked,
    Capture,
    CaptureError,
    Moved,
    Secrecy,
    Way,
    from_text,
    pseudonym,
    redact,
    secrecy_of,
    to_text,
)

KEY = b"k" * 32
plain = st.one_of(st.booleans(), st.integers(-9, 9999), st.text(max_size=8), st.none())
moved = st.builds(Moved, st.integers(0, 10**6), st.sampled_from(list(Way)), st.binary(min_size=1, max_size=30))
asked = st.builds(Asked, st.integers(0, 10**6), st.text(max_size=9), st.tuples(plain), st.lists(plain, max_size=3))
captures = st.builds(
    Capture, st.booleans(), st.text(max_size=20), st.text(max_size=20), st.just("2026-11-28"),
    st.lists(st.one_of(moved, asked), max_size=8).map(tuple),
)  # fmt: skip


@given(captures)
def test_what_is_written_is_read(capture: Capture) -> None:
    assert from_text(to_text(capture)) == capture


@pytest.mark.parametrize("text", ["", "rubbish", "[]", '{"capture": 2}', '{"capture": 1}', "1\n2"])
def test_what_is_no_capture_is_told_so(text: str) -> None:
    with pytest.raises(CaptureError):
        from_text(text)


@given(st.text(max_size=300))
def test_any_text_is_a_capture_or_a_capture_error(text: str) -> None:
    with contextlib.suppress(CaptureError):
        from_text(text)


@given(st.binary(max_size=80))
def test_a_pseudonym_keeps_shape_and_framing_and_is_the_same_each_time(data: bytes) -> None:
    other = pseudonym(data, KEY)
    assert len(other) == len(data) and other == pseudonym(data, KEY)
    for before, after in zip(data, other, strict=True):
        assert chr(before).isdigit() == chr(after).isdigit() or before >= 0x80
        assert (before < 0x20 or before == 0x7F) == (after < 0x20 or after == 0x7F)


def test_a_code_split_over_reads_is_replaced_as_one_and_the_same_card_stays_one_card() -> None:
    def of(*pieces: bytes) -> bytes:
        told = redact([Moved(i, Way.HEARD, piece) for i, piece in enumerate(pieces)], Secrecy.TEXT, KEY)
        return b"".join(each.data for each in told if isinstance(each, Moved))

    whole, split = of(b"0012345678\r"), of(b"0012", b"345678\r")
    assert whole == split and whole != b"0012345678\r" and whole.endswith(b"\r")
    twice = of(b"0012345678\r0012345678\r")
    assert twice[:11] == twice[11:]
    assert b"12345" not in of("京A12345\r".encode("gbk"))


@pytest.mark.req("PRIV-14")
def test_a_family_that_nobody_thought_about_is_withheld() -> None:
    told = redact([Moved(0, Way.HEARD, b"secret")], secrecy_of("osdp+serial"), KEY)
    assert told == (Moved(0, Way.HEARD, b"", withheld=6),)
    assert [secrecy_of(s) for s in ("modbus+tcp", "scanner+serial")] == [Secrecy.OPEN, Secrecy.TEXT]
    capture = Capture(True, "x", "y", "2026-11-28", told)
    assert b"secret".hex(" ") not in to_text(capture) and from_text(to_text(capture)) == capture
