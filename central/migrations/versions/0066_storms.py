"""Storm mode 防汛: who began one, for what, until when; which cars' owners were told, by whom and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0066_storms", "0065_shared_bays"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    tenant_table(
        "storm",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("zones", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("opens", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("closes", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("began_by", sa.Text(), nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_reason", sa.Text()),
        sa.CheckConstraint("until > began_at", name="ck_storm_lasts"),
        belongs_to("community_id", "community"),
    )
    op.create_index(
        "uq_storm_tenant_id_running", "storm", ["tenant_id", "community_id"], unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    tenant_table(
        "storm_told",
        sa.Column("storm_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.UniqueConstraint("tenant_id", "storm_id", "stay_id", name="uq_storm_told_tenant_id_storm_id_stay_id"),
        belongs_to("storm_id", "storm"),
        belongs_to("community_id", "community"),
    )


def downgrade() -> None:
    raise NotImplementedError
