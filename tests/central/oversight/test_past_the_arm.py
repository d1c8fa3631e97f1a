"""An arm that is held up stops nobody: who has driven past it waits nowhere, and what they owe stands on the plate."""

from __future__ import annotations

import re

import pytest

from central.base.kernel import clock
from central.gates.visits.waits_at_exit import waits_at
from central.people.community.queries import lanes_of
from models.access.decision import Outcome
from models.values.ids import new_id
from models.wire.events import LaneHeld, Passage
from tests.browser.gate import seed
from tests.central.gates.parking.cars import asked
from tests.central.oversight.driver.lot import HOUR, MINE, OUT, DriversLot

HTML = {"accept": "text/html"}


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def lot(site, parts):
    return DriversLot(site, parts.dispatcher)


def asked_to_pay(lot, plate=MINE):
    """It stands at the exit and is told what it owes; the exit's correlation."""
    correlation, now, gate = new_id(), clock.now(), lot.site.gate
    lane_id = gate.reply.lanes[OUT].lane_id
    told = asked(lot.key, lane_id, now, correlation, plate, now - 2 * HOUR, outcome=Outcome.REFER)
    made = told.decision.model_copy(update={"detail": told.decision.detail | {"case": "pay", "ask_fen": "700"}})
    gate.write(told.model_copy(update={"decision": made}), correlation, lane=OUT, at=now)
    gate.tell()
    return correlation


def drives_past(lot, correlation):
    lot.site.gate.write(Passage(passed=True, why="loops", held=True), correlation, lane=OUT, at=clock.now())
    lot.site.gate.tell()
    lot.dispatcher.drain()


def hold(lot, held=True):
    now = clock.now()
    told = LaneHeld(held=held, since=now, until=now + HOUR, passed=0, ended=None if held else "resumed")
    lot.site.gate.write(told, None, OUT)
    lot.site.gate.tell()


def card(guard, visit):
    page = guard.get("/", headers=HTML).text
    return next(
        one for one in re.findall(r"<article class=\"visit .*?</article>", page, re.DOTALL) if str(visit) in one
    )


@pytest.mark.req("LANE-20", "PARK-12", "GUARD-02")
def test_a_car_that_has_driven_past_a_held_arm_is_in_no_list_of_who_waits(login_as, lot, site):
    guard = login_as("guard", community=site.community_id)
    place, exits = f"/parking?community={site.community_id}", f"/parking/exits?community={site.community_id}"
    stay = lot.enter()
    visit = asked_to_pay(lot)
    for address in (place, exits):
        assert f'data-at-exit="{stay}"' in guard.get(address, headers=HTML).text
    assert "data-passed" not in card(guard, visit) and "data-over" in card(guard, visit)
    drives_past(lot, visit)
    for address in (place, exits):
        assert "data-at-exit" not in guard.get(address, headers=HTML).text
    assert "欠费离场" in guard.get(f"/parking/stays/{stay}", headers=HTML).text
    assert "data-passed" in card(guard, visit), "the desk's script names nobody who waits there"


@pytest.mark.req("LANE-20", "PARK-12", "GUARD-02")
def test_the_card_says_that_the_arm_is_up_and_that_the_debt_follows_the_plate(login_as, lot, site):
    guard = login_as("guard", community=site.community_id)
    lot.enter()
    visit = asked_to_pay(lot)
    assert "缴费一到账道闸自己抬起。收了现金" in card(guard, visit)
    hold(lot)
    held = card(guard, visit)
    assert "道闸正抬着，车可以直接开走" in held and "收了现金" not in held
    hold(lot, held=False)
    assert "缴费一到账道闸自己抬起。收了现金" in card(guard, visit)
    hold(lot)
    drives_past(lot, visit)
    past = card(guard, visit)
    assert "没缴费已出场，当时欠 ¥7.00" in past and "费用记在车牌上" in past
    assert "自己抬起" not in past and "data-open-here" not in past and "出口待缴费" not in past


@pytest.mark.req("LANE-20", "GUARD-02")
def test_another_car_that_was_told_to_wait_and_has_driven_past_asks_for_nobody(login_as, lot, site):
    guard = login_as("guard", community=site.community_id)
    visit = lot.waits(MINE)
    hold(lot)
    assert "道闸正抬着，车可以直接开走" in card(guard, visit)
    drives_past(lot, visit)
    past = card(guard, visit)
    assert "车已经开走，不用再抬杆" in past and "data-open-here" not in past and "data-over" not in past


@pytest.mark.req("PARK-12", "LANE-20")
@pytest.mark.parametrize("owing", [False, True])
def test_cash_of_a_car_that_has_driven_out_is_not_taken_again_at_the_arm(login_as, lot, site, owing):
    """The dialog was opened while it stood there; `owing`: by then its stay is known, for its plate was put right."""
    guard, lane = login_as("guard", community=site.community_id), site.gate.reply.lanes[OUT].lane_id
    visit = asked_to_pay(lot)
    dialog = guard.get(f"/lanes/{lane}/open", headers=HTML).text
    assert f'name="visit" value="{visit}"' in dialog and 'name="amount"' in dialog
    if owing:
        lot.enter()
    drives_past(lot, visit)
    sent = {"reason": "收了现金", "amount": "9.00", "visit": str(visit), "nonce": "n" * 32,
            "looked_at": clock.now().isoformat()}  # fmt: skip
    answer = guard.post(f"/lanes/{lane}/open", data=sent, headers=HTML)
    assert answer.status_code == 409 and "已经从这里出场" in answer.text
    assert ("，欠 ¥" in answer.text) is owing
    with site.gate.session() as db:
        (there,) = [one for one in lanes_of(db, site.community_id) if one.lane.lane_id == lane]
        assert waits_at(db, there, clock.now()) is None


@pytest.mark.req("PARK-12")
def test_cash_on_the_page_of_its_stay_is_noted_against_the_debt_and_once(login_as, lot, site):
    guard, stay = login_as("guard", community=site.community_id), lot.enter()
    drives_past(lot, asked_to_pay(lot))
    page = f"/parking/stays/{stay}"
    assert 'data-deed="cash"' in guard.get(page, headers=HTML).text
    told = {"amount_fen": "700"}
    assert guard.post(f"{page}/cash", data=told, headers=HTML).status_code == 303
    assert guard.post(f"{page}/cash", data=told, headers=HTML).status_code == 409, "a second press takes nothing"
