"""A fire whose node is revoked is ended by a person, with a reason, in words that promise no reset (ACC-22)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.gates.ingest.projections import projections
from central.gates.visits import presence
from central.gates.visits import service as visits
from central.gates.visits.queries import alarm as alarm_now
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind, Position, Sensed
from tests.browser.gate import seed
from tests.central.oversight.test_node_deeds import HTML, send

pytestmark = pytest.mark.req("ACC-22", "SYNC-18", "ADMIN-02")


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def guard(login_as, site):
    return login_as("guard", community=site.community_id)


@pytest.fixture
def fire(site):
    told = site.gate.alarm(AlarmKind.FIRE, detail=site.gate.reply.lanes[0].code)
    site.gate.tell()
    return f"/alarms/{told.event_id}/close-fire"


@pytest.fixture
def revoke(login_as, site):
    manager = login_as("manager", community=site.community_id)
    return lambda: send(manager, f"/nodes/{site.gate.reply.node_id}/revoke", reason="烧坏了").status_code == 303


def card(client) -> str:
    found = re.findall(r'<article class="alarm.*?</article>', client.get("/", headers=HTML).text, re.DOTALL)
    return next((one for one in found if "消防" in one), "")


def test_a_fire_of_a_revoked_node_is_ended_by_a_person_with_a_reason_and_nobody_reads_of_a_reset(
    site, guard, fire, revoke, db
):
    assert "data-end-fire" in card(guard) and "data-close-fire" not in card(guard)
    assert send(guard, fire, reason="已到现场").status_code == 409, "its node can say it itself"
    assert "不在这里结束" in guard.get(fire, headers=HTML).text
    assert revoke()
    shown = card(guard)
    assert "data-close-fire" in shown and "data-end-fire" not in shown and "收不到命令" in shown
    assert "不会复位门口的输出" in guard.get(fire, headers=HTML).text
    for blank in ("", " \u200b"):
        assert send(guard, fire, reason=blank).status_code == 422
    assert card(guard)
    done = send(guard, fire, reason="已到现场，主机已复位")
    assert done.status_code == 200 and "告警已结束，门口的输出没有复位" in done.text and "必须有人到现场" in done.text
    assert card(guard) == ""
    told = guard.get("/?show=alarms", headers=HTML).text
    assert "结束，原因：已到现场，主机已复位" in told and "自行恢复" not in told
    assert send(guard, fire, reason="再来一次").status_code == 409
    rows = db.scalars(select(AuditRow).where(AuditRow.what.in_(["alarm.close_fire", "lane.end_fire_refused"]))).all()
    assert [(row.what, row.reason) for row in rows if row.what == "alarm.close_fire"] == [
        ("alarm.close_fire", "已到现场，主机已复位")
    ]
    assert len(rows) == 5, "what was refused is written down as well"


def test_it_stays_ended_when_the_alarms_are_made_anew_and_a_late_word_of_the_node_counts_before_the_persons(
    site, guard, fire, revoke
):
    assert revoke() and send(guard, fire, reason="已到现场").status_code == 200
    raised = site.gate.journal[-1]
    with site.gate.session() as db:
        before = alarm_now(db, raised.event_id)
        visits.rebuild(db, site.community_id, projections)
        after = alarm_now(db, raised.event_id)
    assert after == before and after.over_at is not None
    assert (after.closed_by, after.closed_why, after.node_revoked) == (before.closed_by, "已到现场", False)


def test_whoever_may_end_no_fire_and_another_alarm_end_nothing(site, guard, fire, revoke, login_as):
    other = site.gate.write(Alarm(alarm=AlarmKind.DURESS, device="pin"))
    site.gate.tell()
    assert revoke()
    assert send(guard, f"/alarms/{other.event_id}/close-fire", reason="x").status_code == 409
    from tests.browser.gate import seed as another

    stranger = login_as("guard", community=another(site.gate.engine, site.tenant_id).community_id)
    assert send(stranger, fire, reason="x").status_code in (403, 404)
    assert stranger.get(fire, headers=HTML).status_code in (403, 404)
    answer = guard.post(f"/api/v1{fire}", json={"reason": "已到现场"})
    assert answer.status_code == 200 and answer.json()["closed_why"] == "已到现场" and answer.json()["over_at"]


def test_who_revokes_a_node_reads_first_that_a_fire_goes_on_there_and_afterwards_that_it_has_not_ended(
    site, login_as, fire, revoke
):
    manager = login_as("manager", community=site.community_id)
    asked = manager.get(f"/nodes/{site.gate.reply.node_id}/revoke", headers=HTML).text
    assert "这个节点正报火警" in asked and site.gate.reply.lanes[0].name in asked
    assert revoke()
    done = manager.get(f"/nodes?community={site.community_id}&said=revoked", headers=HTML).text
    assert "火警要有人到现场看过" in done and "它的告警已随之结束" not in done
    assert card(manager) or card(login_as("guard", community=site.community_id)), "and it has not"
    assert send(login_as("guard", community=site.community_id), fire, reason="已到现场").status_code == 200


def test_without_a_fire_the_page_of_revoking_speaks_of_none(site, login_as):
    manager = login_as("manager", community=site.community_id)
    assert "正报火警" not in manager.get(f"/nodes/{site.gate.reply.node_id}/revoke", headers=HTML).text


def lane_card(client, lane) -> str:
    found = re.findall(r'<article class="lane.*?</article>', client.get("/", headers=HTML).text, re.DOTALL)
    return next(one for one in found if str(lane) in one)


def test_the_lane_of_a_revoked_node_shows_what_was_said_last_and_its_fire_until_a_person_ends_it(
    site, guard, fire, revoke
):
    lane = site.gate.reply.lanes[0].lane_id
    site.gate.write(Sensed(position=Position.OPEN), None, 0)
    site.gate.tell()
    assert revoke()
    shown = lane_card(guard, lane)
    assert "节点已停用" in shown and "没有节点" not in shown and "现在怎样这里不知道" in shown
    assert "火警" in shown and "data-close-fire" in shown and "data-end-fire" not in shown
    assert re.search(r"\d\d:\d\d(:\d\d)? 时", shown), "as of when it was heard"
    assert "从未" not in shown and "data-open-lane" not in shown
    (one,) = [one for one in guard.get("/api/v1/lanes-now").json()["items"] if one["lane_id"] == str(lane)]
    assert (one["revoked"], one["node_id"], one["position"], one["fire_held"]) == (True, None, "open", True)
    assert "现场看到了什么" in guard.get(fire, headers=HTML).text, "what was found at the door is written down"
    assert send(guard, fire, reason="门开着，火情解除").status_code == 200
    shown = lane_card(guard, lane)
    assert "火警" not in shown and "data-close-fire" not in shown and "节点已停用" in shown


def test_a_lane_that_another_node_took_over_says_nothing_of_the_revoked_one(site, guard, revoke, database):
    lane = site.gate.reply.lanes[0].lane_id
    with site.gate.session() as db:
        presence.place_node(db, spare := new_id(), site.community_id, "备用", [lane], clock.now())
    assert revoke()
    (one,) = [one for one in guard.get("/api/v1/lanes-now").json()["items"] if one["lane_id"] == str(lane)]
    assert (one["revoked"], one["node_id"]) == (False, str(spare))
