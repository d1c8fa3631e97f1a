"""A node is revoked and records that do not fit are settled over the pages, each with a reason, each once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.gates.ingest.projections import projections
from central.gates.ingest.receive import receive
from central.gates.nodes import queries
from central.gates.nodes.watch_group.tables import WatchReceiptRow
from central.gates.visits.rules import CONTACT_WITHIN_S
from central.oversight.console.pages import node_records
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.envelope import Batch
from models.wire.events import AlarmKind, Position, Sensed
from tests.browser.gate import seed
from tests.browser.scenes import copied, forked_often

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


@pytest.mark.req("SYNC-18")
def test_nobody_is_asked_to_open_a_lane_from_afar_whose_node_is_revoked(manager, site):
    visit = site.gate.decide(Outcome.REFER, Reason.SPOOF, kind=Kind.FACE, liveness="spoof_flat").correlation
    site.gate.tell()
    seen = [manager.get(page, headers=HTML).text for page in ("/", f"/visit/{visit}")]
    assert "data-open-here" in seen[0] and "data-open-at-desk" in seen[1]
    assert send(manager, f"/nodes/{site.gate.reply.node_id}/revoke", reason="被偷").status_code == 303
    seen = [manager.get(page, headers=HTML).text for page in ("/", f"/visit/{visit}")]
    assert f'id="visit-{visit}"' in seen[0] and "data-open-here" not in seen[0] and "data-open-at-desk" not in seen[1]


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
def test_of_a_copied_node_the_page_says_what_to_do_first_and_what_each_choice_means(manager, login_as, site):
    node, gate = site.gate.reply.node_id, site.gate
    gate.pass_through(new_id())
    first = len(gate.journal) + 1
    copied(site)
    desk = manager.get("/", headers=HTML).text
    assert ">东门 · 东门岗</span>" in desk and f'href="/nodes/{node}/records"' in desk
    assert f"第 {first}–{first + 1} 条" in desk
    desk = login_as("guard", community=site.community_id).get("/", headers=HTML).text
    assert "东门 · 东门岗" in desk and f"/nodes/{node}/records" not in desk, "a guard decides nothing about it"
    asked = manager.get(f"/nodes/{node}/records", headers=HTML).text
    for words in ("同一编号来了两份", "断网断电", "到门口刷一次通行码", "set-aside", "当作按时送到", "不进任何页面"):
        assert words in asked, words
    assert f'href="/nodes/{node}/revoke"' in asked, "a copy that cannot be found is silenced by a new key"
    assert send(manager, f"/nodes/{node}/records", reason="x", **{first_choice(asked): "discard"}).status_code == 303
    assert "记录都对得上" in manager.get(f"/nodes/{node}/records", headers=HTML).text
    assert f"/nodes/{node}/records" not in manager.get("/nodes", headers=HTML).text


@pytest.mark.req("SYNC-10", "SEC-08")
def test_of_very_many_strands_the_longest_are_listed_and_the_others_discarded_with_them(manager, site, db, monkeypatch):
    monkeypatch.setattr(node_records, "LISTED", 2)
    address = f"/nodes/{site.gate.reply.node_id}/records"
    copied(site)
    forked_often(site, 8)
    asked = manager.get(address, headers=HTML).text
    assert asked.count('value="take"') == 2 and "另有 7 段，都不采用" in asked and "其余共 7 条" in asked
    listed = re.findall(r'type="radio" name="([0-9a-f-]{36})" value="take"', asked)
    choices = dict.fromkeys(listed, "discard") | {"reason": "复制的机器已收走"}
    assert send(manager, address, **choices, others="5").status_code == 422, "one more came meanwhile"
    seen = re.search(r'name="others" value="(\d+)"', asked)[1]
    assert send(manager, address, **choices, others=seen).status_code == 303
    assert "记录都对得上" in manager.get(address, headers=HTML).text


@pytest.mark.req("GUARD-02", "SYNC-07")
def test_a_card_of_lost_records_names_the_gate_and_links_to_its_node(manager, site):
    site.gate.tell()
    first = len(site.gate.journal) + 1
    for _ in range(3):
        site.gate.write(Sensed(position=Position.OPEN), None, 0)
    with site.gate.session() as db:
        batch = Batch(node_id=site.gate.reply.node_id, sent_at=clock.now(), events=tuple(site.gate.journal[first:]))
        receive(db, site.gate.actor, batch.model_copy(update={"lost_before": True}), projections, clock.now())
    site.gate.alarm(AlarmKind.FORCED)
    site.gate.sent = len(site.gate.journal) - 1
    site.gate.tell()
    desk = manager.get("/", headers=HTML).text
    assert desk.count(">东门 · 东门岗</span>") == 1, "not on a card that has a lane"
    assert "有记录丢失" in desk and ">东门 · 东门岗</span>" in desk and f"第 {first}–{first} 条" in desk
    assert f'href="/nodes?community={site.community_id}"' in desk


@pytest.mark.req("ACC-22", "ACC-25", "SYNC-18")
def test_no_contact_is_told_alike_on_every_page(manager, site, db):
    """A node silent for less than the alarm takes, but too long to be reached."""
    silent_since = clock.now() - timedelta(seconds=CONTACT_WITHIN_S + 3)
    fire = site.gate.alarm(AlarmKind.FIRE)
    site.gate.tell(silent_since)
    with site.gate.session() as session:
        session.execute(text("UPDATE node_presence SET heard_at = :at"), {"at": silent_since})
    lane = fire.lane_id
    assert "lane--offline" in manager.get("/", headers=HTML).text
    listed = re.sub(r"\s", "", manager.get("/nodes", headers=HTML).text)
    assert ">失联<" in listed and ">在线<" not in listed
    asked = manager.get(f"/lanes/{lane}/end-fire", headers=HTML).text
    assert "命令送不到" in asked and "data-end-fire-button" not in asked
    assert "data-silent" in manager.get(f"/lanes/{lane}/open", headers=HTML).text
    (node,) = queries.nodes(db, [site.community_id], clock.now())
    assert (node.online, node.in_contact) == (True, False)


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


@pytest.mark.req("ACC-30", "SYNC-18")
def test_who_revokes_a_node_reads_how_many_faces_of_the_watch_group_are_left_on_its_disk(manager, site, db):
    address, node = f"/nodes/{site.gate.reply.node_id}/revoke", site.gate.reply.node_id
    assert "关注名单" not in manager.get(address, headers=HTML).text.split("<main", 1)[1]
    with site.gate.session() as own:
        for seq, what in enumerate(("stored", "erased", "stored")):
            own.add(
                WatchReceiptRow(
                    community_id=site.community_id, node_id=node, entry_id=new_id(), what=what, at=clock.now(), seq=seq
                )
            )  # fmt: skip
    asked = manager.get(address, headers=HTML).text
    assert "它的磁盘上还有关注名单 2 人的人脸特征" in asked and "等它确认" not in asked, "nothing is ordered"
