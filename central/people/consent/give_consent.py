"""Somebody consents, or their guardian does for them; or an age is noted, which is asked for here and nowhere else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.outbox import announce
from central.base.kernel.secrets import seal
from central.people.community.queries import gates_of, resident_of
from central.people.consent.facts import UNKNOWN_AGE, ages_of, birth_of, lasting, text_fact, text_facts, texts_of
from central.people.consent.guardians import as_guardian, at_home
from central.people.consent.permissions import RECORD_CONSENTS
from central.people.consent.rules import (
    PHOTOS_VERSION,
    Age,
    AgeBand,
    Channel,
    Purpose,
    age_band,
    birth_problem,
    giving_problem,
)
from central.people.consent.tables import ConsentRow, PersonAgeRow


def note_age(db: Session, actor: Actor, resident_id: UUID, born_on: date, *, now: datetime) -> AgeBand:
    """Keep what must be known of an age: the day of birth, sealed, while somebody is not of age; else that they are.

    Noted again it is corrected: what was noted before is replaced, and the audit keeps both bands."""
    resident = resident_of(db, resident_id)
    actor.demand(RECORD_CONSENTS, resident.community_id)
    problem = birth_problem(born_on, now)
    if problem is not None:
        raise Invalid(problem, fields={"born_on": problem})
    was = ages_of(db, [resident.person_id]).get(resident.person_id)
    band = age_band(Age(born_on), now)
    of_age = band is AgeBand.OF_AGE
    person_id = resident.person_id
    sealed = None if of_age else seal(db, born_on.isoformat().encode(), birth_of(person_id))
    values = {"of_age": of_age, "sealed_birth": sealed, "noted_at": now}
    noted = insert(PersonAgeRow).values(person_id=person_id, **values)
    db.execute(noted.on_conflict_do_update(index_elements=["tenant_id", "person_id"], set_=values))
    record(
        db, actor, "age.note", "person", person_id, community_id=resident.community_id,
        before={"age": age_band(was, now).value} if was is not None else None, after={"age": band.value},
    )  # fmt: skip
    announce(
        db, "age.noted", {"community_id": str(resident.community_id), "person_id": str(person_id)},
        correlation_id=actor.correlation_id,
    )  # fmt: skip
    return band


def give_consent(
    db: Session, actor: Actor, resident_id: UUID, text_id: UUID, channel: Channel, *, now: datetime,
    gates: Collection[UUID] | None = None, guardian_id: UUID | None = None, purpose: Purpose = Purpose.FACE,
    keep_photos: bool = False,
) -> ConsentRow:  # fmt: skip
    """Record a consent as it was given. `gates` None: at every gate; `guardian_id`: the resident who spoke for a child;
    `keep_photos`: chosen besides, in words of its own (keep_photos.py).

    Raises Conflict in words for an old text, an unknown age, a guardian who is missing, no longer at home there, or
    not of age; NotFound for a text or gate of another community.
    """
    resident = resident_of(db, resident_id)
    actor.demand(RECORD_CONSENTS, resident.community_id)
    texts = texts_of(db, resident.community_id, purpose)
    text = texts.get(text_id)
    if text is None:
        raise NotFound("consent.no_text")
    _demand_gates(db, resident.community_id, gates)
    guardian = resident_of(db, guardian_id) if guardian_id is not None else None
    ages = ages_of(db, [one.person_id for one in (resident, guardian) if one is not None])
    problem = giving_problem(
        text_fact(text), text_facts(texts.values()), age_band(ages.get(resident.person_id, UNKNOWN_AGE), now),
        as_guardian(resident, guardian, ages, now) if guardian is not None else None, at_home=at_home(resident, now),
    )  # fmt: skip
    if problem is not None:
        raise Conflict(problem)
    row = ConsentRow(
        community_id=resident.community_id, person_id=resident.person_id, text_id=text.id, purpose=purpose.value,
        channel=channel.value, gates=sorted(set(gates)) if gates is not None else None,
        guardian_id=guardian.person_id if guardian is not None else None, given_at=now,
        expires_at=now + lasting(text), recorded_by=actor.name,
        photos_version=PHOTOS_VERSION if keep_photos else None, photos_kept_at=now if keep_photos else None,
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, "consent.give", "consent", row.id, community_id=row.community_id,
        after={"text_version": text.version, "channel": channel.value, "by_guardian": guardian is not None,
               "all_gates": gates is None, "photos_version": row.photos_version,
               "expires_at": row.expires_at.isoformat(), "person_id": str(row.person_id)},
    )  # fmt: skip
    announce(
        db, "consent.given", {"community_id": str(row.community_id), "person_id": str(row.person_id)},
        correlation_id=actor.correlation_id,
    )  # fmt: skip
    return row


def _demand_gates(db: Session, community_id: UUID, gates: Collection[UUID] | None) -> None:
    if gates is None:
        return
    if not gates:
        raise Invalid("consent.no_gates", fields={"gates": "consent.no_gates"})
    if not set(gates) <= {view.gate_id for view in gates_of(db, community_id)}:
        raise NotFound("community.no_gate")
