"""Every route of a domain, with what it takes, what it answers, and who may ask: the matrix of SEC-04."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.central.people.town import Town

GUARD, MANAGER, ADMINISTRATOR = "guard", "manager", "administrator"
ROLES = (GUARD, MANAGER, ADMINISTRATOR)


@dataclass(frozen=True)
class Call:
    """`path`, `query` and `body` are filled from a town; `least` is the first role of ROLES that may; `tenant_wide`:
    only with the right in the whole tenant; `names_nothing`: no id in it that could be another tenant's."""

    method: str
    route: str
    least: str
    answer: int = 200
    body: Callable[[Town], dict[str, Any]] | None = None
    query: Callable[[Town], dict[str, Any]] | None = None
    path: Callable[[Town], dict[str, Any]] = field(default=lambda town: {})
    tenant_wide: bool = False
    names_nothing: bool = False
    before: Callable[[Town], None] | None = None

    @property
    def id(self) -> str:
        return f"{self.method} {self.route}"

    def send(self, client: TestClient, town: Town) -> Any:
        filled = self.route.format(**self.path(town))
        query = {key: str(value) for key, value in (self.query(town) if self.query else {}).items()}
        return client.request(self.method, filled, params=query, json=self.body(town) if self.body else None)


def shape(route: str) -> str:
    """Without the names of path parameters."""
    return re.sub(r"\{[^}]+\}", "{}", route)


def routes_of(routers: Sequence[APIRouter]) -> set[str]:
    """The shapes of all routes: what the matrix must hold."""
    return {
        shape(f"{method} {route.path}")
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }


def check_call(
    call: Call, town: Town, other_town: Town, login_as: Callable[..., TestClient], nobody: TestClient
) -> None:
    """Refusals first, from the outside in; then the least role that may, in this very community."""
    if call.before is not None:
        call.before(town)
    assert call.send(nobody, town).status_code == 401
    assert call.send(login_as(None), town).status_code == 403
    for role in ROLES[: ROLES.index(call.least)]:
        assert call.send(login_as(role, community=town.community), town).status_code == 403, role
    if not call.names_nothing:
        stranger = call.send(login_as(ADMINISTRATOR, tenant=other_town.tenant_id), town)
        assert stranger.status_code == 404, stranger.text
        elsewhere = call.send(login_as(ADMINISTRATOR, community=other_town.community), town)
        assert elsewhere.status_code == 403, elsewhere.text
    where = None if call.tenant_wide else town.community
    answer = call.send(login_as(call.least, community=where), town)
    assert answer.status_code == call.answer, answer.text
