"""A request asks few routes, and meets whom it would meet among all of them."""

from __future__ import annotations

import pytest
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


def meant(routes, path: str) -> list[object]:
    """Whom of these `path` can mean, in order, with what each takes from it; the method decides among them."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    asked = ((route, *route.matches(scope)) for route in routes)
    return [[route, more.get("path_params")] for route, match, more in asked if match is not Match.NONE]


def test_whoever_is_meant_is_asked_in_the_same_order_and_few_others_are(app):
    routes = list(app.router.routes)
    assert len(routes) > 400
    finder = Finder(routes)
    paths = {route.path.replace("{", "").replace("}", "") for route in routes_of(app)}
    for path in paths | {path + "/" for path in paths}:
        few = finder.router(path).routes
        assert meant(few, path) == meant(routes, path), path
        assert len(few) < 60, path


PART = st.sampled_from(["", "a", "b", "c", "{x}", "{y}", "a{x}", "{x}.pdf"])
ROUTE = st.lists(PART, min_size=1, max_size=5).map(lambda parts: "/" + "/".join(parts))
ASKED = st.lists(st.sampled_from(["", "a", "b", "c", "ab", "z.pdf"]), max_size=6).map("/".join)


@given(paths=st.lists(ROUTE, max_size=8), asked=ASKED.map(lambda path: f"/{path}"), mounted=st.booleans())
def test_whatever_the_routes_the_same_ones_are_met(paths: list[str], asked: str, mounted: bool) -> None:
    once = [path for path in paths if max(path.count("{x}"), path.count("{y}")) < 2]  # a name stands once in a path
    routes = [Route(path, lambda request: None, methods=["GET"]) for path in once]
    routes += [Mount("/a", routes=[])] if mounted else []
    for path in (asked, asked.rstrip("/"), asked + "/"):
        assert meant(Finder(routes).router(path).routes, path) == meant(routes, path)


def test_what_nobody_answers_is_not_found_and_a_slash_too_many_leads_back(client):
    assert client.get("/nowhere/at/all").status_code == 404
    led = client.get("/login/")
    assert (led.status_code, led.headers["location"]) == (307, "/login")
