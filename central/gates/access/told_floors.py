"""Whom a lift takes to which floor, as the snapshot of its node holds it (ACC-29)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.access.rules import REVOKED_KEPT
from central.gates.access.tables import CardholderRow, GatePassRow
from central.people.community.queries_floors import floors_of_houses, floors_of_people, units_served
from models.access.lifts import FloorsOf, HomeFloor, floors_of_homes


def floors_told(db: Session, community_id: UUID, now: datetime) -> tuple[FloorsOf, ...]:
    """Each cardholder's own floors from the day they move in until they leave, and those of the houses that visitors
    with a pass go to. Empty in a community without lifts, and asks one question there."""
    serves = units_served(db, community_id)
    if not serves:
        return ()
    query = select(CardholderRow.person_id, CardholderRow.id).where(CardholderRow.community_id == community_id)
    holders = dict(db.execute(query).all())
    residents = [
        HomeFloor(
            subject_id=holders[home.person_id], unit_id=home.unit_id, floor=home.floor,
            valid_from=home.starts_at if home.starts_at > now else None, valid_until=home.ends_at,
        )
        for home in floors_of_people(db, community_id, now) if home.person_id in holders
    ]  # fmt: skip
    return floors_of_homes([*residents, *_visitors(db, community_id, now)], serves)


def _visitors(db: Session, community_id: UUID, now: datetime) -> list[HomeFloor]:
    """Of passes that may still be shown. Their own window is asked before any floor is, so none is given here."""
    query = select(GatePassRow.id, GatePassRow.house_id).where(
        GatePassRow.community_id == community_id,
        GatePassRow.house_id.is_not(None),
        GatePassRow.revoked_at.is_(None),
        GatePassRow.not_after > now - REVOKED_KEPT,
    )
    houses = {pass_id: house_id for pass_id, house_id in db.execute(query) if house_id is not None}
    known = floors_of_houses(db, set(houses.values()))
    return [
        HomeFloor(subject_id=pass_id, unit_id=known[house_id][0], floor=known[house_id][1])
        for pass_id, house_id in houses.items() if house_id in known
    ]  # fmt: skip
