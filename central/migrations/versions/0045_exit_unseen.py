"""Stays whose exit nobody saw wait for a person, and what was paid for a stay that is void does, too.

Until now such a stay was voided by the program, and its fee with it: those come onto the list that a person decides on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import append_only, belongs_to, tenant_table

revision, down_revision = "0045_exit_unseen", "0044_gates_receiving"


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    op.add_column("stay_fact", sa.Column("until_at", at))
    op.add_column("stay", sa.Column("again_id", sa.Uuid()))
    op.add_column("stay", sa.Column("again_at", at))
    for table in ("stay", "stay_change", "stay_fact"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")  # rows of every company, by their owner
    op.execute(
        "UPDATE stay s SET state = 'exit_unseen', again_at = c.at, again_id = f.subject_id "
        "FROM stay_change c LEFT JOIN stay_fact f ON f.tenant_id = c.tenant_id AND f.fact_id = c.what "
        "WHERE c.tenant_id = s.tenant_id AND c.stay_id = s.stay_id AND s.state = 'void' "
        "AND c.cause = 'entered_again' AND c.state = 'void'"
    )
    op.execute("UPDATE stay_change SET state = 'exit_unseen' WHERE cause = 'entered_again' AND state = 'void'")
    for table in ("stay", "stay_change", "stay_fact"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    tenant_table(
        "stay_kept",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=False),
        sa.Column("kept_at", at, nullable=False),
        sa.Column("kept_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("fen > 0", name="ck_stay_kept_keeps_something"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT",
    )
    op.create_index("ix_stay_kept_tenant_id_stay_id", "stay_kept", ["tenant_id", "stay_id"])
    append_only("stay_kept")


def downgrade() -> None:
    raise NotImplementedError
