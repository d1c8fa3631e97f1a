"""Who asks for a person at a lane, and who took it; which number or extension rings there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APPEND, append_only, belongs_to, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0070_calls", "0069_phones_of_orders"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "lane_call",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("call_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("by", sa.Text()),
        sa.Column("visit_id", sa.Uuid()),
        _needed("began_at", AT),
        _needed("asked_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("answered_at", AT),
        sa.Column("answered_by", sa.Text()),
        sa.PrimaryKeyConstraint("tenant_id", "call_id", name="pk_lane_call"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
    )
    protect("lane_call")
    op.create_index("ix_lane_call_tenant_id_asked_at", "lane_call", ["tenant_id", "community_id", "asked_at"])
    op.create_index("ix_lane_call_tenant_id_lane_id", "lane_call", ["tenant_id", "lane_id", "asked_at"])
    tenant_table(
        "call_deed",
        _needed("community_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("subject_id", sa.Uuid()),
        _needed("what", sa.Text()),
        _needed("at", AT),
        sa.Column("account_id", sa.Uuid()),
        _needed("name", sa.Text()),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
        grants=APPEND,
    )
    append_only("call_deed")
    op.create_index("ix_call_deed_tenant_id_subject_id", "call_deed", ["tenant_id", "subject_id", "at"])
    op.add_column("lane", sa.Column("rings_at", sa.Text()))


def downgrade() -> None:
    raise NotImplementedError
