"""A receipt as it stands on paper, in the reader's language: the same on a driver's phone and at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from central.base.kernel.i18n import Words
from central.money.receipts.capitals import in_capitals
from central.money.receipts.queries import ReceiptView

COUNTED = 1
"""The how-many-th printing is no copy."""


@dataclass(frozen=True, slots=True)
class Paper:
    """`rows`: (label, value). `lines`: (what, how it came to be, amount). `nth`: which printing this is, None on a page
    that is only looked at: printed from there it is a copy."""

    receipt_id: str
    number: str
    title: str
    amount_fen: int
    capitals: str
    counters: str
    rows: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str, str], ...]
    prints: int
    nth: int | None

    @property
    def is_copy(self) -> bool:
        return self.nth != COUNTED


def paper_said(t: Words, one: ReceiptView, plate: str, nth: int | None = None) -> Paper:
    """plate: as this reader may see it, "" where there is none."""
    said = one.said
    moments = [(f"receipts.{key}", t.full(datetime.fromisoformat(at))) for key, at in said["at"].items()]
    if "entered" in said["at"] and "left" not in said["at"]:
        moments.append(("receipts.left", t("receipts.not_left_yet")))
    paid = t("payments.channel." + said["channel"])
    rows = [
        ("receipts.payee", said["company"]),
        ("receipts.place", said["community"]),
        ("receipts.plate", plate),
        *moments,
        ("receipts.paid_at", t.full(datetime.fromisoformat(said["paid_at"]))),
        ("receipts.paid_with", f"{paid} · {said['taken_by']}" if said["taken_by"] else paid),
        ("receipts.channel_number", said["channel_number"]),
        ("receipts.order_number", said["order_number"]),
        ("receipts.tariff", t("receipts.by_version", name=said["tariff"], version=said["version"])
         if said["version"] is not None else ""),
        ("receipts.of_before", t.money(said["other_fen"]) if said["other_fen"] else ""),
        ("receipts.refunded_at", t.full(datetime.fromisoformat(said["refunded_at"])) if "refunded_at" in said else ""),
        ("receipts.issued_at", t.full(one.issued_at)),
        ("receipts.issued_by", one.by_name or ""),
    ]  # fmt: skip
    lines = tuple((what, how, amount) for what, how, amount in said["lines"].get(t.language, ()))
    return Paper(
        str(one.receipt_id), one.number, t(said["title"]), one.amount_fen, in_capitals(one.amount_fen), one.counters,
        tuple((t(key), value) for key, value in rows if value), lines, one.prints, nth,
    )  # fmt: skip
