"""What the car park needs a guard for: who waits to pay at an exit, and whose debt a driver denies."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.gates.parking import driver_stay, pay_stay
from tests.central.oversight.driver.lot import DAY, HOUR, MINE, OTHER

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
