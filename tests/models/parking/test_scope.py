"""For whom a tariff is: of several in force at once one car has exactly one or none, in whatever order they stand."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.account import Charging, account_of, class_of, colour_of, version_at
from models.parking.scope import TOLD_CLASSES, Entering, Group, Scope, most_specific, tie_of
from models.parking.tariff import Tariff
from models.values.plate import PlateColour
from models.wire.stays import ToldStay
from tests.models.making import LANE_ID, uuid
from tests.models.parking.tariffs import T1, T6, T7, at

LANES = (uuid(0xA1), uuid(0xA2))
PLATES = ("川A12345", "川AD12345", "川A12345D", "川A1234学", "WJ川12345")
CARS = [
    Entering(lane, class_of(plate, seen), colour_of(plate, seen), group)
    for lane, plate, seen, group in product((None, *LANES), PLATES, PlateColour, Group)
]
"""Every car that a lane can tell of."""


def some(of) -> st.SearchStrategy:
    return st.frozensets(st.sampled_from(of), max_size=2)


SCOPES = st.builds(
    Scope, lanes=some(LANES), classes=some(TOLD_CLASSES), colours=some(list(PlateColour)), groups=some(list(Group))
)


def scoped(number: int, scope: Scope = Scope(), like: Tariff = T1, **more: object) -> Tariff:
    """A tariff of its own, with its first version."""
    return like.model_copy(update={"tariff_id": uuid(0xF0 + number), "scope": scope, **more})


@pytest.mark.req("P01")
@given(scopes=st.lists(SCOPES, max_size=6), mixed=st.randoms(use_true_random=False))
def test_every_car_has_exactly_one_tariff_or_none_in_whatever_order_they_come(scopes, mixed):
    kept: list[Scope] = []
    for one in scopes:
        kept += [one] if tie_of([*kept, one]) is None else []
    tariffs = [scoped(number, one) for number, one in enumerate(kept)]
    shuffled = mixed.sample(tariffs, len(tariffs))
    for car in CARS:
        fitting = [one for one in tariffs if one.scope.fits(car)]
        most = max((one.scope.weight for one in fitting), default=0)
        best = [one for one in fitting if one.scope.weight == most]
        assert len(best) <= 1, "two that were let through tie for this car"
        chosen = most_specific(shuffled, car)
        assert chosen == (best[0] if best else None)
        assert version_at(shuffled, at("06-01 10:00"), car) == chosen


@pytest.mark.req("P01")
@given(one=SCOPES, other=SCOPES)
def test_two_tie_just_where_a_car_that_can_be_there_fits_both_that_name_as_much(one, other):
    # a scope may name the colour that nobody saw; then a new energy plate tells its own
    both = [car for car in CARS if one.fits(car) and other.fits(car)]
    tie = tie_of([one, other])
    if one.weight == other.weight and both:
        assert tie is not None and all(tie.cars.fits(car) for car in both)
    assert (tie is None) == (tie_of([other, one]) is None)


@pytest.mark.req("P01")
def test_the_most_specific_wins_and_a_car_that_fits_none_is_charged_nothing():
    large = scoped(1, Scope(classes=frozenset({"large"})))
    here = scoped(2, Scope(classes=frozenset({"large"}), lanes=frozenset({LANES[0]})))
    everybody, day = scoped(3), at("06-01 10:00")
    lorry = Entering(LANES[0], "large", PlateColour.YELLOW)
    for order in permutations((large, here, everybody)):
        assert version_at(order, day, lorry) == here
        assert version_at(order, day, lorry._replace(lane_id=LANES[1])) == large
        assert version_at(order, day) == everybody, "of a car of which nothing is known no scope is claimed"
    assert version_at((large, here), day) is None
    assert version_at((large, here), at("2019-01-01 00:00"), lorry) is None


@pytest.mark.req("P01")
def test_no_large_car_has_a_blue_plate_so_that_the_two_never_tie():
    large, blue = Scope(classes=frozenset({"large"})), Scope(colours=frozenset({PlateColour.BLUE}))
    yellow = Scope(colours=frozenset({PlateColour.YELLOW}))
    assert tie_of([large, blue]) is None and tie_of([large, yellow]) is not None
    assert tie_of([Scope(), large]) is None and tie_of([large, large]) is not None


@pytest.mark.req("P01", "PARK-03")
def test_each_tariff_has_versions_of_its_own_and_one_that_ends_it_leaves_its_cars_to_the_next():
    scope = Scope(classes=frozenset({"large"}))
    lorry, july = Entering(None, "large"), at("07-01 00:00")
    first, second = scoped(1, scope), scoped(1, scope, T6, version=2, starts_at=july)
    over = scoped(1, scope, T7, version=3, starts_at=july + timedelta(days=1), ends=True)
    everybody = scoped(2)
    all_of = (over, everybody, second, first)
    assert version_at(all_of, july - timedelta(minutes=1), lorry) == first
    assert version_at(all_of, july, lorry) == second
    assert version_at(all_of, july + timedelta(days=1), lorry) == everybody
    assert version_at(all_of[:1], july + timedelta(days=1), lorry) is None


@pytest.mark.req("P01", "PARK-03")
def test_a_stay_keeps_the_tariff_that_it_began_under_by_id_and_number():
    large = scoped(1, Scope(classes=frozenset({"large"})), T7)
    charging = Charging((scoped(2), large))
    began = ToldStay(stay_id=uuid(1), plate="川A12345", entered_at=at("06-01 10:00"), tariff_version=1)

    def tariff(stay: ToldStay, of: Charging = charging) -> object:
        return account_of(stay, 0, of, (), LANE_ID, at("06-01 12:00"), False).tariff

    assert tariff(began.model_copy(update={"tariff_id": large.tariff_id})) == large
    assert tariff(began.model_copy(update={"tariff_id": uuid(0xF2)})) == charging.versions[0]
    told = account_of(began, 0, charging, (), LANE_ID, at("06-01 12:00"), False)
    assert told.due is None and told.inside is None, "which of the two nobody said: a person must say what it costs"
    assert tariff(began, Charging((large,))) == large, "as a central of before told it"
    assert ToldStay.model_validate_json(began.model_dump_json(exclude={"tariff_id"})).tariff_id is None


@pytest.mark.req("P01", "P27")
def test_plate_and_colour_tell_the_class_by_one_rule():
    seen = {
        ("川A12345", PlateColour.YELLOW): "large", ("川A12345", PlateColour.BLUE): "small",
        ("川A12345", PlateColour.UNKNOWN): "small", ("川A12345", PlateColour.BLACK): "small",
        ("川AD12345", PlateColour.GREEN): "new_energy", ("川A12345D", PlateColour.YELLOW_GREEN): "new_energy",
        ("川AD12345", PlateColour.YELLOW): "new_energy", ("川A1234学", PlateColour.YELLOW): "small",
    }  # fmt: skip
    assert {key: class_of(*key) for key in seen} == seen
    unseen = PlateColour.UNKNOWN
    assert colour_of("川AD12345", unseen) is PlateColour.GREEN
    assert colour_of("川A12345D", unseen) is PlateColour.YELLOW_GREEN
    assert colour_of("川A12345", unseen) is unseen and colour_of("川AD12345", PlateColour.BLUE) is PlateColour.BLUE
