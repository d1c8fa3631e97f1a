"""Stays: the facts of vehicle lanes and of persons, and what they amount to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, protect
from central.base.kernel.tables import TENANT_SQL

revision, down_revision = "0031_gates_stays", "0030_nonce_picture"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _table(name: str, *columns: sa.Column[Any], key: tuple[str, ...], grants: str) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(TENANT_SQL)),
        *columns,
        sa.PrimaryKeyConstraint("tenant_id", *key, name=f"pk_{name}"),
        belongs_to("community_id", "community"),
    )
    protect(name, grants=grants)


def upgrade() -> None:
    made_anew = "SELECT, INSERT, DELETE"
    _table(
        "stay_fact",
        _needed("fact_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("kind", sa.Text()),
        _needed("subject_id", sa.Uuid()),
        sa.Column("other_id", sa.Uuid()),
        _needed("at", AT),
        sa.Column("passed", sa.Boolean()),
        sa.Column("lane_id", sa.Uuid()),
        sa.Column("tariff_id", sa.Uuid()),
        sa.Column("plate_digest", sa.LargeBinary()),
        sa.Column("sealed_plate", sa.LargeBinary()),
        sa.Column("by_name", sa.Text()),
        sa.Column("reason", sa.Text()),
        key=("fact_id",),
        grants=made_anew,
    )
    op.create_index("ix_stay_fact_tenant_id_subject_id", "stay_fact", ["tenant_id", "subject_id"])
    by_plate = ["tenant_id", "community_id", "plate_digest"]
    op.create_index("ix_stay_fact_tenant_id_plate_digest", "stay_fact", [*by_plate, "at"])
    _table(
        "stay",
        _needed("stay_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("state", sa.Text()),
        _needed("vehicle_class", sa.Text()),
        sa.Column("plate_digest", sa.LargeBinary()),
        sa.Column("sealed_plate", sa.LargeBinary()),
        sa.Column("entered_at", AT),
        sa.Column("left_at", AT),
        sa.Column("exit_id", sa.Uuid()),
        sa.Column("entry_lane_id", sa.Uuid()),
        sa.Column("exit_lane_id", sa.Uuid()),
        sa.Column("tariff_id", sa.Uuid()),
        sa.Column("merged_into", sa.Uuid()),
        _needed("began_at", AT),
        _needed("last_at", AT),
        key=("stay_id",),
        grants=made_anew,
    )
    op.create_index("ix_stay_tenant_id_state", "stay", ["tenant_id", "community_id", "state", "began_at"])
    op.create_index("ix_stay_tenant_id_last_at", "stay", ["tenant_id", "community_id", "last_at", "stay_id"])
    op.create_index("ix_stay_tenant_id_plate_digest", "stay", by_plate)
    op.create_index("ix_stay_tenant_id_exit_id", "stay", ["tenant_id", "exit_id"])
    _table(
        "stay_change",
        _needed("stay_id", sa.Uuid()),
        _needed("place", sa.Integer()),
        _needed("community_id", sa.Uuid()),
        _needed("state", sa.Text()),
        _needed("at", AT),
        _needed("cause", sa.Text()),
        _needed("what", sa.Uuid()),
        sa.Column("sealed_note", sa.LargeBinary()),
        key=("stay_id", "place"),
        grants=made_anew,
    )
    _table(
        "stay_odd",
        _needed("fact_id", sa.Uuid()),
        _needed("community_id", sa.Uuid()),
        _needed("what", sa.Text()),
        _needed("at", AT),
        _needed("subject_id", sa.Uuid()),
        sa.Column("lane_id", sa.Uuid()),
        key=("fact_id",),
        grants=made_anew,
    )
    op.create_index("ix_stay_odd_tenant_id_at", "stay_odd", ["tenant_id", "community_id", "at"])


def downgrade() -> None:
    raise NotImplementedError
