"""Tariffs: versions that nobody can change, and that two persons bring into force."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0026_gates_tariffs", "0025_attack_tests"

AT = sa.DateTime(timezone=True)
FILLED_IN_LATER = (
    "approved_by, approved_name, approved_at, withdrawn_by, withdrawn_name, withdrawn_at, withdrawn_reason"
)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "tariff_version",
        _needed("community_id", sa.Uuid()),
        _needed("tariff_id", sa.Uuid()),
        _needed("version", sa.Integer()),
        _needed("name", sa.Text()),
        _needed("starts_at", AT),
        _needed("value", JSONB()),
        _needed("drafted_by", sa.Uuid()),
        _needed("drafted_name", sa.Text()),
        _needed("drafted_at", AT),
        sa.Column("approved_by", sa.Uuid()),
        sa.Column("approved_name", sa.Text()),
        sa.Column("approved_at", AT),
        sa.Column("withdrawn_by", sa.Uuid()),
        sa.Column("withdrawn_name", sa.Text()),
        sa.Column("withdrawn_at", AT),
        sa.Column("withdrawn_reason", sa.Text()),
        sa.UniqueConstraint("tenant_id", "community_id", "version"),
        sa.CheckConstraint("approved_by <> drafted_by", name="two_persons"),
        sa.CheckConstraint("approved_at <= starts_at", name="approved_in_time"),
        sa.CheckConstraint("approved_at IS NULL OR withdrawn_at < starts_at", name="withdrawn_in_time"),
        belongs_to("community_id", "community"),
        grants=f"SELECT, INSERT, UPDATE ({FILLED_IN_LATER})",
    )


def downgrade() -> None:
    raise NotImplementedError
