"""Who is at home where: moving in, moving out, and a name or phone asked for in full (ADMIN-06)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.base.kernel.outbox import announce
from central.people.community.finding import find
from central.people.community.permissions import EDIT_PEOPLE, UNMASK_PEOPLE
from central.people.community.rules import (
    NAME_MAX,
    REASON_MAX,
    Tie,
    ends_after_start,
    mask,
    mask_phone,
    overlap,
    tidy_name,
    tidy_phone,
)
from central.people.community.tables import HouseRow, PersonRow, ResidentRow
from models.values.ids import new_id


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Personal data in full: only ever the answer to somebody who gave a reason, which is in the audit."""

    person_id: UUID
    name: str
    phone: str | None


def add_resident(
    db: Session, actor: Actor, house_id: UUID, name: str, phone: str | None, tie: Tie, *,
    starts_at: datetime, ends_at: datetime | None = None, person_id: UUID | None = None,
    resident_id: UUID | None = None,
) -> ResidentRow:  # fmt: skip
    """A person moves in. `person_id` names somebody who already has a home here; name and phone are then theirs.

    `resident_id` is minted by whoever asks (a form, for one): asked a second time under the same id, nobody moves in
    twice, and the answer is the resident who is there. Conflict when that id is of another house.
    """
    house = find(db, HouseRow, house_id, "community.no_house", lock=True)  # two clerks, one house: one after the other
    actor.demand(EDIT_PEOPLE, house.community_id)
    there = db.scalar(select(ResidentRow).where(ResidentRow.id == resident_id)) if resident_id else None
    if there is not None:
        if there.house_id != house.id:
            raise Conflict()
        return there
    if not ends_after_start(starts_at, ends_at):
        raise Invalid("community.ends_before_start", fields={"ends_at": "community.ends_before_start"})
    if person_id is None:
        person = _new_person(db, name, phone)
    else:
        person = _known_person(db, actor, person_id)
        _demand_no_overlap(db, house, person, starts_at, ends_at)
    resident = ResidentRow(
        id=resident_id or new_id(), community_id=house.community_id, house_id=house.id, person_id=person.id,
        tie=tie.value, starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    db.add(resident)
    db.flush()
    record(
        db, actor, "resident.add", "resident", resident.id, community_id=house.community_id,
        after={"house": house.label, "person": mask(person.name), "tie": tie.value},
    )  # fmt: skip
    _tell(db, actor, resident)
    return resident


def end_residency(db: Session, actor: Actor, resident_id: UUID, ends_at: datetime, reason: str) -> ResidentRow:
    """The lease or ownership ends, and with it what hangs on it. A stay may be shortened, never revived."""
    resident = find(db, ResidentRow, resident_id, "community.no_resident", lock=True)
    actor.demand(EDIT_PEOPLE, resident.community_id)
    if not ends_after_start(resident.starts_at, ends_at):
        raise Invalid("community.ends_before_start", fields={"ends_at": "community.ends_before_start"})
    if resident.ends_at is not None and ends_at > resident.ends_at:
        raise Conflict("community.already_ended")
    before = resident.ends_at
    resident.ends_at = ends_at
    db.flush()
    record(
        db, actor, "resident.end", "resident", resident.id, reason=reason, community_id=resident.community_id,
        before={"ends_at": before.isoformat() if before else None}, after={"ends_at": ends_at.isoformat()},
    )  # fmt: skip
    _tell(db, actor, resident)
    return resident


def withdraw_resident(db: Session, actor: Actor, resident_id: UUID, reason: str, now: datetime) -> ResidentRow:
    """Somebody was registered wrongly, or twice: the stay is over now, and the gates hear of it as of a moving out.

    One that has not begun begins and ends now: with an end after its beginning somebody would be at home for a moment
    on the day that was meant, and who holds a home later would be shut out until then.
    """
    resident = find(db, ResidentRow, resident_id, "community.no_resident", lock=True)
    actor.demand(EDIT_PEOPLE, resident.community_id)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid("community.reason_needed", fields={"reason": "community.reason_needed"})
    if resident.ends_at is not None and resident.ends_at <= now:
        raise Conflict("community.over_already")
    before = _told(resident)
    resident.starts_at, resident.ends_at = min(resident.starts_at, now), now
    db.flush()
    record(
        db, actor, "resident.withdraw", "resident", resident.id, reason=reason, community_id=resident.community_id,
        before=before, after=_told(resident),
    )  # fmt: skip
    _tell(db, actor, resident)
    return resident


def correct_resident(
    db: Session, actor: Actor, resident_id: UUID, reason: str, *,
    name: str | None = None, phone: str | None = None, tie: Tie | None = None,
) -> ResidentRow:  # fmt: skip
    """What was registered wrongly, for a reason. What is None stays; "" as `phone` takes the number away.

    A name is the person's wherever they live, so it asks for the right in each of those communities. The audit names
    the fields and masked values only.
    """
    resident = find(db, ResidentRow, resident_id, "community.no_resident", lock=True)
    actor.demand(EDIT_PEOPLE, resident.community_id)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid("community.reason_needed", fields={"reason": "community.reason_needed"})
    person = find(db, PersonRow, resident.person_id, "community.no_person", lock=True)
    before: dict[str, str | None] = {}
    after: dict[str, str | list[str] | None] = {}
    if name is not None or phone is not None:
        for home in db.scalars(select(ResidentRow.community_id).where(ResidentRow.person_id == person.id).distinct()):
            actor.demand(EDIT_PEOPLE, home)
    if name is not None:
        tidied = tidy_name(name)
        if not tidied or len(tidied) > NAME_MAX:
            raise Invalid("community.name_needed", fields={"name": "community.name_needed"})
        before["name"], after["name"] = mask(person.name), mask(tidied)
        person.name = tidied
    if phone is not None:
        number = tidy_phone(phone) or None
        before["phone"], after["phone"] = (mask_phone(one) if one else None for one in (person.phone, number))
        person.phone = number
    if tie is not None:
        before["tie"], after["tie"] = resident.tie, tie.value
        resident.tie = tie.value
    after["corrected"] = [name for name in ("name", "phone", "tie") if name in before]  # masks of both may be equal
    db.flush()
    record(
        db, actor, "person.correct", "resident", resident.id, before=before, after=after, reason=reason,
        community_id=resident.community_id,
    )  # fmt: skip
    return resident


def unmask_person(db: Session, actor: Actor, person_id: UUID, reason: str) -> PersonFacts:
    """Name and phone in full, for a reason that the audit keeps beside the name of the asker."""
    where = demand_unmask(db, actor, person_id)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid("community.reason_needed", fields={"reason": "community.reason_needed"})
    person = find(db, PersonRow, person_id, "community.no_person")
    record(db, actor, "person.unmask", "person", person.id, reason=reason, community_id=where)
    return PersonFacts(person.id, person.name, person.phone)


def demand_unmask(db: Session, actor: Actor, person_id: UUID) -> UUID | None:
    """The community under which the actor may ask for this person in full. Raises NotFound or Forbidden."""
    find(db, PersonRow, person_id, "community.no_person")
    homes = list(db.scalars(select(ResidentRow.community_id).where(ResidentRow.person_id == person_id).distinct()))
    return _first_allowed(actor, homes)


def _first_allowed(actor: Actor, communities: list[UUID]) -> UUID | None:
    """The community under which the question is allowed; a person without a home is the whole tenant's."""
    places: list[UUID | None] = [*sorted(communities)] or [None]
    for community_id in places:
        if actor.may(UNMASK_PEOPLE, community_id):
            return community_id
    raise Forbidden(permission=UNMASK_PEOPLE)


def _new_person(db: Session, name: str, phone: str | None) -> PersonRow:
    tidied = tidy_name(name)
    if not tidied:
        raise Invalid("community.name_needed", fields={"name": "community.name_needed"})
    person = PersonRow(name=tidied, phone=tidy_phone(phone) if phone else None)
    db.add(person)
    db.flush()
    return person


def _known_person(db: Session, actor: Actor, person_id: UUID) -> PersonRow:
    """Somebody the actor may know of: otherwise an id would be enough to pull a stranger into one's own community."""
    person = find(db, PersonRow, person_id, "community.no_person")
    homes = db.scalars(select(ResidentRow.community_id).where(ResidentRow.person_id == person.id))
    if not any(actor.may(EDIT_PEOPLE, home) for home in homes):
        raise NotFound("community.no_person")
    return person


def _demand_no_overlap(
    db: Session, house: HouseRow, person: PersonRow, starts_at: datetime, ends_at: datetime | None
) -> None:
    stays = select(ResidentRow.starts_at, ResidentRow.ends_at).where(
        ResidentRow.house_id == house.id, ResidentRow.person_id == person.id
    )
    if any(overlap(starts_at, ends_at, (row.starts_at, row.ends_at)) for row in db.execute(stays)):
        raise Conflict("community.already_home", label=house.label)


def _told(resident: ResidentRow) -> dict[str, str | None]:
    return {
        "starts_at": resident.starts_at.isoformat(),
        "ends_at": resident.ends_at.isoformat() if resident.ends_at else None,
    }


def _tell(db: Session, actor: Actor, resident: ResidentRow) -> None:
    payload = {"community_id": str(resident.community_id), "person_id": str(resident.person_id)}
    announce(db, "residency.changed", payload, correlation_id=actor.correlation_id)
