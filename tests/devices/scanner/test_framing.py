"""Codes out of bytes: any bytes, any chunking, bounded, never raising."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ports import Garbage, GarbageReason, Scan
from devices.scanner.framing import CODE_MAX, End, Framer, Framing, Repeats

ENDS = {End.CR: b"\r", End.LF: b"\n", End.CRLF: b"\r\n"}
BYTES = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"A", b"HC1:9 Z", b"\r", b"\n", b"\r\n", b"\x02", b"\x03", b"\x80", b"9" * 600])).map(
        b"".join
    ),
)


def framed(framing: Framing, *pieces: bytes, now: float = 5.0) -> list[Scan | Garbage]:
    framer = Framer(framing)
    found = [one for piece in pieces for one in framer.feed(piece, now)]
    return found + framer.tick(now + 60)


@pytest.mark.req("INT-06")
@pytest.mark.parametrize("end", list(End))
@pytest.mark.parametrize("stx", [False, True])
def test_a_code_is_read_with_every_terminator_with_and_without_stx(end: End, stx: bool) -> None:
    body = b"\x02MT1:A B\x03" if stx else b"MT1:A B"
    framing = Framing(end=end, stx=stx)
    assert framed(framing, body + end.terminator) == [Scan("MT1:A B", 5.0)]


@pytest.mark.req("INT-06")
def test_without_a_terminator_only_a_gap_ends_a_code() -> None:
    framer = Framer(Framing(end=End.IDLE, idle_s=0.05))
    assert framer.feed(b"AB", 1.00) == []
    assert framer.feed(b"CD", 1.04) == []
    assert framer.tick(1.08) == []
    assert framer.tick(1.09) == [Scan("ABCD", 1.04)]
    assert framer.feed(b"EF", 1.10) == []
    assert framer.feed(b"GH", 1.20) == [Scan("EF", 1.10)]


@given(st.sampled_from(list(End)), st.booleans(), BYTES, st.data())
def test_the_result_does_not_depend_on_how_the_bytes_were_cut(
    end: End, stx: bool, data: bytes, draw: st.DataObject
) -> None:
    framing = Framing(end=end, stx=stx)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    bounds = [0, *cuts, len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(bounds)]
    assert framed(framing, *pieces) == framed(framing, data) == framed(framing, *(bytes([byte]) for byte in data))


@given(st.sampled_from(list(End)), st.booleans(), st.lists(BYTES, max_size=10))
def test_what_comes_out_is_printable_and_what_is_kept_is_bounded(end: End, stx: bool, pieces: list[bytes]) -> None:
    framer = Framer(Framing(end=end, stx=stx))
    for number, piece in enumerate(pieces):
        for found in framer.feed(piece, number * 0.3):
            if isinstance(found, Scan):
                assert 1 <= len(found.text) <= CODE_MAX
                assert all(" " <= letter <= "~" for letter in found.text)
        assert framer.held <= CODE_MAX + 6


@given(
    st.sampled_from(list(ENDS)), st.binary(max_size=100), st.text(st.characters(min_codepoint=33, max_codepoint=126))
)
def test_after_any_rubbish_the_next_terminator_sets_things_right(end: End, rubbish: bytes, code: str) -> None:
    found = framed(Framing(end=end), rubbish + ENDS[end] + code.encode() + ENDS[end])
    assert not code or found[-1] == Scan(code, 5.0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"AB\x1b[2JCD", GarbageReason.CONTROL),
        (b"AB\x00CD", GarbageReason.CONTROL),
        (b"\x7f", GarbageReason.CONTROL),
        (b"A\rB", GarbageReason.CONTROL),
        ("门庭".encode(), GarbageReason.NOT_ASCII),
        (b"9" * (CODE_MAX + 1), GarbageReason.TOO_LONG),
        (b"9" * 10_240, GarbageReason.TOO_LONG),
        (b"\x02AB\x03", GarbageReason.CONTROL),
    ],
)
def test_what_is_no_code_is_garbage_with_its_reason_and_length(line: bytes, reason: GarbageReason) -> None:
    assert framed(Framing(end=End.LF), line + b"\n") == [Garbage(reason, len(line) + 1, 5.0)]


@pytest.mark.parametrize("line", [b"AB", b"\x02AB", b"AB\x03", b"\x02"])
def test_where_stx_is_agreed_a_code_without_it_is_garbage(line: bytes) -> None:
    (found,) = framed(Framing(end=End.CR, stx=True), line + b"\r")
    assert isinstance(found, Garbage)
    assert found.reason is GarbageReason.NOT_FRAMED


def test_the_longest_code_is_a_code_and_a_space_at_its_end_belongs_to_it() -> None:
    longest = "9" * CODE_MAX
    assert framed(Framing(end=End.CRLF), longest.encode() + b"\r\n") == [Scan(longest, 5.0)]
    assert framed(Framing(end=End.CR), b"NCFOX \r") == [Scan("NCFOX ", 5.0)]


def test_a_reader_set_to_crlf_still_reads_where_the_line_is_set_to_cr_or_lf() -> None:
    for end in (End.CR, End.LF):
        assert framed(Framing(end=end), b"AB\r\nCD\r\n") == [Scan("AB", 5.0), Scan("CD", 5.0)]


def test_noise_of_the_afternoon_is_not_glued_to_the_code_of_the_evening() -> None:
    framer = Framer(Framing(end=End.CR))
    assert framer.feed(b"\xff\xfe", 1.0) == []
    assert framer.feed(b"AB\r", 9.0) == [Garbage(GarbageReason.UNFINISHED, 2, 1.0), Scan("AB", 9.0)]


@pytest.mark.req("INT-06")
def test_the_same_code_inside_two_seconds_counts_once() -> None:
    repeats = Repeats(2.0)
    assert repeats.fresh("A", 10.0)
    assert not repeats.fresh("A", 11.9)
    assert repeats.fresh("B", 12.0)
    assert not repeats.fresh("A", 13.8)  # still held there: seen at 11.9
    assert repeats.fresh("A", 15.8)


@given(st.lists(st.tuples(st.text(max_size=2), st.floats(0, 1)), max_size=100))
def test_no_code_counts_twice_inside_the_window_unless_many_others_came_between(
    sightings: list[tuple[str, float]],
) -> None:
    repeats, now = Repeats(2.0), 0.0
    counted: dict[str, float] = {}
    for text, pause_s in sightings:
        now += pause_s
        if repeats.fresh(text, now):
            recent = {other for other, at in counted.items() if now - at < 2.0}
            assert text not in recent or len(counted) > Repeats.REMEMBERED_MAX
            counted[text] = now


@pytest.mark.req("INT-06")
@pytest.mark.parametrize("end", list(End))
def test_a_line_that_goes_on_without_its_end_is_told_while_it_does_and_its_rest_is_no_code(end: End) -> None:
    """Silence never comes, so without this nobody would hear of a scanner whose codes all drown."""
    framer, found, now = Framer(Framing(end=end)), [], 100.0
    for _ in range(200):
        now += 0.03
        found += framer.feed(b"MT1:" * 5, now)
    assert [one.reason for one in found if isinstance(one, Garbage)] == [GarbageReason.UNENDED] * len(found)
    assert len(found) == 2 and found[0].at <= 102.1
    rest = framer.feed(b"AB" + end.terminator, now) + framer.tick(now + 0.1)
    assert [(type(one), getattr(one, "reason", "")) for one in rest] == [(Garbage, GarbageReason.UNENDED)]
    assert sum(one.length for one in [*found, *rest] if isinstance(one, Garbage)) == 4002 + len(end.terminator)
    assert framer.feed(b"AB" + end.terminator, now + 0.2) + framer.tick(now + 0.3) == [Scan("AB", now + 0.2)]


def test_after_a_line_without_end_has_stopped_the_next_code_is_a_code() -> None:
    framer = Framer(Framing(end=End.CRLF))
    told = [one for tenth in range(22) for one in framer.feed(b"9" * 50, 5.0 + tenth / 10)]
    assert told == [Garbage(GarbageReason.UNENDED, 21 * 50, 7.0)]
    assert framer.tick(7.2) == [] and framer.tick(9.0) == [Garbage(GarbageReason.UNENDED, 50, 7.1)]
    assert framer.feed(b"AB\r\n", 9.1) == [Scan("AB", 9.1)] and framer.tick(60.0) == []


def test_a_scanner_that_types_its_code_slowly_is_no_line_without_end() -> None:
    framer, code = Framer(Framing(end=End.CR)), "M" * CODE_MAX
    found = [one for number, key in enumerate(code + "\r") for one in framer.feed(key.encode(), 5.0 + number * 0.016)]
    assert found == [Scan(code, 5.0 + CODE_MAX * 0.016)]
    dribble = [one for second in range(25) for one in framer.feed(b"M", 100.0 + second * 0.9)]
    assert [one.reason for one in dribble if isinstance(one, Garbage)] == [GarbageReason.UNENDED]


@given(st.sampled_from(list(End)), st.lists(st.tuples(BYTES, st.floats(0, 0.9)), max_size=40))
def test_every_byte_that_is_no_code_is_counted_at_most_once(end: End, pieces: list[tuple[bytes, float]]) -> None:
    framer, now, sent, told = Framer(Framing(end=end)), 10.0, 0, 0
    for data, pause_s in pieces:
        now, sent = now + pause_s, sent + len(data)
        told += sum(one.length if isinstance(one, Garbage) else len(one.text) for one in framer.feed(data, now))
        assert told <= sent and framer.held <= CODE_MAX + 6
