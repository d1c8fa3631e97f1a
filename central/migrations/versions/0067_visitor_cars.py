"""The car of a visitor's pass, by which its stay is a visitor's (P34), and how long cars kept charging bays from others
(PARK-23); the exit that a person says was a stay's end; cash that was taken at an exit for a car without an entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0067_visitor_cars", "0066_storms"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("gate_pass", sa.Column("sealed_plate", sa.LargeBinary()))
    op.add_column("gate_pass", sa.Column("plate_digest", sa.LargeBinary()))
    op.create_check_constraint("plate", "gate_pass", "(sealed_plate IS NULL) = (plate_digest IS NULL)")
    op.create_index(
        "ix_gate_pass_plate_digest", "gate_pass", ["tenant_id", "community_id", "plate_digest"],
        postgresql_where=sa.text("plate_digest IS NOT NULL"),
    )  # fmt: skip
    tenant_table(
        "bay_spell",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("bay", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.CheckConstraint("since <= until", name="forwards"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (until)",
    )
    tenant_table(
        "exit_cash",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("exit_id", sa.Uuid(), nullable=False),
        sa.Column("lane_id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("taken_at", AT, nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.UniqueConstraint("tenant_id", "exit_id", name="uq_exit_cash_tenant_id_exit_id"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT",
    )
    op.create_index("ix_exit_cash_tenant_id_taken_at", "exit_cash", ["tenant_id", "community_id", "taken_at"])
    op.add_column("stay_proposal", sa.Column("exit_id", sa.Uuid()))
    op.create_index("ix_bay_spell_tenant_id_stay_id", "bay_spell", ["tenant_id", "stay_id"])


def downgrade() -> None:
    raise NotImplementedError
