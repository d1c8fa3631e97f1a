"""Orders, payments, what channels said, how tills were closed; and what stays cost, and what was paid for them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import APPEND, append_only, belongs_to, tenant_table

revision, down_revision = "0035_money_payments", "0034_money_ledger"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "payment_order",
        _needed("community_id", sa.Uuid()),
        _needed("subject_kind", sa.Text()),
        _needed("subject_id", sa.Uuid()),
        _needed("amount_fen", sa.BigInteger()),
        _needed("parts", JSONB()),
        _needed("channel", sa.Text()),
        _needed("way", sa.Text()),
        _needed("opened_at", AT),
        _needed("expires_at", AT),
        _needed("state", sa.Text()),
        sa.Column("closed_at", AT),
        sa.CheckConstraint("amount_fen > 0", name="asks_something"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (state, closed_at)",
    )
    by_subject = ["tenant_id", "subject_kind", "subject_id"]
    op.create_index(
        "uq_payment_order_open", "payment_order", by_subject, unique=True, postgresql_where=sa.text("state = 'open'")
    )
    by_time = ["tenant_id", "subject_id", "opened_at"]
    op.create_index("ix_payment_order_tenant_id_subject_id", "payment_order", by_time)
    tenant_table(
        "payment",
        _needed("community_id", sa.Uuid()),
        _needed("order_id", sa.Uuid()),
        _needed("channel", sa.Text()),
        _needed("number", sa.Text()),
        _needed("amount_fen", sa.BigInteger()),
        _needed("paid_at", AT),
        _needed("received_at", AT),
        _needed("verdict", sa.Text()),
        sa.Column("lane_id", sa.Uuid()),
        sa.Column("by_id", sa.Uuid()),
        sa.Column("by_name", sa.Text()),
        sa.UniqueConstraint("tenant_id", "channel", "number", name="uq_payment_tenant_id_channel_number"),
        sa.CheckConstraint("amount_fen > 0", name="brings_something"),
        belongs_to("order_id", "payment_order"),
        belongs_to("community_id", "community"),
        grants=APPEND,
    )
    op.create_index("ix_payment_tenant_id_received_at", "payment", ["tenant_id", "community_id", "received_at"])
    tenant_table(
        "payment_notice",
        _needed("channel", sa.Text()),
        _needed("number", sa.Text()),
        _needed("order_number", sa.Text()),
        _needed("amount_fen", sa.BigInteger()),
        _needed("paid_at", AT),
        _needed("received_at", AT),
        _needed("verdict", sa.Text()),
        sa.UniqueConstraint(
            "tenant_id", "channel", "number", "verdict", name="uq_payment_notice_tenant_id_channel_number_verdict"
        ),
        grants=APPEND,
        referenced=False,
    )
    op.create_index("ix_payment_notice_tenant_id_received_at", "payment_notice", ["tenant_id", "received_at"])
    tenant_table(
        "till_close",
        _needed("community_id", sa.Uuid()),
        _needed("till", sa.Text()),
        _needed("since", AT),
        _needed("until", AT),
        _needed("expected_fen", sa.BigInteger()),
        _needed("counted_fen", sa.BigInteger()),
        _needed("electronic_fen", sa.BigInteger()),
        _needed("note", sa.Text()),
        _needed("facts", JSONB()),
        _needed("closed_by", sa.Uuid()),
        _needed("closed_name", sa.Text()),
        sa.Column("signed_by", sa.Uuid()),
        sa.Column("signed_name", sa.Text()),
        sa.Column("signed_at", AT),
        sa.Column("withdrawn_name", sa.Text()),
        sa.Column("withdrawn_at", AT),
        sa.CheckConstraint("signed_by <> closed_by", name="two_persons"),
        sa.CheckConstraint("counted_fen = expected_fen OR note <> ''", name="differences_are_explained"),
        sa.CheckConstraint("counted_fen >= 0", name="counted_something"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (signed_by, signed_name, signed_at, withdrawn_name, withdrawn_at)",
    )
    waiting = sa.text("signed_at IS NULL AND withdrawn_at IS NULL")
    by_till = ["tenant_id", "community_id", "till"]
    op.create_index("uq_till_close_waiting", "till_close", by_till, unique=True, postgresql_where=waiting)
    op.create_index("ix_till_close_tenant_id_until", "till_close", ["tenant_id", "community_id", "until"])
    for table in ("payment", "payment_notice"):
        append_only(table)
    op.add_column("stay_fact", sa.Column("fen", sa.BigInteger()))


def downgrade() -> None:
    raise NotImplementedError
