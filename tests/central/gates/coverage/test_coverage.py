"""The list of key points, and the report that says which have no working reader now (ACC-02)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.gates.coverage import queries, routes, service
from central.gates.coverage.rules import Cover, PointKind
from central.gates.visits.presence import Status, heard, place_node
from central.gates.visits.tables import AlarmRow
from central.people.community.service import add_community, add_unit
from models.values.ids import new_id
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape

API = "/api/v1/key-points"


def point(town, name="东门", kind=PointKind.ENTRANCE, **more):
    with town.session() as db:
        return service.set_point(db, town.actor, town.community, kind, name, now=town.now, **more).id


def report(town, now=None):
    with town.session() as db:
        return queries.points_of(db, town.community, now or town.now)


def driven(town, at=None):
    node_id = new_id()
    with town.session() as db:
        place_node(db, node_id, town.community, "东门岗", [town.lane], town.now)
        if at is not None:
            heard(db, node_id, Status(), at)
    return node_id


def alarm(town, node_id, kind="device_fault", device="scanner", over=None):
    with town.session() as db:
        db.add(AlarmRow(
            alarm_id=new_id(), community_id=town.community, origin="node", kind=kind, node_id=node_id, seq=1,
            lane_id=town.lane, device=device, raised_at=town.now, over_at=over,
        ))  # fmt: skip


@pytest.mark.req("ACC-02")
def test_a_point_is_told_by_what_is_wrong_with_it_until_its_reader_works(town):
    assert report(town) == []
    point_id = point(town)
    assert [one.cover for one in report(town)] == [Cover.NO_LANE]
    point(town, lane_id=town.lane, point_id=point_id)
    assert [one.cover for one in report(town)] == [Cover.NO_NODE]
    node_id = driven(town)
    assert [one.cover for one in report(town)] == [Cover.SILENT]
    with town.session() as db:
        heard(db, node_id, Status(), town.now)
    assert [(one.cover, one.lane) for one in report(town)] == [(Cover.WORKING, "东门进")]
    assert [one.cover for one in report(town, town.now + timedelta(minutes=5))] == [Cover.SILENT]


@pytest.mark.req("ACC-02")
def test_a_reader_with_an_open_alarm_is_named_and_one_that_is_over_is_not(town):
    point(town, lane_id=town.lane)
    node_id = driven(town, town.now)
    alarm(town, node_id, device="relay")
    alarm(town, node_id, over=town.now)
    alarm(town, new_id())
    assert [one.cover for one in report(town)] == [Cover.WORKING], "neither a relay, nor the past, nor an old node"
    alarm(town, node_id)
    assert [(one.cover, one.faults) for one in report(town)] == [(Cover.READER_FAULT, ("scanner",))]


@pytest.mark.req("ACC-02")
@pytest.mark.parametrize("kind", ["camera_stale", "camera_covered", "camera_moved"])
def test_a_point_whose_camera_shows_nothing_or_elsewhere_is_not_covered_until_it_shows_again(town, kind):
    point(town, lane_id=town.lane)
    node_id = driven(town, town.now)
    alarm(town, node_id, kind=kind, device="camera")
    assert [(one.cover, one.faults) for one in report(town)] == [(Cover.READER_FAULT, ("camera",))]
    with town.session() as db:
        db.scalars(select(AlarmRow).where(AlarmRow.node_id == node_id)).one().over_at = town.now
    assert [one.cover for one in report(town)] == [Cover.WORKING]


@pytest.mark.req("ACC-02")
def test_what_does_not_work_comes_first(town):
    point(town, "东门", lane_id=town.lane)
    driven(town, town.now)
    point(town, "地库", PointKind.GARAGE)
    assert [(one.name, one.cover) for one in report(town)] == [("地库", Cover.NO_LANE), ("东门", Cover.WORKING)]


@pytest.mark.req("ACC-02")
def test_every_unit_door_is_listed_at_once_and_only_once(town):
    with town.session() as db:
        add_unit(db, town.actor, town.building, "10")
    with town.session() as db:
        assert list(queries.units_unlisted(db, town.community).values()) == ["5-2", "5-10"]
        assert service.list_unit_doors(db, town.actor, town.community, now=town.now) == 2
    with town.session() as db:
        assert service.list_unit_doors(db, town.actor, town.community, now=town.now) == 0
        assert queries.units_unlisted(db, town.community) == {}
    assert [(one.unit, one.kind) for one in report(town)] == [
        ("5-2", PointKind.UNIT_DOOR), ("5-10", PointKind.UNIT_DOOR),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "unit", "lane", "problem"),
    [
        (PointKind.UNIT_DOOR, None, None, {"unit_id": "coverage.unit_needed"}),
        (PointKind.GARAGE, "here", None, {"unit_id": "coverage.unit_not_here"}),
        (PointKind.LIFT, "elsewhere", None, {"unit_id": "coverage.unit_unknown"}),
        (PointKind.ENTRANCE, None, "elsewhere", {"lane_id": "access.lanes_unknown"}),
    ],
)
def test_a_point_that_cannot_be_there_is_refused(town, other_town, kind, unit, lane, problem):
    places = {"here": town.unit, "elsewhere": other_town.unit, None: None}
    with pytest.raises(Invalid) as refused:
        point(town, "x", kind, unit_id=places[unit], lane_id=other_town.lane if lane else None)
    assert refused.value.fields == problem


def test_two_points_of_one_name_are_refused_and_the_first_is_kept_as_it_was(town):
    point(town, "东门")
    second = point(town, "西门")
    with pytest.raises(Conflict, match="name_taken"):
        point(town, "东门")
    with pytest.raises(Conflict, match="name_taken"):
        point(town, "东门", point_id=second)
    assert [one.name for one in report(town)] == ["东门", "西门"]
    with town.session() as db:
        service.drop_point(db, town.actor, second)
    assert [one.name for one in report(town)] == ["东门"]


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_nobody_keeps_anothers_list(town, other_town):
    point_id = point(town)
    with other_town.session() as db, pytest.raises(NotFound):
        service.drop_point(db, other_town.actor, point_id)
    with town.session() as db:
        elsewhere = add_community(db, town.actor, "云岭").id
    with town.session() as db, pytest.raises((Invalid, Forbidden)):
        service.set_point(
            db, town.actor, elsewhere, PointKind.ENTRANCE, "东门", now=town.now, point_id=point_id
        )  # fmt: skip
    assert report(other_town) == [] and [one.community_id for one in report(town)] == [town.community]


def there(town):
    with town.session() as db:
        found = queries.points_of(db, town.community, town.now)
    return {"id": str(found[0].point_id) if found else str(point(town))}


def a_point(town):
    return {"community_id": str(town.community), "kind": "garage", "name": "地库口"}


CALLS = (
    Call("GET", API, GUARD, query=lambda t: {"community_id": t.community}),
    Call("POST", API, MANAGER, 201, a_point),
    Call("PUT", f"{API}/{{id}}", MANAGER, 200, a_point, path=there),
    Call("DELETE", f"{API}/{{id}}", MANAGER, 204, path=there),
)


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((routes.router,))


@pytest.mark.req("ACC-02")
def test_the_report_counts_what_is_not_covered_and_names_units_without_a_door(town, login_as):
    point(town, "地库", PointKind.GARAGE)
    said = login_as("guard").get(API, params={"community_id": str(town.community)}).json()
    assert (said["uncovered"], said["unlisted"]) == (1, ["5-2"])
    assert [one["cover"] for one in said["points"]] == ["no_lane"]
