"""Every route says who may use it, or central does not start (SEC-04: deny by default)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

_MARK = "__menting_guard__"
OPEN_MOUNTS = ("/static", "/assets")
"""Files that come with the program: nothing of any tenant."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How a route is guarded: `kind` is permission, signed-in, node or public; `name` the permission or the reason."""

    kind: str
    name: str


class UnguardedRoute(RuntimeError):
    """A route with no guard or with two: a fault of the program, found at start."""


def mark(call: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    """Let `call`, a dependency that refuses, count as a guard."""
    setattr(call, _MARK, guard)
    return call


def public(reason: str) -> Any:
    """Declare a route open to everyone, and say why: `dependencies=[public("the log-in form")]`."""

    def nobody_is_asked() -> None:
        return None

    return Depends(mark(nobody_is_asked, Guard("public", reason)))


def routes_of(app: FastAPI) -> Iterator[BaseRoute]:
    """Every route, those of included routers too."""
    yield from _flatten(app.routes)


def _flatten(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from _flatten(included.routes)


def guards_of(route: APIRoute) -> list[Guard]:
    """The guards among a route's dependencies, wherever in the tree they hang."""
    return list(_find(route.dependant))


def _find(dependant: Dependant) -> Iterator[Guard]:
    guard = getattr(dependant.call, _MARK, None)
    if guard is not None:
        yield guard
    for below in dependant.dependencies:
        yield from _find(below)


def assert_guarded(app: FastAPI) -> None:
    """Raise `UnguardedRoute` naming every route that does not have exactly one guard."""
    wrong = [said for route in routes_of(app) if (said := _fault(route)) is not None]
    if wrong:
        raise UnguardedRoute("; ".join(wrong))


def _fault(route: BaseRoute) -> str | None:
    path = getattr(route, "path", repr(route))
    if isinstance(route, APIRoute):
        guards = guards_of(route)
        if len(guards) == 1:
            return None
        methods = "/".join(sorted(route.methods or ()))
        return f"{methods} {path} has {'no guard' if not guards else f'{len(guards)} guards'}"
    if isinstance(route, Mount) and path in OPEN_MOUNTS:
        return None
    return f"{path} is not a route that a guard can be put on"
