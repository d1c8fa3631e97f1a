"""A lane counts in one passback zone, by the database's word; cards with a name and an end; key points."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0016_gates_points", "0015_oversight_groups"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    _zone_lanes()
    op.add_column("card", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.add_column("card", sa.Column("valid_until", AT))
    for table in ("card", "pin"):
        op.add_column(table, sa.Column("told_version", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    tenant_table(
        "key_point",
        _needed("community_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("name", sa.Text()),
        sa.Column("unit_id", sa.Uuid()),
        sa.Column("lane_id", sa.Uuid()),
        _needed("set_at", AT),
        sa.UniqueConstraint("tenant_id", "community_id", "name"),
        belongs_to("community_id", "community"),
        belongs_to("unit_id", "unit"),
        belongs_to("lane_id", "lane"),
    )


def _zone_lanes() -> None:
    """The lanes of a zone become rows, so that a lane can be taken once only. Where two zones had won the same lane
    at the same instant, the one that was set last keeps it."""
    tenant_table(
        "passback_lane",
        _needed("zone_id", sa.Uuid()),
        _needed("lane_id", sa.Uuid()),
        sa.UniqueConstraint("tenant_id", "lane_id"),
        belongs_to("zone_id", "passback_zone"),
        belongs_to("lane_id", "lane"),
    )
    op.create_index("ix_passback_lane_tenant_id_zone_id", "passback_lane", ["tenant_id", "zone_id"])
    both = ("passback_zone", "passback_lane")
    for table in both:  # every tenant's rows are moved; row security is forced again in the same transaction
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO passback_lane (id, tenant_id, zone_id, lane_id) "
        "SELECT gen_random_uuid(), z.tenant_id, z.id, l.lane_id "
        "FROM passback_zone z CROSS JOIN LATERAL unnest(z.lanes) AS l(lane_id) ORDER BY z.set_at DESC "
        "ON CONFLICT DO NOTHING"
    )
    for table in both:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.drop_column("passback_zone", "lanes")


def downgrade() -> None:
    raise NotImplementedError
