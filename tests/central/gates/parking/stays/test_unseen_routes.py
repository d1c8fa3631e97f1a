"""Unseen exits and cars without an entry over HTTP and on their pages: who may, what is told, what is refused where."""

from __future__ import annotations

import pytest

from central.gates.parking.dues import till as stay_till
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import unseen_routes
from central.gates.parking.stays.bill import to_look_at
from models.parking.stays import State
from tests.central.gates.parking.stays.test_reads import MINE
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape

API = "/api/v1/parking"
HTML = {"accept": "text/html"}
MADE, WHY = {}, {"reason": "对照录像"}


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


def unseen(lot):
    first = lot.enter()
    lot.later(DAY + HOUR)
    lot.enter()
    lot.parts.dispatcher.drain()
    return first


def void_paid(lot):
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, stay, 700)
    lot.do(stay_deeds.void_stay, stay, "误读")
    lot.parts.dispatcher.drain()
    return stay


def lone(lot):
    lot.leave(MINE)
    with lot.town.session() as db:
        return to_look_at(db, person(lot.town), lot.town.community, lot.now).exits[0].stay_id


def at(name, id_name="stay_id"):
    return {"path": lambda _: {id_name: MADE[name]}}


CALLS = (
    Call("POST", f"{API}/stays/{{stay_id}}/charge-unseen", GUARD, body=lambda _: WHY | {"until": MADE["until"]},
         **at("unseen")),
    Call("POST", f"{API}/stays/{{stay_id}}/let-off-unseen", GUARD, body=lambda _: WHY, **at("unseen")),
    Call("POST", f"{API}/stays/{{stay_id}}/keep-money", MANAGER, body=lambda _: WHY | {"fen": 700}, **at("void")),
    Call("POST", f"{API}/stays/{{stay_id}}/give-money-back", MANAGER, body=lambda _: WHY | {"fen": 700}, **at("void")),
    Call("POST", f"{API}/stays/{{exit_id}}/lone-cash", GUARD, body=lambda _: WHY | {"amount_fen": 1000},
         **at("lone", "exit_id")),
)  # fmt: skip


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_each_route_is_for_who_may_and_for_nobody_else(call, lot, town, other_town, login_as, client):
    if "unseen" in call.route:
        MADE["until"], MADE["unseen"] = (lot.now + 5 * HOUR).isoformat(), unseen(lot)
    elif "money" in call.route:
        MADE["void"] = void_paid(lot)
    else:
        MADE["lone"] = lone(lot)
    check_call(call, town, other_town, login_as, client)
    assert routes_of([unseen_routes.router]) == {shape(one.id) for one in CALLS}


@pytest.mark.req("PARK-15")
def test_the_page_lists_an_unseen_exit_and_charges_it_up_to_the_chosen_time(lot, town, login_as):
    guard, first = login_as(GUARD, community=town.community), unseen(lot)
    look = guard.get(f"/parking?community={town.community}&tab=look", headers=HTML).text
    assert "离场没看到" in look and f'data-stay="{first}"' in look
    told = guard.get(f"{API}/stays/{first}").json()
    assert (told["state"], [one["key"] for one in told["moments"]][-1]) == ("exit_unseen", "again")
    where = f"/parking/stays/{first}"
    page = guard.get(where, headers=HTML).text
    assert 'data-deed="charge"' in page and 'data-deed="let-off"' in page and 'data-deed="void"' not in page
    for form, words in (
        (WHY | {"moment": "never"}, "请选一个时间"),
        (WHY | {"moment": "typed", "until": "2020-01-01T08:00"}, "时间要在两次入场之间"),
        ({"moment": "again", "reason": ""}, "请写明原因"),
    ):
        refused = guard.post(f"{where}/charge", data=form, headers=HTML)
        assert refused.status_code == 422 and words in refused.text, words
    assert lot.state(first) is State.EXIT_UNSEEN
    assert guard.post(f"{where}/charge", data=WHY | {"moment": "again"}, headers=HTML).status_code == 303
    assert lot.state(first) is State.LEFT_OWING and lot.arrears(MINE) == [2500], "25 hours by T1"
    assert guard.post(f"{where}/charge", data=WHY | {"moment": "again"}, headers=HTML).status_code in (409, 422)
    page = guard.get(where, headers=HTML).text
    assert "人工认定" in page and 'data-money="due"' in page


@pytest.mark.req("PARK-18")
def test_money_of_a_void_stay_is_listed_and_a_manager_says_whose_it_is(lot, town, login_as):
    manager, guard = login_as(MANAGER, community=town.community), login_as(GUARD, community=town.community)
    stay = void_paid(lot)
    where = f"/parking/stays/{stay}"
    assert "作废但付过钱" in guard.get(f"/parking?community={town.community}&tab=look", headers=HTML).text
    assert 'data-deed="keep"' not in guard.get(where, headers=HTML).text
    page = manager.get(where, headers=HTML).text
    assert 'data-deed="keep"' in page and 'data-deed="give-back"' in page and "¥7.00" in page
    assert manager.post(f"{where}/give-back", data=WHY | {"fen": "600"}, headers=HTML).status_code == 409
    assert manager.post(f"{where}/give-back", data=WHY | {"fen": "700"}, headers=HTML).status_code == 303
    assert "停放作废，决定退回" in manager.get(f"/parking/money?community={town.community}", headers=HTML).text
    assert 'data-deed="keep"' not in manager.get(where, headers=HTML).text


@pytest.mark.req("P26", "PARK-12")
def test_cash_of_a_car_without_an_entry_is_taken_on_its_page_with_a_receipt(lot, town, login_as):
    guard, exit_id = login_as(GUARD, community=town.community), lone(lot)
    where = f"/parking/stays/{exit_id}"
    page = guard.get(where, headers=HTML).text
    assert 'data-deed="lone-cash"' in page and "收费标准没有规定" in page
    form = WHY | {"amount": "10", "paid_fen": "0", "till": ""}
    wrong = guard.post(f"{where}/lone-cash", data=form | {"amount": "两块"}, headers=HTML)
    assert wrong.status_code == 422 and "请写收了多少" in wrong.text
    assert guard.post(f"{where}/lone-cash", data=form, headers=HTML).status_code == 303
    assert guard.post(f"{where}/lone-cash", data=form, headers=HTML).status_code == 409, "sent twice, taken once"
    page = guard.get(where, headers=HTML).text
    receipt = page.split('href="/parking/receipts/')[1].split('"')[0]
    printed = guard.get(f"/parking/receipts/{receipt}", headers=HTML).text
    assert 'data-receipt="1000"' in printed and "川A·12345" in printed and "不是发票" in printed
    assert guard.get(f"/parking/receipts/{exit_id}", headers=HTML).status_code == 404
    assert lot.books() == (1000, -1000, 0, 0, 0)
