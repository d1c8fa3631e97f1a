"""The desk's page of a face follows an enrolment by itself: photos sent, made, on its way to each gate, held."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from central.base.kernel import clock
from central.gates.nodes import mail
from central.gates.nodes.faces import pieces
from central.gates.nodes.faces.rules import TEMPLATE
from central.people.consent.queries import text_views
from models.wire.events import TemplateErased, TemplateStored
from models.wire.faces import PieceRefusal, SealedTemplate
from tests.central.oversight.phone import HTML, Phone, desk_of
from tests.central.oversight.test_enrolment_node import goes_silent, offers, second_node, tells_no_key

pytestmark = pytest.mark.req("ACC-12", "PRIV-07", "ADMIN-02")


def address_of(page: str) -> str:
    (found,) = re.findall(r'hx-get="([^"]+/face/now[^"]+)"', page)
    return unescape(found)


@pytest.fixture
def gates(phone: Phone):
    """Two that told their keys; the enrolment node is the first."""
    first, second = phone.site.gate, second_node(phone.site, "北门岗")
    for gate in (first, second):
        offers(gate)
        gate.poll()
    return first, second


def piece_for(phone: Phone, gate, letter: bytes = b"t") -> SealedTemplate:
    """Put into the gate's box."""
    made = SealedTemplate(
        node_id=gate.reply.node_id, cardholder_id=phone.holder, sealed=letter * 60, key_id="ab" * 8
    )  # fmt: skip
    with gate.session() as db:
        pieces.send(db, phone.site.community_id, phone.site.gate.reply.node_id, made, clock.now())
    return made


def settle(phone: Phone, gate, piece: SealedTemplate, **how) -> None:
    with gate.session() as db:
        pieces.settle(db, gate.reply.node_id, phone.holder, clock.now(), piece=piece.piece, **how)


def test_the_desk_reads_photos_made_on_their_way_and_held_as_it_happens_and_then_asks_slowly(phone, gates):
    first, second = gates
    page = desk_of(phone)
    assert 'hx-trigger="every 10s"' in page, "a link waits for its person"
    phone.link_is(state="waiting", node_id=first.reply.node_id)
    told = phone.client.get(address_of(page), headers=HTML).text
    assert 'hx-trigger="every 3s"' in told and 'hx-swap-oob="true"' in told and "照片已发出，等门口的设备做完" in told
    assert phone.client.get(address_of(told), headers=HTML).status_code == 204, "what is the same is left alone"
    phone.link_is(state="enrolled", answered_at=clock.now())
    piece = piece_for(phone, second)
    told = phone.client.get(address_of(told), headers=HTML).text
    assert "最近一次登记" in told and "已完成。" in told
    assert "正在发往 北门岗，它还没有说收到" in told and "东门岗：3 张照片提取" in told
    settle(phone, second, piece, taken=True)
    told = phone.client.get(address_of(told) + "x", headers=HTML).text
    assert "正在发往 北门岗" in told and 'hx-trigger="every 3s"' in told, "it took it, and its journal has not told yet"
    second.write(TemplateStored(cardholder_id=phone.holder, model="m", photos=3, piece=piece.piece), lane=None)
    second.tell()
    told = phone.client.get(address_of(told), headers=HTML).text
    assert "北门岗：3 张照片提取" in told and "正在发往" not in told and 'hx-trigger="every 60s"' in told, (
        "all that shall have it"
    )


def test_a_template_that_is_made_and_not_told_of_yet_is_said_so_and_followed(phone):
    second = second_node(phone.site, "北门岗")
    tells_no_key(phone.site.gate)
    offers(second)
    phone.link_is(state="enrolled", answered_at=clock.now())
    page = desk_of(phone)
    assert "北门岗：" in page and "已做好人脸特征，等它报告存好" in page and 'hx-trigger="every 3s"' in page
    second.write(TemplateStored(cardholder_id=phone.holder, model="m", photos=3), lane=None)
    second.tell()
    told = phone.client.get(address_of(page), headers=HTML).text
    assert "等它报告存好" not in told and "北门岗：3 张照片提取" in told and 'hx-trigger="every 60s"' in told


def test_a_gate_that_is_away_or_lacks_it_is_named_and_one_that_refuses_or_destroyed_it_is_not_awaited(phone, gates):
    _, second = gates
    phone.link_is(state="enrolled", answered_at=clock.now() - timedelta(minutes=1))
    piece = piece_for(phone, second)
    goes_silent(second)
    page = desk_of(phone)
    assert "等着发往 北门岗：它离线，最后联系于" in page and 'hx-trigger="every 3s"' in page
    settle(phone, second, piece, taken=False, why=PieceRefusal.OTHER_MODEL)
    assert "发往 北门岗" not in desk_of(phone) and 'hx-trigger="every 60s"' in desk_of(phone)
    with second.session() as db:
        mail.note_missed(db, [(second.reply.node_id, phone.holder)], TEMPLATE, clock.now())
    assert "发往 北门岗" not in desk_of(phone), "a gate that compares no faces is awaited by nobody"
    again = piece_for(phone, second, b"u")
    settle(phone, second, again, taken=True)
    assert "发往 北门岗" in desk_of(phone)
    second.write(TemplateStored(cardholder_id=phone.holder, model="m", photos=3, piece=again.piece), lane=None)
    second.write(TemplateErased(cardholder_id=phone.holder, had_template=True, places=("template",)), lane=None)
    second.tell()
    assert "发往 北门岗" not in desk_of(phone), "a technician destroyed it since"


@pytest.mark.req("PRIV-02", "PRIV-05")
def test_what_the_person_agreed_to_meanwhile_is_drawn_anew_with_the_way_to_take_it_back(phone):
    page = desk_of(phone)
    assert "face/withdraw" in page
    phone.press("withdraw")
    told = phone.client.get(address_of(page), headers=HTML).text
    assert 'id="face-standing"' in told and "face/withdraw" not in told and "重新加载" in told
    unchanged = phone.client.get(address_of(told) + "x", headers=HTML).text
    assert 'id="face-standing"' not in unchanged, "what somebody may be filling in just now is left alone"
    phone.press("consent", text_id=text_of(phone))
    told = phone.client.get(address_of(told), headers=HTML).text
    assert 'id="face-standing"' in told and "face/withdraw" in told


def text_of(phone: Phone):
    with phone.site.gate.session() as db:
        return text_views(db, phone.site.community_id)[0].text_id


@pytest.mark.req("ACC-14", "PRIV-06")
def test_of_a_face_like_anothers_the_desk_reads_what_to_do_and_the_person_what_to_bring(phone):
    phone.link_is(state="duplicate", answered_at=clock.now())
    page = desk_of(phone)
    assert "先看证件" in page and "如双胞胎" in page and "这里不显示" in page
    assert f'href="/people?community={phone.site.community_id}"' in page and "请先在那一位的人脸页面撤回并销毁" in page
    assert "请带证件到物业值班台" in phone.page("?again=yes")
    phone.link_is(channel="desk")
    at_desk = phone.page("?again=yes")
    assert "把证件交值班的人核对" in at_desk and "到物业值班台当面办理" not in at_desk
