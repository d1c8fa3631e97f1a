"""From rows to what the rules ask about, for one person or a community of ten thousand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Session

from central.base.kernel.secrets import unseal
from central.people.community.queries import homes_of_people
from central.people.community.rules import Tie
from central.people.consent.rules import Age, Consent, Home, Purpose, Text, guardian_until
from central.people.consent.tables import ConsentRow, ConsentTextRow, PersonAgeRow

UNKNOWN_AGE, ADULT = Age(), Age(of_age=True)
Homes = Mapping[UUID, Sequence[Home]]


def texts_of(db: Session, community_id: UUID, purpose: Purpose) -> dict[UUID, ConsentTextRow]:
    """Every version by its id, oldest first."""
    query = select(ConsentTextRow).where(
        ConsentTextRow.community_id == community_id, ConsentTextRow.purpose == purpose.value
    )
    return {row.id: row for row in db.scalars(query.order_by(ConsentTextRow.version))}


def last_consents(
    db: Session, community_id: UUID, purpose: Purpose, person_ids: Collection[UUID] | None = None
) -> dict[UUID, tuple[Any, Age]]:
    """The consent given last by each person, which is the one that counts, and what is known of their age.

    Columns of one query, not objects of two: there are thousands, and a gate waits for them.
    """
    query = (
        select(*ConsentRow.__table__.columns, PersonAgeRow.of_age, PersonAgeRow.sealed_birth)
        .outerjoin(PersonAgeRow, PersonAgeRow.person_id == ConsentRow.person_id)
        .where(ConsentRow.community_id == community_id, ConsentRow.purpose == purpose.value)
    )
    if person_ids is not None:
        query = query.where(ConsentRow.person_id == _one_of(person_ids))
    newest = query.ext(distinct_on(ConsentRow.person_id)).order_by(
        ConsentRow.person_id, ConsentRow.given_at.desc(), ConsentRow.id.desc()
    )
    return {
        row.person_id: (row, _age(db, row.person_id, bool(row.of_age), row.sealed_birth)) for row in db.execute(newest)
    }


def ages_of(db: Session, person_ids: Collection[UUID]) -> dict[UUID, Age]:
    """What is known of their age; those of whom nothing is known are not in the answer."""
    query = select(PersonAgeRow.person_id, PersonAgeRow.of_age, PersonAgeRow.sealed_birth)
    rows = db.execute(query.where(PersonAgeRow.person_id == _one_of(person_ids)))
    return {person_id: _age(db, person_id, of_age, sealed) for person_id, of_age, sealed in rows}


def _age(db: Session, person_id: UUID, of_age: bool, sealed: bytes | None) -> Age:
    if of_age:
        return ADULT
    if sealed is None:
        return UNKNOWN_AGE
    return Age(date.fromisoformat(unseal(db, sealed, birth_of(person_id)).decode()))


def birth_of(person_id: UUID) -> str:
    """What a sealed day of birth is about."""
    return f"person_age:{person_id}"


def text_fact(row: ConsentTextRow) -> Text:
    return Text(row.version, row.published_at, row.old_until)


def text_facts(rows: Collection[ConsentTextRow]) -> Sequence[Text]:
    return [text_fact(row) for row in rows]


def consent_fact(row: ConsentRow | Row[Any], texts: dict[UUID, ConsentTextRow], homes: Homes) -> Consent:
    """`homes`: of `homes_for` the people of this row."""
    until = None
    if row.guardian_id is not None:
        until = guardian_until(homes.get(row.person_id, ()), homes.get(row.guardian_id, ()), row.given_at)
    return Consent(
        texts[row.text_id].version, row.given_at, row.expires_at, row.guardian_id is not None, until, row.withdrawn_at
    )


def homes_for(db: Session, community_id: UUID, rows: Iterable[ConsentRow | Row[Any]]) -> Homes:
    """Where the children of these consents and their guardians are and were at home; of nobody else."""
    people = {one for row in rows if row.guardian_id is not None for one in (row.person_id, row.guardian_id)}
    found: dict[UUID, list[Home]] = {}
    for person_id, house_id, ends_at, tie in homes_of_people(db, community_id, people) if people else ():
        found.setdefault(person_id, []).append(Home(house_id, ends_at, tie == Tie.HELP))
    return found


def _one_of(ids: Collection[UUID]) -> Any:
    """As one array: a list of ten thousand parameters takes longer to send than to answer."""
    return any_(literal(list(set(ids)), ARRAY(Uuid())))


def lasting(row: ConsentTextRow) -> timedelta:
    return timedelta(days=row.lasts_days)
