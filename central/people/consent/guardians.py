"""Who speaks for a child: the one judgement that the desk and the link's page both ask."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.people.community.queries import ResidentView, household_of, resident_of
from central.people.community.rules import Tie
from central.people.consent.facts import UNKNOWN_AGE, ages_of
from central.people.consent.rules import Age, Guardian, age_band, guardian_problem


def guardians_for(db: Session, resident_id: UUID, now: datetime) -> tuple[ResidentView, ...]:
    """Who at home there may consent for this child: adults whose age was noted, domestic help left out."""
    child = resident_of(db, resident_id)
    home = household_of(db, child.house_id, now)
    ages = ages_of(db, [one.person_id for one in home])
    return tuple(one for one in home if guardian_problem(as_guardian(child, one, ages, now)) is None)


def as_guardian(resident: ResidentView, guardian: ResidentView, ages: dict[UUID, Age], now: datetime) -> Guardian:
    same_home = guardian.house_id == resident.house_id and at_home(guardian, now) and guardian.tie != Tie.HELP
    band = age_band(ages.get(guardian.person_id, UNKNOWN_AGE), now)
    return Guardian(guardian.person_id == resident.person_id, same_home, band)


def at_home(resident: ResidentView, now: datetime) -> bool:
    return resident.starts_at <= now and (resident.ends_at is None or now < resident.ends_at)
