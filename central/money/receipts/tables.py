"""What is stored of receipts and of requests for invoices. Receipts and their printings are only added to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class ReceiptCounterRow(TenantRow, Base):
    """The last number of a community's year. Taken in the receipt's own transaction: a deed that fails takes none."""

    __tablename__ = "receipt_counter"

    community_id: Mapped[UUID]
    year: Mapped[int]
    last: Mapped[int]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "year"),
        belongs_to("community_id", "community"),
    )


class ReceiptRow(TenantRow, Base):
    """A receipt as it was given, for good. `counters`: the receipt that this one takes back from, whose `amount_fen` is
    below zero then, and `posting_id` the refund's. `said`: what stands on it but the plate, which is sealed. `by_name`:
    who gave it; None where the payer asked on their phone."""

    __tablename__ = "receipt"

    community_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    year: Mapped[int]
    number: Mapped[int]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    counters: Mapped[UUID | None]
    posting_id: Mapped[UUID | None]
    issued_at: Mapped[datetime]
    by_name: Mapped[str | None]
    said: Mapped[dict[str, Any]]
    plate_sealed: Mapped[bytes | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "year", "number"),
        UniqueConstraint("tenant_id", "counters", "posting_id"),
        CheckConstraint("(counters IS NULL) = (amount_fen > 0)", name="counters_take_back"),
        CheckConstraint("(counters IS NULL) = (posting_id IS NULL)", name="counters_name_the_refund"),
        Index(
            "uq_receipt_of_payment", "tenant_id", "payment_id", unique=True, postgresql_where=text("counters IS NULL")
        ),
        Index("ix_receipt_tenant_id_payment_id", "tenant_id", "payment_id"),
        belongs_to("payment_id", "payment"),
        belongs_to("counters", "receipt"),
        belongs_to("community_id", "community"),
    )


class ReceiptPrintRow(TenantRow, Base):
    """A printing: the first is the original, each later one a copy."""

    __tablename__ = "receipt_print"

    receipt_id: Mapped[UUID]
    nth: Mapped[int]
    at: Mapped[datetime]
    by_name: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "receipt_id", "nth"),
        belongs_to("receipt_id", "receipt"),
    )


class InvoiceRequestRow(TenantRow, Base):
    """That somebody wants an e-invoice of a payment. `buyer_sealed`: who, None once it is forgotten. `provider`: whose
    it is to make it, "" where finance makes it by hand; `ask_at`: when the provider is asked next. Nothing changes but
    how it stands."""

    __tablename__ = "invoice_request"

    community_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    asked_at: Mapped[datetime]
    by_name: Mapped[str | None]
    buyer_sealed: Mapped[bytes | None]
    provider: Mapped[str]
    accepted: Mapped[bool] = mapped_column(server_default=text("false"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    ask_at: Mapped[datetime | None]
    number: Mapped[str] = mapped_column(server_default=text("''"))
    link: Mapped[str] = mapped_column(server_default=text("''"))
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("amount_fen > 0", name="asks_something"),
        Index(
            "uq_invoice_request_live", "tenant_id", "payment_id", unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
        Index("ix_invoice_request_tenant_id_asked_at", "tenant_id", "community_id", "asked_at"),
        Index(
            "ix_invoice_request_tenant_id_ask_at", "tenant_id", "ask_at", postgresql_where=text("ask_at IS NOT NULL")
        ),
        belongs_to("payment_id", "payment"),
        belongs_to("community_id", "community"),
    )  # fmt: skip
