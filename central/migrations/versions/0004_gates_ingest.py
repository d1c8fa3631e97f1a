"""Journals of nodes: events, cursors, parked events, gaps, pictures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import READ_WRITE, append_only, belongs_to, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0004_gates_ingest", "0003_gates_access"

AT = sa.DateTime(timezone=True)


def _tenant() -> sa.Column[object]:
    return sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL))


def upgrade() -> None:
    op.create_table(
        "journal_event",
        _tenant(),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("v", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("lane_id", sa.Uuid()),
        sa.Column("correlation", sa.Uuid(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("skew_ms", sa.BigInteger()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "node_id", "seq", name="pk_journal_event"),
        sa.UniqueConstraint("tenant_id", "event_id", name="uq_journal_event_tenant_id_event_id"),
        belongs_to("community_id", "community"),
    )
    op.create_index("ix_journal_event_tenant_id_correlation", "journal_event", ["tenant_id", "correlation"])
    op.create_index("ix_journal_event_tenant_id_position", "journal_event", ["tenant_id", "position"])
    op.create_index(
        "ix_journal_event_tenant_id_alarms", "journal_event", ["tenant_id", "node_id", "seq"],
        postgresql_where=sa.text("kind = 'alarm'"),
    )  # fmt: skip
    protect("journal_event", grants="SELECT, INSERT")
    append_only("journal_event")

    op.create_table(
        "node_cursor",
        _tenant(),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("acked", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("broken_since", sa.BigInteger()),
        sa.Column("heard_at", AT),
        sa.Column("skew_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("tenant_id", "node_id", name="pk_node_cursor"),
        belongs_to("community_id", "community"),
    )
    protect("node_cursor", grants="SELECT, INSERT, UPDATE")

    tenant_table(
        "parked_event",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("at", AT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("in_journal", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default=sa.text("1")),
        sa.Column("state", sa.Text(), nullable=False, server_default=sa.text("'open'")),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("resolved_at", AT),
        sa.Column("resolved_by", sa.Text()),
        sa.Column("resolution", sa.Text()),
        sa.UniqueConstraint("tenant_id", "node_id", "seq", "hash", name="uq_parked_event_tenant_id_node_id_seq_hash"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE",  # what was parked is never deleted
    )
    op.create_index("ix_parked_event_tenant_id_state", "parked_event", ["tenant_id", "state", "received_at"])

    tenant_table(
        "journal_gap",
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("noticed_at", AT, nullable=False),
        sa.UniqueConstraint("tenant_id", "node_id", "first_seq", name="uq_journal_gap_tenant_id_node_id_first_seq"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT",
    )

    op.create_table(
        "event_picture",
        _tenant(),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("keep_until", AT, nullable=False),
        sa.Column("received_at", AT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name="pk_event_picture"),
        belongs_to("community_id", "community"),
    )
    op.create_index("ix_event_picture_keep_until", "event_picture", ["keep_until"])
    protect("event_picture", grants=READ_WRITE)


def downgrade() -> None:
    raise NotImplementedError
