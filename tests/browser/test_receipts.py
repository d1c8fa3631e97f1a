"""A guard gives and prints a receipt; a manager answers a request for an invoice."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.access.site_keys import plate_key
from central.gates.parking.dues.till import take_cash
from central.money.payments.tables import PaymentRow
from tests.browser.test_pages import look_at
from tests.browser.test_parking import FOUR, HOUR, charge
from tests.central.gates.parking.cars import FieldLane, drive


@pytest.fixture
def order_id(site):
    """Of a stay that was paid in cash."""
    now, gate = clock.now(), site.gate
    charge(site, now)
    with gate.session() as db:
        key = plate_key(db, site.community_id)
    stay = drive(
        FieldLane(gate, gate.reply.lanes[0]), key, "川F2R8K6", now - 2 * HOUR
    )  # a plate of its own: what one left owing elsewhere is asked too
    gate.tell()
    with gate.session() as db:
        guard = system(site.tenant_id, "test", ("stay.take_cash", "stay.read"))
        take_cash(db, guard, stay, 700, clock.now())
        return db.scalars(select(PaymentRow.order_id).order_by(PaymentRow.received_at.desc())).first()


@pytest.mark.req("PARK-27", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_receipt_is_given_printed_and_its_invoice_answered(sit_down, site, order_id, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page = visitor.page

    def look(name):
        look_at(page, name, width, language, theme)

    page.goto(f"/parking/receipts/{order_id}")
    look("desk-receipt-before")
    page.locator(f"form[action='/parking/receipts/{order_id}'] button").click()
    expect(page.locator("[data-paper]")).to_contain_text("人民币柒元整")
    page.locator("details.fold summary").click()
    page.fill("#invoice-title", "示例公司")
    page.fill("#invoice-tax_number", "91350100M000100Y44")
    page.fill("#invoice-contact", "fin@example.com")
    page.locator("form[action$='/invoice'] button").click()
    expect(page.locator("#invoice-tax_number-wrong")).to_be_visible()
    look("desk-receipt")
    visitor.said.clear()  # of the refusal that was meant
    page.fill("#invoice-tax_number", "91350100M000100Y43")
    page.locator("form[action$='/invoice'] button").click()
    expect(page.locator("[data-invoice=asked]")).to_be_visible()
    for mark in ("original", "copy"):
        page.locator("form[action$='/print'] button").click()
        expect(page.locator(f"[data-mark-of={mark}]")).to_be_visible()
        look(f"desk-receipt-{mark}")
        page.goto(f"/parking/receipts/{order_id}")
    page.goto(f"/parking/invoices?community={site.community_id}")
    expect(page.locator("[data-request]")).to_contain_text("91350100M000100Y43")
    page.locator("details.fold summary").first.click()
    page.locator("form[action$='/made'] input[name=number]").fill("1")
    page.locator("form[action$='/made'] button").click()
    expect(page.locator(".wrong")).to_be_visible()
    look("invoices")
    visitor.said.clear()
    page.locator("form[action$='/made'] input[name=number]").fill("26312000000000000001")
    page.locator("form[action$='/made'] button").click()
    expect(page.locator("[data-answered] [data-invoice=issued]")).to_be_visible()
    look("invoices-answered")
