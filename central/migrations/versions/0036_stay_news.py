"""Which stays gates must be told of anew, by the numbers of their lot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, protect
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0036_stay_news", "0035_money_payments"


def upgrade() -> None:
    op.create_table(
        "stay_news",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        sa.Column("stay_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "stay_id", name="pk_stay_news"),
        belongs_to("community_id", "community"),
    )
    protect("stay_news", grants="SELECT, INSERT, UPDATE")
    op.create_index("ix_stay_news_tenant_id_number", "stay_news", ["tenant_id", "community_id", "number"])


def downgrade() -> None:
    raise NotImplementedError
