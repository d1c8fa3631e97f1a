"""The car of a visitor's pass, by which its stay is a visitor's (P34)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0067_visitor_cars", "0064_erased_pictures"


def upgrade() -> None:
    op.add_column("gate_pass", sa.Column("sealed_plate", sa.LargeBinary()))
    op.add_column("gate_pass", sa.Column("plate_digest", sa.LargeBinary()))
    op.create_check_constraint("plate", "gate_pass", "(sealed_plate IS NULL) = (plate_digest IS NULL)")
    op.create_index(
        "ix_gate_pass_plate_digest", "gate_pass", ["tenant_id", "community_id", "plate_digest"],
        postgresql_where=sa.text("plate_digest IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError
