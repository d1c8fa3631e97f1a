"""How long event pictures are kept, what holds them, and how many were deleted (PRIV-08).

Pictures from before are given the shortest time there is, a minute from now: what they show was never told.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import READ_WRITE, belongs_to, protect, tenant_table
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0013_gates_pictures", "0012_gates_households"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any], default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=sa.text(default) if default else None)


def upgrade() -> None:
    op.add_column("gate_settings", _needed("picture_passed_s", sa.SmallInteger(), "60"))
    op.add_column("gate_settings", _needed("picture_refused_days", sa.SmallInteger(), "7"))
    # the defaults speak for the rows that are there, and are gone afterwards
    op.add_column("event_picture", _needed("shows", sa.Text(), "'frame'"))
    op.add_column("event_picture", _needed("outcome", sa.Text(), "'grant'"))
    op.add_column("event_picture", _needed("made_at", AT, "now()"))
    op.add_column("event_picture", _needed("correlation", sa.Uuid(), "gen_random_uuid()"))
    op.add_column("event_picture", sa.Column("lane_id", sa.Uuid()))
    for name in ("shows", "outcome", "made_at", "correlation"):
        op.alter_column("event_picture", name, server_default=None)
    # told as a change of type, since rows of tenants are hidden from an update here
    op.execute(
        "ALTER TABLE event_picture ALTER keep_until TYPE timestamptz USING least(keep_until, now() + interval '1 min')"
    )
    # a deleted row's place on the disk is written over soon: most rows live for a minute
    op.execute("ALTER TABLE event_picture SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20)")
    tenant_table(
        "picture_hold",
        _needed("community_id", sa.Uuid()),
        _needed("cause", sa.Text()),
        sa.Column("alarm_id", sa.Uuid()),
        _needed("correlation", sa.Uuid()),
        sa.Column("lane_id", sa.Uuid()),
        _needed("at", AT),
        _needed("reason", sa.Text()),
        _needed("held_by", sa.Text()),
        _needed("held_at", AT),
        _needed("until", AT),
        sa.Column("released_at", AT),
        sa.Column("released_by", sa.Text()),
        sa.Column("release_reason", sa.Text()),
        sa.UniqueConstraint("tenant_id", "alarm_id", name="uq_picture_hold_tenant_id_alarm_id"),
        belongs_to("community_id", "community"),
    )
    op.create_index("ix_picture_hold_tenant_id_community_id", "picture_hold", ["tenant_id", "community_id", "until"])
    op.create_table(
        "picture_sweep",
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        _needed("community_id", sa.Uuid()),
        _needed("day", sa.Date()),
        _needed("passed", sa.Integer(), "0"),
        _needed("refused", sa.Integer(), "0"),
        sa.Column("told_at", AT),
        sa.PrimaryKeyConstraint("tenant_id", "community_id", "day", name="pk_picture_sweep"),
        belongs_to("community_id", "community"),
    )
    protect("picture_sweep", grants=READ_WRITE)


def downgrade() -> None:
    raise NotImplementedError
