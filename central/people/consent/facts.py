"""From rows to what the rules ask about, for one person or a community of ten thousand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from central.base.kernel.secrets import unseal
from central.people.consent.rules import Age, Consent, Purpose, Text
from central.people.consent.tables import ConsentRow, ConsentTextRow, PersonAgeRow

UNKNOWN_AGE = Age()


def texts_of(db: Session, community_id: UUID, purpose: Purpose) -> dict[UUID, ConsentTextRow]:
    """Every version by its id, oldest first."""
    query = select(ConsentTextRow).where(
        ConsentTextRow.community_id == community_id, ConsentTextRow.purpose == purpose.value
    )
    return {row.id: row for row in db.scalars(query.order_by(ConsentTextRow.version))}


def last_consents(
    db: Session, community_id: UUID, purpose: Purpose, person_ids: Collection[UUID] | None = None
) -> dict[UUID, ConsentRow]:
    """The consent given last by each person: the one that counts."""
    query = select(ConsentRow).where(ConsentRow.community_id == community_id, ConsentRow.purpose == purpose.value)
    if person_ids is not None:
        query = query.where(ConsentRow.person_id.in_(set(person_ids)))
    newest = query.ext(distinct_on(ConsentRow.person_id)).order_by(
        ConsentRow.person_id, ConsentRow.given_at.desc(), ConsentRow.id.desc()
    )
    return {row.person_id: row for row in db.scalars(newest)}


def ages_of(db: Session, person_ids: Collection[UUID]) -> dict[UUID, Age]:
    """What is known of their age; those of whom nothing is known are not in the answer."""
    query = select(PersonAgeRow.person_id, PersonAgeRow.of_age, PersonAgeRow.sealed_birth)
    ages = {}
    for person_id, of_age, sealed in db.execute(query.where(PersonAgeRow.person_id.in_(set(person_ids)))):
        born_on = date.fromisoformat(unseal(db, sealed, birth_of(person_id)).decode()) if sealed is not None else None
        ages[person_id] = Age(born_on, of_age)
    return ages


def birth_of(person_id: UUID) -> str:
    """What a sealed day of birth is about."""
    return f"person_age:{person_id}"


def text_fact(row: ConsentTextRow) -> Text:
    return Text(row.version, row.published_at, row.old_until)


def text_facts(rows: Collection[ConsentTextRow]) -> Sequence[Text]:
    return [text_fact(row) for row in rows]


def consent_fact(row: ConsentRow, texts: dict[UUID, ConsentTextRow]) -> Consent:
    return Consent(
        texts[row.text_id].version, row.given_at, row.expires_at, row.guardian_id is not None, row.withdrawn_at
    )


def lasting(row: ConsentTextRow) -> timedelta:
    return timedelta(days=row.lasts_days)
