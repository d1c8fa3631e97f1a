"""A driver asks for a person with their phone, by the sign of the exit where they stand (LANE-26).

One such call stands at a lane at a time, whoever pressed: the sign's address is no proof of who stands there, and the
guard sees whether a car does. It is over once a car has driven through, when somebody is done with it, or by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from central.gates.visits.at_lane import car_at
from central.gates.visits.calls.rules import By, State
from central.gates.visits.calls.tables import LaneCallRow
from central.gates.visits.calls.waiting import phone_call
from central.gates.visits.live import mark, publish
from central.people.community.queries import LaneView
from models.values.ids import new_id

AGAIN = timedelta(seconds=10)


def ask_by_phone(db: Session, lane: LaneView, now: datetime) -> None:
    """Who presses while their call stands has asked once more. Asks nobody's right."""
    lane_id = lane.lane.lane_id
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"calls:{lane_id}"})
    stands = phone_call(db, lane_id, now)
    if stands is not None and stands[1].state in (State.WAITING, State.TAKEN):
        if now - stands[0].asked_at >= AGAIN:
            stands[0].asked_at = now
    else:
        car = car_at(db, lane_id, now)
        db.add(LaneCallRow(
            call_id=new_id(), community_id=lane.community_id, lane_id=lane_id, by=By.PHONE.value,
            visit_id=car.visit_id if car is not None else None, began_at=now, asked_at=now,
        ))  # fmt: skip
    db.flush()
    mark(db, "call", lane_id, lane.community_id)
    publish(db)


def phone_call_state(db: Session, lane: LaneView, now: datetime) -> State | None:
    """What the phone may say of it; None where none stands."""
    found = phone_call(db, lane.lane.lane_id, now)
    return found[1].state if found is not None and found[1].state in (State.WAITING, State.TAKEN) else None
