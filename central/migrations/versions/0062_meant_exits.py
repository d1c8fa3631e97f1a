"""At which exit an order was asked from its sign; and what a guard who opens an exit says of the car there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APPEND, belongs_to, tenant_table

revision, down_revision = "0062_meant_exits", "0061_stay_money"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "order_at_lane",
        _needed("community_id", sa.Uuid()),
        _needed("order_id", sa.Uuid()),
        _needed("stay_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("at", AT),
        sa.UniqueConstraint("tenant_id", "order_id", name="uq_order_at_lane_tenant_id_order_id"),
        belongs_to("community_id", "community"),
        grants=APPEND,
    )
    op.create_index("ix_order_at_lane_tenant_id_lane_id", "order_at_lane", ["tenant_id", "lane_id", "at"])
    tenant_table(
        "exit_meant",
        _needed("community_id", sa.Uuid()),
        _needed("exit_id", sa.Uuid()),
        _needed("stay_id", sa.Uuid()),
        _needed("said_at", AT),
        _needed("said_by", sa.Text()),
        sa.UniqueConstraint("tenant_id", "exit_id", name="uq_exit_meant_tenant_id_exit_id"),
        belongs_to("community_id", "community"),
        grants=APPEND,
    )


def downgrade() -> None:
    raise NotImplementedError
