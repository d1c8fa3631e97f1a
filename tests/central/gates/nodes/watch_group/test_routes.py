"""Every route of the watch group against roles, communities and tenants: the administrator's alone by default."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.session import tenant_session
from central.gates.face_enrolment import watch_routes
from central.gates.nodes.watch_group import routes, service
from central.gates.nodes.watch_group.rules import Ground
from tests.central.people.routes_matrix import ADMINISTRATOR, Call, check_call, routes_of, shape
from tests.central.people.town import Town

pytestmark = pytest.mark.req("ACC-30", "SEC-04", "ADMIN-02")

API = "/api/v1"
ENTRY = {"ground": "court", "document": "裁定 1 号", "asked_by": "法院", "label": "甲"}
PHOTO = {
    "key_id": "ab" * 8,
    "ephemeral": "BA" * 43 + "A=",
    "nonce": "q3cVtK0xY1n8ZrT5",
    "sealed": "q3cVtK0xY1n8ZrT5uLw2Bg7e",
}


def an_entry(town: Town) -> dict[str, str]:
    """A fresh entry of the town's watch group, by its id."""
    keeper, now = system(town.tenant_id, "test", {"watch_group.keep"}), clock.now()
    with tenant_session(town.engine, town.tenant_id) as db:
        made = service.add_entry(
            db, keeper, town.community, label="甲", ground=Ground.COURT, document="裁定 1 号", asked_by="法院",
            expires_at=now + timedelta(days=9), now=now,
        )  # fmt: skip
    return {"id": str(made)}


def group(town: Town) -> dict[str, str]:
    return {"id": str(town.community)}


def added(town: Town) -> dict[str, str]:
    return ENTRY | {"expires_at": (clock.now() + timedelta(days=30)).isoformat()}


CALLS = (
    Call("GET", f"{API}/communities/{{id}}/watch-group", ADMINISTRATOR, path=group),
    Call("POST", f"{API}/communities/{{id}}/watch-group", ADMINISTRATOR, 201, path=group, body=added),
    Call("PUT", f"{API}/communities/{{id}}/watch-group/most", ADMINISTRATOR, 204, path=group,
         body=lambda town: {"faces_max": 10}),
    Call("GET", f"{API}/watch-group/{{id}}", ADMINISTRATOR, path=an_entry),
    Call("POST", f"{API}/watch-group/{{id}}/end", ADMINISTRATOR, 204, path=an_entry,
         body=lambda town: {"reason": "不再需要"}),
    Call("POST", f"{API}/watch-group/{{id}}/correct", ADMINISTRATOR, 204, path=an_entry,
         body=lambda town: {"ground": "police", "document": "协查函 31", "asked_by": "派出所", "reason": "选错了"}),
    Call("GET", f"{API}/watch-group/{{id}}/photos", ADMINISTRATOR, path=an_entry),
    Call("POST", f"{API}/watch-group/{{id}}/photos", ADMINISTRATOR, 503, path=an_entry,
         body=lambda town: {"photos": [PHOTO]}),
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_only_who_holds_the_right_there(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


def test_no_route_is_left_out():
    assert {shape(call.id) for call in CALLS} == routes_of((routes.router, watch_routes.router))
