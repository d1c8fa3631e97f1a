"""The enrolment node on the pages: which it is, that a manager names another, and what other gates claim or refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from nacl.signing import SigningKey
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.session import open_session
from central.gates.access.tables import CardholderRow
from central.gates.face_enrolment.rules import PHOTOS
from central.gates.nodes import mail
from central.gates.nodes import service as nodes
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.tables import PhotoKeyRow
from central.gates.nodes.tables import NodeRow
from central.people.community import service as community
from central.people.community.queries import resident_at
from models.values.ids import new_id
from models.wire.commands import EnrolLane, EnrolRequest
from models.wire.events import Alarm, AlarmKind, TemplateStored
from models.wire.faces import PieceRefusal, SealedTemplate
from tests.browser.gate import RIGHTS, Gate, Seeded
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
    with gate.session() as db:
        db.add(PhotoKeyRow(
            node_id=gate.reply.node_id, key_id="ab" * 8, point="04" + "cd" * 64, receiving={"point": "of the test"},
            offered_at=clock.now(), first_offered_at=clock.now(),
        ))  # fmt: skip


@pytest.mark.req("SEC-18")
def test_the_enrolment_node_is_shown_and_another_is_named_once_for_a_reason(
    manager: TestClient, login_as: Callable[..., TestClient], site: Seeded, db: Session
) -> None:
    first, second = site.gate, second_node(site, "北门岗")
    address, own = (f"/nodes/{one.reply.node_id}/maker" for one in (second, first))
    assert "人脸登记机" not in manager.get("/nodes", headers=HTML).text
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
    assert "有 1 人的人脸只在现在的人脸登记机上" in asked
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


@pytest.mark.req("SEC-18", "PRIV-07")
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


@pytest.mark.req("SEC-18")
def test_whoever_revokes_the_enrolment_node_reads_which_one_is_next(
    manager: TestClient, site: Seeded, db: Session
) -> None:
    first = site.gate
    address = f"/nodes/{first.reply.node_id}/revoke"
    assert "这是人脸登记机" not in manager.get(address, headers=HTML).text
    offers(first)
    page = manager.get(address, headers=HTML).text
    assert "这是人脸登记机" in page and "别的节点都还没有报过密钥" in page
    second = second_node(site, "北门岗")
    offers(second)
    page = manager.get(address, headers=HTML).text
    assert "这是人脸登记机" in page and "人脸登记机是“北门岗”" in page and "人的人脸只在这个节点上" not in page
    assert "这是人脸登记机" not in manager.get(f"/nodes/{second.reply.node_id}/revoke", headers=HTML).text
    assert send(manager, address, reason="\u200b").status_code == 422 and deeds(db, "node.revoke") == []
