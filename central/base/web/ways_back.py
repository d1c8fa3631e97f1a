"""Out of a refusal, back to where somebody was: the page they came from, or the page that a deed belongs to."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Match

from central.base.web.guards import routes_of
from central.base.web.render import ADDRESS_MAX, is_local_path


def page_before(request: Request) -> str | None:
    """The page of ours that this request came from, as its browser says; None where that is no other than this one."""
    told = request.headers.get("referer", "")
    try:
        came = urlsplit(told)
    except ValueError:
        return None
    path = came.path + (f"?{came.query}" if came.query else "")
    ours = came.netloc == request.headers.get("host") and len(told) <= ADDRESS_MAX and is_local_path(path)
    same = request.method in ("GET", "HEAD") and came.path == request.url.path
    return path if ours and not same else None


def page_left(request: Request) -> str:
    """The page that a form was sent from, if it is one of ours that can be read; else our first. Of what was typed
    nothing is in it: that was in the body."""
    before = page_before(request) or "/"
    path = urlsplit(before).path
    page = path != "/login" and not path.startswith(("/api/", "/edge/"))
    return before if page and _can_be_read(request.app, path) else "/"


def page_of_deed(app: FastAPI, path: str, query: str = "") -> str:
    """What can be read at this address or the nearest one above it: whoever loads the address of a deed again, which
    only takes a form, wants to see how things stand. What the address asks for (a community) stays asked for."""
    parts = path.strip("/").split("/")
    above = ("/" + "/".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    page = next((page for page in above if is_local_path(page) and _can_be_read(app, page)), "/")
    asked = f"{page}?{query}"
    return asked if query and len(asked) <= ADDRESS_MAX and is_local_path(asked) else page


def _can_be_read(app: FastAPI, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    for route in routes_of(app):
        match, found = route.matches(scope)
        if match is Match.FULL:
            return all(_is_id(value) for name, value in found["path_params"].items() if name.endswith("_id"))
    return False


def _is_id(text: object) -> bool:
    """Of an address `/a/{b_id}` the word "c" in `/a/c/…` is no id, and what would answer there is no page."""
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True
