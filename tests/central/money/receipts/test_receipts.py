"""Receipts of payments: numbers without a gap, once for a payment, copies that say so, refunds that take back; and
requests for invoices, by hand and by a provider."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from central.base.kernel import clock
from central.base.kernel.actor import Grant
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.money.payments import give_back
from central.money.payments.channels import attach_channels
from central.money.payments.send_refunds import send_refunds
from central.money.receipts.ask_invoice import ask_invoice, ask_provider, forget_buyers, made, refuse, take_word
from central.money.receipts.invoicers import End, InvoicerAway, Word, attach_invoicers
from central.money.receipts.issue import Bought, counter_refunds, issue, printed
from central.money.receipts.queries import receipted, receipts_of, request_of, requests_in
from central.money.receipts.rules import BUYER_KEPT, RequestState
from central.money.receipts.sample import SampleInvoicer
from central.money.receipts.tables import InvoiceRequestRow, ReceiptRow
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.money.payments.test_payments import SAMPLE, ask, pay

MINUTE = timedelta(minutes=1)
PLATE = "川A·12345"
BOUGHT = Bought("receipts.for.parking", PLATE, tariff="临停", version=3, lines={"en": [("Hours", "", "¥12.00")]})
TAX = "91350100M000100Y43"


@pytest.fixture
def paying(town):
    attach_channels(town.engine, lambda _: {"test": SAMPLE})
    attach_invoicers(town.engine, lambda _: None)
    return replace(town, now=clock.now())


@pytest.fixture
def provider(paying):
    found = SampleInvoicer()
    attach_invoicers(paying.engine, lambda _: found)
    yield found
    attach_invoicers(paying.engine, lambda _: None)


@pytest.fixture
def paid(client, paying):
    """Makes an order that is paid."""

    def make(number, fen=1200, stay=None):
        order = ask(paying, fen=fen, stay=stay)
        assert pay(client, paying, order, number).status_code == 200
        return order

    return make


def give(town, order, now=None):
    with town.session() as db:
        return issue(db, person(town), order.order_id, BOUGHT, now or town.now)


def given(town, order):
    with town.session() as db:
        return receipts_of(db, receipted(db, order.order_id)[1].payment_id)


def goes_back(town, order, fen, key):
    """So much of it is owed back to the driver, as where a stay cost less in the end."""
    place, stay = order.community_id, order.subject_id
    lines = (
        Entry(Account(place, AccountKind.INCOME), fen, stay), Entry(Account(place, AccountKind.REFUNDS), -fen, stay)
    )  # fmt: skip
    with town.session() as db:
        post(db, person(town), Posting(key, Code.PAID_TOO_MUCH, town.now, lines))


def sent_back(town):
    for turn in range(4):
        with town.session() as db:
            send_refunds(db, town.now + turn * MINUTE)


def wanted(town, order, title="示例公司", tax=TAX, contact="fin@example.com", now=None):
    with town.session() as db:
        return ask_invoice(db, person(town), order.order_id, title, tax, contact, now or town.now)


def standing(town, order):
    with town.session() as db:
        return request_of(db, receipted(db, order.order_id)[1].payment_id)


@pytest.mark.req("PARK-27")
def test_a_payment_has_one_receipt_that_says_what_was_paid(paying, paid):
    order = paid("n1")
    first = give(paying, order)
    assert first.number.endswith("-000001") and first.amount_fen == 1200 and first.plate == PLATE
    assert first.said["channel"] == "test" and first.said["channel_number"] == "n1"
    assert (first.said["company"], first.said["community"]) != ("", "")
    again = give(paying, order, paying.now + MINUTE)
    assert (again.number, again.issued_at) == (first.number, first.issued_at)


@pytest.mark.req("PARK-27")
def test_what_is_not_paid_has_no_receipt(paying):
    with pytest.raises(NotFound):
        give(paying, ask(paying))


@pytest.mark.req("PARK-27")
def test_a_deed_that_ends_badly_takes_no_number(paying, paid):
    first, second = paid("n1"), paid("n2")
    with pytest.raises(RuntimeError), paying.session() as db:
        issue(db, person(paying), first.order_id, BOUGHT, paying.now)
        raise RuntimeError("the line broke")
    assert give(paying, second).number.endswith("-000001")
    assert give(paying, first).number.endswith("-000002")


@pytest.mark.req("PARK-27")
def test_desks_that_ask_at_once_get_numbers_without_a_gap(paying, paid):
    orders = [paid(f"n{n}") for n in range(6)]
    with ThreadPoolExecutor(4) as desks:
        found = list(desks.map(lambda order: give(paying, order).number, [*orders, *orders]))
    assert sorted({one[-6:] for one in found}) == [f"{n:06d}" for n in range(1, 7)]
    assert found[:6] == found[6:], "of one payment one"


@pytest.mark.req("PARK-27")
def test_each_year_begins_anew(paying, paid):
    first, second = paid("n1"), paid("n2")
    give(paying, first)
    later = give(paying, second, paying.now + timedelta(days=366))
    assert later.number.endswith("-000001") and later.number[:4] > f"{paying.now.year - 1}"


@pytest.mark.req("PARK-27")
def test_the_first_printing_is_the_original_and_each_later_one_a_copy(paying, paid):
    order = paid("n1")
    receipt = give(paying, order)
    nths = []
    for _ in range(3):
        with paying.session() as db:
            nths.append(printed(db, person(paying), receipt.payment_id, receipt.receipt_id, paying.now)[1])
    assert nths == [1, 2, 3] and given(paying, order)[0].prints == 3


@pytest.mark.req("PARK-27", "SEC-03")
def test_a_receipt_is_never_changed_and_its_plate_lies_sealed(paying, paid):
    give(paying, paid("n1"))
    for deed in ("UPDATE receipt SET amount_fen = 1", "DELETE FROM receipt", "DELETE FROM receipt_print"):
        with pytest.raises(DBAPIError), paying.session() as db:
            db.execute(text(deed))
    with paying.session() as db:
        row = db.scalars(select(ReceiptRow)).one()
        assert PLATE.encode() not in row.plate_sealed and "12345" not in str(row.said)


@pytest.mark.req("PARK-27", "PARK-18")
def test_what_a_channel_gives_back_is_taken_back_on_paper_once(paying, paid):
    order = paid("n1")
    first = give(paying, order)
    goes_back(paying, order, 500, "over")
    sent_back(paying)
    for _ in range(2):  # news comes at least once
        with paying.session() as db:
            counter_refunds(db, [order.subject_id], paying.now)
    receipt, counter = given(paying, order)
    assert (counter.amount_fen, counter.counters, counter.plate) == (-500, first.number, PLATE)
    assert (receipt.amount_fen, counter.number[-6:]) == (1200, "000002")


@pytest.mark.req("PARK-27", "PARK-18")
def test_a_refund_by_hand_is_told_and_takes_back_too(paying, paid, parts):
    order = paid("n1")
    give(paying, order)
    goes_back(paying, order, 1200, "void")
    with paying.session() as db:
        give_back.give_back(db, person(paying), order.subject_id, "现金退还", paying.now)
    parts.dispatcher.drain()
    assert [one.amount_fen for one in given(paying, order)] == [1200, -1200]


@pytest.mark.req("PARK-27")
def test_a_receipt_asked_for_after_the_refund_comes_with_its_counter(paying, paid):
    order = paid("n1")
    goes_back(paying, order, 200, "over")
    sent_back(paying)
    with paying.session() as db:
        counter_refunds(db, [order.subject_id], paying.now)
    assert given(paying, order) == [], "who asked for no receipt has none to take back"
    give(paying, order)
    assert [one.amount_fen for one in given(paying, order)] == [1200, -200]


@pytest.mark.req("PARK-27")
def test_a_request_is_for_what_was_paid_and_one_of_a_payment_stands(paying, paid):
    order = paid("n1")
    request = wanted(paying, order)
    assert (request.amount_fen, request.state, request.provider) == (1200, RequestState.ASKED, "")
    assert (request.buyer.title, request.buyer.tax_number, request.fits) == ("示例公司", TAX, True)
    with pytest.raises(Conflict, match="asked_already"):
        wanted(paying, order, title="别人")
    assert standing(paying, order).buyer.title == "示例公司"


@pytest.mark.req("PARK-27", "SEC-03")
def test_a_buyer_lies_sealed_and_is_forgotten_after_the_answer(paying, paid):
    order = paid("n1")
    request = wanted(paying, order)
    with paying.session() as db:
        sealed = db.scalars(select(InvoiceRequestRow.buyer_sealed)).one()
        assert "示例公司".encode() not in sealed and TAX.encode() not in sealed
        deed = db.scalars(select(AuditRow).where(AuditRow.what == "invoice.ask")).one()
        assert "示例" not in str(deed.after) and TAX not in str(deed.after)
        made(db, person(paying), request.request_id, "26312000000000000001", "", paying.now)
    for ago, kept in ((BUYER_KEPT - MINUTE, True), (BUYER_KEPT + MINUTE, False)):
        with paying.session() as db:
            forget_buyers(db, paying.now + ago)
        assert (standing(paying, order).buyer is not None) is kept
    assert standing(paying, order).number == "26312000000000000001"


@pytest.mark.req("PARK-27")
def test_finance_answers_by_hand_and_a_refused_request_may_be_made_anew(paying, paid):
    order = paid("n1")
    request = wanted(paying, order)
    with paying.session() as db:
        waiting, done = requests_in(db, person(paying), paying.community, paying.now - MINUTE)
        assert [one.request_id for one in waiting] == [request.request_id] and done == []
        with pytest.raises(Invalid):
            refuse(db, person(paying), request.request_id, " ", paying.now)
        refuse(db, person(paying), request.request_id, "抬头不全", paying.now)
    assert standing(paying, order).reason == "抬头不全"
    again = wanted(paying, order, title="示例公司全称", now=paying.now + MINUTE)
    with paying.session() as db:
        made(db, person(paying), again.request_id, "26312000000000000001", "https://inv.example.com/1", paying.now)
        with pytest.raises(Conflict, match="answered"):
            refuse(db, person(paying), again.request_id, "又不要了", paying.now)
    assert (standing(paying, order).state, standing(paying, order).link) == (
        RequestState.ISSUED, "https://inv.example.com/1"
    )  # fmt: skip
    with pytest.raises(Conflict, match="asked_already"):
        wanted(paying, order)


@pytest.mark.req("PARK-27")
def test_whoever_may_not_make_invoices_neither_sees_nor_answers_them(paying, paid):
    request = wanted(paying, paid("n1"))
    guard = replace(person(paying), grants=(Grant("guard", frozenset({"payment.read"})),))
    with paying.session() as db:
        for deed in (
            lambda: requests_in(db, guard, paying.community, paying.now),
            lambda: made(db, guard, request.request_id, "26312000000000000001", "", paying.now),
            lambda: refuse(db, guard, request.request_id, "不", paying.now),
        ):
            with pytest.raises(Forbidden):
                deed()


@pytest.mark.req("PARK-27", "PARK-18")
def test_no_invoice_is_made_for_more_than_was_kept(paying, paid):
    order = paid("n1")
    request = wanted(paying, order)
    goes_back(paying, order, 200, "over")
    sent_back(paying)
    with pytest.raises(Conflict, match="went_back_since"), paying.session() as db:
        made(db, person(paying), request.request_id, "26312000000000000001", "", paying.now)
    with paying.session() as db:
        refuse(db, person(paying), request.request_id, "退过款", paying.now)
    assert wanted(paying, order, now=paying.now + MINUTE).amount_fen == 1000
    whole = paid("n2")
    goes_back(paying, whole, 1200, "all")
    sent_back(paying)
    with pytest.raises(Conflict, match="all_went_back"):
        wanted(paying, whole)


def turn(town, minutes=0):
    with town.session() as db:
        ask_provider(db, town.now + minutes * MINUTE)


@pytest.mark.req("PARK-27")
def test_a_provider_is_handed_the_request_and_its_signed_word_ends_it(paying, paid, provider):
    order = paid("n1")
    assert wanted(paying, order).provider == "test"
    turn(paying)
    with pytest.raises(Conflict, match="at_provider"), paying.session() as db:
        made(db, person(paying), standing(paying, order).request_id, "26312000000000000001", "", paying.now)
    turn(paying)
    turn(paying)
    found = standing(paying, order)
    assert found.state is RequestState.ISSUED and found.number.startswith("TEST-")


@pytest.mark.req("PARK-27")
def test_a_provider_may_refuse_and_says_why(paying, paid, provider):
    order = paid("n1")
    wanted(paying, order, title="拒收公司")
    for _ in range(3):
        turn(paying)
    found = standing(paying, order)
    assert found.state is RequestState.REFUSED and "拒" in found.reason


@pytest.mark.req("PARK-27", "SEC-02")
def test_a_word_counts_by_its_signature_its_age_and_its_amount(client, paying, paid, provider):
    order = paid("n1")
    request = wanted(paying, order)
    turn(paying)
    turn(paying)
    told = provider._wanted[request.request_id.hex]
    at = f"/invoices/notices/test/{paying.tenant_id}"

    def tell(who=provider, what=told, now=paying.now):
        headers, body = who.says(what, now)
        return client.post(at, content=body, headers={"origin": ""} | headers).status_code

    assert tell(who=SampleInvoicer()) == 400 and tell(now=paying.now - timedelta(hours=1)) == 400
    assert tell(what=told._replace(amount_fen=1)) == 204, "heard, and not taken"
    assert standing(paying, order).state is RequestState.ASKED
    assert tell() == 204 and tell() == 204
    assert standing(paying, order).state is RequestState.ISSUED
    assert client.post(f"/invoices/notices/other/{paying.tenant_id}", headers={"origin": ""}).status_code == 404


@pytest.mark.req("PARK-27")
def test_without_its_provider_a_request_is_left_to_finance(paying, paid, provider):
    order = paid("n1")
    wanted(paying, order)
    attach_invoicers(paying.engine, lambda _: None)
    turn(paying)
    assert standing(paying, order).provider == ""
    with paying.session() as db:
        made(db, person(paying), standing(paying, order).request_id, "26312000000000000001", "", paying.now)


@pytest.mark.req("PARK-27")
def test_another_companys_word_ends_no_request(paying, paid, provider):
    order = paid("n1")
    request = wanted(paying, order)
    with paying.session() as db:
        assert not take_word(db, "other", Word(request.request_id.hex, 1200, End.ISSUED, "1"), paying.now)
        assert not take_word(db, "test", Word("nobody", 1200, End.ISSUED, "1"), paying.now)
    assert standing(paying, order).state is RequestState.ASKED


@pytest.mark.req("PARK-27", "PARK-18")
def test_a_receipt_that_is_given_while_money_goes_back_gets_its_counter(paying, paid):
    """It looked before the refund was there, and the refund's news looks before the receipt is."""
    order = paid("n1")
    with paying.session() as giving, ThreadPoolExecutor(1) as news:
        issue(giving, person(paying), order.order_id, BOUGHT, paying.now)
        goes_back(paying, order, 200, "over")
        sent_back(paying)

        def hear():
            with paying.session() as db:
                counter_refunds(db, [order.subject_id], paying.now)

        hearing = news.submit(hear)
        assert not wait([hearing], timeout=0.5).done, "it waits for the one who gives"
        giving.commit()
        hearing.result(timeout=20)
    assert [one.amount_fen for one in given(paying, order)] == [1200, -200]


class Deaf(SampleInvoicer):
    """Hears, and its answer is lost; `away`: it does not even look."""

    away = False

    def ask(self, wanted):
        super().ask(wanted)
        raise InvoicerAway("receipts.provider_away")

    def look(self, number, now):
        if self.away:
            raise InvoicerAway("receipts.provider_away")
        return super().look(number, now)


@pytest.fixture
def deaf(paying):
    found = Deaf()
    attach_invoicers(paying.engine, lambda _: found)
    yield found
    attach_invoicers(paying.engine, lambda _: None)


def by_hand(town, order):
    """What finance is told where it answers by hand."""
    said = []
    for deed, given in ((made, ("26312000000000000001", "")), (refuse, ("不开",))):
        with town.session() as db:
            try:
                deed(db, person(town), standing(town, order).request_id, *given, town.now)
            except Conflict as problem:
                said.append(problem.key)
    return said


@pytest.mark.req("PARK-27")
def test_what_a_provider_may_have_heard_is_made_by_nobody_else(paying, paid, deaf):
    """Its answer was lost, not the question: a second tax invoice would be in the world."""
    order = paid("n1")
    wanted(paying, order)
    turn(paying)
    assert deaf._wanted == {}, "written down before it is asked"
    turn(paying)
    assert len(deaf._wanted) == 1
    deaf.away = True
    for days in range(1, 20):
        turn(paying, days * 24 * 60)
        turn(paying, days * 24 * 60 + 6 * 60)
        turn(paying, days * 24 * 60 + 12 * 60)
    assert by_hand(paying, order) == ["receipts.at_provider"] * 2, "as long as nobody says that it has none"
    deaf.away = False
    turn(paying, 30 * 24 * 60)
    assert standing(paying, order).state is RequestState.ISSUED


@pytest.mark.req("PARK-27", "PARK-18")
def test_what_no_longer_fits_is_finances_once_its_provider_says_that_it_has_none(paying, paid, deaf):
    order = paid("n1")
    wanted(paying, order)
    turn(paying)
    deaf.away = True
    goes_back(paying, order, 200, "over")
    sent_back(paying)
    turn(paying, 5)
    assert by_hand(paying, order)[-1] == "receipts.at_provider"
    deaf.away = False
    turn(paying, 60)
    assert standing(paying, order).provider == "" and deaf._wanted == {}
    with paying.session() as db:
        refuse(db, person(paying), standing(paying, order).request_id, "退过款", paying.now)


@pytest.mark.req("PARK-27")
def test_what_was_handed_to_a_provider_that_is_no_more_is_finances_after_days(paying, paid, deaf):
    order = paid("n1")
    wanted(paying, order)
    turn(paying)
    attach_invoicers(paying.engine, lambda _: None)
    turn(paying, 1)
    assert by_hand(paying, order) == ["receipts.at_provider"] * 2
    for hours in range(0, 20 * 24, 6):
        turn(paying, 10 + hours * 60)
    assert by_hand(paying, order)[:1] != ["receipts.at_provider"]
    assert standing(paying, order).state is RequestState.ISSUED
