"""To whom or what a deed of the audit was done, in words, with the page where there is more. A list at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.identity.accounts import account_names
from central.base.kernel.actor import Actor
from central.base.kernel.audit import AuditRow
from central.gates.access.permissions import READ_PASSES
from central.gates.access.service import people_of
from central.gates.access.views import PersonView
from central.gates.parking.permissions import KEEP_BOOKINGS, KEEP_PLATES, READ_STAYS, RUN_STORMS
from central.gates.visits.queries import alarms_named
from central.oversight.console.names import Names
from central.people.community.permissions import EDIT_PEOPLE
from central.people.community.queries import ResidentView, homes_among


@dataclass(frozen=True, slots=True)
class Subject:
    """A masked person, or the `name` of a thing; `page` is "" where there is none, or not for this reader."""

    person: PersonView | None = None
    name: str = ""
    page: str = ""


NOTHING = Subject()


def subjects_of(db: Session, actor: Actor, rows: Sequence[AuditRow], names: Names) -> Mapping[UUID, Subject]:
    """By the row's id, in a fixed number of queries. What is gone, or has no words, is `NOTHING`."""
    by_kind: dict[str, set[UUID]] = {}
    for row in rows:
        identity = _uuid(row.subject_id)
        if identity is not None:
            by_kind.setdefault(row.subject, set()).add(identity)
        for kind, whose in _whose(row):
            by_kind.setdefault(kind, set()).add(whose)
    passes, holders = by_kind.get("gate_pass", set()), by_kind.get("cardholder", set())
    people = people_of(db, {(one, None) for one in passes} | {(None, one) for one in holders})
    persons = by_kind.get("person", set()) | {one.person_id for one in people.values() if one.person_id}
    homes = homes_among(db, by_kind.get("resident", set()), persons)
    alarms = {one.alarm_id: one.lane_name for one in alarms_named(db, by_kind.get("alarm", set()))}
    accounts = account_names(db, by_kind.get("account", set()))
    known = _Known(people, homes, alarms, accounts, names)
    return {row.id: _subject(actor, row.subject, _uuid(row.subject_id), row, known) for row in rows}


@dataclass(frozen=True, slots=True)
class _Known:
    people: Mapping[tuple[UUID | None, UUID | None], PersonView]
    homes: Sequence[ResidentView]
    alarms: Mapping[UUID, str]
    accounts: Mapping[UUID, str]
    names: Names


def _whose(row: AuditRow) -> list[tuple[str, UUID]]:
    """Whose a card, a PIN or a consent is: the deed says it beside the thing's own id."""
    said = row.after or {}
    told = (("cardholder", said.get("cardholder_id")), ("person", said.get("person_id")))
    return [(kind, found) for kind, text in told if (found := _uuid(text)) is not None]


def _subject(actor: Actor, kind: str, identity: UUID | None, row: AuditRow, known: _Known) -> Subject:
    people, homes = known.people, known.homes
    match kind:
        case "gate_pass":
            view, may = people[identity, None], actor.may(READ_PASSES, row.community_id)
            return Subject(view if view.kind != "unknown" else None, page=f"/visitors/{identity}" if may else "")
        case "cardholder":
            view = people[None, identity]
            mine = [home for home in homes if home.person_id == view.person_id]
            return Subject(view, page=_home_page(actor, row, mine)) if view.kind != "unknown" else NOTHING
        case "resident" | "person":
            mine = [home for home in homes if identity in (home.resident_id, home.person_id)]
            here = [home for home in mine if row.community_id in (None, home.community_id)]
            if not here:
                return NOTHING
            return Subject(PersonView("resident", here[-1].name, here[-1].house), page=_home_page(actor, row, here))
        case "alarm":
            return Subject(name=known.alarms.get(identity, "") if identity else "")
        case "plate_entry":
            said = row.after or {}
            return Subject(name=str(said.get("plate", "")), page="/plates" if actor.holds(KEEP_PLATES) else "")
        case "lot_booking":
            may = actor.may(READ_STAYS, row.community_id)
            address = f"/parking/bookings?community={row.community_id}" if may else ""
            return Subject(name=str((row.after or {}).get("plate", "")), page=address)
        case "bay_offer":
            may = actor.may(KEEP_BOOKINGS, row.community_id)
            address = f"/parking/shared?community={row.community_id}" if may else ""
            return Subject(name=str((row.after or {}).get("bay", "")), page=address)
        case "stay":
            plate, may = str((row.after or {}).get("plate", "")), actor.may(READ_STAYS, row.community_id)
            return Subject(name=plate, page=f"/parking/stays/{identity}" if may else "")
        case "storm":
            may = actor.may(RUN_STORMS, row.community_id)
            return Subject(page=f"/storm?community={row.community_id}" if may else "")
        case "lane" | "node":
            return Subject(name=known.names.by_id.get(row.subject_id or "", ""))
        case "account":
            return Subject(name=known.accounts.get(identity, "") if identity else "")
        case "card" | "pin" | "consent" if whose := _whose(row):
            return _subject(actor, *whose[0], row, known)
        case _:
            return NOTHING


def _home_page(actor: Actor, row: AuditRow, homes: Sequence[ResidentView]) -> str:
    """The page of a person is that of the last of their homes in the community of the deed."""
    here = [home for home in homes if row.community_id in (None, home.community_id)]
    may = bool(here) and actor.may(EDIT_PEOPLE, here[-1].community_id)
    return f"/people/homes/{here[-1].resident_id}" if may else ""


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) and text else None
    except ValueError:
        return None
