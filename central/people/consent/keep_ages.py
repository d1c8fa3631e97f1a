"""Timed work: who has come of age needs no day of birth here any more (PRIV-19)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from central.people.consent.facts import ages_of
from central.people.consent.rules import AgeBand, age_band
from central.people.consent.tables import PersonAgeRow


def forget_birth_dates(db: Session, now: datetime) -> int:
    """Returns how many days of birth were destroyed."""
    minors = list(db.scalars(select(PersonAgeRow.person_id).where(PersonAgeRow.of_age.is_(False))))
    grown = [person_id for person_id, age in ages_of(db, minors).items() if age_band(age, now) is AgeBand.OF_AGE]
    db.execute(update(PersonAgeRow).where(PersonAgeRow.person_id.in_(grown)).values(of_age=True, sealed_birth=None))
    return len(grown)
