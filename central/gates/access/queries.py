"""Reads for the domains above and for pages: who stands behind a credential, and passes as lists show them.

None of them asks who is asking: routes and pages do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.paging import PageAsk, page
from central.gates.access import rules, snapshot
from central.gates.access.pass_plates import plate_of
from central.gates.access.tables import AccessRuleRow, CardholderRow, CredentialRow, GatePassRow, HolidayRow, PassKeyRow
from central.gates.access.views import (
    UNKNOWN,
    CardholderView,
    HolidayView,
    KeyView,
    PassView,
    PersonView,
    RuleView,
)
from central.people.community.finding import find
from central.people.community.house_list import label_said
from central.people.community.queries import PersonBrief, house_labels, mask, mask_phone, person_briefs, stays_of
from central.people.community.rules import is_meant
from models.access.credential import Cardholder, Window
from models.wire.plates import masked

_LOOKED_AT = 20_000

Presented = tuple[UUID | None, UUID | None]
"""(credential id, cardholder id), as a decision names them."""


def person_of(
    db: Session, credential_id: UUID | None, cardholder_id: UUID | None, *, at: datetime | None = None
) -> PersonView:
    """Who stands behind a credential (a pass's id counts as one) or a cardholder, with their house at `at` (now)."""
    return people_of(db, [(credential_id, cardholder_id)], at=at)[credential_id, cardholder_id]


def people_of(
    db: Session, presented: Collection[Presented], *, at: datetime | None = None
) -> dict[Presented, PersonView]:
    """The same for a list, in a fixed number of queries. What nobody knows is `UNKNOWN`, never left out."""
    at = at or clock.now()
    passes = _passes(db, {credential for credential, _ in presented if credential is not None})
    owners = _owners(db, {credential for credential, _ in presented if credential is not None})
    named = {holder for _, holder in presented if holder is not None} | set(owners.values())
    holders = {row.id: row for row in db.scalars(select(CardholderRow).where(CardholderRow.id.in_(named)))}
    residents = _residents(db, holders.values(), at)
    houses = house_labels(db, [row.house_id for row in passes.values() if row.house_id])
    people: dict[Presented, PersonView] = {}
    for credential, named_holder in presented:
        holder = named_holder or (owners.get(credential) if credential else None)
        row = passes.get(credential) if credential else None
        if holder in residents:
            people[credential, named_holder] = residents[holder]
        elif row is not None and row.house_id is not None:
            people[credential, named_holder] = PersonView(
                "visitor", mask(row.visitor_name or ""), houses.get(row.house_id), community_id=row.community_id
            )
        else:
            people[credential, named_holder] = UNKNOWN
    return people


def pass_view(db: Session, pass_id: UUID, now: datetime) -> PassView:
    return pass_views(db, [find(db, GatePassRow, pass_id, "access.no_pass")], now)[0]


def passes_of(
    db: Session, communities: frozenset[UUID] | None, now: datetime, *, house_id: UUID | None = None, limit: int = 100
) -> list[PassView]:
    """The newest passes of these communities (None: of the whole tenant), for a page."""
    query = select(GatePassRow).order_by(GatePassRow.issued_at.desc(), GatePassRow.id.desc()).limit(limit)
    if communities is not None:
        query = query.where(GatePassRow.community_id.in_(communities))
    if house_id is not None:
        query = query.where(GatePassRow.house_id == house_id)
    return pass_views(db, list(db.scalars(query)), now)


def passes_page(
    db: Session, community_id: UUID, of_visitors: bool, ask: PageAsk, now: datetime
) -> tuple[list[PassView], str | None]:
    """One page of the visitors' passes of a community, or of its residents' own, newest first; and what follows it."""
    query = select(GatePassRow).where(GatePassRow.community_id == community_id)
    query = query.where(GatePassRow.house_id.is_not(None) if of_visitors else GatePassRow.house_id.is_(None))
    rows, following = page(db, query, [GatePassRow.issued_at, GatePassRow.id], ask, newest_first=True)
    return pass_views(db, rows, now), following


def visitors_meant(db: Session, community_id: UUID, said: str, now: datetime, most: int) -> list[PassView]:
    """The visitors' passes of the houses whose label begins as said, and of whom is meant by a name or the end of a
    phone (`is_meant`), newest first. Who looked up a visitor wants the last weeks: the newest `_LOOKED_AT` are read."""
    query = select(GatePassRow.id, GatePassRow.visitor_name, GatePassRow.visitor_phone, GatePassRow.house_id)
    query = query.where(GatePassRow.community_id == community_id, GatePassRow.house_id.is_not(None))
    newest = db.execute(query.order_by(GatePassRow.issued_at.desc(), GatePassRow.id.desc()).limit(_LOOKED_AT)).all()
    houses, wanted = house_labels(db, {row.house_id for row in newest}), said.strip()
    found = [
        row.id
        for row in newest
        if houses[row.house_id].startswith(label_said(wanted))
        or is_meant(wanted, row.visitor_name or "", row.visitor_phone)
    ][:most]
    rows = {row.id: row for row in db.scalars(select(GatePassRow).where(GatePassRow.id.in_(found)))}
    return pass_views(db, [rows[one] for one in found], now)


def pass_views(db: Session, rows: Sequence[GatePassRow], now: datetime) -> list[PassView]:
    """Rows as lists show them, in the order given."""
    people = people_of(db, [(row.id, None) for row in rows], at=now)
    return [_pass(row, people[row.id, None], plate_of(db, row), now) for row in rows]


def cardholder_views(db: Session, rows: Sequence[CardholderRow], now: datetime) -> list[CardholderView]:
    """Cardholders of one community as lists show them."""
    views: dict[UUID, CardholderView] = {}
    for community_id in {row.community_id for row in rows}:
        here = [row for row in rows if row.community_id == community_id]
        people = [row.person_id for row in here]
        briefs, stays = person_briefs(db, people, community_id, now), stays_of(db, community_id, people)
        for row in here:
            brief, stay = briefs[row.person_id], stays.get(row.person_id, [])
            views[row.id] = _cardholder(row, brief, snapshot.holder_of(row, stay, now))
    return [views[row.id] for row in rows]


def cardholders_of(db: Session, community_id: UUID, now: datetime) -> list[CardholderView]:
    """Everybody known to the gates of a community, in the order in which they became known."""
    query = select(CardholderRow).where(CardholderRow.community_id == community_id).order_by(CardholderRow.id)
    return cardholder_views(db, list(db.scalars(query)), now)


def cardholder_of(db: Session, community_id: UUID, person_id: UUID, now: datetime) -> CardholderView | None:
    """What the gates of a community know of a person; None when they do not know them."""
    query = select(CardholderRow).where(
        CardholderRow.community_id == community_id, CardholderRow.person_id == person_id
    )
    views = cardholder_views(db, list(db.scalars(query)), now)
    return views[0] if views else None


def people_behind(db: Session, community_id: UUID) -> dict[UUID, UUID]:
    """Cardholder id -> person id of everybody known to the gates of a community."""
    query = select(CardholderRow.id, CardholderRow.person_id).where(CardholderRow.community_id == community_id)
    return dict(db.execute(query).all())


def holder_id_of(db: Session, community_id: UUID, person_id: UUID) -> UUID | None:
    """Under which id the gates of a community know a person; None when they do not."""
    return db.scalar(
        select(CardholderRow.id).where(CardholderRow.community_id == community_id, CardholderRow.person_id == person_id)
    )


def rules_of(db: Session, community_id: UUID, *, retired: bool = False) -> list[RuleView]:
    """The rules that stand, oldest first; with `retired` those that stood once too."""
    query = select(AccessRuleRow).where(AccessRuleRow.community_id == community_id).order_by(AccessRuleRow.id)
    return [rule_view(row) for row in db.scalars(query if retired else query.where(AccessRuleRow.retired_at.is_(None)))]


def rule_view(row: AccessRuleRow) -> RuleView:
    rule = snapshot.rule_of(row)
    return RuleView(
        row.id, row.community_id, row.name, rule.effect, tuple(row.groups), tuple(row.lanes), rule.schedule,
        row.valid_from, row.valid_until, row.added_at, row.retired_at, row.replaces,
    )  # fmt: skip


def holidays_of(db: Session, community_id: UUID) -> list[HolidayView]:
    query = select(HolidayRow).where(HolidayRow.community_id == community_id).order_by(HolidayRow.day)
    return [HolidayView(row.id, row.community_id, row.day, row.name) for row in db.scalars(query)]


def keys_of(db: Session, community_id: UUID) -> list[KeyView]:
    """Newest first; public facts only."""
    query = select(PassKeyRow).where(PassKeyRow.community_id == community_id).order_by(PassKeyRow.id.desc())
    return [KeyView(row.id, row.number, row.made_at, row.accepted_until) for row in db.scalars(query)]


def _passes(db: Session, ids: set[UUID]) -> dict[UUID, GatePassRow]:
    return {row.id: row for row in db.scalars(select(GatePassRow).where(GatePassRow.id.in_(ids)))}


def _owners(db: Session, ids: set[UUID]) -> dict[UUID, UUID]:
    query = select(CredentialRow.id, CredentialRow.cardholder_id).where(CredentialRow.id.in_(ids))
    return dict(db.execute(query).all())


def _residents(db: Session, holders: Iterable[CardholderRow], at: datetime) -> dict[UUID | None, PersonView]:
    by_community: dict[UUID, list[CardholderRow]] = {}
    for holder in holders:
        by_community.setdefault(holder.community_id, []).append(holder)
    views: dict[UUID | None, PersonView] = {}
    for community_id, rows in by_community.items():
        briefs = person_briefs(db, [row.person_id for row in rows], community_id, at)
        for row in rows:
            brief = briefs[row.person_id]
            views[row.id] = PersonView(
                "resident", brief.name, brief.houses[0] if brief.houses else None, row.id, row.person_id, community_id
            )
    return views


def _cardholder(row: CardholderRow, brief: PersonBrief, holder: Cardholder) -> CardholderView:
    return CardholderView(
        row.id, row.person_id, row.community_id, brief.name, brief.houses, tuple(row.groups), holder.valid_from,
        holder.valid_until, row.blocked_at, row.blocked_reason,
    )  # fmt: skip


def _pass(row: GatePassRow, person: PersonView, plate: str | None, now: datetime) -> PassView:
    return PassView(
        pass_id=row.id,
        community_id=row.community_id,
        kind=person.kind,
        label=person.label,
        phone=mask_phone(row.visitor_phone) if row.visitor_phone else None,
        plate=masked(plate) if plate else None,
        house=person.house,
        cardholder_id=person.cardholder_id,
        not_before=row.not_before,
        not_after=row.not_after,
        gates=tuple(row.gates),
        uses=row.uses,
        party=row.party,
        state=rules.pass_state(Window(start=row.not_before, end=row.not_after), row.revoked_at, now),
        issued_at=row.issued_at,
        issued_by=row.issued_by,
        replaces=row.replaces,
        revoked_at=row.revoked_at,
        revoked_reason=row.revoked_reason,
    )
