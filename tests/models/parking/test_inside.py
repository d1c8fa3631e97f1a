"""Who is inside: central's word and the gate's own, whatever central had heard when it spoke."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.inside import Cars, DroveIn, DroveOut, Left, Own, cars, kept_since, places_left, places_since
from models.wire.stays import LotTold, PaidAt, ToldStay
from tests.models.making import MONDAY_NOON, uuid

PLATES = ("川A12345", "川B8K3H5")


def stay(number: int, plate: str = PLATES[0], minute: int = 0, **more: object) -> ToldStay:
    return ToldStay(stay_id=uuid(number), plate=plate, entered_at=MONDAY_NOON + timedelta(minutes=minute), **more)


def out(seq: int, minute: int, plate: str = PLATES[0]) -> DroveOut:
    return DroveOut(seq, plate, MONDAY_NOON + timedelta(minutes=minute))


def inside(told: object, own: list[Own], heard_seq: int) -> object:
    return cars(told, own, heard_seq).inside


def ids(found: object) -> set[UUID]:
    return {one.stay_id for one in found.values()}


@pytest.mark.req("PARK-05")
def test_a_gate_counts_what_it_saw_since_central_spoke() -> None:
    assert ids(inside([stay(1)], [DroveIn(7, stay(2, PLATES[1], 5))], heard_seq=6)) == {uuid(1), uuid(2)}
    assert ids(inside([stay(1)], [out(7, 5)], heard_seq=6)) == set()
    assert ids(inside([stay(1)], [out(7, 5)], heard_seq=7)) == {uuid(1)}, "central knows better: a person corrected it"


def test_a_late_word_of_the_gate_ends_and_doubles_nothing() -> None:
    paid = stay(1, payments=(PaidAt(at=MONDAY_NOON, fen=5_00),))
    assert inside([paid], [DroveIn(7, stay(1))], heard_seq=0)[PLATES[0]] == paid
    assert ids(inside([stay(2, minute=9)], [out(7, 5)], heard_seq=0)) == {uuid(2)}, "it came in again after that"


def test_a_plate_that_enters_again_is_inside_once() -> None:
    assert ids(inside([stay(1)], [DroveIn(7, stay(2, minute=5))], heard_seq=0)) == {uuid(2)}


moves = st.lists(st.tuples(st.sampled_from(PLATES), st.booleans()), max_size=12)


def history(made: list[tuple[str, bool]]) -> list[Own]:
    return [
        DroveIn(n, stay(n, plate, n)) if enters else out(n, n, plate) for n, (plate, enters) in enumerate(made, start=1)
    ]


@pytest.mark.req("SYNC-10")
@given(made=moves, heard=st.integers(0, 12), ahead=st.integers(0, 12))
def test_however_much_central_had_heard_the_same_cars_are_inside(made: list, heard: int, ahead: int) -> None:
    """`ahead`: it told of more than it said that it had heard, since more arrived while it looked."""
    facts = history(made)
    whole = inside((), facts, 0)
    told = inside((), facts[: heard + ahead], 0)
    assert inside(told.values(), facts, heard) == whole
    one_by_one = Cars()
    for fact in facts:
        one_by_one = one_by_one.after(fact)
    assert one_by_one == cars((), facts, 0)


@pytest.mark.req("PARK-09")
def test_a_gate_knows_when_the_cars_left_that_it_saw_leave_since_central_spoke() -> None:
    facts = [out(7, 5), DroveIn(8, stay(2, PLATES[1], 6)), out(9, 7, PLATES[1])]
    assert cars([stay(1)], facts, 6).left == (Left(stay(1), facts[0].at), Left(facts[1].stay, facts[2].at))
    assert cars([stay(1)], facts[:1], 7).left == (), "central had heard of it, and tells the others of its bay"
    again = cars([stay(1)], [DroveIn(7, stay(2, minute=5))], 6)
    assert again.left == (), "it was not seen to leave: when it did nobody knows"


@pytest.mark.req("PARK-20")
@given(
    st.integers(0, 9), st.integers(0, 4), st.integers(0, 3),
    st.lists(st.tuples(st.booleans(), st.sampled_from(PLATES), st.integers(1, 9)), max_size=9),
)  # fmt: skip
def test_free_places_follow_what_the_gate_saw_since_central_spoke(free, own, full_at, moves) -> None:
    told = LotTold(free=free, own=own, full_at=full_at)
    facts: list[Own] = [DroveIn(seq, stay(seq, plate)) if comes else out(seq, 0, plate) for comes, plate, seq in moves]
    found = places_since(
        told, facts, 4, lambda fact: (fact.stay.plate if isinstance(fact, DroveIn) else fact.plate) == PLATES[1]
    )
    expected, left = free, own
    for comes, plate, seq in moves:
        if seq <= 4:
            continue  # central had heard of it
        if plate == PLATES[1] and not comes:
            left += 1
        elif plate == PLATES[1] and left:
            left -= 1
        else:
            expected = max(0, expected - 1) if comes else expected + 1
    assert (found.free, found.own) == (expected, left)
    assert places_left(found) == max(0, expected - full_at)


@pytest.mark.req("PARK-25", "PARK-20")
@given(st.integers(0, 6), st.sets(st.integers(1, 8)), st.sets(st.integers(1, 8)))
def test_a_gate_alone_keeps_and_frees_places_by_its_own_clock(places: int, then: set[int], now: set[int]) -> None:
    """As central would say it at that moment, from however few places are left."""
    ids = [frozenset(map(uuid, one)) for one in (then, now)]
    told, asked = (LotTold(free=max(0, places - len(one)), short=max(0, len(one) - places), booked=one) for one in ids)
    assert kept_since(told, ids[1]) == asked


def test_the_stays_of_a_plate_are_those_that_are_here_and_those_that_the_gate_saw_leave() -> None:
    found = cars([stay(1)], [out(3, 5), DroveIn(4, stay(2, minute=9))], heard_seq=0)
    assert [(one.entered.minute, one.left and one.left.minute) for one in found.stays_of(PLATES[0])] == [
        (0, 5),
        (9, None),
    ]
    assert found.stays_of(PLATES[1]) == []
