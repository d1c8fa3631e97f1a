"""An alarm of a pump or a float, beside the storm that may run there already (LANE-28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from central.gates.parking.storms.storm import running
from central.gates.visits.views import AlarmView
from models.wire.events import AlarmKind


def with_storms(db: Session, alarms: Sequence[AlarmView], now: datetime) -> list[AlarmView]:
    """The alarms as they are, each of water that goes on with whether storm mode runs there: what to do differs."""
    places = {one.community_id for one in alarms if one.kind == AlarmKind.WATER and one.over_at is None}
    stormy = {place for place in places if running(db, place, now) is not None}
    return [
        replace(one, in_storm=True) if one.community_id in stormy and one.kind == AlarmKind.WATER else one
        for one in alarms
    ]
