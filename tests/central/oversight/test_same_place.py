"""Who looks after two communities stays in the one they are in, whatever they press that does not name another."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from central.base.identity.guard import COOKIE
from central.base.identity.roles import grant, role_named
from central.base.kernel.actor import system
from central.base.web.guards import routes_of
from central.oversight.console.frame import PLACE_COOKIE
from central.oversight.console.ways import IN_ONE_PLACE, WAYS
from central.people.community.service import add_community
from tests.central.people.town import Town

HTML = {"accept": "text/html"}
SECOND = "门庭雅苑"
"""By name it comes after the town's own, so that it is never the one that a page falls back to."""


@pytest.fixture
def second(town: Town) -> UUID:
    with town.session() as db:
        return add_community(db, town.actor, SECOND).id


@pytest.fixture
def manager(login_as, town: Town, second: UUID) -> TestClient:
    """Of two communities, one role in each."""
    client = login_as("manager", community=town.community)
    with town.session() as db:
        grant(db, system(town.tenant_id, "test"), client.person.actor.id, role_named(db, "manager"), second)
    return client


def heading(page: Any) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text, re.DOTALL)
    assert page.status_code == 200 and found is not None
    return re.sub(r"<[^>]*>", "", found.group(1))


def menu(page: Any) -> dict[str, str]:
    """Path -> whole address, of the links of the bar."""
    bar = page.text.split("<nav", 2)[1]
    return {unescape(one).partition("?")[0]: unescape(one) for one in re.findall(r'<a href="([^"]*)"', bar)}


def choose(client: TestClient, page: Any, to: str = "/theme", **chosen: str) -> Any:
    """The page that shows after another theme or language was pressed on this one."""
    form = page.text.split(f'action="{to}"', 1)[1]
    onward = re.search(r'name="next" value="([^"]*)"', form)
    assert onward is not None
    answer = client.post(to, data={"next": unescape(onward.group(1)), **(chosen or {"theme": "dark"})}, headers=HTML)
    assert answer.status_code == 303
    return client.get(answer.headers["location"], headers=HTML)


@pytest.mark.parametrize(
    "address", ["/people", "/visitors", "/setup/rules", "/tariffs", "/cards", "/plates", "/people/new"]
)
def test_another_theme_or_language_leaves_the_community_as_it_is(manager, second, address):
    page = manager.get(f"{address}?community={second}", headers=HTML)
    assert SECOND in heading(page)
    assert SECOND in heading(choose(manager, page))
    assert SECOND in heading(choose(manager, page, "/language", language="en"))


def test_what_else_the_address_asks_for_stays_asked(manager, second):
    page = manager.get(f"/visitors?whose=residents&community={second}", headers=HTML)
    again = choose(manager, page)
    assert str(again.request.url).endswith(f"/visitors?whose=residents&community={second}")


def test_the_answer_to_a_form_leads_to_its_page_in_the_same_community(manager, town, second):
    manager.get(f"/people?community={town.community}", headers=HTML)  # another tab, and the last that was remembered
    for address, sent in (("/setup/rules", {}), ("/setup/phone", {"phone": "x"}), ("/setup/holidays", {})):
        refused = manager.post(address, data={"community": str(second), **sent}, headers=HTML)
        assert refused.status_code == 422 and SECOND in refused.text
        shown = choose(manager, refused)
        if shown.status_code == 303:  # the address of a deed, which is the page above it
            assert shown.headers["location"] == f"/setup?community={second}" or "holidays" in address
            shown = manager.get(shown.headers["location"], headers=HTML)
        assert SECOND in heading(shown)


def test_the_menu_stays_in_the_community_of_the_page(manager, town, second):
    here, there = (manager.get(f"/people?community={one}", headers=HTML) for one in (second, town.community))
    assert SECOND in heading(here) and "门庭花园" in heading(there)
    for address, whole in menu(here).items():  # pressed in the first tab, after another was opened elsewhere
        assert whole == (f"{address}?community={second}" if address in IN_ONE_PLACE else address)
        if address in IN_ONE_PLACE:
            assert SECOND in manager.get(whole, headers=HTML).text
    assert IN_ONE_PLACE - menu(here).keys() == {"/watch-group"}, "which no manager keeps"


def test_every_page_that_keeps_its_place_takes_it_from_its_address(app):
    takes = {
        route.path
        for route in routes_of(app)
        if isinstance(route, APIRoute) and any(one.name == "community" for one in route.dependant.query_params)
    }
    assert takes & {address for _, pages in WAYS for address, _, _ in pages} == IN_ONE_PLACE


def test_a_page_that_names_no_community_shows_the_last_one(manager, town, second):
    assert "门庭花园" in heading(manager.get("/people", headers=HTML)), "the first, when nothing is known yet"
    manager.get(f"/people?community={second}", headers=HTML)
    manager.get("/", headers=HTML)
    for address in ("/people", "/visitors", "/setup/gates", "/lockdown", "/people/new", "/privacy"):
        assert SECOND in heading(manager.get(address, headers=HTML)), address
    assert "门庭花园" in heading(manager.get(f"/people?community={town.community}", headers=HTML)), "the address wins"


def test_a_page_that_asks_again_by_itself_is_no_choice(manager, town, second):
    manager.get(f"/nodes?community={second}", headers=HTML)
    manager.get(f"/points?community={town.community}", headers=HTML | {"hx-request": "true"})
    assert SECOND in heading(manager.get("/people", headers=HTML))


@pytest.mark.req("SEC-04")
def test_a_memory_opens_nothing(login_as, manager, town, other_town, second):
    def with_memory(client: TestClient, told: str, address: str) -> Any:
        cookies = f"{COOKIE}={client.person.token}; {PLACE_COOKIE}={told}"
        client.cookies.clear()
        return client.get(address, headers=HTML | {"cookie": cookies})

    for wrong in (str(other_town.community), str(uuid4()), "<b>", "' or 1", ""):
        for address in ("/people", "/setup/rules", "/lockdown"):
            page = with_memory(manager, wrong, address)
            assert "门庭花园" in heading(page) and (not wrong or wrong not in page.text)
    guard = login_as("guard", community=town.community)
    assert str(second) not in with_memory(guard, str(second), "/people").text
    refused = with_memory(guard, "", f"/people?community={second}")
    assert refused.status_code == 404, "nor does a page show another than its address asks for"


def test_what_is_remembered_is_the_id_and_only_for_who_may_mix_up(login_as, manager, town, second):
    told = manager.get(f"/people?community={second}", headers=HTML).headers["set-cookie"]
    assert told.startswith(f"{PLACE_COOKIE}={second};") and "HttpOnly" in told and "SameSite=lax" in told
    assert "Max-Age" not in told and "expires" not in told, "forgotten with the browser's session"
    assert "set-cookie" not in manager.get(f"/people?community={second}", headers=HTML).headers
    guard = login_as("guard", community=town.community).get("/people", headers=HTML)
    assert "set-cookie" not in guard.headers and "?community=" not in "".join(menu(guard).values())


def test_a_page_not_open_in_the_second_shows_the_first_and_leads_back(login_as, town, second):
    """Manager here, guard there: the set-up of the community where one is a guard is not theirs to see."""
    client = login_as("manager", community=town.community)
    with town.session() as db:
        grant(db, system(town.tenant_id, "test"), client.person.actor.id, role_named(db, "guard"), second)
    here = client.get(f"/people?community={second}", headers=HTML)
    assert menu(here)["/setup"] == "/setup"
    setup = client.get("/setup", headers=HTML)
    assert "门庭花园" in heading(setup)
    assert menu(setup)["/people"] == f"/people?community={second}"
    assert SECOND in heading(client.get("/visitors", headers=HTML))


@pytest.mark.req("SEC-09")
@pytest.mark.parametrize(
    "onward",
    ["//evil.example/?community=1", "/\\evil", "/a\r\nset-cookie: x=y", "https://evil.example/", "/" + "a" * 3000],
)
def test_the_way_back_of_a_choice_stays_here_and_is_short(client, onward):
    answer = client.post("/theme", data={"theme": "dark", "next": onward}, headers=HTML)
    assert answer.headers.get("location", "/") == "/" and "x=y" not in answer.headers.get("set-cookie", "")


def test_a_very_long_question_is_not_carried_along(manager):
    page = manager.get(f"/people?house=5&x={'a' * 4000}", headers=HTML)
    assert 'name="next" value="/people"' in page.text
