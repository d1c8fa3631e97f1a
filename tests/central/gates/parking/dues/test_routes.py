"""The money of stays over HTTP and on its pages: who may, what is told, what is refused beside its field."""

from __future__ import annotations

import pytest

from central.gates.parking.dues import disputes
from central.gates.parking.dues import routes as money_routes
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments.channels import attach_channels
from central.money.payments.open_order import open_order
from central.money.payments.queries import payments_for
from central.money.payments.rules import Notice, Part, RefundState
from central.money.payments.sample import Sample
from central.money.payments.tables import RefundRow
from central.money.payments.take_payment import take_notice
from models.values.ids import new_id
from tests.central.gates.parking.stays.test_settle import DAY, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape

API = "/api/v1/parking"
HTML = {"accept": "text/html"}
MADE, WHY = {}, {"reason": "对照照片"}
DEBTS = ("write-off", "freeze", "stands", "not-theirs")


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


def owing(lot):
    """Inside since 85 minutes of the real clock, which routes ask: 7.00 for half an hour to come."""
    lot.now = lot.town.now - 85 * MINUTE
    stay = lot.enter()
    lot.now = lot.town.now
    return stay


def left_owing(lot):
    lot.now = lot.town.now - 180 * MINUTE
    stay = lot.enter()
    lot.later(90 * MINUTE)
    lot.leave()
    return stay


def refund(town):
    subject = new_id()
    came, back = Account(town.community, AccountKind.CLEARING, "test"), Account(town.community, AccountKind.REFUNDS)
    with town.session() as db:
        entries = (Entry(came, 700, subject), Entry(back, -700, subject))
        post(db, person(town), Posting("payment:test:n2", Code.SECOND_PAYMENT, town.now, entries))
    return subject


SILENT = RefundState.SENT, "away", 3 * DAY


def stuck(town):
    """What its channel has refused."""
    return late_with(town)


def late_with(town, how=None):
    """A second payment on its way back. how: its state, what its channel said, since when; None: refused."""
    state, said, ago = how or (RefundState.FAILED, "refused", 0 * DAY)
    stay = new_id()
    attach_channels(town.engine, lambda _: {"test": Sample()})
    with town.session() as db:
        order = open_order(
            db, town.community, "stay", stay, [Part(stay, town.community, AccountKind.INCOME.value, "", 700)], "test",
            title="停车费", base="", back="/", payer_address="127.0.0.1", now=town.now,
        )  # fmt: skip
        for number in ("n1", "n2"):
            take_notice(db, town.actor, "test", Notice(number, order.number, 700, town.now), town.now)
        second = next(one.payment_id for one in payments_for(db, stay) if one.number == "n2")
        db.add(RefundRow(
            community_id=town.community, subject_id=second, payment_id=second, channel="test", amount_fen=700,
            requested_at=town.now - ago, state=state.value, said=said,
        ))  # fmt: skip
    return second


HERE = {"query": lambda town: {"community_id": town.community}}
STAY = {"path": lambda town: {"stay_id": MADE["stay"]}}
CALLS = (
    Call("GET", f"{API}/arrears", GUARD, **HERE),
    Call("GET", f"{API}/refunds", GUARD, **HERE),
    Call("POST", f"{API}/stays/{{stay_id}}/cash", GUARD, body=lambda _: {"amount_fen": 700}, **STAY),
    Call("POST", f"{API}/stays/{{stay_id}}/free", GUARD,
         body=lambda _: WHY | {"why": "official", "amount_fen": 700}, **STAY),
    Call("POST", f"{API}/stays/{{stay_id}}/write-off", MANAGER, body=lambda _: WHY, **STAY),
    Call("POST", f"{API}/stays/{{stay_id}}/freeze", GUARD, **STAY),
    Call("GET", f"{API}/denied", GUARD, **HERE),
    Call("POST", f"{API}/stays/{{stay_id}}/not-theirs", MANAGER, body=lambda _: WHY, **STAY),
    Call("POST", f"{API}/stays/{{stay_id}}/stands", GUARD, body=lambda _: WHY, **STAY),
    Call("POST", f"{API}/refunds/{{refund_id}}/given", MANAGER, body=lambda _: {"note": "原路退回"},
         path=lambda town: {"refund_id": MADE["refund"]}),
    Call("POST", f"{API}/refunds/{{refund_id}}/ask", MANAGER, path=lambda town: {"refund_id": MADE["refund"]}),
    Call("POST", f"{API}/refunds/{{refund_id}}/take-out", MANAGER, body=lambda _: {"note": "平台上没有"},
         path=lambda town: {"refund_id": MADE["refund"]}),
    Call("POST", f"{API}/refunds/{{refund_id}}/again", MANAGER, path=lambda town: {"refund_id": MADE["refund"]}),
)  # fmt: skip


@pytest.mark.req("SEC-04")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_each_route_is_for_who_may_and_for_nobody_else(call, lot, town, other_town, login_as, client):
    if "stay_id" in call.route:
        MADE["stay"] = (left_owing if call.route.endswith(DEBTS) else owing)(lot)
    if call.route.endswith(("stands", "not-theirs")):
        lot.do(disputes.freeze_by, MADE["stay"])
    if "refund_id" in call.route:
        late = SILENT if call.route.endswith(("ask", "take-out")) else None
        MADE["refund"] = late_with(town, late) if late or "again" in call.route else refund(town)
    check_call(call, town, other_town, login_as, client)
    assert routes_of([money_routes.router]) == {shape(one.id) for one in CALLS}


@pytest.mark.req("PARK-12", "PARK-15")
def test_what_is_asked_paid_and_owed_is_told_in_fen_and_a_grown_fee_is_asked_anew(lot, town, login_as):
    guard = login_as(GUARD, community=town.community)
    first = left_owing(lot)
    owed = guard.get(f"{API}/arrears", params={"community_id": str(town.community)}).json()
    assert (owed["owed_fen"], [(one["stay"]["stay_id"], one["fen"]) for one in owed["stays"]]) == (
        700, [(str(first), 700)]
    )  # fmt: skip
    second = owing(lot)
    told = guard.get(f"{API}/stays/{second}").json()
    assert (told["bill"]["due_fen"], told["before_fen"]) == (700, 700)
    wrong = guard.post(f"{API}/stays/{second}/cash", json={"amount_fen": 700})
    assert wrong.status_code == 409 and "刚刚变了" in wrong.text
    paid = guard.post(f"{API}/stays/{second}/cash", json={"amount_fen": 1400, "lane_id": str(town.lane)}).json()
    assert (paid["bill"]["due_fen"], paid["bill"]["paid_fen"], paid["bill"]["leave_minutes"]) == (0, 700, 15)
    assert (paid["state"], paid["before_fen"]) == ("paid", 0)


@pytest.mark.req("PARK-12", "PARK-15", "PARK-17")
def test_the_pages_ask_take_and_list_in_yuan(lot, town, login_as):
    manager = login_as(MANAGER, community=town.community)
    stay, mine = left_owing(lot), refund(town)
    page = manager.get(f"/parking/money?community={town.community}", headers=HTML).text
    assert f'data-owing="{stay}"' in page and f'data-refund="{mine}"' in page and "¥7.00" in page
    blank = manager.post(f"/parking/refunds/{mine}", data={"note": ""}, headers=HTML)
    assert blank.status_code == 422 and "请写明怎么退的" in blank.text
    assert manager.post(f"/parking/refunds/{mine}", data={"note": "R1"}, headers=HTML).status_code == 303
    page = manager.get(f"/parking/stays/{stay}", headers=HTML).text
    assert 'data-money="due"' in page and "核销 ¥7.00" in page and 'data-deed="free"' not in page
    done = manager.post(f"/parking/stays/{stay}/write-off", data={"reason": "报废"}, headers=HTML)
    assert done.status_code == 303
    page = manager.get(f"/parking/money?community={town.community}", headers=HTML).text
    assert "没有车欠费" in page and "没有要退的钱" in page
    inside = owing(lot)
    where = f"/parking/stays/{inside}"
    for form, said in (
        ({"amount_fen": "700", "reason": "堵在里面"}, "请选择免费放行的原因"),
        ({"amount_fen": "600", "reason": "堵在里面", "free": "repair"}, "刚刚变了"),
    ):
        wrong = manager.post(f"{where}/free", data=form, headers=HTML)
        assert wrong.status_code in (409, 422) and said in wrong.text and "堵在里面" in wrong.text
    for till in ("nowhere", str(new_id())):
        wrong = manager.post(f"{where}/cash", data={"amount_fen": "700", "till": till}, headers=HTML)
        assert wrong.status_code == 422 and "不在本园区" in wrong.text
    assert manager.post(f"{where}/cash", data={"amount_fen": "700", "till": ""}, headers=HTML).status_code == 303
    page = manager.get(where, headers=HTML).text
    assert 'data-money="leave"' in page and "15 分钟" in page and 'data-deed="cash"' not in page


@pytest.mark.req("PARK-12", "PARK-18")
def test_a_silent_refund_is_told_with_what_to_do_and_taken_out_on_its_page(lot, town, login_as):
    mine, manager = late_with(town, SILENT), login_as(MANAGER, community=town.community)
    (told,) = manager.get(f"{API}/refunds", params={"community_id": str(town.community)}).json()
    assert told["silent"] and told["refund_id"] == str(mine)
    where = f"/parking/money?community={town.community}"
    page = manager.get(where, headers=HTML).text
    assert "渠道两天没有结果" in page and f"/parking/refunds/{mine}/take-out" in page
    assert manager.post(f"/parking/refunds/{mine}/ask", headers=HTML).status_code == 303
    blank = manager.post(f"/parking/refunds/{mine}/take-out", data={"note": ""}, headers=HTML)
    assert blank.status_code == 422 and "请写明怎么退的" in blank.text
    assert manager.post(f"/parking/refunds/{mine}/take-out", data={"note": "无此单"}, headers=HTML).status_code == 303
    page = manager.get(where, headers=HTML).text
    assert "渠道两天没有结果" not in page and "渠道没有这笔" in page and f"/parking/refunds/{mine}/again" in page
