"""A stay remembers by how many minutes a jammed lane gave it longer to leave after its payment (PARK-13)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0041_gates_leave_extra", "0040_gates_lot"


def upgrade() -> None:
    for table in ("stay", "stay_fact"):
        op.add_column(table, sa.Column("leave_extra", sa.Integer()))


def downgrade() -> None:
    raise NotImplementedError
