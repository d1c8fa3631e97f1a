"""A node is revoked and records that do not fit are settled over the pages, each with a reason, each once."""

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


def first_choice(page: str) -> str:
    """The name of the first strand's choice."""
    return re.search(r'type="radio" name="([0-9a-f-]{36})" value="take"', page)[1]


@pytest.mark.req("SYNC-10")
def test_a_broken_chain_is_shown_and_settled_once_for_a_reason(manager, login_as, site, db):
    address = f"/nodes/{site.gate.reply.node_id}/records"
    assert "记录都对得上" in manager.get(address, headers=HTML).text
    break_the_chain(site)
    for page in ("/nodes", "/parked"):
        assert f'href="{address}"' in manager.get(page, headers=HTML).text, page
    guard = login_as("guard", community=site.community_id)
    desk = guard.get("/", headers=HTML).text
    assert re.search(r"东门岗：\d+月\d+日 周. \d\d:\d\d 起送来的通行只保留、不显示", desk) and "请经理查清原因" in desk
    assert f'href="{address}"' not in guard.get("/nodes", headers=HTML).text
    asked = manager.get(address, headers=HTML).text
    assert "前后" not in asked and "有一处接不上" in asked and asked.count('value="take"') == 1
    strand = first_choice(asked)
    wrong = send(manager, address, reason=" ", **{strand: "take"})
    assert wrong.status_code == 422 and 'id="records-reason-wrong"' in wrong.text and "checked" in wrong.text
    unchosen = send(manager, address, reason="磁盘从备份恢复")
    assert unchosen.status_code == 422 and "请给每一段都选一项" in unchosen.text
    for _ in range(2):
        assert send(manager, address, reason="磁盘从备份恢复", **{strand: "take"}).status_code == 303
    assert deeds(db, "journal.settle") == [("journal.settle", "磁盘从备份恢复")]
    assert address not in manager.get("/parked", headers=HTML).text
    assert "决定采用哪些对不上的记录" in manager.get("/audit", headers=HTML).text


@pytest.mark.req("SYNC-07", "SYNC-10")
def test_of_a_copied_node_the_page_says_what_to_do_first_and_what_each_choice_means(manager, site, db):
    node, gate = site.gate.reply.node_id, site.gate
    gate.pass_through(new_id())
    gate.tell()
    kept = list(gate.journal)
    gate.write(Sensed(position=Position.OPEN), None, 0)
    gate.tell()
    gate.journal[:] = kept
    gate.write(Sensed(position=Position.CLOSED), None, 0)
    gate.sent = len(kept)
    gate.tell()
    asked = manager.get(f"/nodes/{node}/records", headers=HTML).text
    for words in ("同一编号来了两份", "断网断电", "到门口刷一次通行码", "set-aside", "当作按时送到", "不进任何页面"):
        assert words in asked, words
    assert f'href="/nodes/{node}/revoke"' in asked, "a copy that cannot be found is silenced by a new key"
    assert send(manager, f"/nodes/{node}/records", reason="x", **{first_choice(asked): "discard"}).status_code == 303
    assert "记录都对得上" in manager.get(f"/nodes/{node}/records", headers=HTML).text
    assert f"/nodes/{node}/records" not in manager.get("/nodes", headers=HTML).text


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_only_who_keeps_this_community_decides_about_its_nodes(login_as, site, two_tenants, database):
    elsewhere = login_as("manager", community=seed(database.engine, site.tenant_id).community_id)
    for client in (
        login_as("guard", community=site.community_id), elsewhere, login_as("administrator", tenant=two_tenants.b)
    ):  # fmt: skip
        for deed in ("revoke", "records"):
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
