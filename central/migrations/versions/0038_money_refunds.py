"""Refunds on their way, and when a channel is asked about an order next."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APP, belongs_to, tenant_table

revision, down_revision = "0038_money_refunds", "0037_node_seal"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any], **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **more)


def upgrade() -> None:
    waits = sa.text("ask_at IS NOT NULL")
    op.add_column("payment_order", sa.Column("ask_at", AT))
    op.add_column("payment_order", _needed("asked", sa.Integer(), server_default=sa.text("0")))
    op.execute(f"GRANT UPDATE (ask_at, asked) ON payment_order TO {APP}")
    op.create_index(
        "ix_payment_order_tenant_id_ask_at", "payment_order", ["tenant_id", "ask_at"], postgresql_where=waits
    )
    tenant_table(
        "refund",
        _needed("community_id", sa.Uuid()),
        _needed("subject_id", sa.Uuid()),
        _needed("payment_id", sa.Uuid()),
        _needed("channel", sa.Text()),
        _needed("amount_fen", sa.BigInteger()),
        _needed("requested_at", AT),
        _needed("state", sa.Text()),
        _needed("tries", sa.Integer(), server_default=sa.text("0")),
        sa.Column("ask_at", AT),
        _needed("said", sa.Text(), server_default=sa.text("''")),
        _needed("number", sa.Text(), server_default=sa.text("''")),
        sa.Column("closed_at", AT),
        sa.CheckConstraint("amount_fen > 0", name="gives_something"),
        belongs_to("payment_id", "payment"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (state, tries, ask_at, said, number, closed_at)",
    )
    live = sa.text("state IN ('requested', 'sent', 'failed')")
    one = ["tenant_id", "subject_id", "payment_id"]
    op.create_index("uq_refund_live", "refund", one, unique=True, postgresql_where=live)
    op.create_index("ix_refund_tenant_id_ask_at", "refund", ["tenant_id", "ask_at"], postgresql_where=waits)
    op.create_index("ix_refund_tenant_id_requested_at", "refund", ["tenant_id", "community_id", "requested_at"])


def downgrade() -> None:
    raise NotImplementedError
