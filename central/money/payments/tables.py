"""What is stored of payments. Of an order and a refund nothing changes but how it stands; payments and what channels
said are only added to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import Base, TenantRow, belongs_to


class PaymentOrderRow(TenantRow, Base):
    """What somebody is asked to pay. `parts`: what for, as `rules.Part`; they add up to `amount_fen`. `ask_at`: when
    its channel is asked about it next, None where nothing more can come; `asked`: how often it was. `pressed`: which
    phones asked for it, none of a desk's."""

    __tablename__ = "payment_order"

    community_id: Mapped[UUID]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    channel: Mapped[str]
    way: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str]
    closed_at: Mapped[datetime | None]
    ask_at: Mapped[datetime | None]
    asked: Mapped[int] = mapped_column(server_default=text("0"))
    pressed: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("amount_fen > 0", name="asks_something"),
        Index("ix_payment_order_tenant_id_ask_at", "tenant_id", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index(
            "uq_payment_order_open", "tenant_id", "subject_kind", "subject_id", unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_payment_order_tenant_id_subject_id", "tenant_id", "subject_id", "opened_at"),
        belongs_to("community_id", "community"),
    )  # fmt: skip


class PaymentRow(TenantRow, Base):
    """Money that came. `number`: the channel's own. `by_name`: who took it, where a person did; `lane_id`: into which
    till. `verdict`: whether it counts, or goes back, and why."""

    __tablename__ = "payment"

    community_id: Mapped[UUID]
    order_id: Mapped[UUID]
    channel: Mapped[str]
    number: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    paid_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str]
    lane_id: Mapped[UUID | None]
    by_id: Mapped[UUID | None]
    by_name: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "channel", "number"),
        CheckConstraint("amount_fen > 0", name="brings_something"),
        Index("ix_payment_tenant_id_received_at", "tenant_id", "community_id", "received_at"),
        belongs_to("order_id", "payment_order"),
        belongs_to("community_id", "community"),
    )


class PaymentNoticeRow(TenantRow, Base):
    """A channel's word, rightly signed, by what became of it; the same word with the same end is kept once."""

    __tablename__ = "payment_notice"

    channel: Mapped[str]
    number: Mapped[str]
    order_number: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    paid_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "channel", "number", "verdict"),
        Index("ix_payment_notice_tenant_id_received_at", "tenant_id", "received_at"),
    )


class RefundRow(TenantRow, Base):
    """Money on its way back by the channel it came by (`rules.RefundState`). Its id is the number that the channel
    knows. `subject_id`: about whom the ledger owes it: a stay, or the payment itself. `said`: the channel's last
    answer, `tries`: how often it was asked; `sent_at`: since when it may have it."""

    __tablename__ = "refund"

    community_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    channel: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    requested_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    ask_at: Mapped[datetime | None]
    said: Mapped[str] = mapped_column(server_default=text("''"))
    number: Mapped[str] = mapped_column(server_default=text("''"))
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("amount_fen > 0", name="gives_something"),
        Index(
            "uq_refund_live", "tenant_id", "subject_id", "payment_id", unique=True,
            postgresql_where=text("state IN ('requested', 'sent', 'failed')"),
        ),
        Index("ix_refund_tenant_id_ask_at", "tenant_id", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        Index("ix_refund_tenant_id_requested_at", "tenant_id", "community_id", "requested_at"),
        belongs_to("payment_id", "payment"),
        belongs_to("community_id", "community"),
    )  # fmt: skip


class TillCloseRow(TenantRow, Base):
    """A till as one person counted it and another signed. `till`: of which lane, "" for the desk's. `facts`: what else
    happened in that time, as it was told to both. Nothing changes but who signed it, or took it back unsigned."""

    __tablename__ = "till_close"

    community_id: Mapped[UUID]
    till: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]
    expected_fen: Mapped[int] = mapped_column(BigInteger)
    counted_fen: Mapped[int] = mapped_column(BigInteger)
    electronic_fen: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str]
    facts: Mapped[dict[str, Any]]
    closed_by: Mapped[UUID]
    closed_name: Mapped[str]
    signed_by: Mapped[UUID | None]
    signed_name: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    withdrawn_name: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        CheckConstraint("signed_by <> closed_by", name="two_persons"),
        CheckConstraint(
            "signed_at IS NULL OR counted_fen = expected_fen OR note <> ''", name="differences_are_explained"
        ),
        CheckConstraint("counted_fen >= 0", name="counted_something"),
        Index(
            "uq_till_close_waiting", "tenant_id", "community_id", "till", unique=True,
            postgresql_where=text("signed_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index("ix_till_close_tenant_id_until", "tenant_id", "community_id", "until"),
        belongs_to("community_id", "community"),
    )  # fmt: skip
