"""What stands on the receipt of a payment for a stay: the car, when it came and went, the lines that made the sum."""

from __future__ import annotations

from sqlalchemy.orm import Session

from central.base.kernel.i18n import LANGUAGES, words_in
from central.gates.parking.dues.pay_stay import SUBJECT
from central.gates.parking.stays.bill import Priced
from central.gates.parking.stays.reads import stays_by_id
from central.gates.parking.stays.settle import bill_at
from central.gates.parking.tariffs.words import line_said
from central.money.payments.queries import OrderView
from central.money.payments.rules import BY_CONTRACT
from central.money.receipts.issue import Bought
from central.money.receipts.queries import receipted

TITLE = "receipts.for.parking"
OF_STAYS = (SUBJECT, BY_CONTRACT)
"""Kinds of orders whose subject is a stay."""


def bought(db: Session, order: OrderView) -> Bought:
    """As the bill was when the payment came, and what of it was paid before. `at` has no "left" while the car is
    inside: a receipt is given at once, and what it says is not changed later. NotFound where nothing was paid."""
    _, paid = receipted(db, order.order_id)
    stay = next(iter(stays_by_id(db, [order.subject_id])), None)
    if stay is None:
        return Bought(TITLE)
    at = {"entered": stay.entered_at, "left": stay.left_at}
    bill, entered = bill_at(db, stay, paid.paid_at), stay.entered_at
    lines = {}
    if bill is not None and entered is not None:
        for language in LANGUAGES:
            said = (line_said(words_in(language), one, entered, bill.version.tariff) for one in bill.bill.lines)
            lines[language] = [(one.what, one.sum, one.amount) for one in said]
            if before := paid_before(order, bill):
                words = words_in(language)
                lines[language].append((words("receipts.paid_before"), "", f"-{words.money(before)}"))
    return Bought(
        TITLE, str(stay.plate) if stay.plate is not None else "",
        {key: moment for key, moment in at.items() if moment is not None},
        bill.version.tariff.name if bill is not None else "", bill.version.version if bill is not None else None, lines,
    )  # fmt: skip


def paid_before(order: OrderView, bill: Priced) -> int:
    """Fen of the bill's lines that other payments had covered by then; what was let off counts as paid."""
    return max(0, bill.due.paid - sum(one.fen for one in order.parts if one.subject_id == order.subject_id))
