"""The test of error rates by group: who takes part, and what it found (PRIV-17)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0015_oversight_groups", "0014_people_assessment"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    tenant_table(
        "group_test",
        _needed("community_id", sa.Uuid()),
        _needed("person_id", sa.Uuid()),
        _needed("text_version", sa.Integer()),
        _needed("sealed_said", sa.LargeBinary()),
        _needed("agreed_at", AT),
        _needed("recorded_by", sa.Text()),
        sa.UniqueConstraint(
            "tenant_id", "community_id", "person_id", name="uq_group_test_tenant_id_community_id_person_id"
        ),
        belongs_to("community_id", "community"),
        belongs_to("person_id", "person"),
    )
    tenant_table(
        "group_finding",
        _needed("community_id", sa.Uuid()),
        _needed("dimension", sa.Text()),
        _needed("group_key", sa.Text()),
        _needed("facts", JSONB()),
        _needed("opened_at", AT),
        sa.Column("closed_at", AT),
        sa.Column("closed_by", sa.Text()),
        sa.Column("close_reason", sa.Text()),
        belongs_to("community_id", "community"),
    )
    op.create_index(
        "uq_group_finding_open",
        "group_finding",
        ["tenant_id", "community_id", "dimension", "group_key"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError
