"""Signs that lead a driver to the page of a car park, and debts that somebody says are not theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, lookup_function, lookup_reads, tenant_table

revision, down_revision = "0042_gates_driver", "0041_gates_leave_extra"


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    tenant_table(
        "parking_sign",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("lane_id", sa.Uuid()),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", at, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", at),
        sa.Column("ended_by", sa.Text()),
        sa.UniqueConstraint("token_sha256", name="uq_parking_sign_token_sha256"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
        grants="SELECT, INSERT",
    )
    op.execute("GRANT UPDATE (ended_at, ended_by) ON parking_sign TO menting_app")
    op.create_index(
        "uq_parking_sign_stands", "parking_sign",
        ["tenant_id", "community_id", sa.text("coalesce(lane_id, community_id)")], unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    lookup_reads("parking_sign", ["tenant_id", "token_sha256"])
    lookup_function(
        "parking_sign",
        "digest bytea",
        "TABLE(tenant_id uuid)",
        "SELECT s.tenant_id FROM public.parking_sign s WHERE s.token_sha256 = digest",
    )
    tenant_table(
        "stay_dispute",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("account_ref", sa.Text(), nullable=False),
        sa.Column("said_at", at, nullable=False),
        sa.Column("said_by", sa.Text()),
        sa.Column("settled_at", at),
        sa.Column("settled_by", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.UniqueConstraint(
            "tenant_id", "stay_id", "account_ref", name="uq_stay_dispute_tenant_id_stay_id_account_ref"
        ),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT",
    )
    op.execute("GRANT UPDATE (settled_at, settled_by, reason) ON stay_dispute TO menting_app")


def downgrade() -> None:
    raise NotImplementedError
