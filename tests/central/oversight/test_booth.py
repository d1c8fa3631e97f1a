"""The booth's page: one list of who asks, the lane that is shown with its fee and deeds, and who did what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.people.community.rules import ring_link, tidy_ring
from central.people.community.service import set_rings_at
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import LaneCall
from tests.browser.gate import seed
from tests.central.oversight.driver.lot import MINE, OUT, DriversLot

HTML = {"accept": "text/html"}
SECOND = timedelta(seconds=1)


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def lot(site, parts):
    return DriversLot(site, parts.dispatcher)


def lane_id(site, lane=OUT):
    return site.gate.reply.lanes[lane].lane_id


def calls(site, lane=OUT, ago=timedelta(), by="button"):
    call = new_id()
    site.gate.write(LaneCall(what="began", by=by), call, lane=lane, at=clock.now() - ago)
    site.gate.tell()
    return call


def listed(text):
    return re.findall(r'data-asks-lane="([^"]+)" data-state="(\w+)"', text)


def press(person, site, deed, lane=OUT, **data):
    return person.post(f"/booth/{lane_id(site, lane)}/{deed}", data=data, headers=HTML, follow_redirects=False)


@pytest.mark.req("LANE-26")
def test_an_operator_works_down_one_list_of_all_lanes(login_as, site, lot):
    guard = login_as("guard", community=site.community_id)
    assert "没有人在等" in guard.get("/booth", headers=HTML).text
    calls(site, lane=0, ago=20 * SECOND, by="intercom")
    lot.enter()
    lot.waits()
    calls(site, ago=40 * SECOND)
    first, second = str(lane_id(site)), str(lane_id(site, 0))
    page = guard.get("/booth", headers=HTML).text
    assert listed(page) == [(first, "waiting"), (second, "waiting")]
    assert f'data-lane="{first}"' in page, "who waits longest is shown"
    assert "呼叫按钮" in page and "在那里等" in page and "对讲机" in page
    assert press(guard, site, "take").headers["location"] == f"/booth?lane={first}"
    page = guard.get("/booth", headers=HTML).text
    assert listed(page) == [(first, "taken"), (second, "waiting")] and "您已接" in page and "data-done" in page
    answer = press(guard, site, "done")
    assert answer.headers["location"] == "/booth"
    page = guard.get("/booth", headers=HTML).text
    assert listed(page) == [(second, "waiting")] and f'data-lane="{second}"' in page
    with site.gate.session() as db:
        deeds = db.execute(select(AuditRow.what, AuditRow.subject_id).where(AuditRow.what.startswith("call."))).all()
    assert sorted(deeds) == [("call.done", first), ("call.take", first)]


@pytest.mark.req("LANE-26", "PARK-02", "PARK-05")
def test_the_lane_that_is_shown_has_the_fee_line_by_line_and_the_deeds_of_the_stay(login_as, site, lot):
    guard = login_as("guard", community=site.community_id)
    stay = lot.enter()
    visit = lot.waits()
    page = guard.get(f"/booth?lane={lane_id(site)}", headers=HTML).text
    panel = page[page.index('id="booth-lane"') :]
    assert f"visit-{visit}" in panel and "川A·12345" in panel and 'data-asks="700"' in panel
    assert panel.count('class="bill__sum number"') >= 2 and "¥5.00" in panel and "¥2.00" in panel
    assert f"/lanes/{lane_id(site)}/open" in panel
    for deed in ("plate", "cash", "free"):
        assert f'action="/parking/stays/{stay}/{deed}"' in panel, deed
    sent = {"plate": "川A12346", "reason": "照片上是 6", "booth": str(lane_id(site))}
    answer = guard.post(f"/parking/stays/{stay}/plate", data=sent, headers=HTML, follow_redirects=False)
    assert answer.headers["location"] == f"/booth?lane={lane_id(site)}"
    wrong = guard.post(f"/parking/stays/{stay}/plate", data=sent | {"reason": "", "plate": MINE}, headers=HTML)
    assert wrong.status_code == 422 and f'name="booth" value="{lane_id(site)}"' in wrong.text
    elsewhere = sent | {"plate": MINE, "booth": "//evil.example"}
    answer = guard.post(f"/parking/stays/{stay}/plate", data=elsewhere, headers=HTML, follow_redirects=False)
    assert answer.headers["location"] == f"/parking/stays/{stay}"
    with site.gate.session() as db:
        rows = db.execute(select(AuditRow.what, AuditRow.actor_name).where(AuditRow.what == "stay.correct")).all()
    assert len(rows) == 2 and len({name for _, name in rows}) == 1


@pytest.mark.req("LANE-26", "LANE-24")
def test_where_the_exit_misread_a_plate_the_cars_inside_that_it_may_mean_are_named(login_as, site, lot):
    guard = login_as("guard", community=site.community_id)
    stay = lot.enter("川A8B345")
    lot.enter("川C99999")
    lot.waits("川ABB345")
    page = guard.get(f"/booth?lane={lane_id(site)}", headers=HTML).text
    panel = page[page.index('id="booth-lane"') :]
    assert "没有对应的入场记录" in panel
    near = panel[panel.index("data-near") :]
    assert f"/parking/stays/{stay}" in near and near.count("/parking/stays/") == 1 and "川C" not in near


@pytest.mark.req("LANE-26")
def test_what_another_has_is_named_and_only_taken_over_by_a_press_of_its_own(login_as, site):
    one, other = (login_as("guard", community=site.community_id) for _ in range(2))
    calls(site)
    press(one, site, "take")
    page = other.get("/booth", headers=HTML).text
    assert listed(page) == [(str(lane_id(site)), "taken")]
    shown = other.get(f"/booth?lane={lane_id(site)}", headers=HTML).text
    assert "data-take-over" in shown and "data-done" not in shown
    refused = press(other, site, "take")
    assert refused.status_code == 409 and "已经接了这条车道" in refused.text
    assert press(other, site, "take", over="yes").status_code == 303
    assert press(one, site, "done").status_code == 409
    assert press(other, site, "give-back").status_code == 303
    assert listed(one.get("/booth", headers=HTML).text) == [(str(lane_id(site)), "waiting")]


@pytest.mark.req("LANE-26")
def test_a_missed_call_stays_until_somebody_has_looked(login_as, site):
    guard = login_as("guard", community=site.community_id)
    call = calls(site, ago=60 * SECOND)
    site.gate.write(LaneCall(what="ended", by="button"), call, lane=OUT)
    site.gate.tell()
    page = guard.get("/booth", headers=HTML).text
    assert f'data-missed="{call}"' in page and listed(page) == []
    guard.post(f"/booth/missed/{call}", headers=HTML)
    assert "data-missed" not in guard.get("/booth", headers=HTML).text


@pytest.mark.req("LANE-26")
def test_other_pages_and_the_desk_tell_of_a_call_that_nobody_has_taken(login_as, site):
    guard = login_as("guard", community=site.community_id)
    assert "data-call-waits" not in guard.get("/alarms/told", headers=HTML).text
    calls(site)
    told = guard.get("/alarms/told", headers=HTML).text
    assert "data-call-waits" in told and "1 条通道有人呼叫" in told and 'data-mark="呼叫1"' in told
    desk = guard.get("/", headers=HTML).text
    assert f'data-call-lane="{lane_id(site)}"' in desk and f'href="/booth?lane={lane_id(site)}"' in desk
    cards = guard.get(f"/desk/cards?card=call:{lane_id(site)}", headers=HTML).text
    assert f'data-call-lane="{lane_id(site)}"' in cards and 'data-mark="呼叫1"' in cards
    press(guard, site, "take")
    assert "data-call-waits" not in guard.get("/alarms/told", headers=HTML).text
    assert "data-call-lane" not in guard.get(f"/desk/cards?card=call:{lane_id(site)}", headers=HTML).text


@pytest.mark.req("LANE-26")
def test_the_talk_goes_over_the_intercoms_own_system_and_the_page_says_where_it_rings(login_as, site):
    guard, manager = login_as("guard", community=site.community_id), login_as("manager", community=site.community_id)
    site.gate.decide(Outcome.REFER, Reason.UNKNOWN, lane=OUT)
    site.gate.tell()
    page = guard.get("/booth", headers=HTML).text
    assert "门庭不传声音" in page and "还没有写这条通道的对讲号码" in page
    address = f"/setup/lanes/{lane_id(site)}/rings-at"
    wrong = manager.post(address, data={"rings_at": "javascript:alert(1)"}, headers=HTML)
    assert wrong.status_code == 422 and "要写电话号码、分机号" in wrong.text and "javascript:alert(1)" in wrong.text
    manager.post(address, data={"rings_at": "SIP: east-out@pbx.local"}, headers=HTML)
    page = guard.get("/booth", headers=HTML).text
    assert 'href="sip:east-out@pbx.local"' in page and "门庭不传声音" in page
    assert "sip:east-out@pbx.local" in manager.get("/setup/gates", headers=HTML).text
    with site.gate.session() as db:
        keeper = system(site.tenant_id, "test", of_preset(ADMINISTRATOR))
        assert set_rings_at(db, keeper, lane_id(site), "").rings_at is None


@pytest.mark.parametrize(
    ("said", "link"),
    [
        ("8001", "tel:8001"), ("021-5550 1234", "tel:02155501234"), ("*21#", "tel:*21%23"), ("", ""),
        ("sips:gate@10.0.0.2:5061", "sips:gate@10.0.0.2:5061"),
    ],
)  # fmt: skip
def test_a_number_or_a_sip_address_is_a_link_for_the_readers_own_telephone(said, link):
    assert ring_link(tidy_ring(said)) == link
