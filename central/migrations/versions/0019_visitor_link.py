"""Links to a visitor's pass, of which only the digest is kept; and whom a visitor rings when a gate does not open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, lookup_function, lookup_reads, tenant_table

revision, down_revision = "0019_visitor_link", "0018_watch_group"


def upgrade() -> None:
    at = sa.DateTime(timezone=True)
    tenant_table(
        "pass_link",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", at, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("ended_at", at),
        sa.UniqueConstraint("token_sha256", name="uq_pass_link_token_sha256"),
        belongs_to("community_id", "community"),
        belongs_to("pass_id", "gate_pass"),
    )
    op.create_index("ix_pass_link_tenant_id_pass_id", "pass_link", ["tenant_id", "pass_id", "made_at"])
    lookup_reads("pass_link", ["tenant_id", "token_sha256"])
    lookup_function(
        "pass_link",
        "digest bytea",
        "TABLE(tenant_id uuid)",
        "SELECT l.tenant_id FROM public.pass_link l WHERE l.token_sha256 = digest",
    )
    op.add_column("community", sa.Column("desk_phone", sa.Text()))


def downgrade() -> None:
    raise NotImplementedError
