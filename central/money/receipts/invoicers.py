"""The port to a provider of e-invoices 数电发票, and which one a company has.

A provider is asked to make the invoice of one request, under the request's number however often it is asked, and tells
by a signed word what became of it, or says so when it is asked about it. Without one, finance makes invoices by hand.
A real provider is the operator's own contract; what is here is `sample.py`, which makes none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.kernel.errors import Unavailable
from central.base.kernel.session import tenant_of
from central.money.payments.rules import Unfit
from central.money.receipts.rules import Buyer

_OPTION = "menting_invoicers"


class InvoicerAway(Unavailable):
    """The provider did not answer. It may have heard; asking again under the same number helps."""


class Wanted(NamedTuple):
    """`number`: ours, the same each time."""

    number: str
    amount_fen: int
    buyer: Buyer
    now: datetime


class End(StrEnum):
    ISSUED = "issued"
    REFUSED = "refused"


class Word(NamedTuple):
    """What became of a request. `invoice_number`, `link`: of an invoice that was made; `why`: of one that was not."""

    number: str
    amount_fen: int
    end: End
    invoice_number: str = ""
    link: str = ""
    why: str = ""


class Looked(StrEnum):
    """What a provider says of a request that has no end yet. UNKNOWN: it was never asked for one of this number."""

    MAKING = "making"
    UNKNOWN = "unknown"


class Invoicer(Protocol):
    @property
    def name(self) -> str: ...

    def ask(self, wanted: Wanted) -> None:
        """The same number again changes nothing. Raises InvoicerAway where it did not answer: it may have heard."""
        ...

    def look(self, number: str, now: datetime) -> Word | Looked:
        """Raises InvoicerAway."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Word | Unfit:
        """headers: by their names in lower case."""
        ...


Invoicers = Callable[[UUID], Invoicer | None]
"""The provider of a company."""


def attach_invoicers(engine: Engine, invoicers: Invoicers) -> None:
    """Give the services of this engine their providers; once, when the process is put together."""
    engine.update_execution_options(**{_OPTION: invoicers})


def invoicer_of(db: Session) -> Invoicer | None:
    """Of the transaction's company; None where finance makes invoices by hand."""
    found: Invoicers | None = db.get_bind().get_execution_options().get(_OPTION)
    return found(tenant_of(db)) if found is not None else None
