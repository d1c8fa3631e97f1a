"""How much a route takes, known before anything of a body is read.

A body of JSON is parsed in the event loop before any guard is asked: what it may cost is settled by its size alone.
A route that takes photos, files or long lists says so itself; every other takes `BODY_PLAIN_MAX`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from re import Pattern
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from central.base.web.guards import routes_of

BODY_PLAIN_MAX = 64 * 1024
"""Bytes: a log-in, a form, a rule with all its lanes."""
BODY_PROSE_MAX = 512 * 1024
"""Bytes of some long texts: each Chinese character is nine in a form, and twelve at the most in JSON."""
BODY_MAX = 8 * 1024 * 1024
"""Bytes that any route may ask for: nodes send batches of a megabyte, and one large event when need be."""

_MARK = "__menting_body_max__"


def bounded(call: Callable[..., Any], size: int) -> Callable[..., Any]:
    """Let `call`, a dependency, declare the bound of its route."""
    if size > BODY_MAX:
        raise ValueError(f"a body of {size} bytes: no route takes more than {BODY_MAX}")
    setattr(call, _MARK, size)
    return call


def takes(size: int) -> Any:
    """Declare that a route takes more than others: `dependencies=[takes(BODY_MAX)]`."""

    def nothing_is_asked() -> None:
        return None

    return Depends(bounded(nothing_is_asked, size))


class Bounds:
    """The declared bounds of an application's routes; made once, when all its routes are there."""

    def __init__(self, app: FastAPI) -> None:
        self._declared: list[tuple[Pattern[str], frozenset[str], int]] = [
            (route.path_regex, frozenset(route.methods or ()), size)
            for route in routes_of(app)
            if isinstance(route, APIRoute)
            for size in sizes_of(route.dependant)
        ]

    def of(self, method: str, path: str) -> int:
        """Bytes that the body of such a request may have."""
        for pattern, methods, size in self._declared:
            if method in methods and pattern.match(path):
                return size
        return BODY_PLAIN_MAX


def sizes_of(dependant: Dependant) -> Iterator[int]:
    """The bounds that a route's dependencies declare, wherever in the tree they hang."""
    size = getattr(dependant.call, _MARK, None)
    if size is not None:
        yield size
    for below in dependant.dependencies:
        yield from sizes_of(below)
