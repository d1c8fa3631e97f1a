"""Anti-passback zones (ACC-17): which lanes surround one, and how strictly a second entry is met."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.gates.access import snapshot
from central.gates.access.permissions import EDIT_ZONES
from central.gates.access.queries_zones import lanes_around
from central.gates.access.tables import PassbackLaneRow, PassbackZoneRow
from central.people.community.finding import find
from central.people.community.queries import community_of, lanes_of
from models.access.passback import PassbackMode
from models.site.topology import Direction

MINUTES_MAX = 1440


def set_zone(
    db: Session, actor: Actor, community_id: UUID, name: str, mode: PassbackMode, lanes: Collection[UUID], *,
    now: datetime, minutes: int = 0, zone_id: UUID | None = None,
) -> PassbackZoneRow:  # fmt: skip
    """A new zone, or with `zone_id` another shape of one that is there. Saying the same again changes nothing.

    Raises Invalid, each problem beside its field: a lane counts in one zone only, and a hard zone without a read way
    out would let everybody in once and never again.
    """
    community_of(db, community_id)
    actor.demand(EDIT_ZONES, community_id)
    zone = find(db, PassbackZoneRow, zone_id, "access.no_zone", lock=True) if zone_id else None
    if zone is not None and zone.community_id != community_id:
        raise Invalid(fields={"lanes": "access.lanes_unknown"})
    _check(db, community_id, mode, minutes, lanes, zone_id)
    wanted = {"name": name, "mode": mode.value, "minutes": minutes if mode is PassbackMode.TIMED else 0}
    before = _said(db, zone) if zone is not None else None
    if before == wanted | {"lanes": _texts(lanes)} and zone is not None:
        return zone
    if zone is None:
        zone = PassbackZoneRow(community_id=community_id, set_at=now, **wanted)
        db.add(zone)
    for field, value in wanted.items():
        setattr(zone, field, value)
    zone.set_at = now
    db.flush()
    _surround(db, zone, lanes)
    after = _said(db, zone)
    record(db, actor, "zone.set", "passback_zone", zone.id, before=before, after=after, community_id=community_id)
    snapshot.changed(db, community_id, correlation_id=actor.correlation_id)
    return zone


def drop_zone(db: Session, actor: Actor, zone_id: UUID) -> None:
    """No anti-passback there any more."""
    zone = find(db, PassbackZoneRow, zone_id, "access.no_zone", lock=True)
    actor.demand(EDIT_ZONES, zone.community_id)
    before = _said(db, zone)
    db.execute(delete(PassbackLaneRow).where(PassbackLaneRow.zone_id == zone.id))
    db.delete(zone)
    db.flush()
    record(db, actor, "zone.drop", "passback_zone", zone.id, before=before, community_id=zone.community_id)
    snapshot.changed(db, zone.community_id, correlation_id=actor.correlation_id)


def _check(
    db: Session, community_id: UUID, mode: PassbackMode, minutes: int, lanes: Collection[UUID], zone_id: UUID | None
) -> None:
    here = {view.lane.lane_id: view.lane.direction for view in lanes_of(db, community_id)}
    others = select(PassbackLaneRow.lane_id).where(PassbackLaneRow.lane_id.in_(lanes))
    taken = db.scalars(others if zone_id is None else others.where(PassbackLaneRow.zone_id != zone_id)).first()
    problems: dict[str, str] = {}
    if not lanes or not set(lanes) <= here.keys():
        problems["lanes"] = "access.zone_lanes"
    elif taken is not None:
        problems["lanes"] = "access.zone_lane_taken"
    elif mode is PassbackMode.HARD and {here[lane] for lane in lanes} != set(Direction):
        problems["lanes"] = "access.zone_no_way_out"
    if mode is PassbackMode.TIMED and not 1 <= minutes <= MINUTES_MAX:
        problems["minutes"] = "access.zone_minutes"
    if problems:
        raise Invalid(fields=problems)


def _surround(db: Session, zone: PassbackZoneRow, lanes: Collection[UUID]) -> None:
    """Put these lanes around the zone, and no others. Whoever asks for one of them at the same instant waits here for
    the first to end, and is then told that it is taken; in one order, so that no two wait for each other."""
    db.execute(delete(PassbackLaneRow).where(PassbackLaneRow.zone_id == zone.id))
    for lane_id in sorted(set(lanes)):
        try:
            with db.begin_nested():
                db.add(PassbackLaneRow(zone_id=zone.id, lane_id=lane_id))
        except IntegrityError as error:
            if isinstance(error.orig, psycopg.errors.UniqueViolation):
                raise Invalid(fields={"lanes": "access.zone_lane_taken"}) from error
            raise


def _said(db: Session, zone: PassbackZoneRow) -> dict[str, Any]:
    lanes = lanes_around(db, [zone.id])[zone.id]
    return {"name": zone.name, "mode": zone.mode, "minutes": zone.minutes, "lanes": _texts(lanes)}


def _texts(lanes: Collection[UUID]) -> list[str]:
    return [str(lane) for lane in sorted(set(lanes))]
