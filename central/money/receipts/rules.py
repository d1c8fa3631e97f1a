"""Receipts and requests for invoices, pure: how a number reads, which payment a refund takes from, who may be a buyer.

    asked ──finance, or its provider: made──▶ issued
      └────finance, or its provider: it cannot be──▶ refused    then another may be asked for

One request of a payment stands at a time, and for one amount: what the payment brought, less what went back before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from central.base.kernel.errors import Invalid
from central.money.receipts import tax_number

TITLE_MAX, CONTACT_MAX, REASON_MAX, NUMBER_MAX, LINK_MAX = 100, 100, 200, 40, 500
EMAIL = r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}"
PHONE = r"\+?[0-9]{7,15}"
INVOICE_NUMBER = r"[0-9A-Za-z-]{8,40}"
"""A fully digital invoice has 20 digits, an older one a code of 10 or 12 and a number of 8."""
BUYER_KEPT = timedelta(days=90)
"""After its request was answered, in case it has to be made again; then the invoice itself is the record."""
PRINTS_MAX = 50
"""So many printings of one receipt are written down; what is printed after that is a copy all the same."""


class RequestState(StrEnum):
    ASKED = "asked"
    ISSUED = "issued"
    REFUSED = "refused"


class Buyer(NamedTuple):
    """`tax_number`: "" for a private person."""

    title: str
    tax_number: str
    contact: str


class Came(NamedTuple):
    """What a payment brought for one subject. `channel`: as the payment names it, "cash" for the till; `at`: when that
    was written down."""

    payment_id: UUID
    channel: str
    fen: int
    at: datetime


class Went(NamedTuple):
    """Money that went back about a subject, by one posting. `payment_id`: where its channel was asked for that one;
    `at`: when it went, `posted_at`: when that was written down."""

    posting_id: UUID
    channel: str
    fen: int
    at: datetime
    payment_id: UUID | None
    posted_at: datetime


class Taken(NamedTuple):
    """What a refund took from one payment."""

    payment_id: UUID
    posting_id: UUID
    fen: int
    at: datetime


def number_said(year: int, number: int) -> str:
    """2026-000017."""
    return f"{year}-{number:06d}"


def taken_from(came: Sequence[Came], went: Sequence[Went]) -> list[Taken]:
    """From which payments each refund took: from the one that its channel names; else, as money goes back, from those
    of its own way first, the last that came before the others. What was written down after a refund gave it nothing, so
    that what a refund took stays the same whatever comes later."""
    left: dict[UUID, int] = {}
    for one in came:
        left[one.payment_id] = left.get(one.payment_id, 0) + one.fen
    channels = {one.payment_id: one.channel for one in came}
    found = []
    for refund in sorted(went, key=lambda one: one.posted_at):
        fen, before = refund.fen, {one.payment_id for one in came if one.at <= refund.posted_at}
        newest = [one for one in reversed(left) if one in before]
        own_way = [one for one in newest if channels[one] == refund.channel]
        order = [*own_way, *(one for one in newest if one not in own_way)]
        for payment_id in [refund.payment_id] if refund.payment_id in left else order:
            part = min(fen, left[payment_id])
            if part > 0:
                found.append(Taken(payment_id, refund.posting_id, part, refund.at))
                left[payment_id], fen = left[payment_id] - part, fen - part
    return found


def buyer_of(title: str, number: str, contact: str) -> Buyer:
    """As somebody typed them. Raises Invalid, each field with what is wrong with it."""
    title, contact, number = " ".join(title.split()), contact.strip(), tax_number.tidied(number)
    wrong: dict[str, str] = {}
    if not title or len(title) > TITLE_MAX:
        wrong["title"] = "receipts.title_needed"
    if number and (problem := tax_number.problem_of(number)) is not None:
        wrong["tax_number"] = problem
    phone = re.sub(r"[\s-]", "", contact)
    if re.fullmatch(PHONE, phone):
        contact = phone
    elif len(contact) > CONTACT_MAX or not re.fullmatch(EMAIL, contact):
        wrong["contact"] = "receipts.contact_needed"
    if wrong:
        raise Invalid(fields=wrong, most=TITLE_MAX)
    return Buyer(title, number, contact)


def made_of(number: str, link: str) -> tuple[str, str]:
    """An invoice's number and where it can be fetched ("" where it is sent), as finance typed them. Raises Invalid."""
    number, link = number.strip(), link.strip()
    wrong: dict[str, str] = {}
    if not re.fullmatch(INVOICE_NUMBER, number):
        wrong["number"] = "receipts.number_needed"
    if link and (len(link) > LINK_MAX or not link.isprintable() or not link.startswith("https://")):
        wrong["link"] = "receipts.link_https"
    if wrong:
        raise Invalid(fields=wrong)
    return number, link


def stored(buyer: Buyer) -> dict[str, str]:
    return buyer._asdict()


def read_buyer(said: Mapping[str, str]) -> Buyer:
    return Buyer(said["title"], said["tax_number"], said["contact"])
