"""Households that a manager blocks for a time; what a decision stood on, and why it has a picture or none."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0012_gates_households", "0011_people_day"

AT = sa.DateTime(timezone=True)
KEEP = "SELECT, INSERT, UPDATE"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "household_block",
        _needed("community_id", sa.Uuid()),
        _needed("house_id", sa.Uuid()),
        _needed("until", AT),
        _needed("reason", sa.Text()),
        _needed("blocked_at", AT),
        sa.Column("blocked_by", sa.Uuid()),
        _needed("blocked_name", sa.Text()),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Uuid()),
        sa.Column("ended_name", sa.Text()),
        sa.Column("ended_reason", sa.Text()),
        belongs_to("community_id", "community"),
        belongs_to("house_id", "house"),
        grants=KEEP,
    )
    op.create_index(
        "ix_household_block_tenant_id_community_id_until", "household_block", ["tenant_id", "community_id", "until"]
    )
    op.add_column("visit", sa.Column("image_rule", sa.Text()))
    op.add_column("visit", sa.Column("inputs", JSONB()))


def downgrade() -> None:
    raise NotImplementedError
