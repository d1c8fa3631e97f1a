"""Every route says who may use it, or central does not start (SEC-04: deny by default)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

_MARK = "__menting_guard__"


@dataclass(frozen=True, slots=True)
class Guard:
    """How a route is guarded: `kind` permission, signed-in, node or public; `name` the permission or the reason."""

    kind: str
    name: str


class UnguardedRoute(RuntimeError):
    """A route without a guard: a fault of the program, found at start."""


def mark(call: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    setattr(call, _MARK, guard)
    return call


def public(reason: str) -> Any:
    """Declare a route open to everyone, and say why: `dependencies=[public("the log-in form")]`."""

    def nobody_is_asked() -> None:
        return None

    return Depends(mark(nobody_is_asked, Guard("public", reason)))
