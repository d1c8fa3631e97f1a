"""What pages and programs are shown of blocked households."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access.block_household import running_block
from central.gates.access.tables import HouseholdBlockRow
from central.gates.access.views import HouseholdBlockView
from central.people.community.queries import house_labels

SHOWN = 50


def household_blocks(db: Session, community_id: UUID, now: datetime) -> list[HouseholdBlockView]:
    """The last ones, newest first."""
    query = select(HouseholdBlockRow).where(HouseholdBlockRow.community_id == community_id)
    rows = list(
        db.scalars(query.order_by(HouseholdBlockRow.blocked_at.desc(), HouseholdBlockRow.id.desc()).limit(SHOWN))
    )
    labels = house_labels(db, [row.house_id for row in rows])
    return [_view(row, labels[row.house_id], now) for row in rows]


def block_of(db: Session, house_id: UUID, now: datetime) -> HouseholdBlockView | None:
    """The block that stands over a house now."""
    row = running_block(db, house_id, now)
    return block_view(db, row, now) if row is not None else None


def block_view(db: Session, row: HouseholdBlockRow, now: datetime) -> HouseholdBlockView:
    return _view(row, house_labels(db, [row.house_id])[row.house_id], now)


def _view(row: HouseholdBlockRow, house: str, now: datetime) -> HouseholdBlockView:
    return HouseholdBlockView(
        row.id, row.community_id, row.house_id, house, row.ended_at is None and now < row.until, row.reason,
        row.blocked_at, row.blocked_name, row.until, row.ended_at, row.ended_name, row.ended_reason,
    )  # fmt: skip
