"""Who may ask of faces: every route, every role, two tenants, two communities."""

from __future__ import annotations

import pytest

from central.gates.nodes.faces import routes
from tests.central.people.routes_matrix import GUARD, Call, check_call, routes_of, shape

API = "/api/v1"
CALLS = (
    Call("GET", f"{API}/residents/{{id}}/face", GUARD, path=lambda t: {"id": t.resident}),
    Call("GET", f"{API}/faces/count", GUARD, tenant_wide=True, names_nothing=True),
)  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_those_may_who_hold_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out_of_the_matrix():
    assert {shape(call.id) for call in CALLS} == routes_of((routes.router,))
