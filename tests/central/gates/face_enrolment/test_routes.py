"""Who may invite: every role, two tenants, two communities. The other routes are a link's or a node's."""

from __future__ import annotations

import pytest

from central.base.identity.by_link import WRONG_LINKS_MAX
from central.gates.face_enrolment import routes
from models.values.ids import new_id
from tests.central.people.assessed import assess, publish
from tests.central.people.routes_matrix import GUARD, Call, check_call, routes_of, shape
from tests.central.people.town import Town

API = "/api/v1"


def made_ready(town: Town) -> None:
    with town.session() as db:
        assess(db, town.community)
        publish(db, town.community)


INVITE = Call(
    "POST", f"{API}/cardholders/{{id}}/face-invitation", GUARD, answer=201, path=lambda town: {"id": town.cardholder},
    before=made_ready,
)  # fmt: skip
BY_LINK = {
    "GET /api/v1/face-enrolments/{}", "POST /api/v1/face-enrolments/{}/photos",
    "GET /api/v1/face-enrolments/{}/visits", "POST /api/v1/face-enrolments/{}/visits/{}/not-me",
}  # fmt: skip


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_only_those_may_invite_who_hold_the_right_there(town, other_town, login_as, client):
    check_call(INVITE, town, other_town, login_as, client)


@pytest.mark.req("SEC-04")
def test_no_route_is_left_out():
    assert {shape(INVITE.id)} | BY_LINK == routes_of((routes.router,))


def test_an_unknown_link_is_over_in_words(wired, client):
    answer = client.get(f"{API}/face-enrolments/{'x' * 32}")
    assert answer.status_code == 410 and "链接" in answer.json()["detail"]


@pytest.mark.req("SEC-05")
def test_links_are_tried_out_no_longer_here_than_on_the_pages(wired, client):
    """Each of the four doors counts, and all of them with one count."""
    link = f"{API}/face-enrolments/{'x' * 32}"
    doors = (
        ("GET", link, None), ("GET", f"{link}/visits", None), ("POST", f"{link}/photos", {"photos": []}),
        ("POST", f"{link}/visits/{new_id()}/not-me", {"reason": "不是我"}),
    )  # fmt: skip
    told = [client.request(*doors[number % 4][:2], json=doors[number % 4][2]) for number in range(WRONG_LINKS_MAX)]
    assert {answer.status_code for answer in told} == {410}
    assert [client.request(method, path, json=body).status_code for method, path, body in doors] == [429] * 4
