"""Put the domain into central: its provider, where that tells what it made, and what refunds take back on paper."""

from __future__ import annotations

import central.money.receipts.permissions  # noqa: F401  declared as it is imported
from central.base.parts import Parts
from central.money.payments.rules import REFUNDED
from central.money.receipts import routes
from central.money.receipts.ask_invoice import ask_provider, forget_buyers
from central.money.receipts.invoicers import Invoicer, attach_invoicers
from central.money.receipts.issue import on_refunded
from central.money.receipts.sample import SampleInvoicer, test_invoice_wanted


def register(parts: Parts) -> None:
    everyones: Invoicer | None = SampleInvoicer() if test_invoice_wanted() else None
    attach_invoicers(parts.engine, lambda tenant_id: everyones)
    parts.routers.append(routes.router)
    parts.handlers.on("receipts.counter", {REFUNDED}, on_refunded)
    parts.jobs.each_tenant("receipts.ask_provider", "* * * * * */20", ask_provider)
    parts.jobs.each_tenant("receipts.forget_buyers", "23 18 * * *", forget_buyers)
