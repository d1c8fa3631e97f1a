"""A gate whose old disk was put back: central sets what it writes aside until a person decides, and its confirmation
with it. The person's page and the desk's say so, and take no photos that the gate would refuse (PRIV-05)."""

from __future__ import annotations

from html import unescape

import pytest

from central.base.kernel import clock
from central.base.kernel.permissions import GUARD
from central.gates.face_enrolment.rules import EnrolmentState
from central.gates.ingest.projections import projections
from central.gates.ingest.settle import settle, unsettled
from models.wire.events import NodeNews
from tests.central.oversight.phone import HTML, Phone, agree_again, confirm, desk_of

WAITS = "确认要等物业核查这台设备的记录"
DESK = "东门岗 的记录在等人决定"
NEWS = NodeNews(what="started", detail={})


def put_an_old_disk_back(phone: Phone) -> None:
    """Of before the last two records, which central has."""
    gate = phone.site.gate
    for _ in range(2):
        phone.says(NEWS)
    del gate.journal[-2:]
    gate.sent -= 2


def decide(phone: Phone) -> None:
    with phone.site.gate.session() as db:
        node_id = phone.site.gate.reply.node_id
        strands = unsettled(db, phone.actor, node_id).strands
        settle(
            db, phone.actor, node_id, [one.strand_id for one in strands], (), "旧盘放回", projections, clock.now()
        )  # fmt: skip


def api(phone: Phone) -> dict:
    return phone.client.get(f"/api/v1/residents/{phone.resident}/face").json()


@pytest.fixture
def disputed(phone) -> Phone:
    """Withdrawn, and the confirmation of it is set aside."""
    put_an_old_disk_back(phone)
    phone.press("withdraw")
    phone.parts.dispatcher.drain()
    assert "东门岗：正在销毁" in phone.page() and "在线，正在处理" in desk_of(phone) and not api(phone)["disputed"]
    confirm(phone)
    return phone


@pytest.mark.req("PRIV-04", "PRIV-05")
def test_the_person_reads_that_the_confirmation_waits_until_somebody_has_decided(disputed):
    page = disputed.page()
    assert WAITS in page and "东门岗：正在销毁" not in page and "各个门口正在销毁" not in page, (
        "it may be done long ago"
    )
    assert "confirmation waits" in disputed.page(language="en") and "data-under-way" in page
    decide(disputed)
    assert WAITS not in disputed.page("/gates") and "东门岗：已确认销毁" in disputed.page("/gates")


@pytest.mark.req("PRIV-05", "SYNC-09")
def test_the_desk_reads_whose_records_wait_and_goes_to_where_that_is_decided(disputed, login_as):
    page, node_id = desk_of(disputed), disputed.site.gate.reply.node_id
    assert DESK in page and f'href="/nodes/{node_id}/records"' in page and "在线，正在处理" not in page
    now = disputed.client.get(f"/people/homes/{disputed.resident}/face/now", headers=HTML).text
    assert DESK in now and f'href="/nodes/{node_id}/records"' in now, "and a page that was open before"
    told = api(disputed)
    assert [one["node_id"] for one in told["disputed"]] == [str(node_id)]
    assert "wait for a person's decision" in told["disputed"][0]["said"]["en"]
    assert told["disputed"][0]["decide"] == f"/nodes/{node_id}/records"
    assert [one["disputed"] for one in told["order"]["owing"]] == [True]
    guard = login_as(GUARD, community=disputed.site.community_id)
    page = guard.get(f"/people/homes/{disputed.resident}/face", headers=HTML).text
    assert DESK in page and "/records" not in page and "请告诉能处理的人" in page, "a guard decides about none"
    decide(disputed)
    assert DESK not in desk_of(disputed) and not api(disputed)["disputed"]


@pytest.mark.req("PRIV-01", "PRIV-05")
def test_no_photos_are_taken_that_the_gate_would_answer_with_no_consent(disputed):
    """It is told of no consent until its erasure is confirmed, however often photos are sent."""
    agree_again(disputed)
    disputed.parts.dispatcher.drain()
    page = disputed.page()
    assert "data-enrol=" not in page and "data-records-wait" in page and "同意已经记下" in page
    assert WAITS in page and "撤回同意并销毁" in page, "which works as ever"
    token = disputed.link.removeprefix("/enrol/")
    told = disputed.client.get(f"/api/v1/face-enrolments/{token}").json()
    assert (told["agrees"], told["may_send"], told["records_wait"]) == (True, False, True)
    disputed.link_is(state=EnrolmentState.NO_CONSENT.value, answered_at=clock.now())
    assert "还没有收到您的同意" not in disputed.page(), "an answer of before names no cause of now"
    desk = unescape(desk_of(disputed))
    assert "没有本人的同意" not in desk and "东门岗 的记录没有处理完之前" in desk
    decide(disputed)
    page = disputed.page()
    assert "data-enrol=" in page and "data-records-wait" not in page
    assert disputed.client.get(f"/api/v1/face-enrolments/{token}").json()["may_send"]


@pytest.mark.req("PRIV-01")
def test_photos_sent_all_the_same_are_refused_in_words_and_cost_no_try(disputed):
    agree_again(disputed)
    disputed.parts.dispatcher.drain()
    photo = {
        "key_id": "ab" * 8, "ephemeral": "BA" + "A" * 85 + "=", "nonce": "A" * 16, "sealed": "A" * 24,
    }  # fmt: skip
    url = f"/api/v1/face-enrolments/{disputed.link.removeprefix('/enrol/')}"
    told = disputed.client.post(f"{url}/photos", json={"photos": [photo] * 3, "guided": True})
    assert (told.status_code, "核查完之前它不收照片" in told.json()["detail"]) == (409, True)
    assert disputed.client.get(url).json()["state"] == "invited"
