"""Whose event pictures central destroyed with an erasure, and which of them it only keeps for an alarm or incident;
which photos of an entry of the watch group were sent and not answered yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0064_erased_pictures", "0063_nodes_of_vehicles"

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("event_picture", sa.Column("erased_at", AT))
    tenant_table(
        "picture_erasure",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("cardholder_id", sa.Uuid(), nullable=False),
        sa.Column("node_ids", sa.ARRAY(sa.Uuid())),
        sa.Column("before", AT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("pictures", sa.Integer(), nullable=False),
        sa.UniqueConstraint("tenant_id", "order_id", name="uq_picture_erasure_tenant_id_order_id"),
        belongs_to("community_id", "community"),
    )
    op.create_index("ix_picture_erasure_tenant_id_cardholder_id", "picture_erasure", ["tenant_id", "cardholder_id"])
    sent: sa.Column[list[str]] = sa.Column(
        "unanswered", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
    )
    op.add_column("watch_entry", sent)


def downgrade() -> None:
    raise NotImplementedError
