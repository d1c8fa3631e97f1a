"""Bays that their owners offer for hours (PARK-10): the offers, what a lot asks for such hours, and the bookings made
of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from central.base.kernel.migrate import belongs_to, tenant_table

revision, down_revision = "0065_shared_bays", "0064_erased_pictures"

AT = sa.DateTime(timezone=True)


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("lot_settings", sa.Column("shared_minutes", sa.Integer()))
    op.add_column("lot_settings", sa.Column("shared_fen", sa.BigInteger()))
    op.add_column("lot_settings", sa.Column("shared_percent", sa.Integer()))
    tenant_table(
        "bay_offer",
        _needed("community_id", sa.Uuid()),
        _needed("entry_id", sa.Uuid()),
        _needed("bay", sa.Text()),
        _needed("first_day", sa.Date()),
        _needed("last_day", sa.Date()),
        _needed("start_minute", sa.Integer()),
        _needed("end_minute", sa.Integer()),
        _needed("block_minutes", sa.Integer()),
        _needed("block_fen", sa.BigInteger()),
        _needed("percent", sa.Integer()),
        _needed("made_at", AT),
        _needed("made_by", sa.Text()),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_reason", sa.Text()),
        sa.CheckConstraint("first_day <= last_day", name="days_forwards"),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439 AND end_minute BETWEEN 1 AND 1440", name="hours_of_a_day"),
        sa.CheckConstraint("block_minutes >= 1 AND block_fen >= 0 AND percent BETWEEN 0 AND 100", name="terms"),
        belongs_to("community_id", "community"),
        belongs_to("entry_id", "plate_entry"),
        grants="SELECT, INSERT, UPDATE (ended_at, ended_by, ended_reason)",
    )
    op.create_index("ix_bay_offer_tenant_id_bay", "bay_offer", ["tenant_id", "community_id", "bay"])
    op.add_column("lot_booking", sa.Column("offer_id", sa.Uuid()))
    op.create_foreign_key(
        "fk_lot_booking_offer_id_bay_offer", "lot_booking", "bay_offer", ["tenant_id", "offer_id"], ["tenant_id", "id"]
    )
    op.create_index(
        "ix_lot_booking_tenant_id_offer_id", "lot_booking", ["tenant_id", "offer_id"],
        postgresql_where=sa.text("offer_id IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    raise NotImplementedError
