"""A lane is for vehicles, or for people: as its node says at enrolment, or as what comes through it shows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0047_lane_vehicles", "0046_refund_sent"


def upgrade() -> None:
    op.add_column("lane", sa.Column("vehicles", sa.Boolean()))


def downgrade() -> None:
    raise NotImplementedError
