"""Which lots use contracts of plates, and the one charge by contract of a stay."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0043_parking_contracts", "0042_gates_driver"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any], **more: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **more)


def upgrade() -> None:
    tenant_table(
        "contract_lot",
        _needed("community_id", sa.Uuid()),
        _needed("uses", sa.Boolean()),
        _needed("set_at", AT),
        _needed("set_by", sa.Text()),
        sa.UniqueConstraint("tenant_id", "community_id", name="uq_contract_lot_tenant_id_community_id"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (uses, set_at, set_by)",
    )
    tenant_table(
        "stay_charge",
        _needed("community_id", sa.Uuid()),
        _needed("state", sa.Text()),
        _needed("contract", sa.Text()),
        _needed("channel", sa.Text(), server_default=sa.text("''")),
        sa.Column("order_id", sa.Uuid()),
        _needed("amount_fen", sa.BigInteger()),
        _needed("stood_at", AT),
        _needed("said", sa.Text(), server_default=sa.text("''")),
        _needed("asked", sa.Integer(), server_default=sa.text("0")),
        sa.Column("ask_at", AT),
        _needed("changed_at", AT),
        sa.UniqueConstraint("tenant_id", "order_id", name="uq_stay_charge_tenant_id_order_id"),
        sa.CheckConstraint("amount_fen > 0", name="charges_something"),
        sa.CheckConstraint("state IN ('looking', 'none') OR order_id IS NOT NULL", name="charged_by_an_order"),
        belongs_to("order_id", "payment_order"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (state, contract, channel, order_id, said, asked, ask_at, changed_at)",
    )
    op.create_index(
        "ix_stay_charge_tenant_id_ask_at", "stay_charge", ["tenant_id", "ask_at"],
        postgresql_where=sa.text("ask_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_stay_charge_tenant_id_state", "stay_charge", ["tenant_id", "community_id", "state", "changed_at"]
    )


def downgrade() -> None:
    raise NotImplementedError
