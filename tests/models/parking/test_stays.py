"""Stays from passages: each way through the states, what does not fit, and that a replay gives the same."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.stays import (
    INSIDE,
    Cause,
    Corrected,
    Detected,
    DroveIn,
    DroveOut,
    Ended,
    Fact,
    Joined,
    Lots,
    Moved,
    Odd,
    Overtime,
    Paid,
    Priced,
    State,
    Stay,
    Voided,
    open_stay,
    take,
)
from models.site.topology import Between
from models.values.plate import Plate, PlateColour

pytestmark = pytest.mark.req("PARK-01")

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
LOT, OTHER_LOT = UUID(int=1), UUID(int=2)
PLATE, MISREAD = Plate(text="京A12345"), Plate(text="京A12346")
STAY, EXIT = UUID(int=100), UUID(int=200)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def fold(*facts: Fact) -> Lots:
    lots = Lots()
    for fact in facts:
        lots = take(lots, fact)
    return lots


def enters(stay_id: UUID = STAY, plate: Plate | None = PLATE, minute: int = 0, lot: UUID = LOT) -> tuple[Fact, ...]:
    seen = UUID(int=stay_id.int * 1000 + minute * 2)
    through = UUID(int=seen.int + 1)
    return Detected(seen, stay_id, lot, plate, at(minute)), DroveIn(through, stay_id, True, at(minute + 1))


def leaves(exit_id: UUID = EXIT, plate: Plate | None = PLATE, minute: int = 60, lot: UUID = LOT) -> Fact:
    return DroveOut(UUID(int=exit_id.int * 1000), exit_id, lot, plate, at(minute))


def moves(to: str = "B2", plate: Plate | None = PLATE, minute: int = 30, start: str = "B1", lot: UUID = LOT) -> Moved:
    number = UUID(int=1 << 91 | minute)
    return Moved(number, number, lot, plate, Between(start, to), at(minute))


def fact(number: int) -> UUID:
    return UUID(int=1 << 90 | number)


def states(stay: Stay) -> list[State]:
    return [change.state for change in stay.history]


def test_in_priced_paid_and_out() -> None:
    lots = fold(*enters(), Priced(fact(1), STAY, 500, at(50)), Paid(fact(2), STAY, 500, at(51)), leaves())
    stay = lots.stays[STAY]
    assert states(stay) == [State.DETECTED, State.ENTERED, State.PRICED, State.PAID, State.LEFT]
    assert (stay.entered, stay.left, stay.owes) == (at(1), at(60), 0) and not lots.odd
    assert [change.cause for change in stay.history][-1] is Cause.PASSAGE and stay.exit_id == EXIT


@pytest.mark.req("LANE-15")
def test_a_grant_alone_is_no_entry_and_one_who_backs_out_has_no_stay() -> None:
    detected, _ = enters()
    assert open_stay(fold(detected), LOT, PLATE) is None
    lots = fold(detected, DroveIn(fact(1), STAY, False, at(1)))
    assert lots.stays[STAY].state is State.BACKED_OUT
    assert take(lots, Priced(fact(2), STAY, 500, at(2))).stays[STAY].fee is None, "no fee for one who was never inside"


def test_out_without_having_paid_all_leaves_owing_and_a_payment_ends_that() -> None:
    lots = fold(*enters(), Priced(fact(1), STAY, 500, at(50)), Paid(fact(2), STAY, 200, at(51)), leaves())
    assert (lots.stays[STAY].state, lots.stays[STAY].owes) == (State.LEFT_OWING, 300)
    assert take(lots, Paid(fact(3), STAY, 300, at(600))).stays[STAY].state is State.LEFT


def test_late_after_paying_is_priced_again() -> None:
    lots = fold(*enters(), Priced(fact(1), STAY, 500, at(50)), Paid(fact(2), STAY, 500, at(51)))
    late = take(lots, Overtime(fact(3), STAY, at(70)))
    assert late.stays[STAY].state is State.PAID_LATE
    more = take(late, Priced(fact(4), STAY, 800, at(71)))
    assert (more.stays[STAY].state, more.stays[STAY].owes) == (State.PRICED, 300)


@pytest.mark.req("PARK-20")
def test_an_inner_lane_moves_a_stay_which_goes_on_as_it_was() -> None:
    lots = fold(*enters(), Priced(fact(1), STAY, 500, at(20)), Paid(fact(2), STAY, 500, at(21)), moves())
    stay = lots.stays[STAY]
    assert (stay.state, stay.zone, stay.fee, stay.paid) == (State.PAID, "B2", 500, 500) and not lots.odd
    line = stay.history[-1]
    assert (line.state, line.cause, line.at, line.between) == (State.PAID, Cause.MOVED, at(30), Between("B1", "B2"))
    back = take(lots, moves("B1", minute=40, start="B2"))
    assert back.stays[STAY].zone == "B1"
    left = take(back, leaves()).stays[STAY]
    assert (left.state, left.entered, left.left, left.zone) == (State.LEFT, at(1), at(60), "B1")


@pytest.mark.req("PARK-20")
def test_a_car_at_an_inner_lane_that_nobody_saw_come_in_is_listed_and_has_no_stay_by_it() -> None:
    lots = fold(moves(), moves(plate=None, minute=31))
    assert not lots.stays
    assert [what for _, what in lots.odd] == [Odd.MOVED_UNKNOWN, Odd.MOVED_UNREAD]
    gone = fold(*enters(), leaves(), moves(minute=70))
    assert (gone.stays[STAY].zone, gone.odd[0][1]) == ("", Odd.MOVED_UNKNOWN), "it had left"
    assert fold(*enters(lot=OTHER_LOT), moves()).stays[STAY].zone == "", "of another lot"


AGAIN = UUID(int=101)


def twice(*between: Fact) -> Lots:
    """In, and in again after 90 minutes."""
    return fold(*enters(), *between, *enters(AGAIN, minute=90))


@pytest.mark.req("PARK-15")
def test_entered_again_without_having_been_seen_to_leave_waits_for_a_person_with_its_fee() -> None:
    lots = twice(Priced(fact(1), STAY, 500, at(50)), Paid(fact(2), STAY, 200, at(51)))
    stay, inside = lots.stays[STAY], open_stay(lots, LOT, PLATE)
    assert (stay.state, stay.again, stay.again_at) == (State.EXIT_UNSEEN, AGAIN, at(91))
    assert stay.history[-1].cause is Cause.ENTERED_AGAIN and (stay.fee, stay.paid, stay.left) == (500, 200, None)
    assert inside is not None and inside.stay_id == AGAIN, "the gate goes on as before"
    more = take(take(lots, Paid(fact(3), STAY, 300, at(95))), Priced(fact(4), STAY, 400, at(95))).stays[STAY]
    assert (more.state, more.paid, more.fee) == (State.EXIT_UNSEEN, 500, 400), "money ends no question"


@pytest.mark.req("PARK-15")
def test_a_person_charges_an_unseen_exit_between_the_two_entries_and_at_no_other_time() -> None:
    lots = twice(Priced(fact(1), STAY, 500, at(50)))
    charged = take(lots, Ended(fact(2), STAY, at(60), at(200))).stays[STAY]
    assert (charged.state, charged.left, charged.owes) == (State.LEFT_OWING, at(60), 500)
    assert (charged.history[-1].cause, charged.history[-1].at) == (Cause.PERSON, at(200))
    for until in (at(0), at(92)):
        assert take(lots, Ended(fact(2), STAY, until, at(200))).odd == ((fact(2), Odd.ANOTHER_TIME),)
    assert take(lots, Ended(fact(2), AGAIN, at(91), at(200))).odd == ((fact(2), Odd.NOT_UNSEEN),)
    let_off = take(lots, Voided(fact(2), STAY, "地感故障", at(200))).stays[STAY]
    assert (let_off.state, let_off.history[-1].cause) == (State.VOID, Cause.PERSON)


@pytest.mark.req("LANE-24")
def test_an_exit_under_a_misread_plate_was_the_one_that_nobody_saw() -> None:
    lots = fold(*enters(), leaves(plate=MISREAD), *enters(AGAIN, minute=90))
    joined = take(lots, Joined(fact(1), STAY, EXIT, at(200)))
    assert (joined.stays[STAY].state, joined.stays[STAY].left) == (State.LEFT, at(60))
    late = fold(*enters(), *enters(AGAIN, minute=90), leaves(plate=MISREAD, minute=95))
    assert take(late, Joined(fact(1), STAY, EXIT, at(200))).odd, "an exit after it came in again was not its exit"


@pytest.mark.req("PARK-15")
@pytest.mark.parametrize("word", [Corrected(fact(9), AGAIN, MISREAD, at(99)), Voided(fact(9), AGAIN, "x", at(99))])
def test_a_stay_goes_on_where_the_second_entry_was_another_car_or_none(word: Fact) -> None:
    priced = (Priced(fact(1), STAY, 500, at(50)), Paid(fact(2), STAY, 500, at(51)))
    lots = take(twice(*priced), word)
    again, inside = lots.stays[STAY], open_stay(lots, LOT, PLATE)
    assert inside == again and (again.state, again.again, again.again_at) == (State.PAID, None, None)
    assert again.history[-1].cause is Cause.PERSON
    out = take(lots, leaves(minute=300)).stays[STAY]
    assert (out.state, out.left) == (State.LEFT, at(300)), "a copied plate rids nobody of their stay"
    gone = take(take(twice(*priced), leaves(minute=95)), word).stays[STAY]
    assert gone.state is State.EXIT_UNSEEN, "whose exit that was a person says"


@pytest.mark.req("P26", "LANE-24")
def test_money_of_an_exit_whose_entry_was_not_known_is_that_of_its_stay() -> None:
    seen, through = enters()
    late = take(fold(seen, through, leaves()), Paid(fact(1), EXIT, 500, at(61)))
    assert late.stays[STAY].paid == 500, "its entry was told late, and the money had come for the exit"
    lots = take(fold(*enters(plate=MISREAD), leaves()), Joined(fact(2), STAY, EXIT, at(90)))
    assert take(lots, Paid(fact(3), EXIT, 500, at(91))).stays[STAY].paid == 500


@pytest.mark.req("LANE-24")
def test_an_exit_without_an_entry_stands_alone_until_a_person_joins_it_to_its_entry() -> None:
    lots = fold(*enters(plate=MISREAD), leaves())
    alone = lots.stays[EXIT]
    assert (alone.state, alone.entered, alone.fee) == (State.LEFT, None, None)
    assert alone.history[-1].cause is Cause.NO_ENTRY
    joined = take(lots, Joined(fact(1), STAY, EXIT, at(90)))
    assert (joined.stays[EXIT].state, joined.stays[EXIT].merged_into) == (State.MERGED, STAY)
    assert (joined.stays[STAY].state, joined.stays[STAY].left) == (State.LEFT, at(60)), (
        "when it left, not when it was said"
    )
    assert len(take(joined, Joined(fact(2), STAY, EXIT, at(91))).odd) == 1, "an exit ends one stay"


@pytest.mark.req("LANE-24")
def test_a_corrected_plate_keeps_the_old_one_and_never_makes_two_of_one() -> None:
    lots = take(fold(*enters(plate=MISREAD)), Corrected(fact(1), STAY, PLATE, at(5)))
    stay = open_stay(lots, LOT, PLATE)
    assert stay is not None and stay.history[-1].note == MISREAD.text
    two = fold(*enters(), *enters(UUID(int=101), MISREAD, 5))
    refused = take(two, Corrected(fact(1), UUID(int=101), PLATE, at(9)))
    assert len(refused.odd) == 1 and refused.stays[UUID(int=101)].plate == MISREAD


def test_an_exit_before_the_entry_or_from_another_lot_is_not_joined() -> None:
    early = fold(leaves(minute=0), *enters(plate=MISREAD, minute=5))
    assert take(early, Joined(fact(1), STAY, EXIT, at(9))).odd
    elsewhere = fold(*enters(plate=MISREAD), leaves(lot=OTHER_LOT))
    assert take(elsewhere, Joined(fact(1), STAY, EXIT, at(90))).odd


def test_a_colour_that_was_not_seen_at_night_ends_the_stay_all_the_same() -> None:
    blue = Plate(text=PLATE.text, colour=PlateColour.BLUE)
    assert fold(*enters(plate=blue), leaves()).stays[STAY].state is State.LEFT


def test_a_voided_stay_is_over() -> None:
    lots = fold(*enters(), Voided(fact(1), STAY, "工程车", at(5)))
    assert lots.stays[STAY].state is State.VOID and open_stay(lots, LOT, PLATE) is None
    assert lots.stays[STAY].history[-1].note == "工程车"


numbers = st.integers(1, 6)
stay_ids = numbers.map(lambda n: UUID(int=n))
plates = st.sampled_from([PLATE, MISREAD, None])
lots_ = st.sampled_from([LOT, OTHER_LOT])
moments = st.integers(0, 300).map(at)
exits = st.integers(50, 55).map(lambda n: UUID(int=n))
fact_ids = st.integers(0, 1 << 20).map(fact)
facts_of: st.SearchStrategy[Fact] = st.one_of(
    st.builds(Detected, fact_ids, stay_ids, lots_, plates, moments, st.just("")),
    st.builds(DroveIn, fact_ids, stay_ids, st.booleans(), moments),
    st.builds(DroveOut, fact_ids, exits, lots_, plates, moments),
    st.builds(Priced, fact_ids, stay_ids | exits, st.integers(0, 900), moments),
    st.builds(Paid, fact_ids, stay_ids | exits, st.integers(1, 900), moments),
    st.builds(Overtime, fact_ids, stay_ids, moments),
    st.builds(Corrected, fact_ids, stay_ids, st.sampled_from([PLATE, MISREAD]), moments),
    st.builds(Joined, fact_ids, stay_ids, exits, moments),
    st.builds(Ended, fact_ids, stay_ids, moments, moments),
    st.builds(Voided, fact_ids, stay_ids, st.just("x"), moments),
)
zones = st.sampled_from(["B1", "B2", "B3"])
moves_of = st.builds(Moved, fact_ids, fact_ids, lots_, plates, st.builds(Between, zones, zones), moments)


@pytest.mark.req("PARK-20")
@given(st.lists(facts_of | moves_of, max_size=25))
def test_inner_lanes_change_where_a_car_is_and_nothing_else(facts: list[Fact]) -> None:
    once = {one.fact: one for one in reversed(facts)}
    facts = [one for one in facts if once[one.fact] is one]
    lots, without = fold(*facts), fold(*(one for one in facts if not isinstance(one, Moved)))
    assert lots.stays.keys() == without.stays.keys()
    odd_moves = {one.fact for one in facts if isinstance(one, Moved)}
    assert tuple(one for one in lots.odd if one[0] not in odd_moves) == without.odd
    for stay_id, stay in lots.stays.items():
        moved = [line for line in stay.history if line.cause is Cause.MOVED]
        rest = tuple(line for line in stay.history if line.cause is not Cause.MOVED)
        assert stay._replace(zone="", history=rest) == without.stays[stay_id]
        assert stay.zone == (moved[-1].between.to_zone if moved and moved[-1].between else "")
        for before, line in pairwise(stay.history):
            assert line.cause is not Cause.MOVED or line.state is before.state


@given(st.lists(facts_of, max_size=25))
def test_whatever_happens_a_plate_is_inside_a_lot_at_most_once_and_only_by_a_passage(facts: list[Fact]) -> None:
    lots = Lots()
    for one in facts:
        lots = take(lots, one)
        inside = [(stay.lot, stay.plate.text) for stay in lots.stays.values() if stay.state in INSIDE and stay.plate]
        assert len(inside) == len(set(inside))
        for stay in lots.stays.values():
            assert stay.history[-1].state is stay.state
            assert stay.state not in INSIDE or stay.entered is not None
            assert stay.entered is None or stay.left is None or stay.history[0].state is State.DETECTED


@pytest.mark.req("PARK-15")
@given(st.lists(facts_of, max_size=25))
def test_no_stay_is_void_and_no_unseen_exit_is_decided_but_by_a_person(facts: list[Fact]) -> None:
    for stay in fold(*facts).stays.values():
        for before, line in pairwise(stay.history):
            assert line.state is not State.VOID or line.cause is Cause.PERSON
            assert before.state is not State.EXIT_UNSEEN or line.state is before.state or line.cause is Cause.PERSON
        assert (stay.again is None) == (stay.again_at is None)
        assert stay.again_at is None or stay.left is None or stay.left <= stay.again_at


@given(st.lists(facts_of, max_size=20), st.data())
def test_facts_that_come_twice_change_nothing(facts: list[Fact], data: st.DataObject) -> None:
    doubled: list[Fact] = []
    for one in facts:
        doubled.append(one)
        if data.draw(st.booleans()):
            doubled.append(data.draw(st.sampled_from(doubled)))
    assert fold(*doubled) == fold(*facts)


@given(st.lists(facts_of, max_size=20))
def test_money_is_neither_lost_nor_made(facts: list[Fact]) -> None:
    taken = {one.fact: one for one in reversed(facts)}
    lots = fold(*facts)
    odd = {number for number, _ in lots.odd}
    paid = sum(one.fen for number, one in taken.items() if isinstance(one, Paid) and number not in odd)
    assert sum(stay.paid for stay in lots.stays.values()) == paid
