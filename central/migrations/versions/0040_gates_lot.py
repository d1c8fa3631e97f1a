"""The car park's places: its floor plans, what was counted by hand, what bay sensors say, and what gates were told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import (
    APPEND,
    append_only,
    belongs_to,
    lookup_function,
    lookup_reads,
    protect,
    tenant_table,
)
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0040_gates_lot", "0039_parking_coupons"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "lot_plan",
        _needed("community_id", sa.Uuid()),
        _needed("version", sa.Integer()),
        _needed("value", JSONB()),
        _needed("uploaded_at", AT),
        _needed("uploaded_by", sa.Text()),
        sa.Column("counts_at", AT),
        sa.Column("counts_by", sa.Text()),
        sa.UniqueConstraint("tenant_id", "community_id", "version"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (counts_at, counts_by)",
    )
    tenant_table(
        "lot_settings",
        _needed("community_id", sa.Uuid()),
        sa.Column("places", sa.Integer()),
        sa.Column("own_places", sa.Integer()),
        _needed("full_at", sa.Integer()),
        _needed("long_days", sa.Integer()),
        _needed("abandoned_days", sa.Integer()),
        sa.Column("told", JSONB()),
        sa.UniqueConstraint("tenant_id", "community_id"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE",
    )
    tenant_table(
        "lot_count",
        _needed("community_id", sa.Uuid()),
        _needed("zone", sa.Text()),
        _needed("counted", sa.Integer()),
        _needed("was", sa.Integer()),
        _needed("at", AT),
        sa.Column("by_id", sa.Uuid()),
        _needed("by_name", sa.Text()),
        _needed("reason", sa.Text()),
        belongs_to("community_id", "community"),
        grants=APPEND,
        referenced=False,
    )
    append_only("lot_count")
    op.create_index("ix_lot_count_tenant_id_at", "lot_count", ["tenant_id", "community_id", "zone", "at"])
    tenant_table(
        "bay_system",
        _needed("community_id", sa.Uuid()),
        _needed("name", sa.Text()),
        _needed("token_sha256", sa.LargeBinary()),
        _needed("made_at", AT),
        _needed("made_by", sa.Text()),
        sa.Column("heard_at", AT),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Text()),
        sa.UniqueConstraint("token_sha256", name="uq_bay_system_token_sha256"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (heard_at, ended_at, ended_by)",
    )
    lookup_reads("bay_system", ["tenant_id", "token_sha256", "ended_at"])
    lookup_function(
        "bay_system",
        "digest bytea",
        "TABLE(tenant_id uuid)",
        "SELECT s.tenant_id FROM public.bay_system s WHERE s.token_sha256 = digest AND s.ended_at IS NULL",
    )
    op.create_table(
        "bay_state",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("community_id", sa.Uuid()),
        _needed("bay", sa.Text()),
        _needed("system_id", sa.Uuid()),
        _needed("taken", sa.Boolean()),
        _needed("at", AT),
        _needed("since", AT),
        sa.Column("charging", sa.Text()),
        sa.Column("fuel", sa.Boolean()),
        sa.Column("plate_digest", sa.LargeBinary()),
        sa.Column("sealed_plate", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("tenant_id", "community_id", "bay", name="pk_bay_state"),
        belongs_to("community_id", "community"),
        belongs_to("system_id", "bay_system"),
    )
    protect("bay_state")
    op.create_index("ix_bay_state_tenant_id_plate_digest", "bay_state", ["tenant_id", "community_id", "plate_digest"])


def downgrade() -> None:
    raise NotImplementedError
