"""The enrolment node on the pages: which it is, that a manager names another, and what other gates claim or refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from nacl.signing import SigningKey
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.session import open_session
from central.gates.access.tables import CardholderRow
from central.gates.face_enrolment.rules import PHOTOS, PHOTOS_LIFE
from central.gates.ingest.projections import projections
from central.gates.nodes import mail
from central.gates.nodes import service as nodes
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.nodes.tables import NodeRow
from central.gates.visits import service as visits
from central.gates.visits.tables import AlarmRow
from central.people.community import service as community
from central.people.community.queries import resident_at
from central.people.consent.queries import text_views
from models.values.ids import new_id
from models.wire.commands import EnrolLane, EnrolRequest
from models.wire.events import Alarm, AlarmKind, TemplateStored
from models.wire.faces import PieceRefusal, SealedTemplate
from tests.browser.gate import RIGHTS, Gate, Seeded
from tests.central.oversight.phone import Phone
from tests.central.oversight.test_node_deeds import HTML, deeds, manager, send, site

__all__ = ["manager", "site"]


def second_node(site: Seeded, name: str) -> Gate:
    """At the other gate, with a face model: it has told its keys."""
    key = SigningKey.generate()
    with site.gate.session() as db:
        gate = community.add_gate(db, system(site.tenant_id, "seed", RIGHTS), site.community_id, "北门")
        token = nodes.make_token(db, system(site.tenant_id, "seed", RIGHTS), site.community_id, gate.id, name)
    lanes = (EnrolLane(code="north-in", name="北门进", direction="in"),)
    asked = EnrolRequest(token=token, public_key=bytes(key.verify_key).hex(), name="n", version="0.1.0", lanes=lanes)
    with open_session(site.gate.engine) as db:
        made = nodes.enrol(db, asked, None, clock.now())
    return Gate(site.gate.engine, made)


def offers(gate: Gate) -> None:
    gate.offer_key()


def tells_no_key(gate: Gate) -> None:
    with gate.session() as db:
        db.execute(delete(PhotoKeyRow).where(PhotoKeyRow.node_id == gate.reply.node_id))


@pytest.mark.req("PRIV-09")
def test_the_enrolment_node_is_shown_and_another_is_named_once_for_a_reason(
    manager: TestClient, login_as: Callable[..., TestClient], site: Seeded, db: Session
) -> None:
    first, second = site.gate, second_node(site, "北门岗")
    address, own = (f"/nodes/{one.reply.node_id}/maker" for one in (second, first))
    tells_no_key(first)
    assert "没有人脸登记机：现在谁也登记不了人脸" in manager.get("/nodes", headers=HTML).text
    assert "没有装人脸模型" in manager.get(address, headers=HTML).text
    assert send(manager, address, reason="放在机房").status_code == 409
    for gate in (first, second):
        offers(gate)
    page = manager.get("/nodes", headers=HTML).text
    assert f'href="{address}"' in page and f'href="{own}"' not in page
    guard = login_as("guard", community=site.community_id)
    assert f'href="{address}"' not in guard.get("/nodes", headers=HTML).text
    assert send(guard, address, reason="放在机房").status_code == 403
    first.write(TemplateStored(cardholder_id=site.cardholders[0], model="m", photos=3))
    first.tell()
    asked = manager.get(address, headers=HTML).text
    assert f"现在的人脸登记机是 {db.get_one(NodeRow, first.reply.node_id).name}。" in asked
    assert "现在没有照片和人脸特征在路上" in asked and "正在路上的照片" not in asked
    assert "个设备要看一下" not in asked and "这个节点现在离线" in asked
    assert "现在的人脸登记机 东门岗 自" not in asked, "it is in contact"
    assert "人的人脸，这个节点没有" not in asked, "who did not agree is asked for nothing"
    second.write(Alarm(alarm=AlarmKind.DEVICE_FAULT, device="board"), lane=None)
    second.write(Alarm(alarm=AlarmKind.CAMERA_STALE, device="camera"), lane=None)
    second.tell()
    with first.session() as own:
        mail.send(own, first.reply.node_id, PHOTOS, new_id(), "sealed", clock.now())
    asked = manager.get(address, headers=HTML).text
    assert "这个节点有 2 个设备要看一下" in asked
    assert "正在路上：1 份照片，0 份人脸特征" in asked and "正在路上的照片会请住户重新拍" in asked
    page = manager.get("/nodes", headers=HTML).text
    assert page.count("2 个设备要看一下") == 1 and page.index(f'href="{address}"') < page.index(
        f'href="{address.replace("maker", "revoke")}"'
    )
    wrong = send(manager, address, reason=" ")
    assert wrong.status_code == 422 and 'id="maker-reason-wrong"' in wrong.text
    for _ in range(2):
        assert send(manager, address, reason="放在机房").status_code == 303
    assert deeds(db, "node.maker") == [("node.maker", "放在机房")]
    assert "已经是人脸登记机" in manager.get(address, headers=HTML).text
    assert "更换人脸登记机" in manager.get("/audit", headers=HTML).text


@pytest.mark.req("PRIV-07")
def test_what_a_gate_claims_or_takes_not_is_said_to_the_manager_with_what_to_do(
    manager: TestClient, site: Seeded
) -> None:
    first, second = site.gate, second_node(site, "北门岗")
    offers(first)
    holder, claimed = site.cardholders[:2]
    piece = SealedTemplate(node_id=second.reply.node_id, cardholder_id=holder, sealed=b"t" * 60, key_id="ab" * 8)
    with first.session() as own:
        pieces.send(own, site.community_id, first.reply.node_id, piece, clock.now())
        pieces.settle(
            own, second.reply.node_id, holder, clock.now(), piece=piece.piece, taken=False,
            why=PieceRefusal.OTHER_MODEL,
        )  # fmt: skip
        homes = {
            one: resident_at(own, own.get_one(CardholderRow, one).person_id, site.community_id, clock.now())
            for one in (holder, claimed)
        }
    assert "1 人的人脸没有收下：那里的人脸模型和人脸登记机不同" in manager.get("/nodes", headers=HTML).text
    face = manager.get(f"/people/homes/{homes[holder]}/face", headers=HTML).text
    assert "北门岗 没有收下这个人脸特征" in face and "请把两个节点装成同一模型" in face
    second.write(TemplateStored(cardholder_id=claimed, model="m", photos=3))
    second.tell()
    face = manager.get(f"/people/homes/{homes[claimed]}/face", headers=HTML).text
    assert "北门岗 自称存有此人的人脸特征" in face and "请停用它" in face
    desk = manager.get("/", headers=HTML).text
    assert "节点自称存有人脸登记机没有做过的人脸" in desk and "北门岗" in desk


@pytest.mark.req("PRIV-09")
def test_whoever_revokes_the_enrolment_node_reads_which_one_is_next(
    manager: TestClient, site: Seeded, db: Session
) -> None:
    first = site.gate
    address = f"/nodes/{first.reply.node_id}/revoke"
    tells_no_key(first)
    assert "这是人脸登记机" not in manager.get(address, headers=HTML).text
    offers(first)
    page = manager.get(address, headers=HTML).text
    assert "这是人脸登记机" in page and "没有别的节点：停用后" in page
    second = second_node(site, "北门岗")
    assert "别的节点都还没有报过密钥" in manager.get(address, headers=HTML).text
    offers(second)
    page = manager.get(address, headers=HTML).text
    assert "这是人脸登记机" in page and "人脸登记机是“北门岗”" in page and "人的人脸，下一个人脸登记机没有" not in page
    assert f'href="/nodes/{second.reply.node_id}/maker"' in page
    assert "这是人脸登记机" not in manager.get(f"/nodes/{second.reply.node_id}/revoke", headers=HTML).text
    assert send(manager, address, reason="\u200b").status_code == 422 and deeds(db, "node.revoke") == []


def goes_silent(gate: Gate) -> None:
    """Heard last three hours and a half ago."""
    with gate.session() as db:
        long_ago = clock.now() - timedelta(hours=3, minutes=30)
        db.execute(text("UPDATE node_presence SET heard_at = :at, since = :at"), {"at": long_ago})
        db.execute(text("UPDATE node_cursor SET heard_at = :at"), {"at": long_ago})


@pytest.mark.req("PRIV-07", "SYNC-18")
def test_photos_that_wait_for_an_enrolment_node_that_is_lost_say_so_on_phone_desk_and_its_page(phone: Phone) -> None:
    first, second = phone.site.gate, second_node(phone.site, "北门岗")
    for gate in (first, second):
        offers(gate)
        gate.poll()
    maker, desk = f"/nodes/{second.reply.node_id}/maker", f"/people/homes/{phone.resident}/face"
    phone.link_is(state="waiting", node_id=first.reply.node_id)
    token = phone.link.rpartition("/")[2]

    def told() -> tuple[bool, bool, bool, bool]:
        return (
            'data-maker-away="yes"' in phone.page(),
            phone.client.get(f"/api/v1/face-enrolments/{token}").json()["maker_away"],
            "起联系不上：发出后一小时内" in phone.client.get(desk, headers=HTML).text,
            "现在的人脸登记机 东门岗 自" in phone.client.get(maker, headers=HTML).text,
        )  # fmt: skip

    assert told() == (False,) * 4
    goes_silent(first)
    assert told() == (True,) * 4
    assert "发出后一小时内恢复就自动完成" in phone.page()
    assert timedelta(hours=1) == PHOTOS_LIFE, "the sentence says so"


@pytest.mark.req("SYNC-18", "PRIV-05", "ADMIN-02")
def test_of_a_revoked_node_every_page_says_what_is_so(phone: Phone) -> None:
    node, manager = phone.site.gate, phone.client
    address = f"/nodes/{node.reply.node_id}"
    node.poll()
    node.alarm(AlarmKind.DEVICE_FAULT, device="board")
    node.tell()
    goes_silent(node)
    with node.session() as db:
        visits.note_offline(db, clock.now())
        db.execute(text("UPDATE alarm SET raised_at = :at"), {"at": clock.now() - timedelta(hours=3)})
    assert "它的磁盘上还有 1 人的人脸特征。" in manager.get(f"{address}/revoke", headers=HTML).text
    assert "个设备要看一下" in manager.get("/nodes", headers=HTML).text
    page = manager.post(f"{address}/revoke", data={"reason": "被盗"}, headers=HTML, follow_redirects=True).text
    assert "节点已停用" in page and "第 318 版" in page and "个设备要看一下" not in page
    assert "从未" not in page and "还没有规则" not in page and "没有对过" not in page
    desk = manager.get("/", headers=HTML).text
    assert desk.count("告警随之结束") == 2 and "已恢复联系" not in desk and "自行恢复" not in desk
    assert "已停用，不能再做人脸登记机" in manager.get(f"{address}/maker", headers=HTML).text
    with node.session() as db:
        visits.rebuild(db, phone.site.community_id, projections)
        ended = db.scalars(select(AlarmRow.revoked_by).where(AlarmRow.node_id == node.reply.node_id)).all()
        assert len(ended) == 2 and all(ended), "made anew from the journal they end as they did"
    phone_page, face = phone.page(), manager.get(f"/people/homes/{phone.resident}/face", headers=HTML).text
    assert "设备已停用；没有断开的话，最多还有 72 小时会照旧认脸" in phone_page and "已有特征" not in phone_page
    assert "已停用，它的磁盘上还有特征" in face


@pytest.mark.req("PRIV-05")
def test_an_order_that_only_a_revoked_node_owed_is_settled_with_the_revocation(phone: Phone) -> None:
    node, manager = phone.site.gate, phone.client
    phone.press("withdraw")
    phone.parts.dispatcher.drain()
    address, face = f"/nodes/{node.reply.node_id}/revoke", f"/people/homes/{phone.resident}/face"
    assert "还有 1 个节点未确认" in manager.get(face, headers=HTML).text
    assert "其中 1 人的已下令销毁，它还没有确认" in manager.get(address, headers=HTML).text
    assert send(manager, address, reason="被盗").status_code == 303
    told, mine = manager.get(face, headers=HTML).text, phone.page()
    assert "个节点未确认" not in told and "还有 1 个节点已停用，请由人员销毁其磁盘" in told
    assert (
        "data-under-way" not in mine
        and "已停用的设备由物业人工销毁" in mine
        and "都已确认销毁（" not in mine.replace("在用的门口都已确认销毁", "")
    )


@pytest.mark.req("PRIV-09")
def test_whom_the_new_enrolment_node_lacks_is_listed_to_be_asked_for_photos(phone: Phone) -> None:
    second, manager = second_node(phone.site, "北门岗"), phone.client
    for gate in (phone.site.gate, second):
        offers(gate)
    address = f"/nodes/{second.reply.node_id}/maker"
    assert "没有需要重新登记的人" in manager.get("/faces/earlier", headers=HTML).text
    assert "有 1 人的人脸，这个节点没有" in manager.get(address, headers=HTML).text
    page = manager.post(address, data={"reason": "放在机房"}, headers=HTML, follow_redirects=True).text
    assert "人脸登记机已更换" in page
    asked = manager.get("/faces/earlier", headers=HTML).text
    assert "要请 1 人" in asked and "现在的人脸登记机没有此人的特征，要重拍" in asked
    assert "有 1 人的人脸特征，现在的人脸登记机没有" in manager.get("/face-figures", headers=HTML).text
    phone.press("withdraw")
    phone.parts.dispatcher.drain()
    assert "没有需要重新登记的人" in manager.get("/faces/earlier", headers=HTML).text
    assert (
        "人的人脸，这个节点没有" not in manager.get(f"/nodes/{phone.site.gate.reply.node_id}/maker", headers=HTML).text
    )


@pytest.mark.req("PRIV-07", "SYNC-18")
def test_without_an_enrolment_node_every_page_says_so_first_and_nobody_is_asked_for_photos(phone: Phone) -> None:
    manager, node = phone.client, phone.site.gate.reply.node_id
    desk, nobody = f"/people/homes/{phone.resident}/face", "没有人脸登记机"
    phone.press("withdraw")
    phone.parts.dispatcher.drain()
    text_id = text_views_of(phone)
    for page in (manager.get("/nodes", headers=HTML), manager.get("/faces/earlier", headers=HTML)):
        assert nobody not in page.text
    assert "face/invite" in manager.get(desk, headers=HTML).text and "data-no-maker" not in phone.page("?anew=yes")
    assert "没有别的节点：停用后" in manager.get(f"/nodes/{node}/revoke", headers=HTML).text
    assert send(manager, f"/nodes/{node}/revoke", reason="被盗").status_code == 303
    told = manager.get("/nodes", headers=HTML).text
    assert nobody in told and "请为一个大门注册节点并装上人脸模型" in told
    listed = manager.get("/faces/earlier", headers=HTML).text
    assert nobody in listed and "没有需要重新登记的人" not in listed and 'href="/nodes?community=' in listed
    face = manager.get(desk, headers=HTML).text
    assert nobody in face and "face/invite" not in face and "face/here" not in face and 'href="/nodes?' in face
    asked = phone.page("?anew=yes")
    assert "data-no-maker" in asked and "/consent" not in asked and "data-enrol=" not in asked
    assert "data-no-maker" in phone.press("consent", text_id=text_id), "agreed behind its back: no photos all the same"
    assert "data-enrol=" not in phone.page()
    assert "face can be enrolled now" in phone.page(language="en")


def text_views_of(phone: Phone) -> object:
    with phone.site.gate.session() as db:
        return text_views(db, phone.site.community_id)[0].text_id
