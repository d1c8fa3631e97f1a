"""Anti-passback zones, lockdowns that two persons start, and whom a command is about."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0009_gates_zones", "0008_gates_faces"

AT = sa.DateTime(timezone=True)
KEEP = "SELECT, INSERT, UPDATE"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "passback_zone",
        _needed("community_id", sa.Uuid()),
        _needed("name", sa.Text()),
        _needed("mode", sa.Text()),
        _needed("minutes", sa.SmallInteger()),
        _needed("lanes", ARRAY(sa.Uuid())),
        _needed("set_at", AT),
        belongs_to("community_id", "community"),
    )
    op.create_index("ix_passback_zone_tenant_id_community_id", "passback_zone", ["tenant_id", "community_id"])
    tenant_table(
        "lockdown",
        _needed("community_id", sa.Uuid()),
        _needed("lanes", ARRAY(sa.Uuid())),
        _needed("admits", sa.Text()),
        _needed("until", AT),
        _needed("reason", sa.Text()),
        _needed("requested_by", sa.Uuid()),
        _needed("requested_name", sa.Text()),
        _needed("requested_at", AT),
        sa.Column("approved_by", sa.Uuid()),
        sa.Column("approved_name", sa.Text()),
        sa.Column("approved_at", AT),
        sa.Column("ended_by", sa.Uuid()),
        sa.Column("ended_name", sa.Text()),
        sa.Column("ended_at", AT),
        sa.Column("ended_reason", sa.Text()),
        sa.CheckConstraint("approved_by <> requested_by", name="two_persons"),
        belongs_to("community_id", "community"),
        grants=KEEP,
    )
    op.create_index("ix_lockdown_tenant_id_community_id_until", "lockdown", ["tenant_id", "community_id", "until"])
    op.add_column("command", sa.Column("subject_id", sa.Uuid()))


def downgrade() -> None:
    raise NotImplementedError
