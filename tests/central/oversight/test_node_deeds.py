"""A node is revoked and a broken chain accepted over the pages, each with a reason, each once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.gates.nodes import queries
from models.values.ids import new_id
from models.wire.events import Position, Sensed
from tests.browser.gate import seed

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def manager(login_as, site):
    return login_as("manager", community=site.community_id)


def send(client, address, **fields):
    return client.post(address, data=fields, headers=HTML)


def break_the_chain(site) -> None:
    site.gate.pass_through(new_id())
    site.gate.tell()
    event = site.gate.write(Sensed(position=Position.CLOSED), None, 0)
    site.gate.journal[-1] = event.model_copy(update={"prev": b"\1" * len(event.prev)})
    site.gate.write(Sensed(position=Position.OPEN), None, 0)
    site.gate.tell()


def deeds(db, what):
    return [(row.what, row.reason) for row in db.scalars(select(AuditRow).where(AuditRow.what == what))]


@pytest.mark.req("SYNC-18")
def test_a_node_is_revoked_once_for_a_reason(manager, site, db):
    address = f"/nodes/{site.gate.reply.node_id}/revoke"
    assert f'href="{address}"' in manager.get("/nodes", headers=HTML).text
    assert "最多 72 小时" in manager.get(address, headers=HTML).text
    wrong = send(manager, address, reason=" ")
    assert wrong.status_code == 422 and 'id="revoke-reason-wrong"' in wrong.text
    for _ in range(2):
        assert send(manager, address, reason="换了新机器").status_code == 303
    assert deeds(db, "node.revoke") == [("node.revoke", "换了新机器")]
    (node,) = queries.nodes(db, [site.community_id], clock.now())
    assert node.revoked_at is not None
    assert f'href="{address}"' not in manager.get("/nodes", headers=HTML).text
    assert f'action="{address}"' not in manager.get(address, headers=HTML).text


@pytest.mark.req("SYNC-10")
def test_a_broken_chain_is_shown_and_accepted_once_for_a_reason(manager, login_as, site, db):
    address = f"/nodes/{site.gate.reply.node_id}/accept-break"
    assert "记录链是完整的" in manager.get(address, headers=HTML).text
    break_the_chain(site)
    for page in ("/nodes", "/parked"):
        assert f'href="{address}"' in manager.get(page, headers=HTML).text, page
    guard = login_as("guard", community=site.community_id)
    desk = guard.get("/", headers=HTML).text
    assert re.search(r"东门岗：\d+月\d+日 周. \d\d:\d\d 起送来的通行只保留、不显示", desk) and "请经理查清原因" in desk
    assert f'href="{address}"' not in guard.get("/nodes", headers=HTML).text
    wrong = send(manager, address, reason=" ")
    assert wrong.status_code == 422 and 'id="break-reason-wrong"' in wrong.text
    for _ in range(2):
        assert send(manager, address, reason="磁盘从备份恢复").status_code == 303
    assert deeds(db, "journal.accept_break") == [("journal.accept_break", "磁盘从备份恢复")]
    assert address not in manager.get("/parked", headers=HTML).text


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_only_who_keeps_this_community_decides_about_its_nodes(login_as, site, two_tenants, database):
    elsewhere = login_as("manager", community=seed(database.engine, site.tenant_id).community_id)
    for client in (
        login_as("guard", community=site.community_id), elsewhere, login_as("administrator", tenant=two_tenants.b)
    ):  # fmt: skip
        for deed in ("revoke", "accept-break"):
            address = f"/nodes/{site.gate.reply.node_id}/{deed}"
            assert client.get(address, headers=HTML).status_code in (403, 404)
            assert send(client, address, reason="x").status_code in (403, 404)


@pytest.mark.req("SYNC-18")
def test_who_makes_a_token_for_a_gate_that_has_a_node_is_warned(manager, site, db):
    """Enrolled under the same lane codes, the second node takes the first one's lanes, which goes on opening doors."""
    (here,) = [node for node in queries.nodes(db, [site.community_id], clock.now()) if node.revoked_at is None]
    asked = {"community": str(site.community_id), "gate": str(here.gate_id), "name": "备用"}
    told = send(manager, "/nodes", **asked).text
    assert f"这个大门已有节点：{here.name}" in told and 'role="alert"' in told
    assert "请先断开旧设备" in told
    assert "这个大门已有节点" not in manager.get("/nodes", headers=HTML).text
    send(manager, f"/nodes/{here.node_id}/revoke", reason="换新 replaced")
    assert "这个大门已有节点" not in send(manager, "/nodes", **asked).text
