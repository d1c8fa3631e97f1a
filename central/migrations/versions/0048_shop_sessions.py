"""A shop that gave its PIN stays signed in for a while; a permit's own link for its holder's phone."""

from __future__ import annotations

import sqlalchemy as sa

from central.base.kernel.migrate import belongs_to, lookup_function, lookup_reads, tenant_table

revision, down_revision = "0048_shop_sessions", "0047_lane_vehicles"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    tenant_table(
        "coupon_shop_session",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.UniqueConstraint("tenant_id", "token_sha256", name="uq_coupon_shop_session_tenant_id_token_sha256"),
        belongs_to("shop_id", "coupon_shop"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, DELETE",
    )
    tenant_table(
        "permit_link",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.UniqueConstraint("tenant_id", "entry_id", name="uq_permit_link_tenant_id_entry_id"),
        sa.UniqueConstraint("token_sha256", name="uq_permit_link_token_sha256"),
        belongs_to("entry_id", "plate_entry"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, DELETE",
    )
    lookup_reads("permit_link", ["tenant_id", "token_sha256"])
    lookup_function(
        "permit_link",
        "digest bytea",
        "TABLE(tenant_id uuid)",
        "SELECT l.tenant_id FROM public.permit_link l WHERE l.token_sha256 = digest",
    )


def downgrade() -> None:
    raise NotImplementedError
