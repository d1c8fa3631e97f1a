"""On which floor a house lies: said by a person, in a list, at a form or over HTTP; guessed only to be looked at."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Invalid, NotFound
from central.people.community import queries, service
from central.people.community.house_list import read_house_list
from central.people.community.queries_floors import floors_in_unit, lift_of, units_with_floors
from central.people.community.rules import floor_guess, floor_of
from central.people.community.service import Fate
from models.site.topology import Direction
from models.values.ids import new_id


@pytest.mark.parametrize(
    ("number", "floor"),
    [("1102", "11"), ("0201", "2"), ("302", "3"), ("B103", "B1"), ("b103", "B1"),
     ("12", None), ("11021", None), ("0001", None), ("甲01", None), ("A1", None), ("", None)],
)  # fmt: skip
def test_a_number_suggests_a_floor_or_none(number, floor):
    assert floor_guess(number) == floor


@pytest.mark.parametrize(
    ("said", "floor"),
    [("11", "11"), ("１１层", "11"), (" b1 ", "B1"), ("3a", "3A"), ("-1", "-1"), ("5楼", "5"),
     ("", None), ("十一", None), ("1234567", None), ("1 1", None)],
)  # fmt: skip
def test_a_floor_is_what_the_button_says_however_it_is_written(said, floor):
    assert floor_of(said) == floor


@pytest.mark.parametrize("line", ["5,2,1102,11", "5\t2\t1102\t11层", "5-2-1102,11", "５，２，１１０２，１１"])
def test_a_line_may_say_the_floor(line):
    (one,) = read_house_list(line)
    assert (one.house, one.floor, one.problem) == (("5", "2", "1102"), "11", None)


@pytest.mark.req("ACC-29")
def test_nobody_takes_a_guess_for_a_floor(town):
    with town.session() as db:
        (house,) = floors_in_unit(db, town.unit)
        assert (house.floor, house.guess) == (None, "11")
        assert queries.house_of(db, town.house).floor is None
        assert [(one.houses, one.known) for one in units_with_floors(db, town.community)] == [(1, 0)]
        assert service.set_floors(db, town.actor, town.community, {town.house: "12层"}) == 1
        assert service.set_floors(db, town.actor, town.community, {town.house: "12"}) == 0
        (house,) = floors_in_unit(db, town.unit)
        assert (house.floor, house.guess) == ("12", None)
        noted = db.scalars(select(AuditRow).where(AuditRow.what == "house.floors")).all()
        assert [(row.before, row.after) for row in noted] == [({"5-2-1102": None}, {"5-2-1102": "12"})]


@pytest.mark.req("ADMIN-01")
def test_a_list_makes_houses_with_their_floors_and_gives_one_to_those_that_are_there(town):
    lines = read_house_list("5,2,1102,11\n5,2,1201,12\n5,2,1202\n5,2,1102,12")
    with town.session() as db:
        plan = service.plan_houses(db, town.community, lines)
        assert [one.fate for one in plan.lines] == [Fate.FLOOR, Fate.NEW, Fate.NEW, Fate.TWICE]
        assert plan.floors == {"5-2-1102": "11", "5-2-1201": "12"}
        assert service.add_houses(db, town.actor, town.community, plan.houses, plan.floors) == 2
        floors = {one.number: one.floor for one in floors_in_unit(db, town.unit)}
        assert floors == {"1102": "11", "1201": "12", "1202": None}
        again = service.plan_houses(db, town.community, lines)
        assert [one.fate for one in again.lines] == [Fate.THERE, Fate.THERE, Fate.THERE, Fate.TWICE]


def test_what_is_no_floor_or_no_house_of_this_community_is_refused(town, other_town):
    with town.session() as db:
        for floors in ({town.house: "十一"}, {new_id(): "11"}, {other_town.house: "11"}):
            with pytest.raises(Invalid):
                service.set_floors(db, town.actor, town.community, floors)


@pytest.mark.req("ACC-29")
def test_a_lift_serves_units_of_its_own_community(town, other_town):
    with town.session() as db:
        lift = service.add_lane(db, town.actor, town.gate, "lift-1", "一号电梯", Direction.IN).id
        service.set_lift(db, town.actor, lift, [town.unit])
        assert lift_of(db, lift).units == ((town.unit, "5-2"),) and lift_of(db, town.lane).units == ()
        with pytest.raises(Invalid):
            service.set_lift(db, town.actor, lift, [other_town.unit])
        with pytest.raises(NotFound):
            service.set_lift(db, town.actor, other_town.lane, [town.unit])
        service.set_lift(db, town.actor, lift, [])
        assert lift_of(db, lift).units == ()
        noted = db.scalars(select(AuditRow.after).where(AuditRow.what == "lane.lift").order_by(AuditRow.id)).all()
        assert noted == [{"units": ["5-2"]}, {"units": []}]


def test_a_floor_that_is_none_is_refused_beside_its_field(town, login_as):
    manager = login_as("manager")
    refused = manager.put(f"/api/v1/houses/{town.house}/floor", json={"floor": "十一"})
    assert refused.status_code == 422 and "floor" in refused.json()["fields"]
    made = manager.post("/api/v1/houses", json={"unit_id": str(town.unit), "number": "1201", "floor": "12层"})
    assert made.json()["floor"] == "12"
