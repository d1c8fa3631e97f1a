"""The watch group: its entries, what each gate says of them, how many there may be."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0018_watch_group", "0017_visit_corrections"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "watch_entry",
        _needed("community_id", sa.Uuid()),
        _needed("number", sa.Integer()),
        _needed("label", sa.Text()),
        _needed("ground", sa.Text()),
        _needed("document", sa.Text()),
        _needed("asked_by", sa.Text()),
        _needed("made_by", sa.Text()),
        _needed("made_at", AT),
        _needed("expires_at", AT),
        _needed("state", sa.Text()),
        sa.Column("problems", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("node_id", sa.Uuid()),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_reason", sa.Text()),
        sa.UniqueConstraint("tenant_id", "community_id", "number"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )
    tenant_table(
        "watch_receipt",
        _needed("community_id", sa.Uuid()),
        _needed("node_id", sa.Uuid()),
        _needed("entry_id", sa.Uuid()),
        _needed("what", sa.Text()),
        _needed("at", AT),
        _needed("seq", sa.BigInteger()),
        sa.UniqueConstraint("tenant_id", "node_id", "entry_id"),
        belongs_to("community_id", "community"),
        belongs_to("node_id", "node"),
    )
    tenant_table(
        "watch_settings",
        _needed("community_id", sa.Uuid()),
        sa.Column("faces_max", sa.Integer(), nullable=False, server_default=sa.text("1000")),
        sa.Column("last_number", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.CheckConstraint("faces_max BETWEEN 0 AND 1000", name="faces_max"),
        sa.UniqueConstraint("tenant_id", "community_id"),
        belongs_to("community_id", "community"),
    )


def downgrade() -> None:
    raise NotImplementedError
