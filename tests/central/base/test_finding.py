"""A request asks few routes, and meets the one that it would meet among all of them."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match, Mount, Route

from central.app import DOMAINS
from central.base.web.finding import Finder
from central.base.web.guards import routes_of


@pytest.fixture
def domains():
    """All of them: theirs are the routes that are to be found."""
    return DOMAINS


def met(routes, method: str, path: str) -> list[object]:
    """Which of these would answer, and with what of the path: the first in full, else the first in part."""
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    asked = [(route, *route.matches(dict(scope))) for route in routes]
    for wanted in (Match.FULL, Match.PARTIAL):
        for route, match, more in asked:
            if match is wanted:
                return [route, match, more["path_params"]]
    return []


def test_every_route_is_met_as_among_all_of_them_and_few_are_asked(app):
    routes = list(app.router.routes)
    assert len(routes) > 400
    finder = Finder(routes)
    for route in routes_of(app):
        assert isinstance(route, APIRoute | Mount)
        path = route.path.replace("{", "").replace("}", "")
        for asked in (path, path + "/", path + "/more", path.removesuffix("/") or "/"):
            for method in ("GET", "POST", "DELETE", *(getattr(route, "methods", None) or ())):
                few = finder.router(asked).routes
                assert met(few, method, asked) == met(routes, method, asked), asked
                assert len(few) < 60, asked


PART = st.sampled_from(["", "a", "b", "c", "{x}", "{y}", "a{x}", "{x}.pdf"])
ROUTE = st.lists(PART, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))
ASKED = st.lists(st.sampled_from(["", "a", "b", "c", "ab", "z.pdf"]), max_size=6).map("/".join)


@given(paths=st.lists(ROUTE, max_size=8), asked=ASKED.map(lambda path: f"/{path}"), mounted=st.booleans())
def test_whatever_the_routes_the_same_one_is_met(paths: list[str], asked: str, mounted: bool) -> None:
    once = [path for path in paths if max(path.count("{x}"), path.count("{y}")) < 2]  # a name stands once in a path
    routes = [Route(path, lambda request: None, methods=["GET"]) for path in once]
    routes += [Mount("/a", routes=[])] if mounted else []
    for path in (asked, asked.rstrip("/"), asked + "/"):
        assert met(Finder(routes).router(path).routes, "GET", path) == met(routes, "GET", path)


def test_what_nobody_answers_is_not_found_and_a_slash_too_many_leads_back(client):
    assert client.get("/nowhere/at/all").status_code == 404
    led = client.get("/login/")
    assert (led.status_code, led.headers["location"]) == (307, "/login")
