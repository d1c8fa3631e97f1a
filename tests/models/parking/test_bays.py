"""Several cars on one bay: who came first stands on it, never more than it covers, at a gate as at central."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.bays import Parked, elsewhere, stood_on
from models.parking.bill import Rule
from models.parking.cover import Cover, Permit, covers_of
from models.parking.decided import Lists
from models.parking.inside import Cars, DroveIn, DroveOut, Own, cars, places_since
from models.parking.pricing import price
from models.parking.second_car import own_place, permits_at, taken_from
from models.parking.tariff import FreeMinutes, PermitEnd, SecondCar, Stay, Tariff
from models.wire.plates import PlateEntry, PlateList
from models.wire.stays import LotTold, ToldStay
from tests.models.making import LANE_ID, MONDAY_NOON, uuid
from tests.models.parking.tariffs import T1, T4A, at

BAY = "B1-023"
PLATES = ("川A00001", "川A00002", "川A00003", "川A00004")
START = MONDAY_NOON
LONG_AGO, LATER = START - timedelta(days=99), START + timedelta(days=99)
BY_RULE = {rule: T1.model_copy(update={"second_car": rule, "version": n}) for n, rule in enumerate(SecondCar, 1)}
MOVES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=16)
"""(which car moves, so many minutes after the last move): in where it is out, out where it is in."""


def changed(tariff: Tariff, **facts: object) -> Tariff:
    return tariff.model_copy(update=facts)


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def holds(cars_: int = 1, since: datetime = LONG_AGO, until: datetime = LATER, bay: str = BAY) -> Permit:
    return Permit(valid_from=since, valid_until=until, bay=bay, bay_cars=cars_)


def parked(
    number: int, entered: datetime, left: datetime | None = None, tariff: Tariff | None = T1, *permits: Permit
) -> Parked:
    return Parked(uuid(number), entered, left, permits or (holds(),), tariff)


def played(moves: Sequence[tuple[int, int]], permits: Sequence[Permit], tariffs: Sequence[Tariff]) -> list[Parked]:
    """The stays that these moves make, in the order of their entries."""
    now, made, inside = 0, list[Parked](), dict[int, int]()
    for car, later in moves:
        now += later
        if car in inside:
            place = inside.pop(car)
            made[place] = made[place]._replace(left=minute(now))
        else:
            inside[car] = len(made)
            made.append(parked(len(made) + 1, minute(now), None, tariffs[car % len(tariffs)], permits[car]))
    return made


def cover(one: Parked, taken: dict[str, Sequence[tuple[datetime, datetime]]], until: datetime) -> Cover:
    assert one.tariff is not None
    return covers_of(one.permits, one.entered, max(one.entered, one.left or until), one.tariff, taken=taken)


def covered_at(one: Parked, told: Cover, instant: datetime) -> bool:
    return any(first <= instant < last for first, last in told.cover)


@pytest.mark.req("PARK-09", "P22")
@pytest.mark.parametrize(
    ("rule", "fee"),
    [(SecondCar.UNTIL_FREE, 7_00), (SecondCar.WHOLE_STAY, 11_00), (SecondCar.REFUSE, 7_00)],
)
def test_on_leave_of_the_first_cover_passes_on_as_the_tariff_says(rule: SecondCar, fee: int) -> None:
    """PARK-E26; whoever a guard let in though the tariff refuses it is temporary until the bay frees."""
    tariff = changed(T1, second_car=rule)
    entry, leave = at("06-01 09:00"), at("06-01 13:00")
    first = parked(1, at("06-01 08:00"), at("06-01 11:00"), tariff)
    second = parked(2, entry, leave, tariff)
    stood = stood_on(BAY, [second, first])
    assert stood[uuid(1)].taken == ()
    told = cover(second, {BAY: stood[uuid(2)].taken}, leave)
    stay = Stay(entry=entry, exit=leave, cover=told.cover, temporary=told.temporary, bay_taken=told.bay_taken)
    bill = price(stay, tariff)
    assert bill.fee == fee == sum(line.amount for line in bill.lines)
    lines = [(line.start, line.end) for line in bill.lines if line.rule is Rule.BAY_TAKEN]
    assert lines == ([(0, 240)] if rule is SecondCar.WHOLE_STAY else [(0, 120)])
    assert all(line.amount == 0 for line in bill.lines if line.rule is Rule.BAY_TAKEN)


@pytest.mark.req("P22")
def test_no_minutes_are_free_while_a_car_is_temporary() -> None:
    tariff = changed(T1, free=FreeMinutes(minutes=60))
    stood = stood_on(BAY, [parked(1, minute(0), None, tariff), parked(2, minute(1), minute(6), tariff)])
    told = cover(parked(2, minute(1), minute(6), tariff), {BAY: stood[uuid(2)].taken}, minute(6))
    assert price(Stay(entry=minute(1), exit=minute(6), cover=told.cover, temporary=told.temporary), tariff).fee == 5_00


@pytest.mark.req("PARK-09")
def test_a_bay_for_two_covers_two_and_the_third_waits_for_either() -> None:
    two = holds(2)
    stays = [parked(n, minute(n), minute(90) if n == 2 else None, T1, two) for n in (1, 2, 3)]
    stood = stood_on(BAY, stays)
    assert [stood[uuid(n)].taken for n in (1, 2, 3)] == [(), (), ((minute(3), minute(90)),)]


@pytest.mark.req("PARK-09")
def test_who_leaves_and_comes_back_is_the_later_one() -> None:
    stays = [parked(1, minute(0), minute(10)), parked(2, minute(5)), parked(3, minute(20))]  # 3: the car of 1 again
    stood = stood_on(BAY, stays)
    assert stood[uuid(2)].taken == ((minute(5), minute(10)),)
    assert stood[uuid(3)].taken[0][0] == minute(20) and stood[uuid(3)].taken[0][1] > LATER


@pytest.mark.req("PARK-09")
def test_of_two_that_came_at_one_instant_one_is_first_whoever_asks() -> None:
    one, other = parked(1, minute(0), minute(9)), parked(2, minute(0), minute(9))
    assert stood_on(BAY, [one, other]) == stood_on(BAY, [other, one])
    assert stood_on(BAY, [other, one])[uuid(2)].taken == ((minute(0), minute(9)),)


@pytest.mark.req("P22")
def test_who_is_temporary_for_the_whole_stay_takes_the_bay_from_nobody() -> None:
    """The first comes back from the shop while the second, who pays, is still there: it stands on its bay again."""
    whole = BY_RULE[SecondCar.WHOLE_STAY]
    stays = [
        parked(1, minute(0), minute(10), whole), parked(2, minute(5), minute(60), whole),
        parked(3, minute(20), None, whole),
    ]  # fmt: skip
    stood = stood_on(BAY, stays)
    assert stood[uuid(2)].taken == ((minute(5), minute(60)),) and stood[uuid(3)].taken == ()


@pytest.mark.req("PARK-09")
def test_a_car_without_a_permit_that_counts_takes_no_bay_and_one_in_its_grace_does() -> None:
    ended, other = holds(until=START - timedelta(days=4)), holds(bay="B1-024")
    for permit, free in ((ended, True), (other, True), (holds(until=START - timedelta(days=2)), False)):
        stood = stood_on(BAY, [parked(1, minute(0), None, T1, permit), parked(2, minute(5))])
        assert (stood[uuid(2)].taken == ()) is free
    until_exit = changed(T1, permit_end=PermitEnd.FREE_UNTIL_EXIT)
    ends_inside = parked(1, minute(0), None, until_exit, holds(until=minute(3)))
    assert stood_on(BAY, [ends_inside, parked(2, START + timedelta(days=30))])[uuid(2)].taken


spans = st.lists(st.tuples(st.integers(-6_000, 20), st.integers(-4_400, 20_000)), min_size=4, max_size=4)


@pytest.mark.req("PARK-09", "P22")
@given(moves=MOVES, cars_=st.integers(1, 2), rules=st.lists(st.sampled_from(SecondCar), min_size=1, max_size=4),
       spans=spans)  # fmt: skip
def test_never_more_cars_are_covered_than_the_bay_holds_and_who_came_first_is(moves, cars_, rules, spans) -> None:
    permits = [holds(cars_, minute(first), minute(max(first, last) + 1)) for first, last in spans]
    stays = played(moves, permits, [BY_RULE[rule] for rule in rules])
    stood = stood_on(BAY, stays)
    told = {one.stay_id: cover(one, {BAY: stood[one.stay_id].taken}, minute(99)) for one in stays}
    alone = {one.stay_id: cover(one, {}, minute(99)) for one in stays}
    for half in range(2 * 40):
        instant = START + timedelta(seconds=30 * half)
        there = [one for one in stays if covered_at(one, alone[one.stay_id], instant)]
        covered = [one for one in there if covered_at(one, told[one.stay_id], instant)]
        assert len(covered) <= cars_
        if SecondCar.WHOLE_STAY not in rules:
            assert covered == there[:cars_], "the first of those that are there"
    for one in stays:
        both = [*told[one.stay_id].cover, *told[one.stay_id].bay_taken]
        assert sum((b - a for a, b in both), timedelta()) == sum(
            (b - a for a, b in alone[one.stay_id].cover), timedelta()
        )


@pytest.mark.req("PARK-09")
@given(moves=MOVES, upto=st.integers(0, 16), rule=st.sampled_from(SecondCar))
def test_nothing_that_happens_later_changes_what_was_so(moves, upto: int, rule: SecondCar) -> None:
    permits, tariffs = [holds()] * 4, [BY_RULE[rule]]
    before, whole = played(moves[:upto], permits, tariffs), played(moves, permits, tariffs)
    now = minute(sum(later for _, later in moves[:upto]))
    for one in before:
        early, late = stood_on(BAY, before)[one.stay_id].taken, stood_on(BAY, whole)[one.stay_id].taken
        assert cut(early, now) == cut(late, now)


def cut(taken: Sequence[tuple[datetime, datetime]], until: datetime) -> list[tuple[datetime, datetime]]:
    return [(first, min(last, until)) for first, last in taken if first < until]


@pytest.mark.req("PARK-09")
@given(moves=MOVES, rule=st.sampled_from(SecondCar), ends=st.integers(1, 60))
def test_a_stay_costs_never_less_than_with_the_bay_to_itself(moves, rule: SecondCar, ends: int) -> None:
    """By a tariff without caps and bands: where a window of a cap begins elsewhere, less may fall into it."""
    tariff = changed(BY_RULE[rule], cap=None, permit_grace_days=0)
    stays = played(moves, [holds(until=minute(ends))] * 4, [tariff])
    stood = stood_on(BAY, stays)
    for one in stays:
        fees = []
        for taken in (stood[one.stay_id].taken, ()):
            leave = max(one.entered, one.left or minute(400))
            told = cover(one, {BAY: taken}, leave)
            stay = Stay(entry=one.entered, exit=leave, cover=told.cover, temporary=told.temporary)
            fees.append(price(stay, tariff).fee)
        assert fees[0] >= fees[1]


# ── at a gate ───────────────────────────────────────────────────────────────────────────────────────────────────────


def entry_of(car: int, cars_: int) -> PlateEntry:
    return PlateEntry(
        entry_id=uuid(0x100 + car), list=PlateList.PERMIT, plate=PLATES[car], since=LONG_AGO, until=LATER, bay=BAY,
        bay_cars=cars_,
    )  # fmt: skip


def at_gate(stays: Sequence[Parked], plates: Sequence[str], heard: int) -> Cars:
    """What a gate knows that central told after so many moves, and that saw the others itself."""
    events = sorted(
        [(one.entered, n, "in", n) for n, one in enumerate(stays)]
        + [(one.left, n, "out", n) for n, one in enumerate(stays) if one.left is not None],
        key=lambda one: (one[0], one[1]),
    )
    told = dict[int, int | None]()
    own = list[Own]()
    for seq, (when, _, way, place) in enumerate(events, start=1):
        if seq <= heard:
            told[place] = None if way == "in" else seq
        elif way == "in":
            own.append(DroveIn(seq, made_told(stays[place], plates[place], ())))
        else:
            own.append(DroveOut(seq, plates[place], when))
    known = [stays[place]._replace(left=None if gone is None else stays[place].left) for place, gone in told.items()]
    stood = stood_on(BAY, known)
    inside = [
        made_told(stays[place], plates[place], stood[stays[place].stay_id].before)
        for place, gone in told.items() if gone is None
    ]  # fmt: skip
    return cars(inside, own, heard)


def made_told(one: Parked, plate: str, before) -> ToldStay:
    assert one.tariff is not None
    return ToldStay(
        stay_id=one.stay_id, plate=plate, entered_at=one.entered, entry_lane_id=LANE_ID,
        tariff_version=one.tariff.version, bay_before=before,
    )  # fmt: skip


@pytest.mark.req("PARK-09", "PARK-05", "SYNC-10")
@given(moves=st.lists(st.integers(0, 3), max_size=14), heard=st.integers(0, 14), cars_=st.integers(1, 2),
       rules=st.lists(st.sampled_from(SecondCar), min_size=1, max_size=4))  # fmt: skip
def test_however_much_central_had_heard_a_gate_knows_the_bay_as_central_does(moves, heard: int, cars_: int, rules):
    """Each move at an instant of its own: what a gate saw in which order at one instant, central may hear otherwise."""
    tariffs, versions = [BY_RULE[rule] for rule in rules], [BY_RULE[rule] for rule in dict.fromkeys(rules)]
    stays = played([(car, 1) for car in moves], [holds(cars_)] * 4, tariffs)
    plates = [PLATES[car] for car in entering(moves)]
    lists = Lists([entry_of(car, cars_) for car in range(4)])
    known = at_gate(stays, plates, heard)
    whole = stood_on(BAY, stays)
    now = minute(len(moves) + 1)
    for one, plate in zip(stays, plates, strict=True):
        if one.left is not None:
            continue
        permits = permits_at(lists, known, plate, LANE_ID, now)
        taken = taken_from(plate, permits, known, lists, versions, now)
        assert cut(taken[BAY], now) == cut(whole[one.stay_id].taken, now)
    out = [car for car in range(4) if PLATES[car] not in known.inside]
    for car in out:
        permits = permits_at(lists, known, PLATES[car], LANE_ID, now)
        comes = parked(99, now, None, tariffs[0], holds(cars_))
        taken = taken_from(PLATES[car], permits, known, lists, tariffs[:1], now)
        expected = stood_on(BAY, [*stays, comes])[uuid(99)].taken
        if len(set(rules)) == 1:
            assert bool(taken[BAY]) is bool(expected)


def entering(moves: Sequence[int]) -> list[int]:
    inside, made = set[int](), list[int]()
    for car in moves:
        if car in inside:
            inside.remove(car)
        else:
            inside.add(car)
            made.append(car)
    return made


def test_a_car_whose_permit_names_no_bay_asks_about_none() -> None:
    plain = PlateEntry(entry_id=uuid(1), list=PlateList.PERMIT, plate=PLATES[0], since=LONG_AGO, until=LATER)
    permits = permits_at(Lists([plain]), Cars(), PLATES[0], LANE_ID, START)
    assert len(permits) == 1 and not taken_from(PLATES[0], permits, Cars(), Lists([plain]), [T4A], START)


@pytest.mark.req("PARK-20", "PARK-09")
@given(MOVES, st.integers(1, 3))
def test_of_the_cars_of_a_bay_as_many_as_it_covers_take_no_place_from_others(
    moves: list[tuple[int, int]], covers: int
) -> None:
    """At every instant of every history: each further one takes a general place, and gives it back with the bay."""
    stays = played(moves, [holds(covers)] * 4, [BY_RULE[SecondCar.UNTIL_FREE]])
    stood = stood_on(BAY, stays)
    for instant in (minute(number) for number in range(34)):
        there = [one for one in stays if one.entered <= instant and (one.left is None or instant < one.left)]
        spells = [elsewhere(one.entered, one.left, [stood[one.stay_id].taken]) for one in there]
        away = [one for one in spells if any(first <= instant < last for first, last in one)]
        assert len(away) == max(0, len(there) - covers)


@pytest.mark.req("PARK-20", "PARK-09")
def test_who_has_two_bays_stands_on_a_general_place_only_while_both_are_taken() -> None:
    first, second = [(minute(0), minute(10))], [(minute(5), minute(20))]
    assert elsewhere(minute(0), minute(30), [first, second]) == [(minute(5), minute(10))]
    assert elsewhere(minute(0), None, [first, ()]) == []


@pytest.mark.req("PARK-20", "PARK-09", "PARK-05")
@given(MOVES, st.integers(1, 3), st.integers(10, 20))
def test_a_gate_alone_counts_the_places_that_further_cars_of_a_bay_take(
    moves: list[tuple[int, int]], covers: int, free: int
) -> None:
    """Three cars of one bay, and one without a permit: what is free follows from who is inside, whatever happened."""
    tariff = BY_RULE[SecondCar.UNTIL_FREE]
    entries = [
        PlateEntry(
            entry_id=uuid(90 + n), plate=PLATES[n], list=PlateList.PERMIT, since=LONG_AGO, until=LATER, bay=BAY,
            bay_cars=covers,
        )
        for n in range(3)
    ]  # fmt: skip
    now, facts, inside = 0, list[Own](), set[int]()
    for seq, (car, later) in enumerate(moves, start=1):
        now += later + 1  # two at one instant are nobody's order
        if car in inside:
            inside.remove(car)
            facts.append(DroveOut(seq, PLATES[car], minute(now)))
        else:
            inside.add(car)
            stay = ToldStay(
                stay_id=uuid(seq), plate=PLATES[car], entered_at=minute(now), entry_lane_id=LANE_ID,
                tariff_version=tariff.version, tariff_id=tariff.tariff_id,
            )  # fmt: skip
            facts.append(DroveIn(seq, stay))
    lists, known = Lists(entries=tuple(entries)), cars((), facts, 0)
    found = places_since(
        LotTold(free=free, own=covers), facts, 0, lambda fact: own_place(fact, known, lists, [tariff])
    )  # fmt: skip
    of_bay = len(inside - {3})
    assert found.free == free - (3 in inside) - max(0, of_bay - covers)
    assert found.own == covers - min(of_bay, covers)
