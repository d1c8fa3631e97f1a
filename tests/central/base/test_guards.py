"""Deny by default: no route without a guard, and each answers each role as declared, in both tenants."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select

from central.app import create_app
from central.base.identity.guard import Db, requires, signed_in
from central.base.identity.tables import AccountRow
from central.base.kernel import permissions
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Forbidden
from central.base.kernel.session import tenant_session
from central.base.web.guards import UnguardedRoute, assert_guarded, guards_of, public, routes_of
from models.values.ids import new_id

pytestmark = pytest.mark.req("SEC-04")

SECRET_ID = "00000000-0000-7000-8000-000000000000"


def api_routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in routes_of(app) if isinstance(route, APIRoute)]


def test_every_route_has_exactly_one_guard(app):
    assert_guarded(app)
    assert len(api_routes(app)) > 10
    for route in api_routes(app):
        assert len(guards_of(route)) == 1, route.path


def test_central_does_not_start_with_an_unguarded_route(parts):
    from fastapi import APIRouter

    router = APIRouter()
    router.add_api_route("/open", lambda: None)
    nested = APIRouter()
    nested.include_router(router, prefix="/deep")
    for added in (router, nested):
        parts.routers.append(added)
        with pytest.raises(UnguardedRoute, match="/open has no guard"):
            create_app(parts, background=False)
        parts.routers.pop()


def test_two_guards_are_a_contradiction(parts):
    app = FastAPI()

    @app.get("/both", dependencies=[public("x")])
    def both(actor: Annotated[Actor, signed_in()]) -> None: ...

    with pytest.raises(UnguardedRoute, match="/both has 2 guards"):
        assert_guarded(app)


def test_a_permission_nobody_declared_cannot_be_required():
    with pytest.raises(ValueError, match=r"nobody\.declared"):
        requires("nobody.declared")


def test_a_permission_is_declared_once_and_for_known_roles():
    permissions.declare("account.read", permissions.MANAGER)
    with pytest.raises(ValueError, match="already declared"):
        permissions.declare("account.read", permissions.GUARD)
    with pytest.raises(ValueError, match="unknown preset"):
        permissions.declare("account.other", "kaiser")
    assert "account.read" in permissions.of_preset(permissions.ADMINISTRATOR)
    assert "account.other" not in permissions.declared()


def call(client, route: APIRoute) -> int:
    path = route.path.replace("{account_id}", SECRET_ID)
    method = sorted(route.methods - {"HEAD"})[0]
    return client.request(method, path, json={} if method in ("POST", "PUT") else None).status_code


def test_every_guarded_route_refuses_strangers(app, client):
    for route in api_routes(app):
        (guard,) = guards_of(route)
        if guard.kind != "public":
            assert call(client, route) == 401, route.path


@pytest.mark.parametrize("role", [None, "guard", "manager", "administrator"])
@pytest.mark.parametrize("which", ["a", "b"])
@pytest.mark.req("ADMIN-02", "ADMIN-03")
def test_every_route_answers_every_role_as_declared(app, login_as, two_tenants, role, which):
    client = login_as(role, tenant=getattr(two_tenants, which))
    held = permissions.of_preset(role) if role else frozenset()
    tried = 0
    for route in api_routes(app):
        (guard,) = guards_of(route)
        if guard.kind != "permission":
            continue
        status = call(client, route)
        tried += 1
        if guard.name in held:
            assert status not in (401, 403), f"{role} should pass {route.path}"
        else:
            assert status in (403, 422), f"{role} should not pass {route.path}"  # 422: the empty body was read first
            assert status != 422 or route.body_field is not None
    assert tried >= 6


def test_the_body_is_no_way_past_the_guard(login_as, two_tenants):
    client = login_as("guard")
    assert client.post("/api/v1/accounts", json={"login": "new.one", "name": "x"}).status_code == 403
    body = {"role": "administrator", "community_id": None}
    assert client.post(f"/api/v1/accounts/{client.person.actor.id}/roles", json=body).status_code == 403


@pytest.mark.req("ADMIN-02")
def test_another_tenants_account_does_not_exist(login_as, someone, two_tenants, database):
    theirs = someone("guard", tenant=two_tenants.b).actor.id
    client = login_as("administrator")
    for method, path, body in (
        ("POST", f"/api/v1/accounts/{theirs}/password", None),
        ("POST", f"/api/v1/accounts/{theirs}/disable", {"reason": "x"}),
        ("POST", f"/api/v1/accounts/{theirs}/roles", {"role": "guard", "community_id": None}),
        ("POST", f"/api/v1/accounts/{theirs}/roles/withdraw", {"role": "guard", "community_id": None}),
    ):
        answer = client.request(method, path, json=body)
        assert answer.status_code == 404, path
        assert str(theirs) not in answer.text
    listed = client.get("/api/v1/accounts").json()["items"]
    with tenant_session(database.engine, two_tenants.a) as db:
        assert {item["login"] for item in listed} == set(db.scalars(select(AccountRow.login)))
    assert "admin.b" not in {item["login"] for item in listed}


@pytest.mark.req("ADMIN-03")
def test_a_role_holds_in_its_community_only(someone, two_tenants):
    east, west = new_id(), new_id()
    actor = someone("manager", community=east).actor
    assert actor.holds("account.read")
    assert actor.may("account.read", east)
    assert not actor.may("account.read", west)
    assert not actor.may("account.read", None), "a part is not the whole"
    assert actor.communities("account.read") == {east}
    assert actor.communities("account.edit") == frozenset()
    with pytest.raises(Forbidden):
        actor.demand("account.read", west)
    everywhere = someone("administrator").actor
    assert everywhere.communities("account.read") is None
    assert everywhere.may("account.read", west)


@pytest.mark.req("ADMIN-03")
def test_a_community_role_does_not_open_what_belongs_to_the_whole_tenant(login_as):
    client = login_as("manager", community=new_id())
    assert client.get("/api/v1/accounts").status_code == 403


@pytest.mark.req("ADMIN-03")
def test_roles_are_granted_and_withdrawn_and_count_at_once(login_as, someone):
    admin = login_as("administrator")
    other = login_as(None)
    account = other.person.actor.id
    assert other.get("/api/v1/accounts").status_code == 403
    roles, manager = f"/api/v1/accounts/{account}/roles", {"role": "manager", "community_id": None}
    for _ in range(2):
        assert admin.post(roles, json=manager).status_code == 204
    assert other.get("/api/v1/accounts").status_code == 200
    assert admin.post(f"{roles}/withdraw", json=manager).status_code == 204
    assert other.get("/api/v1/accounts").status_code == 403
    assert admin.post(f"{roles}/withdraw", json=manager).status_code == 404
    assert admin.post(roles, json=manager | {"role": "emperor"}).status_code == 404


@pytest.mark.req("ADMIN-03")
def test_nobody_grants_what_they_do_not_hold_there(login_as, app):
    """An administrator of one community makes no administrator of the whole tenant, or of another community."""
    app.state.demand_community = lambda db, community_id: None  # whoever knows communities stands a floor above
    east, west = new_id(), new_id()
    local = login_as("administrator", community=east)
    other = login_as(None).person.actor.id
    assert (
        local.post(f"/api/v1/accounts/{other}/roles", json={"role": "administrator", "community_id": None}).status_code
        == 403
    )
    body = {"role": "guard", "community_id": str(west)}
    assert local.post(f"/api/v1/accounts/{other}/roles", json=body).status_code == 403
    body = {"role": "administrator", "community_id": str(east)}
    assert local.post(f"/api/v1/accounts/{other}/roles", json=body).status_code == 204


def test_a_route_whose_guard_was_forgotten_would_still_see_no_rows(database):
    """Behind the guard stands the database: an unbound transaction shows nothing."""
    from fastapi.testclient import TestClient

    app = FastAPI()
    app.state.engine = database.engine

    @app.get("/forgotten")
    def forgotten(db: Db) -> int:
        return len(db.scalars(select(AccountRow)).all())

    assert TestClient(app).get("/forgotten").json() == 0
