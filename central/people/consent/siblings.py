"""How a child is called where a guardian, or the desk for them, chooses one of several: no two alike at home.

Names stay masked, and are told apart by their last character where that does it (`community.rules.told_apart`). Where
it does not, 王明 and 王亮, the age is told besides, whole years and of nobody else; of the same age, who was registered
first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.people.community.queries import homes_of, household_of, name_at_home
from central.people.community.rules import mask
from central.people.consent.facts import UNKNOWN_AGE, ages_of
from central.people.consent.guardians import at_home
from central.people.consent.rules import AgeBand, age_band, years_old

YOUNG = (AgeBand.UNDER_14, AgeBand.UNDER_18)


@dataclass(frozen=True, slots=True)
class Called:
    """`years`: where the name alone is also that of another child at home there. `place`: among those of them of the
    same age, from 1 in the order in which they were registered; None where the age tells them apart."""

    name: str
    years: int | None = None
    place: int | None = None


def called_at_home(db: Session, person_id: UUID, community_id: UUID, now: datetime) -> Called:
    """For somebody with a name; whoever is of age, or of unknown age, is called by the masked name alone."""
    name = name_at_home(db, person_id, community_id, now)
    mine = [one for one in homes_of(db, person_id, community_id) if at_home(one, now)]
    home = [one for house in {one.house_id for one in mine} for one in household_of(db, house, now)]
    alike = {one.person_id: one.resident_id for one in home if mask(one.name) == mask(name)}
    ages = ages_of(db, alike.keys())
    young = {
        person: born
        for person in alike
        if (born := (age := ages.get(person, UNKNOWN_AGE)).born_on) and age_band(age, now) in YOUNG
    }
    if person_id not in young:
        return Called(name)
    same = [person for person in young if name_at_home(db, person, community_id, now) == name]
    if len(same) == 1:
        return Called(name)
    years = {person: years_old(young[person], now) for person in same}
    peers = sorted((alike[one], one) for one in same if years[one] == years[person_id])
    place = [person for _, person in peers].index(person_id) + 1 if len(peers) > 1 else None
    return Called(name, years[person_id], place)
