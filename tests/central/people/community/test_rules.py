"""Labels, masks, phones and stays: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.people.community.rules import (
    COMPOUND_SURNAMES,
    Alike,
    alike,
    ends_after_start,
    house_label,
    is_meant,
    left_at,
    mask,
    mask_phone,
    next_gate_number,
    overlap,
    tidy_name,
    tidy_phone,
    told_apart,
)

DAYS = st.integers(0, 1000).map(lambda day: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day))


def test_a_house_is_called_as_residents_say_it():
    assert house_label("5", "2", "1102") == "5-2-1102"


@pytest.mark.req("VIS-01")
@given(name=st.text(min_size=2, max_size=60))
def test_a_mask_tells_the_first_character_and_nothing_else(name):
    assert mask(name) == name[0] + "*"


@pytest.mark.req("VIS-01")
@given(phone=st.from_regex(r"[0-9]{5,15}", fullmatch=True))
def test_a_masked_phone_hides_four_digits_at_least(phone):
    masked = mask_phone(phone)
    shown = masked.replace("*", "")
    assert "****" in masked
    assert len(shown) <= 7
    assert len(shown) < len(phone)


@pytest.mark.parametrize(
    ("name", "at_home", "shown"),
    [
        ("张示例", ("李样本",), "张*"),
        ("张示例", ("李样本", "张小样"), "张*例"),
        ("张三", ("张小样",), "张*"),
        ("Anna Beispiel", ("Albert Muster",), "A*l"),
    ],
)
def test_a_family_is_told_apart_by_the_last_character_only_where_masks_are_alike(name, at_home, shown):
    assert told_apart(name, at_home) == shown


@pytest.mark.req("PRIV-14")
@given(name=st.text(min_size=1, max_size=60), at_home=st.lists(st.text(max_size=9)))
def test_what_the_phone_says_of_a_name_begins_as_the_desk_says_it_and_hides_a_character_at_least(name, at_home):
    shown = told_apart(name, at_home)
    assert shown.startswith(mask(name))
    assert len(name) < 2 or len(shown) - len(mask(name)) + 1 < len(name)


def test_a_masked_mobile_number_looks_as_usual():
    assert mask_phone("19000001234") == "190****1234"


HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
NAMES = st.one_of(
    st.text(HAN, min_size=1, max_size=4),
    st.builds(str.__add__, st.sampled_from(sorted(COMPOUND_SURNAMES)), st.text(HAN, max_size=2)),
)
NUMBERS = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.req("VIS-01", "ADMIN-06")
@given(name=NAMES, phone=st.none() | NUMBERS, size=st.integers(1, 6))
def test_the_beginning_of_a_name_finds_it_only_where_it_is_a_surname_or_the_whole(name, phone, size):
    """Each longer beginning that found somebody would tell one more character of what the mask hides."""
    said = name[:size]
    assert is_meant(said, name, phone) == (len(said) == 1 or said == name or said in COMPOUND_SURNAMES)


@pytest.mark.req("VIS-01", "ADMIN-06")
@given(name=NAMES, phone=NUMBERS, start=st.integers(0, 10), size=st.integers(1, 11))
def test_a_part_of_a_number_finds_nobody_but_the_four_digits_that_its_mask_shows(name, phone, start, size):
    said = phone[start : start + size]
    assert is_meant(said, name, phone) == (said == phone or (len(said) == 4 and phone.endswith(said)))


@given(name=NAMES, phone=NUMBERS, other=NUMBERS)
def test_a_whole_number_finds_whose_it_is_however_it_is_written_and_nobody_else(name, phone, other):
    for written in (phone, f"{phone[:3]} {phone[3:7]} {phone[7:]}", f"+86 {phone}", f"{phone[:3]}-{phone[3:]}"):
        assert is_meant(written, name, phone) and is_meant(written, name, f"+86{phone}")
    assert is_meant(other, name, phone) == (other == phone)
    assert not is_meant(phone, name, None)


@given(name=NAMES, phone=st.none() | NUMBERS, other=NAMES, other_phone=st.none() | NUMBERS)
def test_two_are_alike_by_a_whole_name_or_a_whole_number_and_it_is_said_which(name, phone, other, other_phone):
    assert alike(f" {name} ", phone, name, None) is Alike.NAME
    assert alike(name, phone, name, phone) is (Alike.BOTH if phone else Alike.NAME)
    found = alike(name, phone, other, other_phone)
    assert found == alike(other, other_phone, name, phone)
    assert (found in (Alike.NAME, Alike.BOTH)) == (name == other)
    assert (found in (Alike.PHONE, Alike.BOTH)) == (phone is not None and phone == other_phone)


@given(start=DAYS, end=st.none() | DAYS, at=DAYS)
def test_a_stay_that_ended_as_it_began_stands_in_nobodys_way(start, end, at):
    assert not overlap(start, end, (at, at)) and not overlap(at, at, (start, end))


@pytest.mark.parametrize(
    ("said", "found"),
    [("司", True), ("司马", True), ("司马懿", True), ("司马懿之", False), ("马", False), ("欧", False), ("", False)],
)
def test_a_compound_surname_is_a_surname(said, found):
    assert is_meant(said, "司马懿", None) == found


@pytest.mark.parametrize("written", ["190-0000-1234", "190 0000 1234", "１９０００００１２３４", "190（0000）1234"])
def test_a_phone_is_the_same_however_it_is_written(written):
    assert tidy_phone(written) == "19000001234"


@pytest.mark.req("SEC-09")
@given(name=st.text(max_size=60))
def test_a_tidy_name_has_nothing_that_moves_a_cursor_or_breaks_a_line(name):
    tidied = tidy_name(name)
    assert tidied.isprintable()
    assert tidied == tidied.strip()
    assert tidy_name(tidied) == tidied


@given(taken=st.sets(st.integers(0, 63)))
def test_a_new_gate_gets_a_number_that_no_gate_has(taken):
    number = next_gate_number(taken)
    assert (number is None) == (len(taken) == 64)
    assert number is None or (0 <= number <= 63 and number not in taken)


def test_the_first_gate_is_number_one():
    assert next_gate_number([]) == 1


@given(a=DAYS, b=st.none() | DAYS, c=DAYS, d=st.none() | DAYS)
def test_stays_overlap_when_some_instant_lies_in_both(a, b, c, d):
    def holds(start, end, at):
        return start <= at and (end is None or at < end)

    latest_start = max(a, c)  # if any instant lies in both, this one does
    assume_whole = ends_after_start(a, b) and ends_after_start(c, d)
    if assume_whole:
        assert overlap(a, b, (c, d)) == (holds(a, b, latest_start) and holds(c, d, latest_start))
        assert overlap(a, b, (c, d)) == overlap(c, d, (a, b))


@given(stays=st.lists(st.tuples(DAYS, st.none() | DAYS)), now=DAYS)
def test_somebody_has_left_once_every_stay_is_over_and_since_the_last_of_them(stays, now):
    left = left_at(stays, now)
    over = bool(stays) and all(end is not None and end <= now for _, end in stays)
    assert (left is not None) == over
    assert left is None or left == max(end for _, end in stays)
