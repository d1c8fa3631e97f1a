"""A car that should not stand on a charging bay is an alarm, until it has gone, or nobody knows any more (PARK-23).

Looked at once a minute, by the rule by which the page of the car park names it. There is one alarm for each bay: what
it is about is no node, and so has an id made of the bay's code, which is its detail.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.parking.lot.misused import misused_now
from central.gates.visits.alarms import BAY_CHARGED, BAY_FUEL_CAR, end_alarm, raise_alarm
from central.gates.visits.live import publish
from central.gates.visits.tables import AlarmRow
from models.parking.charging_bay import Misused

KINDS = {Misused.FUEL_CAR: BAY_FUEL_CAR, Misused.CHARGED: BAY_CHARGED}


def watch_bays(db: Session, now: datetime) -> None:
    """Raise what has begun, end what is over; what goes on changes nothing."""
    due = {
        (bay_id(community_id, bay), KINDS[what]): (community_id, bay)
        for community_id, found in misused_now(db, now).items()
        for bay, what in found
    }
    query = select(AlarmRow.node_id, AlarmRow.kind).where(
        AlarmRow.origin == "central", AlarmRow.kind.in_(KINDS.values()), AlarmRow.over_at.is_(None)
    )
    standing = {(bay, kind) for bay, kind in db.execute(query)}
    for subject, kind in sorted(due.keys() - standing):
        community_id, bay = due[subject, kind]
        raise_alarm(db, subject, community_id, kind, bay, now)
    for subject, kind in sorted(standing - due.keys()):
        end_alarm(db, subject, kind, now)
    if due.keys() ^ standing:
        publish(db)


def bay_id(community_id: UUID, bay: str) -> UUID:
    return uuid5(community_id, f"bay {bay}")
