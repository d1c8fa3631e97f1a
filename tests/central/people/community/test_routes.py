"""Who may ask what of the register: every route, every role, two tenants, two communities."""

from __future__ import annotations

import pytest

from central.people.community import routes, routes_floors, routes_gates, routes_people
from tests.central.people.routes_matrix import ADMINISTRATOR, GUARD, MANAGER, Call, check_call, routes_of, shape

API = "/api/v1"
CALLS = (
    Call("GET", f"{API}/communities", GUARD, names_nothing=True),
    Call("POST", f"{API}/communities", MANAGER, 201, lambda t: {"name": "云岭"}, tenant_wide=True, names_nothing=True),
    Call("GET", f"{API}/communities/{{id}}", GUARD, path=lambda t: {"id": t.community}),
    Call("PUT", f"{API}/communities/{{id}}/day", MANAGER, 200, lambda t: {"begins": "04:00"},
         path=lambda t: {"id": t.community}),
    Call("GET", f"{API}/buildings", GUARD, query=lambda t: {"community_id": t.community}),
    Call("POST", f"{API}/buildings", MANAGER, 201, lambda t: {"community_id": str(t.community), "label": "6"}),
    Call("GET", f"{API}/units", GUARD, query=lambda t: {"building_id": t.building}),
    Call("POST", f"{API}/units", MANAGER, 201, lambda t: {"building_id": str(t.building), "label": "3"}),
    Call("GET", f"{API}/houses", GUARD, query=lambda t: {"community_id": t.community, "label": "5-2"}),
    Call("POST", f"{API}/houses", MANAGER, 201, lambda t: {"unit_id": str(t.unit), "number": "1201"}),
    Call("GET", f"{API}/houses/{{id}}", GUARD, path=lambda t: {"id": t.house}),
    Call("PUT", f"{API}/houses/{{id}}/floor", MANAGER, 200, lambda t: {"floor": "11"}, path=lambda t: {"id": t.house}),
    Call("GET", f"{API}/lifts", GUARD, query=lambda t: {"community_id": t.community}),
    Call("PUT", f"{API}/lifts/{{id}}", MANAGER, 200, lambda t: {"units": [str(t.unit)]}, path=lambda t: {"id": t.lane}),
    Call("GET", f"{API}/residents", GUARD, query=lambda t: {"community_id": t.community, "house_id": t.house}),
    Call("POST", f"{API}/residents", MANAGER, 201,
         lambda t: {"house_id": str(t.house), "name": "陈示例", "starts_at": "2026-01-01T00:00:00Z"}),
    Call("GET", f"{API}/residents/{{id}}", GUARD, path=lambda t: {"id": t.resident}),
    Call("POST", f"{API}/residents/{{id}}/end", MANAGER, 200,
         lambda t: {"ends_at": "2026-12-01T00:00:00Z", "reason": "搬走"}, path=lambda t: {"id": t.resident}),
    Call("POST", f"{API}/residents/{{id}}/unmask", GUARD, 200, lambda t: {"reason": "快递破损"},
         path=lambda t: {"id": t.resident}),
    Call("GET", f"{API}/gates", GUARD, query=lambda t: {"community_id": t.community}),
    Call("POST", f"{API}/gates", MANAGER, 201, lambda t: {"community_id": str(t.community), "name": "西门"}),
    Call("GET", f"{API}/lanes", GUARD, query=lambda t: {"community_id": t.community}),
    Call("POST", f"{API}/lanes", MANAGER, 201,
         lambda t: {"gate_id": str(t.gate), "code": "east-out", "name": "东门出", "direction": "out"}),
    Call("POST", f"{API}/lanes/{{id}}/name", MANAGER, 200, lambda t: {"name": "正门"}, path=lambda t: {"id": t.lane}),
)  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    routers = (routes.router, routes_floors.router, routes_gates.router, routes_people.router)
    assert {shape(call.id) for call in CALLS} == routes_of(routers)


@pytest.mark.req("ADMIN-02")
def test_a_list_without_an_id_holds_the_own_tenants_communities_only(town, other_town, login_as):
    shown = login_as(ADMINISTRATOR).get(f"{API}/communities").json()
    assert [view["community_id"] for view in shown] == [str(town.community)]


@pytest.mark.req("SEC-04")
def test_a_list_without_an_id_holds_only_the_communities_of_ones_role(town, login_as):
    manager = login_as(MANAGER)
    other = manager.post(f"{API}/communities", json={"name": "云岭"}).json()["community_id"]
    shown = login_as(GUARD, community=town.community).get(f"{API}/communities").json()
    assert str(town.community) in str(shown) and other not in str(shown)


def test_what_we_do_not_know_is_an_error_not_silence(town, login_as):
    body = {"community_id": str(town.community), "label": "7", "lable": "8"}
    refused = login_as(MANAGER).post(f"{API}/buildings", json=body)
    assert refused.status_code == 422
    assert "lable" in refused.json()["fields"]


def test_a_second_house_of_the_same_label_is_refused_in_words(town, login_as):
    refused = login_as(MANAGER).post(f"{API}/houses", json={"unit_id": str(town.unit), "number": "1102"})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "已经有房屋 5-2-1102。"


@pytest.mark.req("ADMIN-02", "SEC-04")
def test_an_id_in_the_body_is_no_way_into_another_tenant_or_community(town, other_town, login_as):
    move_in = {"house_id": str(town.house), "person_id": str(other_town.person), "starts_at": "2026-01-01T00:00:00Z"}
    assert login_as(MANAGER).post(f"{API}/residents", json=move_in).status_code == 404
    mine = {"community_id": str(town.community), "house_id": str(other_town.house)}
    assert login_as(MANAGER).get(f"{API}/residents", params=mine).status_code == 404
