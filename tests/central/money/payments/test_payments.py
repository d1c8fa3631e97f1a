"""From a channel's word to the ledger: once, twice, late, for another amount, of no order; and what goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from central.base.kernel import clock
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.outbox import OutboxRow
from central.money.ledger.queries import balance_of
from central.money.ledger.rules import Account, AccountKind
from central.money.payments import give_back, queries, sample
from central.money.payments.channels import attach_channels
from central.money.payments.open_order import open_order
from central.money.payments.rules import OrderState, Part, Verdict
from central.money.payments.take_payment import TAKEN
from models.values.ids import new_id
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.money.payments.keys import alipay, alipay_word, wechat_word
from tests.central.money.payments.keys import wechat as wechat_channel

MINUTE = timedelta(minutes=1)
SAMPLE = sample.Sample()


@pytest.fixture
def paying(town):
    attach_channels(town.engine, lambda _: {"wechat": wechat_channel(), "alipay": alipay(), "test": SAMPLE})
    return replace(town, now=clock.now())  # the town was made when the run began, and a channel's word must be fresh


def ask(town, fen=1200, stay=None, channel="test", now=None):
    stay = stay or new_id()
    with town.session() as db:
        part = Part(stay, town.community, AccountKind.INCOME.value, "", fen)
        return open_order(
            db, town.community, "stay", stay, [part], channel, title="停车费", base="https://x", back="/p",
            payer_address="203.0.113.7", now=now or town.now,
        )  # fmt: skip


def tell(client, town, channel, headers, body):
    headers = {"origin": ""} | headers
    return client.post(f"/pay/notices/{channel}/{town.tenant_id}", content=body, headers=headers)


def pay(client, town, order, number="n1", fen=None):
    headers, body = SAMPLE.says(number, order.number, fen or order.amount_fen, town.now)
    return tell(client, town, "test", headers, body)


def came(town, order):
    with town.session() as db:
        return [one.verdict for one in queries.payments_for(db, order.subject_id)]


def on(town, kind, ref=""):
    with town.session() as db:
        return balance_of(db, Account(town.community, kind, ref))


def state(town, order):
    with town.session() as db:
        return queries.order_of(db, order.order_id).state


def due(town):
    with town.session() as db:
        return give_back.refunds_due(db, person(town), town.community)


@pytest.mark.req("PARK-12", "SEC-16")
def test_a_word_of_each_channel_pays_its_order_once_however_often_it_comes(paying, client):
    orders = {name: ask(paying, channel="alipay" if name == "alipay" else "test") for name in ("alipay", "test")}
    for _ in range(2):
        word = alipay_word(orders["alipay"].number, "12.00", paying.now)
        answer = tell(client, paying, "alipay", {}, word)
        assert (answer.status_code, answer.text) == (200, "success")
        assert pay(client, paying, orders["test"]).status_code == 200
    for name, order in orders.items():
        assert came(paying, order) == [Verdict.TAKEN] and state(paying, order) is OrderState.PAID
        assert on(paying, AccountKind.CLEARING, name) == 1200
    assert on(paying, AccountKind.INCOME) == -2400
    with paying.session() as db:
        news = db.scalars(select(OutboxRow.payload).where(OutboxRow.topic == TAKEN)).all()
    assert [one["subject_ids"] for one in news] == [[str(orders[name].subject_id)] for name in ("alipay", "test")]


def test_wechats_word_is_taken_over_http_without_a_browsers_origin(paying, client):
    order = ask(paying, channel="test")
    headers, body = wechat_word(order.number, 1200, paying.now)
    answer = tell(client, paying, "wechat", headers, body)
    assert answer.json() == {"code": "SUCCESS", "message": "成功"}
    with paying.session() as db:
        (odd,) = queries.odd_notices(db, paying.now - MINUTE)
    assert (odd.verdict, odd.channel) == (Verdict.NO_ORDER, "wechat"), "asked of another channel"
    assert came(paying, order) == [] and state(paying, order) is OrderState.OPEN


@pytest.mark.req("PARK-12")
def test_a_second_payment_of_a_paid_order_goes_back_and_is_listed_until_it_was_given(paying, client):
    order = ask(paying)
    for number in ("n1", "n2", "n2"):
        pay(client, paying, order, number)
    assert came(paying, order) == [Verdict.TAKEN, Verdict.SECOND]
    assert (on(paying, AccountKind.INCOME), on(paying, AccountKind.REFUNDS)) == (-1200, -1200)
    (refund,) = due(paying)
    assert (refund.amount_fen, refund.stay_id, refund.channel, refund.number) == (1200, order.subject_id, "test", "n2")
    with paying.session() as db, pytest.raises(Invalid):
        give_back.give_back(db, person(paying), refund.refund_id, " ", paying.now)
    with paying.session() as db:
        give_back.give_back(db, person(paying), refund.refund_id, "原路退回 R1", paying.now)
    with paying.session() as db, pytest.raises(Conflict, match="refund_given"):
        give_back.give_back(db, person(paying), refund.refund_id, "再退", paying.now)
    with paying.session() as db, pytest.raises(NotFound):
        give_back.give_back(db, person(paying), new_id(), "没有", paying.now)
    assert due(paying) == [] and on(paying, AccountKind.CLEARING, "test") == 1200
    with paying.session() as db:
        (deed,) = db.scalars(select(AuditRow).where(AuditRow.what == "refund.give"))
    assert (deed.after, deed.reason) == ({"amount_fen": 1200}, "原路退回 R1")


@pytest.mark.req("SEC-16")
def test_another_amount_pays_nothing_and_goes_back(paying, client):
    order = ask(paying)
    assert pay(client, paying, order, fen=1).status_code == 200
    assert came(paying, order) == [Verdict.WRONG_AMOUNT] and state(paying, order) is OrderState.OPEN
    assert (on(paying, AccountKind.INCOME), on(paying, AccountKind.REFUNDS)) == (0, -1)
    pay(client, paying, order, "n2")
    assert came(paying, order)[1] is Verdict.TAKEN


def test_the_same_number_with_another_sum_is_listed_and_counts_for_nothing(paying, client):
    first, second = ask(paying), ask(paying)
    pay(client, paying, first)
    for order, fen in ((first, 1300), (second, 1200)):
        pay(client, paying, order, fen=fen)
    assert came(paying, first) == [Verdict.TAKEN] and came(paying, second) == []
    with paying.session() as db:
        assert [one.verdict for one in queries.odd_notices(db, paying.now - MINUTE)] == [Verdict.CONTRADICTS]


@pytest.mark.req("PARK-12")
def test_one_order_is_open_for_a_subject_and_a_grown_fee_asks_anew(paying, client):
    stay = new_id()
    first = ask(paying, 500, stay)
    assert ask(paying, 500, stay).order_id == first.order_id, "two phones, one order"
    second = ask(paying, 700, stay)
    assert (second.amount_fen, state(paying, first)) == (700, OrderState.VOID)
    pay(client, paying, second)
    pay(client, paying, first, "n2")
    assert came(paying, first) == [Verdict.TAKEN, Verdict.SECOND], "all was paid: the older order's money goes back"
    assert (on(paying, AccountKind.INCOME), on(paying, AccountKind.REFUNDS)) == (-700, -500)


@pytest.mark.req("PARK-12")
def test_money_that_comes_late_counts_when_nobody_paid_since(paying, client):
    stay = new_id()
    first = ask(paying, 500, stay)
    ask(paying, 700, stay)
    pay(client, paying, first)
    assert came(paying, first) == [Verdict.LATE] and state(paying, first) is OrderState.PAID
    old = ask(paying, 500, now=paying.now - 20 * MINUTE)
    assert ask(paying, 500, old.subject_id).order_id != old.order_id
    assert state(paying, old) is OrderState.EXPIRED
    pay(client, paying, old, "n2")
    assert came(paying, old) == [Verdict.LATE]


@pytest.mark.req("SEC-16")
def test_what_is_not_rightly_signed_leaves_no_trace(paying, client, other_town):
    order = ask(paying)
    headers, body = SAMPLE.says("n1", order.number, 1200, paying.now)
    forged = sample.Sample().says("n1", order.number, 1200, paying.now)
    stale = SAMPLE.says("n1", order.number, 1200, paying.now - 10 * MINUTE)
    for each in (forged, stale, ({}, b""), (headers, body + b" ")):
        assert tell(client, paying, "test", *each).status_code == 400
    assert tell(client, paying, "cheque", headers, body).status_code == 404
    assert tell(client, paying, "test", headers, b"x" * 20_000).status_code == 413
    assert tell(client, other_town, "test", headers, body).status_code == 200
    with other_town.session() as db:
        assert [one.verdict for one in queries.odd_notices(db, paying.now - MINUTE)] == [Verdict.NO_ORDER]
    assert came(paying, order) == [] and state(paying, order) is OrderState.OPEN


@pytest.mark.req("PARK-18")
def test_no_payment_is_ever_edited_and_of_an_order_only_its_state(paying, client):
    pay(client, paying, ask(paying))
    for deed in ("UPDATE payment SET amount_fen = 1", "DELETE FROM payment", "DELETE FROM payment_order",
                 "UPDATE payment_order SET amount_fen = 1", "UPDATE payment_notice SET verdict = 'x'"):  # fmt: skip
        with pytest.raises(DBAPIError, match="permission denied"), paying.session() as db:
            db.execute(text(deed))


def test_the_page_of_the_test_channel_says_that_it_is_a_sample_and_pays(paying, client):
    order = ask(paying)
    page = client.get(order.way, headers={"accept": "text/html"})
    assert "测试收款" in page.text and "¥12.00" in page.text and "不会收走任何钱" in page.text
    assert client.post(order.way).status_code == 303
    assert 'data-order="paid"' in client.get(order.way, headers={"accept": "text/html"}).text
    client.post(order.way)
    assert came(paying, order) == [Verdict.TAKEN, Verdict.SECOND]
    for number in (ask(paying, channel="alipay").number, "x", UUID(int=1).hex):
        assert client.get(f"/pay/test/{paying.tenant_id}/{number}").status_code == 404


def test_without_a_channel_there_is_no_test_page(town, client):
    assert client.get(f"/pay/test/{town.tenant_id}/{UUID(int=1).hex}").status_code == 404
    with pytest.raises(NotFound):
        ask(town)
