"""When the day by which a community counts begins, in minutes after 00:00 at the site (GEN-02)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0011_people_day", "0010_gates_cards"


def upgrade() -> None:
    op.add_column("community", sa.Column("day_begins_minute", sa.Integer(), nullable=False, server_default="0"))
    op.create_check_constraint("ck_community_day_begins", "community", "day_begins_minute BETWEEN 0 AND 719")


def downgrade() -> None:
    raise NotImplementedError
