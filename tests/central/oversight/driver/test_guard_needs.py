"""What the car park needs a guard for: who waits to pay at an exit, and whose debt a driver denies."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.gates.parking.driver import stay as driver_stay
from central.gates.parking.dues import pay_stay
from central.gates.parking.dues.cash_at_exit import take_at_exit
from central.gates.parking.stays.exit_meant import mean_exit
from central.gates.parking.stays.paid import moved_for, received
from central.gates.parking.stays.reads import stay_of, to_look_at
from central.people.community.queries import lane_of
from models.parking.stays import DroveOut
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.plate import Plate
from models.wire.events import LaneDirection
from tests.central.oversight.driver.lot import DAY, HOUR, MINE, OTHER, OUT
from tests.central.oversight.driver.test_driver_pages import ordered, way_of

HTML = {"accept": "text/html"}


def mark_of(text):
    return re.search(r'id="at-exits"[^>]*data-mark="([^"]+)"', text)[1]


@pytest.mark.req("PARK-12", "LANE-24")
def test_a_car_that_waits_to_pay_stands_first_with_its_lane_and_what_it_is_asked(login_as, lot, site):
    guard, here = login_as("guard", community=site.community_id), f"community={site.community_id}"
    empty = guard.get(f"/parking?{here}", headers=HTML).text
    assert "data-at-exit" not in empty
    assert guard.get(f"/parking/exits?{here}&seen={mark_of(empty)}", headers=HTML).status_code == 204
    lot.enter(OTHER)
    stay = lot.enter()
    visit = lot.waits()
    told = guard.get(f"/parking/exits?{here}&seen={mark_of(empty)}", headers=HTML).text
    assert f'data-at-exit="{stay}"' in told and "川A·12345" in told and "东门人行出" in told
    assert 'data-asks="700"' in told and f"/visit/{visit}" in told and "等了" in told
    page = guard.get(f"/parking?{here}", headers=HTML).text
    assert page.index(f'data-at-exit="{stay}"') < page.index('class="tabs" aria-label="停放记录"')
    row = page[page.index(f'data-stay="{stay}"') :]
    assert ">在出口<" in row[: row.index("</tr>")] and page.count(">在出口<") == 1
    assert guard.get(f"/parking/exits?{here}&seen={mark_of(page)}", headers=HTML).status_code == 204
    lot.is_let_out()
    assert "data-at-exit" not in guard.get(f"/parking/exits?{here}&seen={mark_of(page)}", headers=HTML).text


@pytest.mark.req("PARK-12", "LANE-24")
def test_a_car_without_an_entry_or_a_plate_waits_for_the_guard_too(login_as, lot, site):
    guard, address = login_as("guard", community=site.community_id), f"/parking/exits?community={site.community_id}"
    visit = lot.waits(OTHER)
    told = guard.get(address, headers=HTML).text
    assert f'data-at-exit="{visit}"' in told and "川B·8K3H5" in told and "没有对应的入场记录" in told
    visit = lot.waits("")
    told = guard.get(address, headers=HTML).text
    assert f'data-at-exit="{visit}"' in told and "没读到车牌" in told


def denied(lot, site):
    debt = lot.enter(ago=DAY + 5 * HOUR)
    lot.leave(ago=DAY)
    stay = lot.enter()
    with site.gate.session() as db:
        driver_stay.not_mine(db, stay, debt, clock.now())
    return debt


@pytest.mark.req("PARK-15")
def test_a_debt_that_a_driver_denies_waits_for_the_guard_with_its_pictures(login_as, lot, site):
    debt = denied(lot, site)
    guard = login_as("guard", community=site.community_id)
    desk = guard.get("/", headers=HTML).text
    assert 'data-denied="1"' in desk and "司机否认欠费 1 笔" in desk
    assert 'data-denied="1"' in guard.get("/desk/denied", headers=HTML).text
    page = guard.get(f"/parking?community={site.community_id}&tab=look", headers=HTML).text
    assert f'data-denied="{debt}"' in page and "¥13.00" in page and f"/visit/{debt}" in page
    assert page.count("/visit/") >= 2, "the pictures of the entry and of the exit"
    refused = guard.post(f"/parking/stays/{debt}/not-theirs", data={"reason": ""}, headers=HTML)
    assert refused.status_code == 422 and "请写明原因" in refused.text
    guard.post(f"/parking/stays/{debt}/stands", data={"reason": "照片上是这辆车"}, headers=HTML)
    assert "data-denied" not in guard.get("/desk/denied", headers=HTML).text
    with site.gate.session() as db:
        (owing,) = pay_stay.debts_by(db, [MINE])[MINE]
    assert owing.stands and owing.fen == 1300


@pytest.mark.req("PARK-15", "PARK-17")
def test_a_guard_waives_a_debt_of_another_car_with_a_reason_under_their_name(login_as, lot, site):
    debt = denied(lot, site)
    guard = login_as("guard", community=site.community_id)
    guard.post(f"/parking/stays/{debt}/not-theirs", data={"reason": "照片上是 8，读成了 B"}, headers=HTML)
    with site.gate.session() as db:
        assert pay_stay.debts_by(db, [MINE])[MINE] == []
        deed = db.scalars(select(AuditRow).where(AuditRow.what == "arrears.not_theirs")).one()
    assert deed.reason == "照片上是 8，读成了 B" and deed.after == {"plate": "川A****5", "amount_fen": 1300}
    assert "data-denied" not in guard.get(f"/parking?community={site.community_id}&tab=look", headers=HTML).text


@pytest.mark.req("PARK-15", "SEC-04")
def test_what_a_guard_froze_takes_the_managers_right_to_waive(login_as, lot, site):
    debt = lot.enter(ago=5 * HOUR)
    lot.leave()
    guard = login_as("guard", community=site.community_id)
    nothing = guard.post(f"/parking/stays/{debt}/not-theirs", data={"reason": "读错"}, headers=HTML)
    assert nothing.status_code == 409
    guard.post(f"/parking/stays/{debt}/freeze", headers=HTML)
    page = guard.get(f"/parking?community={site.community_id}&tab=look", headers=HTML).text
    assert f'data-denied="{debt}"' in page and "/not-theirs" not in page
    assert guard.post(f"/parking/stays/{debt}/not-theirs", data={"reason": "读错"}, headers=HTML).status_code == 403
    manager = login_as("manager", community=site.community_id)
    manager.post(f"/parking/stays/{debt}/not-theirs", data={"reason": "读错"}, headers=HTML)
    with site.gate.session() as db:
        assert pay_stay.debts_by(db, [MINE])[MINE] == []


@pytest.mark.req("PARK-12", "LANE-24")
def test_a_car_that_stands_unread_and_is_paid_for_from_that_lanes_sign_is_told_to_guard_and_driver(
    client, login_as, lot, site
):
    guard, address = login_as("guard", community=site.community_id), f"/parking/exits?community={site.community_id}"
    stay = lot.enter()
    lot.waits("")
    assert "data-paid-here" not in guard.get(address, headers=HTML).text
    found = client.post(lot.of_lane, data={"plate": MINE}, headers=HTML, follow_redirects=False)
    order = ordered(client, found.headers["location"], 700)
    assert "data-paid-here" not in guard.get(address, headers=HTML).text, "asked, and not paid"
    client.post(way_of(client.get(order, headers=HTML)), headers=HTML)
    page = client.get(order, headers=HTML).text
    assert "data-unread" in page and "会自动抬杆" not in page
    told = guard.get(address, headers=HTML).text
    assert f'data-paid-here="{stay}"' in told and "川A·12345 刚付过款" in told
    lane_id = site.gate.reply.lanes[OUT].lane_id
    assert f"/lanes/{lane_id}/open?stay={stay}" in told


@pytest.mark.req("PARK-12", "LANE-13")
def test_a_tidal_lane_is_opened_as_a_way_out_while_it_leads_out(login_as, lot, site):
    guard, lane_id = login_as("guard", community=site.community_id), site.gate.reply.lanes[0].lane_id
    lot.waits(OTHER, lane=0)
    assert "访客已当面核实" in guard.get(f"/lanes/{lane_id}/open", headers=HTML).text, "written as a way in"
    site.gate.write(LaneDirection(direction=Direction.OUT), lane=0)
    site.gate.tell()
    dialog = guard.get(f"/lanes/{lane_id}/open", headers=HTML).text
    assert "付过款，没读到车牌" in dialog and "访客已当面核实" not in dialog
    assert 'name="amount"' in dialog, "cash of a car that nobody saw come in"


@pytest.mark.req("PARK-12")
def test_who_opens_for_a_paid_car_says_whose_exit_it_is_and_it_is_joined_when_it_has_driven_out(lot, site):
    stay, exit_id = lot.enter(), new_id()
    with site.gate.session() as db:
        mean_exit(db, lot.keeper, exit_id, stay, clock.now())
    at = clock.now()
    lot.tell(DroveOut(new_id(), exit_id, site.community_id, None, at), lane=OUT)
    lot.dispatcher.drain()
    with site.gate.session() as db:
        left = stay_of(db, lot.keeper, stay)
        assert (left.exit_id, left.left_at, left.inside) == (exit_id, at, False)
        assert stay_of(db, lot.keeper, exit_id).merged_into == stay


@pytest.mark.req("PARK-12")
def test_cash_of_a_car_that_nobody_saw_come_in_is_taken_before_the_arm_rises_and_is_on_its_exit(login_as, lot, site):
    guard, lane = login_as("guard", community=site.community_id), site.gate.reply.lanes[OUT].lane_id
    lot.waits(OTHER)
    told = guard.get(f"/parking/exits?community={site.community_id}", headers=HTML).text
    assert "收现金" in told and f"/lanes/{lane}/open" in told
    exit_id, by = new_id(), system(site.tenant_id, "t", ("stay.take_cash",))
    with site.gate.session() as db:
        take_at_exit(db, by, lane_of(db, lane), exit_id, Plate(text=OTHER), 1000, "没有入场记录", clock.now())
    at = clock.now()
    lot.tell(DroveOut(new_id(), exit_id, site.community_id, Plate(text=OTHER), at), lane=OUT)
    lot.dispatcher.drain()
    with site.gate.session() as db:
        paid = received(moved_for(db, [exit_id])[exit_id]).paid
        odd = to_look_at(db, lot.keeper, site.community_id, clock.now()).odd
        assert (paid, list(odd), stay_of(db, lot.keeper, exit_id).lone_exit) == (1000, [], True)
    page = guard.get(f"/parking/stays/{exit_id}", headers=HTML).text
    assert "¥10.00" in page


@pytest.mark.req("PARK-12", "LANE-24")
def test_the_desks_card_of_who_waits_to_pay_leads_to_the_bill_of_that_stay(login_as, lot, site):
    guard = login_as("guard", community=site.community_id)
    lot.enter(OTHER)
    stay, visit = lot.enter(), lot.waits()
    way = f"/visit/{visit}/bill"
    for page in ("/", f"/visit/{visit}"):
        assert f'href="{way}"' in guard.get(page, headers=HTML).text
    assert guard.get(way, headers=HTML).headers["location"] == f"/parking/stays/{stay}#stay-bill"
    assert 'data-opened-by="stay-bill"' in guard.get(f"/parking/stays/{stay}", headers=HTML).text
    unread = lot.waits("")
    to_list = guard.get(f"/visit/{unread}/bill", headers=HTML).headers["location"]
    assert to_list == f"/parking?community={site.community_id}", "nobody knows which stay is meant"


def test_the_list_of_who_waits_opened_by_itself_leads_to_its_page(login_as, lot, site):
    guard = login_as("guard", community=site.community_id)
    assert guard.get("/parking/exits", headers=HTML).headers["location"] == "/parking"
