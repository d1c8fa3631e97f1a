"""On which floor a house lies, and up which stairs each lift goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0023_people_floors", "0019_visitor_link"


def upgrade() -> None:
    op.add_column("house", sa.Column("floor", sa.Text()))
    op.create_check_constraint("ck_house_floor", "house", "floor ~ '^[A-Z0-9-]{1,6}$'")
    tenant_table(
        "lift_unit",
        sa.Column("lane_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.UniqueConstraint("tenant_id", "lane_id", "unit_id"),
        belongs_to("lane_id", "lane"),
        belongs_to("unit_id", "unit"),
    )


def downgrade() -> None:
    raise NotImplementedError
