"""What the gates are told of free places: by the same rule as the page, and anew when a figure differs (LANE-23)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.parking.lot.occupancy import Lot, lot_of
from central.gates.parking.lot.settings import made_row
from central.gates.parking.lot.tables import LotPlanRow, LotSettingsRow
from central.gates.parking.stays import news as stay_news
from models.parking.occupancy import How
from models.wire.stays import LotTold, ZoneTold


def lot_told(db: Session, community_id: UUID, now: datetime) -> LotTold | None:
    """None where nobody has said how many places there are: then nothing is ever full."""
    return told_of(lot_of(db, community_id, now))


def told_of(lot: Lot) -> LotTold | None:
    if lot.now is None:
        return None
    zones = tuple(
        ZoneTold(name=zone.name, free=zone.free)
        for zone in lot.now.zones
        if zone.places and zone.how is not How.NOTHING
    )
    return LotTold(
        free=lot.now.free, full_at=lot.full_at, own=max(0, lot.now.own_places - lot.now.inside.own), zones=zones,
        booked=frozenset(one.booking_id for one in lot.known.kept if one.anybodys), short=lot.now.short,
    )  # fmt: skip


def tell_if_changed(db: Session, community_id: UUID, now: datetime) -> None:
    """Wake the gates where a figure differs from what they were told last. Called after everything that is no stay:
    what a sensor says or no longer says, a count, another plan, another setting."""
    told = lot_told(db, community_id, now)
    said = told.model_dump(mode="json") if told is not None else None
    row = made_row(db, community_id)
    if row.told == said:
        return
    row.told = said
    db.flush()
    stay_news.changed(db, community_id, [community_id])


def sweep(db: Session, now: datetime) -> None:
    """Sensors that have fallen silent tell nothing: they are looked for once a minute."""
    places = {*db.scalars(select(LotPlanRow.community_id).distinct()), *db.scalars(select(LotSettingsRow.community_id))}
    for community_id in sorted(places):
        tell_if_changed(db, community_id, now)
