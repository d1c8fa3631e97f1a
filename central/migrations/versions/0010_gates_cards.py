"""Cards, PINs behind their unit, and the kinds of credential that a lane takes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0010_gates_cards", "0009_gates_zones"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("gate_settings", sa.Column("sealed_card_key", sa.LargeBinary()))
    tenant_table(
        "card",
        _needed("community_id", sa.Uuid()),
        _needed("credential_id", sa.Uuid()),
        _needed("cardholder_id", sa.Uuid()),
        _needed("digest", sa.Text()),
        _needed("weak", sa.Boolean()),
        _needed("label", sa.Text()),
        _needed("given_at", AT),
        _needed("given_by", sa.Text()),
        sa.Column("revoked_at", AT),
        sa.Column("revoked_reason", sa.Text()),
        belongs_to("community_id", "community"),
        belongs_to("credential_id", "credential"),
        belongs_to("cardholder_id", "cardholder"),
    )
    op.create_index(
        "uq_card_given",
        "card",
        ["tenant_id", "community_id", "digest"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index("ix_card_tenant_id_cardholder_id", "card", ["tenant_id", "cardholder_id"])
    tenant_table(
        "unit_code",
        _needed("community_id", sa.Uuid()),
        _needed("house_id", sa.Uuid()),
        _needed("code", sa.Text()),
        _needed("salt", sa.Text()),
        sa.UniqueConstraint("tenant_id", "community_id", "code"),
        sa.UniqueConstraint("tenant_id", "house_id"),
        belongs_to("community_id", "community"),
        belongs_to("house_id", "house"),
    )
    tenant_table(
        "pin",
        _needed("community_id", sa.Uuid()),
        _needed("credential_id", sa.Uuid()),
        _needed("cardholder_id", sa.Uuid()),
        _needed("unit_code_id", sa.Uuid()),
        _needed("hash", sa.Text()),
        _needed("given_at", AT),
        sa.Column("valid_until", AT),
        sa.UniqueConstraint("tenant_id", "unit_code_id", "cardholder_id"),
        belongs_to("community_id", "community"),
        belongs_to("credential_id", "credential"),
        belongs_to("cardholder_id", "cardholder"),
        belongs_to("unit_code_id", "unit_code"),
    )
    tenant_table(
        "lane_kind",
        _needed("community_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("schedule", JSONB()),
        sa.UniqueConstraint("tenant_id", "lane_id", "kind"),
        belongs_to("community_id", "community"),
        belongs_to("lane_id", "lane"),
    )


def downgrade() -> None:
    raise NotImplementedError
