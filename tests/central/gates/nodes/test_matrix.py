"""Two tenants, every role, every route of ingest, visits and nodes (SEC-04, ADMIN-02)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.gates.ingest.tables import ParkedEventRow, PictureHoldRow
from central.gates.nodes import commands, remote
from central.gates.nodes import service as nodes
from central.gates.nodes.tables import CommandRow
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind

pytestmark = pytest.mark.req("SEC-04", "ADMIN-02")

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20 + b"\xff\xd9"
SAY = {"reason": "test"}

# method, path, body, the roles that may (of guard, manager; the administrator may everything)
ROUTES = [
    ("GET", "/api/v1/nodes", None, "guard manager"),
    ("POST", "/api/v1/nodes/{node}/revoke", SAY, "manager"),
    ("GET", "/api/v1/node-tokens", None, "manager"),
    ("POST", "/api/v1/node-tokens", {"community_id": "{community}", "gate_id": "{gate}", "name": "x"}, "manager"),
    ("POST", "/api/v1/lanes/{lane}/look", None, "guard manager"),
    ("GET", "/api/v1/lanes/{lane}/live.jpg", None, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/open-nonce", None, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/open",
     {"reason": "x", "nonce": "n" * 32, "looked_at": "2026-11-23T00:00:00Z"}, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/end-fire", SAY, "guard manager"),
    ("POST", "/api/v1/alarms/{alarm}/close-fire", SAY, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/calibrate-faces", SAY, "manager"),
    ("GET", "/api/v1/face-figures", None, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/reset-passback", SAY | {"subject_id": "{node}"}, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/hold-open", SAY | {"minutes": 30}, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/resume", SAY, "guard manager"),
    ("POST", "/api/v1/lanes/{lane}/turn", SAY | {"direction": "out"}, "guard manager"),
    ("GET", "/api/v1/commands/{command}", None, "guard manager"),
    ("GET", "/api/v1/visits", None, "guard manager"),
    ("GET", "/api/v1/visits/{visit}", None, "guard manager"),
    ("GET", "/api/v1/visits/{visit}/picture.jpg", None, "guard manager"),
    ("GET", "/api/v1/alarms/{alarm}/picture.jpg", None, "guard manager"),
    ("POST", "/api/v1/visits/{visit}/picture/hold", SAY, "guard manager"),
    ("GET", "/api/v1/picture-holds", None, "manager"),
    ("POST", "/api/v1/picture-holds/{hold}/release", SAY, "manager"),
    ("GET", "/api/v1/communities/{community}/pictures-kept", None, "manager"),
    ("POST", "/api/v1/visits/{visit}/correction", SAY, "guard manager"),
    ("GET", "/api/v1/alarms", None, "guard manager"),
    ("GET", "/api/v1/alarms/open", None, "guard manager"),
    ("POST", "/api/v1/alarms/{alarm}/acknowledge", None, "guard manager"),
    ("GET", "/api/v1/lanes-now", None, "guard manager"),
    ("GET", "/api/v1/parked", None, "manager"),
    ("POST", "/api/v1/parked/{parked}/retry", SAY, "manager"),
    ("POST", "/api/v1/parked/{parked}/reject", SAY, "manager"),
    ("GET", "/api/v1/journal/proof", None, "guard manager"),
    ("GET", "/api/v1/journal/proof?node_id={node}", None, "guard manager"),
    ("POST", "/api/v1/journal/{node}/accept-break", SAY, "manager"),
    ("GET", "/api/v1/journal/{node}/strands", None, "manager"),
    ("POST", "/api/v1/journal/{node}/settle", SAY, "manager"),
]  # fmt: skip


@pytest.fixture
def things(site, node):
    """One of everything, in tenant a: what the paths name."""
    events = node.visit()
    alarm = node.write(Alarm(alarm=AlarmKind.FORCED))
    node.write("nonsense")
    site.send(node, node.batch())
    now = clock.now()
    with site.session() as db:
        nodes.request_look(db, site.actor_account, node.lane.lane_id, now)
        commands.take(db, node.id, now)
        remote.keep_live_picture(db, node.actor, node.lane.lane_id, JPEG, now)
        return {
            "node": node.id, "community": site.community_id, "gate": site.gate_id, "lane": node.lane.lane_id,
            "visit": events[0].correlation, "alarm": alarm.event_id,
            "parked": db.scalars(select(ParkedEventRow.id)).one(), "command": db.scalars(select(CommandRow.id)).one(),
            "hold": db.scalars(select(PictureHoldRow.id)).one(),
        }  # fmt: skip


def filled(template, things):
    if isinstance(template, dict):
        return {key: filled(value, things) for key, value in template.items()}
    return template.format(**things) if isinstance(template, str) else template


def ask(client, method, path, body, things):
    return client.request(method, filled(path, things), json=filled(body, things) if body else None)


def is_empty(answer):
    """A list without anything of the other tenant, or not found."""
    return answer.status_code == 404 or (answer.status_code == 200 and answer.json()["items"] == [])


def ids_of(things):
    return [str(value) for value in things.values()]


@pytest.mark.parametrize(("method", "path", "body", "roles"), ROUTES, ids=[f"{m} {p}" for m, p, *_ in ROUTES])
def test_route(client, login_as, two_tenants, site, other_site, things, method, path, body, roles):
    assert ask(client, method, path, body, things).status_code == 401

    other = ask(login_as("administrator", tenant=two_tenants.b), method, path, body, things)
    assert is_empty(other), f"another tenant's administrator got {other.status_code}: {other.text[:300]}"
    assert not any(one in other.text for one in ids_of(things))

    elsewhere = ask(login_as("manager", community=other_community(site)), method, path, body, things)
    assert elsewhere.status_code == 403 or is_empty(elsewhere), elsewhere.text[:300]

    nobody = ask(login_as(None), method, path, body, things)
    assert nobody.status_code == 403
    for role in ("guard", "manager"):
        if role not in roles:
            answer = ask(login_as(role), method, path, body, things)
            assert answer.status_code == 403, f"{role}: {answer.status_code}"
    for role in [*roles.split()[:1], "administrator"]:
        answer = ask(login_as(role, community=site.community_id), method, path, body, things)
        assert answer.status_code not in (401, 403, 500), f"{role}: {answer.status_code} {answer.text[:300]}"


def other_community(site):
    from central.people.community.service import add_community

    with site.session() as db:
        return add_community(db, site.actor, f"另一个 {new_id()}").id


def test_no_route_is_left_out(app):
    """Every route of these domains is in the matrix, or is a node's own."""
    asked = {(method, path.split("?")[0]) for method, path, *_ in ROUTES}
    described = app.openapi()["paths"]
    mine = {
        (method.upper(), path)
        for path, methods in described.items()
        for method, operation in methods.items()
        if set(operation.get("tags", ())) & {"nodes", "visits", "journal"}
    }
    normal = {(method, path.replace("{node}", "{node_id}")) for method, path in asked}
    named = {"{lane}": "{lane_id}", "{visit}": "{visit_id}", "{alarm}": "{alarm_id}", "{parked}": "{parked_id}",
             "{command}": "{command_id}", "{hold}": "{hold_id}", "{community}": "{community_id}"}  # fmt: skip
    for short, long in named.items():
        normal = {(method, path.replace(short, long)) for method, path in normal}
    assert mine - normal == {("GET", "/api/v1/events")}, "the stream has a test of its own"


@pytest.mark.parametrize(
    "target",
    ["/edge/v1/batches", "/edge/v1/alarms", "/edge/v1/pictures/{e}", "/edge/v1/lanes/{e}/live", "/edge/v1/rules"],
)
def test_a_node_s_routes_need_its_signature(client, login_as, node, target):
    target = target.format(e=new_id())
    method = "POST" if target.endswith(("batches", "alarms")) else "PUT"
    assert client.request(method, target, content=b"{}").status_code == 401
    assert login_as("administrator").request(method, target, content=b"{}").status_code == 401
    forged = node.headers(method, target, b"another body")
    assert client.request(method, target, content=b"{}", headers=forged).status_code == 401
