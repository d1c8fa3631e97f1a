"""Receipts of payments under gapless numbers, what was printed of them, and requests for e-invoices; which electric
bicycles the detectors of lanes have seen."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import APPEND, append_only, belongs_to, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0068_receipts", "0067_visitor_cars"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any], default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=sa.text(default) if default is not None else None)


def upgrade() -> None:
    _receipts()
    _requests()
    _ebikes()


def _receipts() -> None:
    tenant_table(
        "receipt_counter",
        _needed("community_id", sa.Uuid()),
        _needed("year", sa.Integer()),
        _needed("last", sa.Integer()),
        sa.UniqueConstraint("tenant_id", "community_id", "year", name="uq_receipt_counter_tenant_id_community_id_year"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE",
    )
    tenant_table(
        "receipt",
        _needed("community_id", sa.Uuid()),
        _needed("payment_id", sa.Uuid()),
        _needed("year", sa.Integer()),
        _needed("number", sa.Integer()),
        _needed("amount_fen", sa.BigInteger()),
        sa.Column("counters", sa.Uuid()),
        sa.Column("posting_id", sa.Uuid()),
        _needed("issued_at", AT),
        sa.Column("by_name", sa.Text()),
        _needed("said", JSONB()),
        sa.Column("plate_sealed", sa.LargeBinary()),
        sa.UniqueConstraint(
            "tenant_id", "community_id", "year", "number", name="uq_receipt_tenant_id_community_id_year_number"
        ),
        sa.UniqueConstraint("tenant_id", "counters", "posting_id", name="uq_receipt_tenant_id_counters_posting_id"),
        sa.CheckConstraint("(counters IS NULL) = (amount_fen > 0)", name="ck_receipt_counters_take_back"),
        sa.CheckConstraint("(counters IS NULL) = (posting_id IS NULL)", name="ck_receipt_counters_name_the_refund"),
        belongs_to("payment_id", "payment"),
        belongs_to("community_id", "community"),
        grants=APPEND,
    )
    op.create_foreign_key(
        "fk_receipt_tenant_id_counters", "receipt", "receipt", ["tenant_id", "counters"], ["tenant_id", "id"]
    )
    op.create_index(
        "uq_receipt_of_payment", "receipt", ["tenant_id", "payment_id"], unique=True,
        postgresql_where=sa.text("counters IS NULL"),
    )  # fmt: skip
    op.create_index("ix_receipt_tenant_id_payment_id", "receipt", ["tenant_id", "payment_id"])
    append_only("receipt")
    tenant_table(
        "receipt_print",
        _needed("receipt_id", sa.Uuid()),
        _needed("nth", sa.Integer()),
        _needed("at", AT),
        sa.Column("by_name", sa.Text()),
        sa.UniqueConstraint("tenant_id", "receipt_id", "nth", name="uq_receipt_print_tenant_id_receipt_id_nth"),
        belongs_to("receipt_id", "receipt"),
        grants=APPEND,
        referenced=False,
    )
    append_only("receipt_print")


def _requests() -> None:
    tenant_table(
        "invoice_request",
        _needed("community_id", sa.Uuid()),
        _needed("payment_id", sa.Uuid()),
        _needed("amount_fen", sa.BigInteger()),
        _needed("state", sa.Text()),
        _needed("asked_at", AT),
        sa.Column("by_name", sa.Text()),
        sa.Column("buyer_sealed", sa.LargeBinary()),
        _needed("provider", sa.Text()),
        _needed("accepted", sa.Boolean(), "false"),
        _needed("tries", sa.Integer(), "0"),
        sa.Column("ask_at", AT),
        _needed("number", sa.Text(), "''"),
        _needed("link", sa.Text(), "''"),
        _needed("reason", sa.Text(), "''"),
        sa.Column("closed_at", AT),
        sa.Column("closed_by", sa.Text()),
        sa.CheckConstraint("amount_fen > 0", name="ck_invoice_request_asks_something"),
        belongs_to("payment_id", "payment"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE",
    )
    op.create_index(
        "uq_invoice_request_live", "invoice_request", ["tenant_id", "payment_id"], unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )  # fmt: skip
    op.create_index(
        "ix_invoice_request_tenant_id_asked_at", "invoice_request", ["tenant_id", "community_id", "asked_at"]
    )
    op.create_index(
        "ix_invoice_request_tenant_id_ask_at", "invoice_request", ["tenant_id", "ask_at"],
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )  # fmt: skip


def _ebikes() -> None:
    op.create_table(
        "ebike_seen",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("event_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("at", AT),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name="pk_ebike_seen"),
        belongs_to("community_id", "community"),
    )
    protect("ebike_seen")
    op.create_index("ix_ebike_seen_tenant_id_community_id", "ebike_seen", ["tenant_id", "community_id", "at"])


def downgrade() -> None:
    raise NotImplementedError
