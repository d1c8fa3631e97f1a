"""Who speaks for a child: the one judgement that the desk, its links and their pages all ask."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.people.community.queries import ResidentView, household_of, resident_of
from central.people.community.rules import Tie
from central.people.consent.facts import UNKNOWN_AGE, ages_of
from central.people.consent.rules import Age, AgeBand, Guardian, age_band, guardian_problem, inviting_problem
from central.people.consent.tables import ConsentRow


def guardians_for(db: Session, resident_id: UUID, now: datetime) -> tuple[ResidentView, ...]:
    """Who at home there may consent for this child: adults whose age was noted, domestic help left out."""
    child = resident_of(db, resident_id)
    home = household_of(db, child.house_id, now)
    ages = ages_of(db, [one.person_id for one in home])
    return tuple(one for one in home if guardian_problem(as_guardian(child, one, ages, now)) is None)


def children_of(db: Session, resident_id: UUID, now: datetime) -> tuple[ResidentView, ...]:
    """For whom at home there this resident may consent, or may once their age is noted: children under 14."""
    adult = resident_of(db, resident_id)
    home = household_of(db, adult.house_id, now)
    ages = ages_of(db, [one.person_id for one in home])
    return tuple(
        one for one in home
        if age_band(ages.get(one.person_id, UNKNOWN_AGE), now) is AgeBand.UNDER_14
        and guardian_problem(as_guardian(one, adult, ages, now)) in (None, "consent.guardian_age_unknown")
    )  # fmt: skip


def guardian_before(db: Session, resident_id: UUID, now: datetime) -> ResidentView | None:
    """Who of the home spoke for this child the last time; None where nobody did, or they no longer may."""
    child = resident_of(db, resident_id)
    last = select(ConsentRow.guardian_id).where(
        ConsentRow.community_id == child.community_id, ConsentRow.person_id == child.person_id
    )
    spoke = db.scalar(last.order_by(ConsentRow.given_at.desc(), ConsentRow.id.desc()).limit(1))
    able = guardians_for(db, resident_id, now) if spoke is not None else ()
    return next((one for one in able if one.person_id == spoke), None)


def link_problem(db: Session, resident_id: UUID, guardian_id: UUID | None, now: datetime) -> str | None:
    """The catalogue key of why this person gets no link that names this resident as guardian, or None when they do.
    Raises NotFound for a resident there is not."""
    person = resident_of(db, resident_id)
    guardian = resident_of(db, guardian_id) if guardian_id is not None else None
    ages = ages_of(db, [one.person_id for one in (person, guardian) if one is not None])
    speaks = as_guardian(person, guardian, ages, now) if guardian is not None else None
    return inviting_problem(age_band(ages.get(person.person_id, UNKNOWN_AGE), now), speaks)


def as_guardian(resident: ResidentView, guardian: ResidentView, ages: dict[UUID, Age], now: datetime) -> Guardian:
    same_home = guardian.house_id == resident.house_id and at_home(guardian, now) and guardian.tie != Tie.HELP
    band = age_band(ages.get(guardian.person_id, UNKNOWN_AGE), now)
    return Guardian(guardian.person_id == resident.person_id, same_home, band)


def at_home(resident: ResidentView, now: datetime) -> bool:
    return resident.starts_at <= now and (resident.ends_at is None or now < resident.ends_at)
