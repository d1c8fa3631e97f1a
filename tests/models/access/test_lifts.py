"""Who may go to which floor: one's own and the common ones, of this lift only."""

from uuid import UUID

import pytest

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.lifts import FloorsOf, Lift, floors_freed, floors_granted, in_order
from models.access.policy import decide
from tests.models.making import MONDAY_NOON, granted

LIFT = Lift(floors=frozenset({"B1", "1", "11", "12"}), common=frozenset({"1"}))
ME, PASS, ELSE = UUID(int=1), UUID(int=2), UUID(int=3)
HERE, NEXT_DOOR = UUID(int=8), UUID(int=9)
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
    assert floors_freed(LIFT, HERE, kind, OWN, frozenset(subjects)) == freed


@pytest.mark.req("ACC-29")
def test_a_decision_at_a_lift_says_its_floors_and_refuses_whom_no_floor_is_free_for() -> None:
    let_in = decide(granted(floors=frozenset({"11", "B1", "1"})), MONDAY_NOON)
    assert let_in.outcome is Outcome.GRANT and floors_granted(let_in) == ("B1", "1", "11")
    refused = decide(granted(floors=frozenset()), MONDAY_NOON)
    assert (refused.outcome, refused.reason) == (Outcome.DENY, Reason.WRONG_POINT) and floors_granted(refused) == ()
    assert "floors" not in {check.step for check in decide(granted(), MONDAY_NOON).checks}, "a door has no floors"


def test_floors_are_read_from_below() -> None:
    assert in_order({"12", "B2", "1", "B1", "3A", "3"}) == ("B2", "B1", "1", "3", "3A", "12")
