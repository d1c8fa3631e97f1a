"""A driver's receipt and request for an invoice, by the payment's own address; the desk's, and finance's list."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.gates.parking.driver.tickets import to_look, written
from central.money.payments.tables import PaymentRow
from central.money.receipts.invoicers import attach_invoicers
from central.money.receipts.sample import SampleInvoicer
from tests.central.oversight.driver.lot import MINE
from tests.central.oversight.driver.test_driver_pages import HTML, later, ordered, ticket_for, way_of

BUYER = {"title": "示例公司", "tax_number": "91350100M000100Y43", "contact": "fin@example.com"}
PAINTED = "川A·12345"


@pytest.fixture
def order(client, lot):
    """The address of a payment that was made."""
    lot.enter()
    address = ordered(client, ticket_for(client, lot), 700)
    client.post(way_of(client.get(address, headers=HTML)), headers=HTML)
    return address


def send(client, address, data=None):
    """A form, and the page that it leads to."""
    return client.post(address, data=data, headers=HTML, follow_redirects=True)


def papers(page):
    return re.findall(r'data-paper="([\d-]+)"', page.text)


@pytest.mark.req("PARK-27")
def test_a_driver_gets_a_receipt_at_once_and_the_same_one_again(client, order):
    assert papers(client.get(f"{order}/receipt", headers=HTML)) == []
    for _ in range(2):
        page = send(client, f"{order}/receipt")
        assert page.status_code == 200 and len(papers(page)) == 1
    (number,) = papers(page)
    for said in (number, PAINTED, "人民币柒元整", "¥7.00", "不是发票", "测试收款", "开具时还在场内", "第 1 版"):
        assert said in page.text, said
    english = client.get(f"{order}/receipt?language=en", headers=HTML).text
    assert "no tax invoice" in english and "人民币柒元整" in english and "still inside" in english


@pytest.mark.req("PARK-27")
def test_a_printing_says_what_it_is(client, order):
    page = send(client, f"{order}/receipt")
    receipt = re.search(r'name="receipt_id" value="([\w-]+)"', page.text)[1]
    assert 'class="receipt__mark only-print"' in page.text, "printed from the screen it is a copy"
    marks = [
        re.findall(r'data-mark-of="(\w+)"', send(client, f"{order}/receipt/print", data={"receipt_id": receipt}).text)
        for _ in range(3)
    ]
    assert marks == [["original"], ["copy"], ["copy"]]
    assert send(client, f"{order}/receipt/print", data={"receipt_id": order.encode().hex()[:32]}).status_code == 200


@pytest.mark.req("PARK-27", "PRIV-12")
def test_who_never_said_the_plate_sees_it_masked_on_the_receipt_too(client, lot, site):
    stay = lot.enter()
    with site.gate.session() as db:
        found = f"/stay/{written(db, to_look(None, stay, clock.now(), typed=False))}"
    order = ordered(client, found, 700)
    client.post(way_of(client.get(order, headers=HTML)), headers=HTML)
    page = send(client, f"{order}/receipt")
    assert len(papers(page)) == 1 and PAINTED not in page.text and MINE not in page.text


@pytest.mark.req("PARK-27", "SEC-05", "PRIV-12")
@pytest.mark.parametrize("first", [True, False], ids=["who-pays-pressed-first", "who-pays-joined"])
def test_an_order_that_two_phones_pressed_for_is_neither_ones_own(client, lot, site, first):
    """Whose payment it is nobody knows: the way to pay leads both back to the address of the first press."""
    lot.enter()
    mine, strangers = (ordered(client, ticket_for(client, lot), 700) for _ in range(2))
    payer = mine if first else strangers
    client.post(way_of(client.get(payer, headers=HTML)), headers=HTML)
    with site.gate.session() as db:
        number = db.scalars(select(PaymentRow.number)).one()
    for address in (mine, strangers):
        for deed in ("receipt", "receipt/print", "invoice"):
            page = send(client, f"{address}/{deed}", data=BUYER | {"receipt_id": "0" * 32})
            assert "data-shared" in page.text and "¥7.00" in page.text and papers(page) == [], deed
            for kept in (PAINTED, MINE, number, "data-invoice"):
                assert kept not in page.text, (deed, kept)


@pytest.mark.req("PARK-27", "SEC-05")
def test_who_names_the_number_in_their_wallet_has_the_receipt_of_a_shared_order(client, lot, site):
    lot.enter()
    mine, other = (ordered(client, ticket_for(client, lot), 700) for _ in range(2))
    client.post(way_of(client.get(mine, headers=HTML)), headers=HTML)
    with site.gate.session() as db:
        payment = db.scalars(select(PaymentRow)).one()
        number, order_number = payment.number, payment.order_id.hex
    for wrong in ("", "1", order_number, number[:-1]):
        page = send(client, f"{mine}/receipt/prove", data={"number": wrong})
        assert page.status_code == 422 and "data-shared" in page.text and number not in page.text
    page = send(client, f"{mine}/receipt/prove", data={"number": number})
    assert page.status_code == 200 and PAINTED in page.text and "data-shared" not in page.text
    proved = page.url.path.removesuffix("/receipt")
    assert len(papers(send(client, f"{proved}/receipt"))) == 1
    assert "data-shared" in client.get(f"{other}/receipt", headers=HTML).text
    tried = send(client, f"{other}/receipt/prove", data={"number": number})
    assert tried.status_code == 429 and "data-shared" in tried.text, "so many tries of one payment"


@pytest.mark.req("PARK-27", "SEC-05")
def test_what_is_pressed_from_the_address_of_a_shared_order_is_no_order_of_its_first_phone(client, lot, monkeypatch):
    """The first press's address came back to the other phone too: it lends nobody that phone's name."""
    lot.enter()
    mine = ordered(client, ticket_for(client, lot), 700)
    ordered(client, ticket_for(client, lot), 700)
    later(monkeypatch, minutes=6)
    again = [ordered(client, mine, 900) for _ in range(2)]
    client.post(way_of(client.get(again[0], headers=HTML)), headers=HTML)
    for address in again:
        assert "data-shared" in send(client, f"{address}/receipt").text


@pytest.mark.req("PARK-27")
def test_an_unpaid_order_has_neither(client, lot):
    lot.enter()
    address = ordered(client, ticket_for(client, lot), 700)
    for deed in ("receipt", "receipt/print", "invoice"):
        client.post(f"{address}/{deed}", data=BUYER, headers=HTML)
    client.post(way_of(client.get(address, headers=HTML)), headers=HTML)
    page = client.get(f"{address}/receipt", headers=HTML)
    assert papers(page) == [] and "data-invoice" not in page.text


@pytest.mark.req("PARK-27")
def test_a_request_goes_to_finance_and_the_number_comes_back_to_the_phone(client, order, login_as, site):
    wrong = send(client, f"{order}/invoice", data=BUYER | {"tax_number": "91350100M000100Y44"})
    assert wrong.status_code == 422 and "校验位对不上" in wrong.text and 'value="示例公司"' in wrong.text
    page = send(client, f"{order}/invoice", data=BUYER)
    assert 'data-invoice="asked"' in page.text and "由人工开具" in page.text
    twice = send(client, f"{order}/invoice", data=BUYER | {"title": "别家"})
    assert twice.status_code == 409
    manager = login_as("manager", community=site.community_id)
    assert "/parking/invoices" in manager.get(f"/parking/money?community={site.community_id}", headers=HTML).text
    listed = manager.get(f"/parking/invoices?community={site.community_id}", headers=HTML).text
    request = re.search(r'data-request="([\w-]+)"', listed)[1]
    assert "示例公司" in listed and "没有接入开票服务" in listed and "不是发票" in listed
    refused = manager.post(f"/parking/invoices/{request}/made", data={"number": "1", "link": ""}, headers=HTML)
    assert refused.status_code == 422 and "8 到 40 位" in refused.text
    done = {"number": "26312000000000000001", "link": "https://inv.example.com/1"}
    manager.post(f"/parking/invoices/{request}/made", data=done, headers=HTML)
    page = client.get(f"{order}/receipt", headers=HTML).text
    assert 'data-invoice="issued"' in page and done["number"] in page and done["link"] in page
    assert "示例公司" not in page, "who holds the address may not be who asked"


@pytest.mark.req("PARK-27")
def test_with_a_provider_the_page_says_so_and_that_a_sample_makes_none(client, order, site):
    attach_invoicers(site.gate.engine, lambda _: SampleInvoicer())
    try:
        assert "由开票服务自动开具" in client.get(f"{order}/receipt", headers=HTML).text
        assert "不会开出真发票" in send(client, f"{order}/invoice", data=BUYER).text
    finally:
        attach_invoicers(site.gate.engine, lambda _: None)


@pytest.mark.req("PARK-27")
def test_the_desk_gives_and_prints_the_same_receipt(client, order, login_as, site):
    (number,) = papers(send(client, f"{order}/receipt"))
    with site.gate.session() as db:
        order_id = db.scalars(select(PaymentRow.order_id)).one()
    guard, at = login_as("guard", community=site.community_id), f"/parking/receipts/{order_id}"
    page = guard.get(at, headers=HTML)
    assert papers(page) == [number] and PAINTED in page.text
    assert papers(send(guard, at)) == [number]
    assert 'data-mark-of="original"' in send(guard, f"{at}/print").text
    assert 'data-mark-of="copy"' in send(guard, f"{at}/print").text
    assert guard.get(f"/parking/invoices?community={site.community_id}", headers=HTML).status_code == 403


@pytest.mark.req("PARK-27")
def test_it_says_that_the_invoice_is_asked_for_below_and_groups_the_number_for_the_eye(client, order):
    page = client.get(f"{order}/receipt", headers=HTML).text
    assert page.index("data-below-invoice") < page.index('id="invoice-title-of"')
    (number,) = re.findall(r'data-order="(\w{20,})"', page)
    shown = re.search(r'data-order="\w+">(.*?)</dd>', page, re.DOTALL)[1]
    assert shown.count('class="grouped"') == -(-len(number) // 8)
    assert re.sub(r"<[^>]+>", "", shown) == number, "copied and found as one"
