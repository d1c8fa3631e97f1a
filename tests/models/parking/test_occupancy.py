"""Places that are free: nobody's own bay is, a silent sensor's is not, and a count by hand sets drift right."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking import occupancy
from models.parking.bookings import KeptNow
from models.parking.charging_bay import Misused
from models.parking.occupancy import (
    WHOLE,
    BayState,
    Cars,
    Charging,
    Count,
    Heard,
    How,
    Known,
    counted_by_hand,
    curve_of,
    free_of,
    lot_by_number,
    lot_now,
    may_take,
    misused,
    newer,
    spells_of,
)
from models.parking.plan import BayKind, Plan
from models.parking.plan_file import read_plan
from models.parking.plan_sample import sample_plan
from tests.models.making import MONDAY_NOON as NOW
from tests.models.making import uuid

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def plan_with(sensors: bool = True, **lanes: str) -> Plan:
    """lanes: the zone that each leads into."""
    content = sample_plan(dict.fromkeys(lanes or {"car_in": ""}, "west"))
    content["lanes"] = [{"lane": name.replace("_", "-"), "node": "B1-in-west", **({"zone": zone} if zone else {})}
                        for name, zone in (lanes or {"car_in": ""}).items()]  # fmt: skip
    for level in content["levels"]:
        for bay in level["bays"]:
            bay["sensor"] = bay["sensor"] and sensors
    found = read_plan(json.dumps(content).encode())
    assert isinstance(found, Plan), found
    return found


PLAN, BLIND = plan_with(), plan_with(sensors=False)
SENSED = [code for code, (_, bay) in PLAN.bays.items() if bay.sensor]
OPEN = [code for code, (_, bay) in PLAN.bays.items() if bay.kind is BayKind.TEMPORARY]


def word(taken: bool, ago: timedelta = MINUTE, **more: object) -> Heard:
    return Heard(taken, NOW - ago, NOW - ago, **more)  # type: ignore[arg-type]  # as the case names them


WORDS = st.tuples(st.booleans(), st.integers(0, 1200))
SOME = st.dictionaries(st.sampled_from(SENSED), WORDS)
MOST = st.fixed_dictionaries({code: st.tuples(st.booleans(), st.integers(0, 620)) for code in SENSED})


@pytest.mark.req("PARK-20", "PARK-21")
@given(st.one_of(SOME, MOST))
def test_a_bay_is_free_only_by_a_sensor_that_spoke_within_ten_minutes(said: dict[str, tuple[bool, int]]) -> None:
    heard = {code: word(taken, timedelta(seconds=ago)) for code, (taken, ago) in said.items()}
    now = lot_now(PLAN, Known(heard=heard), 0, NOW)
    for code, state in now.bays.items():
        if code not in SENSED:
            assert state is BayState.UNWATCHED
        elif code not in said or said[code][1] > 600:
            assert state is BayState.UNKNOWN
        else:
            assert state is (BayState.TAKEN if said[code][0] else BayState.FREE)
    free = [code for code in OPEN if now.bays[code] is BayState.FREE]
    for zone in now.zones:
        here = [now.bays[bay.code] for bay in PLAN.bays_in(zone.code) if bay.kind is BayKind.TEMPORARY]
        silent = here.count(BayState.UNKNOWN) * 2 > len(here)
        assert zone.how is (How.NOTHING if not here else How.SILENT if silent else How.SENSORS)
        assert zone.free == (here.count(BayState.FREE) if zone.how is How.SENSORS else None)
    if How.SILENT in {zone.how for zone in now.zones}:
        assert (now.how, now.free) == (How.STAYS, now.places)
    else:
        assert now.how is How.SUM
        assert now.free == len(free) == sum(zone.free or 0 for zone in now.zones)
    assert sorted(may_take(PLAN, now.bays)) == sorted(free)
    for tally in now.tallies:
        assert tally.bays == tally.free + tally.taken + tally.unknown + tally.unwatched


@pytest.mark.req("PARK-20")
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_own_bays_are_never_free_and_never_taken_twice(places: int, own_places: int, others: int, own: int) -> None:
    known = Known({WHOLE: Cars(own, others)})
    now = lot_by_number(places, own_places, known, 0)
    assert 0 <= (now.free or 0) <= places
    assert now.free == free_of(places, others, own, own_places)
    more_own_places = lot_by_number(places, own_places + 1, known, 0)
    assert (more_own_places.free or 0) - (now.free or 0) in (0, 1)
    if own <= own_places:
        assert now.free == max(0, places - others)
    assert now.full == (now.free == 0)


@pytest.mark.req("PARK-20")
@given(st.integers(0, 60), st.integers(0, 70))
def test_full_at_a_threshold(others: int, full_at: int) -> None:
    now = lot_by_number(60, 0, Known({WHOLE: Cars(0, others)}), full_at)
    assert now.full == (60 - others <= full_at)


@pytest.mark.req("PARK-20")
@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.integers(0, 200))
def test_what_was_counted_is_where_counting_begins_anew(counted: int, entered: int, left: int, drifted: int) -> None:
    counts = {WHOLE: Count(counted, NOW, entered, left)}
    now = lot_now(BLIND, Known({WHOLE: Cars(0, drifted)}, counts), 0, NOW)
    assert now.how is How.STAYS
    assert now.standing == max(0, counted + entered - left)
    assert now.free == max(0, now.places - (now.standing or 0))


@pytest.mark.req("PARK-20")
def test_a_zone_is_counted_by_its_lanes_only_where_each_lane_leads_to_one_zone() -> None:
    apart = plan_with(False, a_in="A", b_in="B", c_in="C")
    inside = {"A": Cars(0, 5), "B": Cars(3, 2), "C": Cars(0, 1)}
    now = lot_now(apart, Known(inside), 0, NOW)
    by = {zone.code: zone for zone in now.zones}
    assert {code: zone.how for code, zone in by.items()} == {
        "A": How.LANES, "B": How.LANES, "C": How.LANES, "D": How.NOTHING,
    }  # fmt: skip
    assert by["A"].free == by["A"].places - 5
    assert by["B"].free == by["B"].places - 2 - 3  # its own cars have no bay of their own there
    assert now.free == sum(by[code].free or 0 for code in "ABC")
    assert counted_by_hand(now) == ("A", "B", "C")
    either = lot_now(plan_with(False, a_in="A", any_in=""), Known(inside), 0, NOW)
    assert {zone.how for zone in either.zones} == {How.NOTHING}
    assert either.how is How.STAYS
    assert counted_by_hand(either) == (WHOLE,)


@pytest.mark.req("PARK-20")
def test_a_zone_behind_an_inner_lane_is_counted_where_each_entry_leads_to_one_zone() -> None:
    inside = {"A": Cars(0, 3), "B": Cars(0, 2)}
    by = {zone.code: zone for zone in lot_now(plan_with(False, a_in="A"), Known(inside), 0, NOW).zones}
    assert (by["A"].how, by["B"].how) == (How.LANES, How.NOTHING)
    inner = frozenset({"A", "B"})
    by = {zone.code: zone for zone in lot_now(plan_with(False, a_in="A"), Known(inside, inner=inner), 0, NOW).zones}
    assert (by["A"].how, by["B"].how, by["C"].how) == (How.LANES, How.LANES, How.NOTHING)
    assert by["B"].free == by["B"].places - 2
    either = lot_now(plan_with(False, a_in="A", any_in=""), Known(inside, inner=inner), 0, NOW)
    assert {zone.how for zone in either.zones} == {How.NOTHING}, "a car may have come in there by the other lane"
    assert {one.how for one in lot_now(plan_with(False), Known(inside, inner=inner), 0, NOW).zones} == {How.NOTHING}


@pytest.mark.req("PARK-20")
@given(st.lists(st.tuples(st.integers(1, 99), st.sampled_from("ABC")), max_size=8), st.sampled_from([None, 100]))
def test_where_a_car_was_follows_its_moves_without_a_gap(moves: list[tuple[int, str]], left: int | None) -> None:
    led = [
        (NOW + minute * MINUTE, zone) for minute, zone in {minute: (minute, zone) for minute, zone in moves}.values()
    ]
    end = NOW + left * MINUTE if left is not None else None
    spells = spells_of(NOW, "A", led, end)
    assert spells == spells_of(NOW, "A", led[::-1], end), "in any order"
    assert (spells[0].since, spells[-1].until) == (NOW, end)
    assert all(one.until == other.since and one.zone != other.zone for one, other in pairwise(spells))
    for at, zone in led:
        assert next(one.zone for one in spells if one.since <= at and (one.until is None or at < one.until)) == zone
    assert spells[-1].zone == (max(led)[1] if led else "A")


@pytest.mark.req("PARK-21")
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), min_size=1, max_size=12))
def test_words_of_a_sensor_in_any_order_and_twice_leave_the_newest(said: list[tuple[bool, int]]) -> None:
    words = [word(taken, ago * MINUTE) for taken, ago in {ago: (taken, ago) for taken, ago in said}.values()]
    last: Heard | None = None
    for one in [*words, *words]:
        last = newer(last, one, NOW) or last
    assert last is not None
    newest = max(words, key=lambda one: one.at)
    assert (last.taken, last.at) == (newest.taken, newest.at)
    assert newer(last, newest, NOW) is None
    assert newer(None, word(True, -3 * MINUTE), NOW) is None  # of a time that has not come


@pytest.mark.req("PARK-21")
def test_since_when_a_bay_is_as_it_is_outlives_each_word_that_says_the_same() -> None:
    first, again, other = word(True, 9 * MINUTE), word(True, 5 * MINUTE), word(False, MINUTE)
    kept = newer(first, again, NOW)
    assert kept is not None
    assert kept.since == first.at
    changed = newer(kept, other, NOW)
    assert changed is not None
    assert changed.since == other.at


@pytest.mark.req("PARK-23")
def test_a_fuel_car_at_a_charging_bay_and_one_that_has_finished_are_named() -> None:
    charging = [code for code, (_, bay) in PLAN.bays.items() if bay.kind is BayKind.CHARGING]
    done = Heard(True, NOW - MINUTE, NOW - 31 * MINUTE, Charging.DONE)
    heard = {
        charging[0]: word(True, fuel=True),
        charging[1]: done,
        charging[2]: done._replace(since=NOW - 30 * MINUTE),
        charging[3]: word(False, fuel=True),
        OPEN[0]: word(True, fuel=True),
    }
    assert misused(PLAN, heard, NOW) == [
        (charging[1], Misused.CHARGED, done.since), (charging[0], Misused.FUEL_CAR, NOW - MINUTE),
    ]  # fmt: skip
    longer = misused(PLAN, heard, NOW, 40 * MINUTE)
    assert [code for code, *_ in longer] == [charging[0]], "a longer time, where the lot sets one"
    assert len(misused(PLAN, heard, NOW, 29 * MINUTE)) == 3
    assert misused(PLAN, heard, NOW + 10 * MINUTE) == []  # nobody hears them any more


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=20))
def test_the_curve_ends_with_what_is_inside_and_passes_every_number_before(spans: list[tuple[int, int]]) -> None:
    cars = [(min(a, b), max(a, b)) for a, b in spans if a != b]
    moves = [(NOW + a * MINUTE, 1) for a, _ in cars] + [(NOW + b * MINUTE, -1) for _, b in cars if b <= 90]
    end = NOW + 90 * MINUTE
    at_end = sum(a <= 90 < b for a, b in cars)
    curve = curve_of([one for one in moves if one[0] <= end], at_end, NOW + 10 * MINUTE, end)
    assert curve[0][0] == NOW + 10 * MINUTE
    assert curve[-1] == (end, at_end)
    assert curve[0][1] == sum(a <= 10 < b for a, b in cars)
    assert all(number >= 0 for _, number in curve)


def test_ten_minutes_are_what_the_requirement_says() -> None:
    assert occupancy.SILENT_AFTER == 10 * MINUTE


@pytest.mark.req("PARK-25", "PARK-20")
@given(st.integers(0, 30), st.integers(0, 8))
def test_what_is_kept_for_bookings_is_not_free_and_what_is_lacking_is_said(cars: int, kept: int) -> None:
    ones = tuple(KeptNow(uuid(number)) for number in range(kept))
    beside = KeptNow(uuid(99), "B1-A-01", anybodys=False)
    before = lot_by_number(20, 0, Known({WHOLE: Cars(others=cars)}), 0)
    now = lot_by_number(20, 0, Known({WHOLE: Cars(others=cars)}, kept=(*ones, beside)), 0)
    assert now.free - now.short == before.free - kept and now.free * now.short == 0
    assert now.kept == kept and now.full == (now.free == 0)


@pytest.mark.req("PARK-25", "PARK-21")
def test_a_kept_bay_is_nobodys_to_be_sent_to_and_its_zone_has_one_less() -> None:
    heard = {code: word(False) for code in SENSED}
    bay = next(code for code in SENSED if PLAN.bays[code][1].kind is BayKind.TEMPORARY)
    zone = PLAN.bays[bay][1].zone
    before = lot_now(PLAN, Known(heard=heard), 0, NOW)
    now = lot_now(PLAN, Known(heard=heard, kept=(KeptNow(uuid(1), bay),)), 0, NOW)
    assert now.bays[bay] is BayState.KEPT and bay not in may_take(PLAN, now.bays)
    assert may_take(PLAN, now.bays) == [code for code in may_take(PLAN, before.bays) if code != bay]
    was, is_ = (next(one for one in lot.zones if one.code == zone) for lot in (before, now))
    assert was.free is not None and is_.free == was.free - 1 and now.free == before.free - 1
    tally = next(one for one in is_.tallies if one.kind is BayKind.TEMPORARY)
    assert (tally.kept, tally.free + tally.taken + tally.unknown + tally.unwatched + tally.kept) == (1, tally.bays)
    wrong = lot_now(PLAN, Known(heard=heard | {bay: word(True)}, kept=(KeptNow(uuid(1), bay),)), 0, NOW)
    assert wrong.bays[bay] is BayState.TAKEN and wrong.free == before.free - 2, "whose it is needs another"
    of_zone = lot_now(PLAN, Known(heard=heard, kept=(KeptNow(uuid(1), "", zone),)), 0, NOW)
    assert next(one for one in of_zone.zones if one.code == zone).free == was.free - 1
    every = tuple(KeptNow(uuid(number), "", zone) for number in range(was.free))
    full = {one.code for one in lot_now(PLAN, Known(heard=heard, kept=every), 0, NOW).zones if one.full}
    assert full == {zone}
    assert may_take(PLAN, before.bays, full=full) == [
        code for code in may_take(PLAN, before.bays) if PLAN.bays[code][1].zone != zone
    ]
