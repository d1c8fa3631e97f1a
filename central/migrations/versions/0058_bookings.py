"""Places that are booked for a plate at a time (PARK-25), and how long a lot waits for who does not come."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0058_bookings", "0057_revoked_nodes"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("lot_settings", sa.Column("wait_minutes", sa.Integer()))
    tenant_table(
        "lot_booking",
        _needed("community_id", sa.Uuid()),
        _needed("sealed_plate", sa.LargeBinary()),
        _needed("plate_digest", sa.LargeBinary()),
        _needed("sealed_note", sa.LargeBinary()),
        _needed("bay", sa.Text()),
        _needed("zone", sa.Text()),
        _needed("anybodys", sa.Boolean()),
        _needed("since", AT),
        _needed("until", AT),
        _needed("wait_until", AT),
        _needed("fee_fen", sa.BigInteger()),
        _needed("made_at", AT),
        _needed("made_by", sa.Text()),
        sa.Column("cancelled_at", AT),
        sa.Column("cancelled_by", sa.Text()),
        sa.Column("cancelled_reason", sa.Text()),
        _needed("noted", sa.Text()),
        sa.Column("noted_at", AT),
        sa.CheckConstraint("since < wait_until AND wait_until <= until", name="waits_within_its_time"),
        sa.CheckConstraint("fee_fen >= 0", name="fee_not_negative"),
        belongs_to("community_id", "community"),
        grants="SELECT, INSERT, UPDATE (cancelled_at, cancelled_by, cancelled_reason, noted, noted_at)",
    )
    op.create_index("ix_lot_booking_tenant_id_noted", "lot_booking", ["tenant_id", "community_id", "noted", "until"])


def downgrade() -> None:
    raise NotImplementedError
