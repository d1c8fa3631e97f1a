"""By which face model each node compares, and whose template there an earlier one made; where an enrolment is done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0024_face_models", "0023_people_floors"


def upgrade() -> None:
    tenant_table(
        "face_model",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("earlier", ARRAY(sa.Uuid()), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("tenant_id", "node_id"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )
    op.add_column("face_enrolment", sa.Column("channel", sa.Text(), nullable=False, server_default="phone"))
    op.create_check_constraint("channel", "face_enrolment", "channel IN ('phone', 'desk')")


def downgrade() -> None:
    raise NotImplementedError
