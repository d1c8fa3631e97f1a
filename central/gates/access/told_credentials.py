"""Cards, PINs and lane kinds as the snapshot of a community's gates holds them."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.gates.access.tables import CardRow, LaneKindRow, PinRow, UnitCodeRow
from models.access.cards import CardEntry
from models.access.credential import Kind
from models.access.pins import UnitPin, UnitPins
from models.access.policy import KindWindow
from models.access.schedule import Span


def cards_told(db: Session, community_id: UUID) -> tuple[CardEntry, ...]:
    """One entry for each card, the newest: a revoked card is told with its owner, so that its refusal says whose."""
    query = select(CardRow).where(CardRow.community_id == community_id)
    # Of one digest the card that counts comes last, or the one that was revoked last.
    newest = {row.digest: row for row in db.scalars(query.order_by(CardRow.revoked_at.asc().nulls_last()))}
    return tuple(
        CardEntry(
            digest=row.digest, credential_id=row.credential_id, cardholder_id=row.cardholder_id, weak=row.weak,
            valid_until=row.valid_until,
        )
        for row in sorted(newest.values(), key=lambda row: row.digest)
    )  # fmt: skip


def units_told(db: Session, community_id: UUID, now: datetime) -> tuple[UnitPins, ...]:
    query = (
        select(UnitCodeRow, PinRow)
        .join(PinRow, PinRow.unit_code_id == UnitCodeRow.id)
        .where(UnitCodeRow.community_id == community_id, or_(PinRow.valid_until.is_(None), PinRow.valid_until > now))
        .order_by(UnitCodeRow.code, PinRow.id)
    )
    return tuple(
        UnitPins(unit=unit.code, salt=unit.salt, pins=tuple(pin_of(pin) for _, pin in pairs))
        for unit, pairs in groupby(db.execute(query), key=lambda pair: pair[0])
    )


def kinds_told(db: Session, community_id: UUID) -> tuple[KindWindow, ...]:
    query = select(LaneKindRow).where(LaneKindRow.community_id == community_id)
    return tuple(
        KindWindow(
            lane_id=row.lane_id, kind=Kind(row.kind), schedule=tuple(Span.model_validate(one) for one in row.schedule)
        )
        for row in db.scalars(query.order_by(LaneKindRow.lane_id, LaneKindRow.kind))
    )


def pin_of(row: PinRow) -> UnitPin:
    return UnitPin(
        hash=row.hash, credential_id=row.credential_id, cardholder_id=row.cardholder_id, valid_until=row.valid_until
    )
