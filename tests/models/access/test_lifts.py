"""Who may go to which floor: one's own and the common ones, of this lift only."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.lifts import (
    FloorsOf,
    HomeFloor,
    Lift,
    floors_freed,
    floors_granted,
    floors_of_homes,
    in_order,
    without_button,
)
from models.access.policy import decide
from tests.models.making import MONDAY_NOON, granted

LIFT = Lift(floors=frozenset({"B1", "1", "11", "12"}), common=frozenset({"1"}))
ME, PASS, ELSE = UUID(int=1), UUID(int=2), UUID(int=3)
HERE, NEXT_DOOR = UUID(int=8), UUID(int=9)
STAIRS = UUID(int=7)
OWN = (
    FloorsOf(subject_id=ME, lanes=frozenset({HERE}), floors=frozenset({"11", "40"})),
    FloorsOf(subject_id=ME, lanes=frozenset({NEXT_DOOR}), floors=frozenset({"12"})),
    FloorsOf(subject_id=PASS, lanes=frozenset({HERE, NEXT_DOOR}), floors=frozenset({"12"})),
)


@pytest.mark.req("ACC-29")
@pytest.mark.parametrize(
    ("kind", "subjects", "freed"),
    [
        (Kind.CARD, {ME}, {"1", "11"}),
        (Kind.PASS, {PASS}, {"1", "12"}),
        (Kind.PASS, {ELSE}, {"1"}),
        (Kind.FACE, set(), {"1"}),
        (Kind.REMOTE, set(), {"B1", "1", "11", "12"}),
    ],
)
def test_common_floors_and_ones_own_and_no_floor_of_another_lift(
    kind: Kind, subjects: set[UUID], freed: set[str]
) -> None:
    assert floors_freed(LIFT, HERE, kind, OWN, frozenset(subjects), MONDAY_NOON) == freed


@pytest.mark.req("ACC-29")
def test_who_moves_has_the_old_floor_until_the_hour_and_the_new_one_from_it() -> None:
    homes = (
        HomeFloor(subject_id=ME, unit_id=STAIRS, floor="11", valid_until=MONDAY_NOON),
        HomeFloor(subject_id=ME, unit_id=STAIRS, floor="12", valid_from=MONDAY_NOON),
    )
    told = floors_of_homes(homes, {HERE: frozenset({STAIRS})})

    def freed(at: datetime) -> frozenset[str]:
        return floors_freed(LIFT, HERE, Kind.CARD, told, frozenset({ME}), at)

    assert freed(MONDAY_NOON - timedelta(seconds=1)) == {"1", "11"} and freed(MONDAY_NOON) == {"1", "12"}


@pytest.mark.req("ACC-29")
def test_a_home_is_told_to_the_lifts_of_its_stairs_and_to_no_other() -> None:
    homes = (
        HomeFloor(subject_id=ME, unit_id=STAIRS, floor="11"),
        HomeFloor(subject_id=ME, unit_id=STAIRS, floor="11"),
        HomeFloor(subject_id=ELSE, unit_id=UUID(int=77), floor="12"),
    )
    serves = {HERE: frozenset({STAIRS}), NEXT_DOOR: frozenset({STAIRS, UUID(int=78)})}
    assert floors_of_homes(homes, serves) == (
        FloorsOf(subject_id=ME, lanes=frozenset({HERE, NEXT_DOOR}), floors=frozenset({"11"})),
    )


UNITS = st.sampled_from([UUID(int=70 + n) for n in range(3)])
LANES = st.sampled_from([UUID(int=80 + n) for n in range(3)])
PEOPLE = st.sampled_from([UUID(int=90 + n) for n in range(3)])
HOMES = st.lists(
    st.builds(HomeFloor, subject_id=PEOPLE, unit_id=UNITS, floor=st.sampled_from(["B1", "1", "11", "12"])), max_size=6
)


@pytest.mark.req("ACC-29")
@given(homes=HOMES, serves=st.dictionaries(LANES, st.frozensets(UNITS)), lane=LANES, who=PEOPLE)
def test_nobody_reaches_a_floor_that_is_neither_common_nor_of_a_home_of_theirs_in_this_lift(
    homes: list[HomeFloor], serves: dict[UUID, frozenset[UUID]], lane: UUID, who: UUID
) -> None:
    own = {home.floor for home in homes if home.subject_id == who and home.unit_id in serves.get(lane, frozenset())}
    told = floors_of_homes(homes, serves)
    assert floors_freed(LIFT, lane, Kind.CARD, told, frozenset({who}), MONDAY_NOON) == LIFT.common | own


@pytest.mark.req("ACC-29")
def test_a_decision_at_a_lift_says_its_floors_and_refuses_whom_no_floor_is_free_for() -> None:
    let_in = decide(granted(floors=frozenset({"11", "B1", "1"})), MONDAY_NOON)
    assert let_in.outcome is Outcome.GRANT and floors_granted(let_in) == ("B1", "1", "11")
    refused = decide(granted(floors=frozenset()), MONDAY_NOON)
    assert (refused.outcome, refused.reason) == (Outcome.DENY, Reason.WRONG_POINT) and floors_granted(refused) == ()
    assert "floors" not in {check.step for check in decide(granted(), MONDAY_NOON).checks}, "a door has no floors"


@pytest.mark.req("ACC-29")
@given(
    floors=st.dictionaries(UNITS, st.frozensets(st.sampled_from(["B1", "1", "11", "12"]))),
    serves=st.dictionaries(LANES, st.frozensets(UNITS)),
    buttons=st.dictionaries(LANES, st.frozensets(st.sampled_from(["B1", "1", "11"]))),
)
def test_a_floor_is_told_exactly_where_a_lift_that_goes_there_is_known_to_have_no_button_for_it(
    floors: dict[UUID, frozenset[str]], serves: dict[UUID, frozenset[UUID]], buttons: dict[UUID, frozenset[str]]
) -> None:
    told = {
        (lane, unit, floor)
        for lane, units in without_button(floors, serves, buttons).items()
        for unit, lacking in units.items() for floor in lacking
    }  # fmt: skip
    assert told == {
        (lane, unit, floor)
        for lane in serves.keys() & buttons.keys() for unit in serves[lane] for floor in floors.get(unit, ())
        if floor not in buttons[lane]
    }  # fmt: skip


def test_floors_are_read_from_below() -> None:
    assert in_order({"12", "B2", "1", "B1", "3A", "3"}) == ("B2", "B1", "1", "3", "3A", "12")
