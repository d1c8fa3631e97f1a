"""Where other nodes seal templates to, signed and another each hour; and what a node did not get of its mail."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0044_gates_receiving", "0043_parking_contracts"


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("photo_key", sa.Column("receiving", JSONB()))
    tenant_table(
        "missed_mail",
        _needed("node_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("subject_id", sa.Uuid()),
        _needed("missed_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint(
            "tenant_id", "node_id", "kind", "subject_id", name="uq_missed_mail_tenant_id_node_id_kind_subject_id"
        ),
        belongs_to("node_id", "node"),
        grants="SELECT, INSERT, DELETE",
    )
    op.create_index("ix_missed_mail_tenant_id_subject_id", "missed_mail", ["tenant_id", "subject_id"])


def downgrade() -> None:
    raise NotImplementedError
