"""A permit may name a bay, and how many cars that covers; then its stays are found by the digest of its plate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0049_plate_bays", "0048_shop_sessions"


def upgrade() -> None:
    op.add_column("plate_entry", sa.Column("bay", sa.Text()))
    op.add_column("plate_entry", sa.Column("bay_cars", sa.Integer()))
    op.add_column("plate_entry", sa.Column("plate_digest", sa.LargeBinary()))
    op.create_check_constraint("permits_name_bays", "plate_entry", "bay IS NULL OR kind = 'permit'")
    op.create_check_constraint(
        "bays_hold_cars", "plate_entry",
        "(bay IS NULL) = (bay_cars IS NULL) AND (bay IS NULL) = (plate_digest IS NULL) AND bay_cars BETWEEN 1 AND 9",
    )  # fmt: skip
    op.create_index(
        "ix_plate_entry_tenant_id_bay", "plate_entry", ["tenant_id", "community_id", "bay"],
        postgresql_where=sa.text("bay IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_plate_entry_tenant_id_plate_digest", "plate_entry", ["tenant_id", "community_id", "plate_digest"],
        postgresql_where=sa.text("plate_digest IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError
