"""How many electric bicycles came before each lane's detector, day by day (LANE-27)."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.visits.tables import EbikeSeenRow
from models.values.time import site_day

DAYS_MAX = 31


def ebikes_by_day(db: Session, community_id: UUID, now: datetime, days: int = 2) -> Counter[tuple[UUID, date]]:
    """(lane, day at the site) -> how many, of today and the days before it."""
    since = now - timedelta(days=min(days, DAYS_MAX))
    query = select(EbikeSeenRow.lane_id, EbikeSeenRow.at).where(
        EbikeSeenRow.community_id == community_id, EbikeSeenRow.at > since, EbikeSeenRow.at <= now
    )
    first = site_day(now) - timedelta(days=min(days, DAYS_MAX) - 1)
    found = ((lane_id, site_day(at)) for lane_id, at in db.execute(query))
    return Counter(one for one in found if one[1] >= first)
