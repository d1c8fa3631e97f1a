"""Reads for other domains and for pages. None of them asks who is asking: routes and pages do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from central.people.consent.facts import (
    UNKNOWN_AGE,
    ages_of,
    consent_fact,
    homes_for,
    last_consents,
    lasting,
    text_facts,
    texts_of,
)
from central.people.consent.rules import Purpose, Standing, age_band, ended_at, ends_at, standing, why_anew
from central.people.consent.tables import ConsentRow, ConsentTextRow, PersonAgeRow
from central.people.consent.views import Agreed, ConsentView, StandingView, TextView

__all__ = [
    "Agreed",
    "ConsentView",
    "Standing",
    "StandingView",
    "TextView",
    "agreed",
    "agreed_once",
    "anything_sealed",
    "consent_views",
    "ended_between",
    "keeping_photos",
    "standing_of",
    "standings",
    "text_view",
    "text_views",
]


def agreed(
    db: Session, community_id: UUID, now: datetime, purpose: Purpose = Purpose.FACE,
    person_ids: Collection[UUID] | None = None,
) -> dict[UUID, Agreed]:  # fmt: skip
    """Who has a consent in force, by person; None asks for everybody. A fixed number of queries, however many
    people."""
    told = agreed_once(db, community_id, now, purpose, person_ids)
    return {person_id: one for person_id, one in told.items() if now < one.until}


def agreed_once(
    db: Session, community_id: UUID, now: datetime, purpose: Purpose = Purpose.FACE,
    person_ids: Collection[UUID] | None = None,
) -> dict[UUID, Agreed]:  # fmt: skip
    """The same, and beside them whose consent has ended by itself: `until` is then past."""
    texts = texts_of(db, community_id, purpose)
    versions, found = text_facts(texts.values()), {}
    last = last_consents(db, community_id, purpose, person_ids)
    homes = homes_for(db, community_id, [row for row, _ in last.values()])
    for person_id, (row, age) in last.items():
        facts = [consent_fact(row, texts, homes)]
        until = ends_at(facts, versions, age, now) or ended_at(facts, versions, age, now)
        if until is not None:
            found[person_id] = Agreed(frozenset(row.gates) if row.gates is not None else None, until)
    return found


def standings(
    db: Session, community_id: UUID, person_ids: Collection[UUID] | None, now: datetime,
    purpose: Purpose = Purpose.FACE,
) -> dict[UUID, StandingView]:  # fmt: skip
    """Where each of these people stands; None asks for everybody who ever consented."""
    rows, texts = last_consents(db, community_id, purpose, person_ids), texts_of(db, community_id, purpose)
    people = set(rows) if person_ids is None else set(person_ids)
    homes = homes_for(db, community_id, [row for row, _ in rows.values()])
    ages, versions, found = ages_of(db, people - rows.keys()), text_facts(texts.values()), {}
    for person_id in people:
        row, age = rows.get(person_id, (None, ages.get(person_id, UNKNOWN_AGE)))
        facts = [consent_fact(row, texts, homes)] if row is not None else []
        found[person_id] = StandingView(
            standing(facts, versions, age, now), age_band(age, now), _view(row, texts) if row is not None else None,
            ends_at(facts, versions, age, now), why_anew(facts, versions, age, now),
        )  # fmt: skip
    return found


def standing_of(db: Session, community_id: UUID, person_id: UUID, now: datetime) -> StandingView:
    return standings(db, community_id, [person_id], now)[person_id]


def keeping_photos(db: Session, community_id: UUID, now: datetime, gate_id: UUID | None = None) -> frozenset[UUID]:
    """Who lets the photos of their enrolment stay at this gate; None: at any."""
    chose = select(ConsentRow.person_id).where(
        ConsentRow.community_id == community_id, ConsentRow.photos_version.is_not(None),
        ConsentRow.photos_ended_at.is_(None), ConsentRow.withdrawn_at.is_(None),
    )  # fmt: skip
    people = set(db.scalars(chose))
    if not people:
        return frozenset()
    return frozenset(
        person
        for person, stands in standings(db, community_id, people, now).items()
        if stands.keeps_photos and not (gate_id is not None and stands.leaves_out(gate_id))
    )


def ended_between(
    db: Session, community_id: UUID, after: datetime, until: datetime, purpose: Purpose = Purpose.FACE
) -> bool:
    """Whether somebody's consent ended by itself in this time: by its date, by a newer text, or on a birthday."""
    then, now = agreed(db, community_id, after, purpose), agreed(db, community_id, until, purpose)
    return bool(then.keys() - now.keys())


def text_views(db: Session, community_id: UUID, purpose: Purpose = Purpose.FACE) -> list[TextView]:
    """Every version, newest first."""
    return [text_view(row) for row in reversed(texts_of(db, community_id, purpose).values())]


def text_view(row: ConsentTextRow) -> TextView:
    return TextView(
        row.id, row.community_id, row.purpose, row.version, row.zh, row.en, row.published_at, row.published_by,
        row.old_until, row.lasts_days,
    )  # fmt: skip


def consent_views(
    db: Session, community_id: UUID, person_id: UUID, purpose: Purpose = Purpose.FACE
) -> list[ConsentView]:
    """Everything a person ever consented to here, newest first."""
    texts = texts_of(db, community_id, purpose)
    query = select(ConsentRow).where(
        ConsentRow.community_id == community_id, ConsentRow.person_id == person_id, ConsentRow.purpose == purpose.value
    )
    return [_view(row, texts) for row in db.scalars(query.order_by(ConsentRow.given_at.desc(), ConsentRow.id.desc()))]


def anything_sealed(db: Session) -> bool:
    """Whether something here opens with the master key alone: a missing key is then a loss, not a first start."""
    query = select(PersonAgeRow.id).where(PersonAgeRow.sealed_birth.is_not(None))
    return db.scalar(query.limit(1)) is not None


def _view(row: ConsentRow | Row[Any], texts: dict[UUID, ConsentTextRow]) -> ConsentView:
    return ConsentView(
        row.id, texts[row.text_id].version, row.channel, row.guardian_id is not None,
        tuple(row.gates) if row.gates is not None else None, row.given_at, row.expires_at, row.recorded_by,
        row.withdrawn_at, row.withdrawn_channel, row.photos_version, row.photos_kept_at, row.photos_ended_at,
        row.expires_at < row.given_at + lasting(texts[row.text_id]),
    )  # fmt: skip
