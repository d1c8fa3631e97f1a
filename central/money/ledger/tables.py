"""What is stored of the ledger. The application may add rows and nothing else, and PostgreSQL itself refuses a posting
whose entries do not sum to zero, or to which an entry is added later."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from central.base.kernel.tables import TENANT_SQL, Base, TenantRow, belongs_to


class LedgerAccountRow(TenantRow, Base):
    """`ref`: which of its kind; for arrears the digest of a plate, which opens nothing without the site's key."""

    __tablename__ = "ledger_account"

    community_id: Mapped[UUID]
    kind: Mapped[str]
    ref: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "community_id", "kind", "ref"),
        belongs_to("community_id", "community"),
    )


class LedgerPostingRow(TenantRow, Base):
    """`at`: when the money moved; `posted_at`: when it was written down. `entries`: how many there are, for good."""

    __tablename__ = "ledger_posting"

    community_id: Mapped[UUID]
    key: Mapped[str]
    code: Mapped[str]
    at: Mapped[datetime]
    posted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    entries: Mapped[int]
    by_id: Mapped[UUID | None]
    by_name: Mapped[str]
    note: Mapped[str]

    __table_args__ = (
        UniqueConstraint("tenant_id", "id"),
        UniqueConstraint("tenant_id", "key"),
        Index("ix_ledger_posting_tenant_id_code", "tenant_id", "community_id", "code", "at"),
        CheckConstraint("entries >= 2", name="two_entries"),
        belongs_to("community_id", "community"),
    )


class LedgerEntryRow(Base):
    """`fen`: debit above zero, credit below. `subject_id`: the stay, or the payment, that it is about."""

    __tablename__ = "ledger_entry"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text(TENANT_SQL))
    posting_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    subject_id: Mapped[UUID | None]
    fen: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("fen <> 0", name="moves_something"),
        Index("ix_ledger_entry_tenant_id_account_id", "tenant_id", "account_id"),
        Index("ix_ledger_entry_tenant_id_subject_id", "tenant_id", "subject_id"),
        belongs_to("posting_id", "ledger_posting"),
        belongs_to("account_id", "ledger_account"),
    )
