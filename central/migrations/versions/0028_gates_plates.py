"""The plates that lanes decide by, the key under which nodes seal what they read, and what was read of a visit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0028_gates_plates", "0027_journal_beside"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("gate_settings", sa.Column("sealed_plate_key", sa.LargeBinary()))
    op.add_column("visit", sa.Column("sealed_plate", sa.LargeBinary()))
    tenant_table(
        "plate_entry",
        _needed("community_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("sealed_plate", sa.LargeBinary()),
        _needed("sealed_note", sa.LargeBinary()),
        _needed("since", AT),
        sa.Column("until", AT),
        _needed("lanes", JSONB()),
        _needed("added_at", AT),
        _needed("added_by", sa.Text()),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_reason", sa.Text()),
        sa.CheckConstraint("until IS NULL OR until > since", name="until_after_since"),
        sa.CheckConstraint("kind <> 'permit' OR until IS NOT NULL", name="permits_end"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (ended_at, ended_by, ended_reason)",
    )


def downgrade() -> None:
    raise NotImplementedError
