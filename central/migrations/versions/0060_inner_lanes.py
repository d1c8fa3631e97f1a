"""Inner lanes: a stay says in which zone of its car park it is, and each move between two of them. And for how long a
car may stay on a charging bay once it has finished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0060_inner_lanes", "0059_closed_fires"


def upgrade() -> None:
    for table in ("lane", "stay_fact", "stay_change"):
        op.add_column(table, sa.Column("from_zone", sa.Text()))
        op.add_column(table, sa.Column("to_zone", sa.Text()))
    op.add_column("stay", sa.Column("zone", sa.Text()))
    op.add_column("lot_settings", sa.Column("charged_minutes", sa.Integer()))


def downgrade() -> None:
    raise NotImplementedError
