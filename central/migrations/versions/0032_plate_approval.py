"""The second person who says yes to a plate on a list; what stands already counts as it did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0032_plate_approval", "0031_gates_stays"


def upgrade() -> None:
    op.add_column("plate_entry", sa.Column("added_by_id", sa.Uuid()))
    op.add_column("plate_entry", sa.Column("approved_at", sa.DateTime(timezone=True)))
    op.add_column("plate_entry", sa.Column("approved_by", sa.Text()))
    op.execute("ALTER TABLE plate_entry NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE plate_entry SET approved_at = added_at")
    op.execute("ALTER TABLE plate_entry FORCE ROW LEVEL SECURITY")
    op.create_check_constraint("permits_count_at_once", "plate_entry", "kind <> 'permit' OR approved_at IS NOT NULL")
    op.execute("GRANT UPDATE (approved_at, approved_by) ON plate_entry TO menting_app")


def downgrade() -> None:
    raise NotImplementedError
