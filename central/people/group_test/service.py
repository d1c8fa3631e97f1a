"""Agree to the test, take it back, and read who takes part. The audit never holds what somebody said of themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.outbox import News
from central.base.kernel.secrets import seal, unseal
from central.people.community.queries import resident_of, stays_of
from central.people.consent.permissions import RECORD_CONSENTS
from central.people.consent.queries import standing_of
from central.people.consent.rules import AgeBand, Standing
from central.people.group_test.rules import TEXT_VERSION, Dimension, problems_of
from central.people.group_test.tables import GroupTestRow


@dataclass(frozen=True, slots=True)
class Participant:
    """`said`: dimension -> group, only what the person said. Attempts count from `since` on."""

    person_id: UUID
    said: Mapping[Dimension, str]
    since: datetime


def agree(db: Session, actor: Actor, resident_id: UUID, said: Mapping[str, str | None], *, now: datetime) -> None:
    """The person agrees to be counted and says what they like of themselves; again: it takes the place of before.

    Conflict for whoever has not agreed to faces at all, or is not known to be of age.
    """
    resident = resident_of(db, resident_id)
    actor.demand(RECORD_CONSENTS, resident.community_id)
    wrong = problems_of(said)
    if wrong:
        raise Invalid(fields=wrong)
    stands = standing_of(db, resident.community_id, resident.person_id, now)
    if stands.standing is not Standing.IN_FORCE:
        raise Conflict("group_test.no_face")
    if stands.age is not AgeBand.OF_AGE:
        raise Conflict("group_test.adults_only")
    kept = {one.value: said[one.value] for one in Dimension if said.get(one.value)}
    sealed = seal(db, json.dumps(kept).encode(), _about(resident.person_id))
    values = {"text_version": TEXT_VERSION, "sealed_said": sealed, "agreed_at": now, "recorded_by": actor.name}
    made = insert(GroupTestRow).values(community_id=resident.community_id, person_id=resident.person_id, **values)
    keys = [GroupTestRow.tenant_id, GroupTestRow.community_id, GroupTestRow.person_id]
    db.execute(made.on_conflict_do_update(index_elements=keys, set_=values))
    record(
        db, actor, "group_test.agree", "person", resident.person_id, community_id=resident.community_id,
        after={"text_version": TEXT_VERSION},
    )  # fmt: skip


def withdraw(db: Session, actor: Actor, resident_id: UUID) -> None:
    """One step: what was said is deleted. Once more: nothing is there, and nothing happens."""
    resident = resident_of(db, resident_id)
    actor.demand(RECORD_CONSENTS, resident.community_id)
    if _delete(db, resident.community_id, resident.person_id):
        record(
            db, actor, "group_test.withdraw", "person", resident.person_id, community_id=resident.community_id
        )  # fmt: skip


def takes_part(db: Session, community_id: UUID, person_id: UUID) -> datetime | None:
    """Since when; None: not."""
    return db.scalar(
        select(GroupTestRow.agreed_at).where(
            GroupTestRow.community_id == community_id, GroupTestRow.person_id == person_id
        )
    )


def participants(db: Session, community_id: UUID) -> list[Participant]:
    """Everybody who takes part, opened to be counted."""
    rows = db.scalars(select(GroupTestRow).where(GroupTestRow.community_id == community_id))
    return [
        Participant(row.person_id, json.loads(unseal(db, row.sealed_said, _about(row.person_id))), row.agreed_at)
        for row in rows
    ]


def forget(db: Session, news: News) -> None:
    """Whoever takes back the consent to faces is no longer counted either."""
    _delete(db, UUID(news.payload["community_id"]), UUID(news.payload["person_id"]))


def forget_who_left(db: Session, now: datetime) -> int:
    """Timed: who is at home nowhere in the community any more is no longer counted. Returns how many."""
    gone = 0
    for community_id in db.scalars(select(GroupTestRow.community_id).distinct()).all():
        people = db.scalars(select(GroupTestRow.person_id).where(GroupTestRow.community_id == community_id)).all()
        stays = stays_of(db, community_id, people)
        for person_id in people:
            if all(ends is not None and ends <= now for _, ends in stays.get(person_id, [])):
                gone += _delete(db, community_id, person_id)
    return gone


def _delete(db: Session, community_id: UUID, person_id: UUID) -> int:
    done = db.execute(
        delete(GroupTestRow).where(GroupTestRow.community_id == community_id, GroupTestRow.person_id == person_id)
    )
    assert isinstance(done, CursorResult)
    return done.rowcount


def _about(person_id: UUID) -> str:
    return f"group_test:{person_id}"
