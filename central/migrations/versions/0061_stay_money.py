"""What each stay that has ended used of shared caps and of its plate's free stays; what a person proposed about a stay
that owes; a till is counted before anybody is shown what should be in it; and no fact that a person said, or that money
left, is ever deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from central.base.kernel.migrate import APP, belongs_to, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0061_stay_money", "0060_inner_lanes"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "stay_used",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("plate_digest", sa.LargeBinary(), nullable=False),
        sa.Column("entered_at", AT, nullable=False),
        sa.Column("left_at", AT, nullable=False),
        sa.Column("free", sa.Boolean(), nullable=False),
        sa.Column("used", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "stay_id", name="pk_stay_used"),
        belongs_to("community_id", "community"),
    )
    protect("stay_used", grants="SELECT, INSERT, UPDATE, DELETE")
    by_plate = ["tenant_id", "community_id", "plate_digest", "left_at"]
    op.create_index("ix_stay_used_tenant_id_plate_digest", "stay_used", by_plate)
    tenant_table(
        "stay_proposal",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("until_at", AT),
        sa.Column("proposed_at", AT, nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT",
    )
    op.create_index("ix_stay_proposal_tenant_id_stay_id", "stay_proposal", ["tenant_id", "stay_id"])
    # the count comes first: why it differs is said by who counted, or by who signs
    op.drop_constraint("differences_are_explained", "till_close", type_="check")
    op.create_check_constraint(
        "differences_are_explained", "till_close", "signed_at IS NULL OR counted_fen = expected_fen OR note <> ''"
    )
    op.execute(f"GRANT UPDATE (note) ON till_close TO {APP}")
    # what the journal said of stays is made anew from it, and has to be deletable for that; nothing else is
    op.execute(
        "CREATE TRIGGER append_only_said BEFORE DELETE ON stay_fact FOR EACH ROW "
        "WHEN (OLD.kind NOT IN ('detected', 'drove_in', 'moved', 'drove_out')) EXECUTE FUNCTION menting_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_update BEFORE UPDATE ON stay_fact "
        "FOR EACH ROW EXECUTE FUNCTION menting_refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON stay_fact "
        "FOR EACH STATEMENT EXECUTE FUNCTION menting_refuse_change()"
    )


def downgrade() -> None:
    raise NotImplementedError
