"""Finding a request's route without asking every one of them.

Starlette asks route after route whether it is meant, and central has some 500. Here a request asks those alone whose
path begins as its own does, in the same order: whichever of all of them would be found is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

DEEP = 3
"""Parts of a path that are looked at: `/api/v1/visits`."""

Head = tuple[str, ...]


class Finder:
    """The routes of an application by the first parts of their paths; made once, when all its routes are there."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = [(_head(getattr(route, "path", "")), route) for route in routes]
        self._heads = {head for head, _ in self._routes}
        self._routers: dict[Head, APIRouter] = {}

    def router(self, path: str) -> APIRouter:
        """Has every route that can be meant by `path`, or by it with one slash more or less at its end."""
        head = _parts(path)
        while head and head not in self._heads:
            head = head[:-1]
        if head not in self._routers:
            made = APIRouter()
            made.routes = [route for begins, route in self._routes if head[: len(begins)] == begins]
            self._routers[head] = made
        return self._routers[head]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.router(scope["path"]).app(scope, receive, send)


def find_quickly(app: FastAPI) -> None:
    """From now on each request asks few routes of `app`. One that is added later is not found."""
    whole, finder = app.router.middleware_stack, Finder(app.router.routes)

    async def found(scope: Scope, receive: Receive, send: Send) -> None:
        await (finder if scope["type"] == "http" else whole)(scope, receive, send)

    app.router.middleware_stack = found


@lru_cache(maxsize=2048)
def _head(path: str) -> Head:
    """What the path of each request for this route begins with."""
    return tuple(takewhile(lambda part: "{" not in part, _parts(path)))


def _parts(path: str) -> Head:
    return tuple(path.rstrip("/").split("/")[1 : DEEP + 1])
