"""What persons corrected about visits: only ever appended to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import APPEND, belongs_to, protect
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0017_visit_corrections", "0016_gates_points"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "visit_correction",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("visit_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("node_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        _needed("happened_at", AT),
        _needed("at", AT),
        _needed("by_whom", sa.Text()),
        sa.Column("account_id", sa.Uuid()),
        _needed("name", sa.Text()),
        _needed("reason", sa.Text()),
        _needed("cardholder_id", sa.Uuid()),
        _needed("outcome", sa.Text()),
        _needed("kind", sa.Text()),
        _needed("score", sa.Double()),
        sa.Column("threshold", sa.Double()),
        sa.PrimaryKeyConstraint("tenant_id", "visit_id", name="pk_visit_correction"),
        belongs_to("community_id", "community"),
    )
    protect("visit_correction", grants=APPEND)
    lane = ["tenant_id", "lane_id", "happened_at"]
    op.create_index("ix_visit_correction_tenant_id_lane_id", "visit_correction", lane)
    op.create_index("ix_visit_correction_tenant_id_node_id", "visit_correction", ["tenant_id", "node_id", "at"])


def downgrade() -> None:
    raise NotImplementedError
