"""What pages and programs are shown of zones and lockdowns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access.rules import lockdown_state
from central.gates.access.tables import (
    CardholderRow,
    CredentialRow,
    GatePassRow,
    LockdownRow,
    PassbackLaneRow,
    PassbackZoneRow,
)
from central.gates.access.views import LockdownView, ZoneView
from models.access.passback import PassbackMode

SHOWN = 20


def zones_of(db: Session, community_id: UUID) -> list[ZoneView]:
    query = select(PassbackZoneRow).where(PassbackZoneRow.community_id == community_id)
    rows = db.scalars(query.order_by(PassbackZoneRow.name, PassbackZoneRow.id)).all()
    around = lanes_around(db, [row.id for row in rows])
    return [_zone(row, around[row.id]) for row in rows]


def lanes_around(db: Session, zones: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The lanes of each of these zones, in the order of their ids."""
    query = select(PassbackLaneRow.zone_id, PassbackLaneRow.lane_id).where(PassbackLaneRow.zone_id.in_(zones))
    found: dict[UUID, list[UUID]] = {zone: [] for zone in zones}
    for zone_id, lane_id in db.execute(query.order_by(PassbackLaneRow.lane_id)):
        found[zone_id].append(lane_id)
    return {zone: tuple(lanes) for zone, lanes in found.items()}


def lockdowns_of(db: Session, community_id: UUID, now: datetime) -> list[LockdownView]:
    """The last ones, newest first."""
    query = select(LockdownRow).where(LockdownRow.community_id == community_id)
    newest = query.order_by(LockdownRow.requested_at.desc(), LockdownRow.id).limit(SHOWN)
    return [lockdown_view(row, now) for row in db.scalars(newest)]


def open_lockdowns(db: Session, communities: Collection[UUID], now: datetime) -> list[LockdownView]:
    """Those that run or wait for a second person, the running ones first."""
    query = select(LockdownRow).where(
        LockdownRow.community_id.in_(communities), LockdownRow.ended_at.is_(None), LockdownRow.until > now
    )
    ordered = query.order_by(LockdownRow.approved_at.is_(None), LockdownRow.requested_at, LockdownRow.id)
    return [lockdown_view(row, now) for row in db.scalars(ordered)]


def zone_view(db: Session, row: PassbackZoneRow) -> ZoneView:
    return _zone(row, lanes_around(db, [row.id])[row.id])


def _zone(row: PassbackZoneRow, lanes: tuple[UUID, ...]) -> ZoneView:
    return ZoneView(row.id, row.community_id, row.name, PassbackMode(row.mode), row.minutes, lanes, row.set_at)


def lockdown_view(row: LockdownRow, now: datetime) -> LockdownView:
    return LockdownView(
        lockdown_id=row.id, community_id=row.community_id,
        state=lockdown_state(row.approved_at, row.ended_at, row.until, now), lanes=tuple(row.lanes),
        admits=row.admits, until=row.until, reason=row.reason, requested_by=row.requested_by,
        requested_name=row.requested_name, requested_at=row.requested_at, approved_by=row.approved_by,
        approved_name=row.approved_name, approved_at=row.approved_at, ended_by=row.ended_by,
        ended_name=row.ended_name, ended_at=row.ended_at, ended_reason=row.ended_reason,
    )  # fmt: skip


def is_subject(db: Session, community_id: UUID, subject_id: UUID) -> bool:
    """Whether this is a cardholder of the community, or a credential or pass there: whom a gate can know by it."""
    return any(
        db.scalar(select(table.id).where(table.id == subject_id, table.community_id == community_id)) is not None
        for table in (CardholderRow, CredentialRow, GatePassRow)
    )
