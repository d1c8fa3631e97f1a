"""Issue a pass: to a visitor whom a house invites, or to a cardholder of the community (VIS-05)."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.outbox import announce
from central.gates.access import rules, snapshot
from central.gates.access.block_household import running_block
from central.gates.access.keys import signing_key
from central.gates.access.own_pass_keys import private_key
from central.gates.access.pass_plates import plate_of, set_plate
from central.gates.access.permissions import ISSUE_PASSES, ISSUE_RESIDENT_PASSES
from central.gates.access.tables import CardholderRow, CredentialRow, GatePassRow, PassKeyRow
from central.gates.access.views import IssuedPass
from central.people.community.finding import find
from central.people.community.queries import gates_of, house_of, mask
from central.people.community.queries_floors import has_lift
from central.people.community.rules import PHONE, tidy_name, tidy_phone
from models.access.credential import VISITOR, Kind, Pass, Window, site_tag
from models.access.passes import sign_pass
from models.values.ids import new_id
from models.wire.plates import masked


def issue_visitor_pass(
    db: Session, actor: Actor, house_id: UUID, visitor_name: str, phone: str | None, gates: Collection[int] | None,
    window: Window, uses: int = 1, party: int = 1, *, now: datetime, replaces: UUID | None = None,
    plate: str | None = None,
) -> IssuedPass:  # fmt: skip
    """A pass that is complete in itself: gates check it without knowing the visitor. Only a lift must be told where to,
    and the car park which car is a visitor's.

    gates: gate numbers, None for all of the community. uses: entries, 0 for no limit inside the window. plate: of the
    visitor's car; it opens no barrier and gives the car the tariff's free minutes for visitors (P34).
    """
    house = house_of(db, house_id)
    actor.demand(ISSUE_PASSES, house.community_id)
    if running_block(db, house_id, now) is not None:
        raise Conflict("access.household_blocked")
    name = tidy_name(visitor_name)
    if not name:
        raise Invalid("access.visitor_name", fields={"visitor_name": "access.visitor_name"})
    called = tidy_phone(phone) if phone else None
    if called and not re.fullmatch(PHONE, called):
        raise Invalid(fields={"phone": "people.phone_form"})
    row = _draft(db, actor, house.community_id, VISITOR, gates, window, rules.VISITOR_WINDOW_MAX, uses, party, now)
    row.house_id, row.visitor_name, row.replaces = house.house_id, name, replaces
    row.visitor_phone = called
    if plate:
        set_plate(db, row, plate)
    car = {"plate": masked(plate_of(db, row) or "")} if plate else {}
    issued = _issue(db, actor, row, {"visitor": mask(name), "house": house.label} | car)
    if plate or has_lift(db, house.house_id):  # a pass says no floor: the lift is told whom it is for
        snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    return issued


def issue_resident_pass(
    db: Session, actor: Actor, cardholder_id: UUID, *, window: Window, now: datetime,
    gates: Collection[int] | None = None, replaces: UUID | None = None,
) -> IssuedPass:  # fmt: skip
    """A cardholder's own pass. The gates must learn whose it is, so their snapshot changes with it."""
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder", lock=True)
    actor.demand(ISSUE_RESIDENT_PASSES, holder.community_id)
    if holder.blocked_at is not None:
        raise Conflict("access.cardholder_blocked")
    group = rules.pass_group(holder.groups)
    row = _draft(db, actor, holder.community_id, group, gates, window, rules.RESIDENT_WINDOW_MAX, 0, 1, now)
    row.credential_id, row.replaces = row.id, replaces
    credential = CredentialRow(
        id=row.id, community_id=row.community_id, cardholder_id=holder.id, kind=Kind.PASS.value, not_after=row.not_after
    )
    db.add(credential)
    db.flush()
    issued = _issue(db, actor, row, {"cardholder_id": str(holder.id)})
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    return issued


def claims_of(row: GatePassRow, key: PassKeyRow) -> Pass:
    """What is signed. The same row and key give the same claims, and so the same token, for ever."""
    return Pass(
        key_id=key.number,
        pass_id=row.id,
        site_tag=site_tag(row.community_id),
        not_before=row.not_before,
        not_after=row.not_after,
        gates=rules.gate_mask(row.gates),
        uses=row.uses,
        party=row.party,
        group=row.pass_group,
    )


def token_of(db: Session, row: GatePassRow) -> str:
    key = find(db, PassKeyRow, row.key_id, "access.no_key")
    return sign_pass(claims_of(row, key), private_key(db, key))


def _draft(
    db: Session, actor: Actor, community_id: UUID, group: int, gates: Collection[int] | None, window: Window,
    longest: timedelta, uses: int, party: int, now: datetime,
) -> GatePassRow:  # fmt: skip
    window = rules.whole_seconds(window)
    problem = rules.window_problem(window, longest, now)
    if problem is not None:
        raise Invalid(problem, fields={"window": problem}, days=longest.days)
    if not 0 <= uses <= rules.USES_MAX:
        raise Invalid("access.uses_range", fields={"uses": "access.uses_range"})
    if not 1 <= party <= rules.PARTY_MAX:
        raise Invalid("access.party_range", fields={"party": "access.party_range"})
    return GatePassRow(
        id=new_id(),
        community_id=community_id,
        key_id=signing_key(db, community_id, now).id,
        pass_group=group,
        not_before=window.start,
        not_after=window.end,
        gates=_gate_numbers(db, community_id, gates),
        uses=uses,
        party=party,
        issued_at=now,
        issued_by=actor.name,
    )


def _gate_numbers(db: Session, community_id: UUID, asked: Collection[int] | None) -> list[int]:
    there = {gate.number for gate in gates_of(db, community_id)}
    wanted = there if asked is None else set(asked)
    if not wanted or not wanted <= there:
        raise Invalid("access.gates_unknown", fields={"gates": "access.gates_unknown"})
    return sorted(wanted)


def _issue(db: Session, actor: Actor, row: GatePassRow, holder: dict[str, str]) -> IssuedPass:
    db.add(row)
    db.flush()
    record(
        db, actor, "pass.issue", "gate_pass", row.id, community_id=row.community_id,
        after={
            **holder, "from": row.not_before.isoformat(), "until": row.not_after.isoformat(), "gates": row.gates,
            "uses": row.uses, "party": row.party,
        },
    )  # fmt: skip
    announce(db, "pass.issued", {"pass_id": str(row.id)}, correlation_id=actor.correlation_id)
    return IssuedPass(row.id, token_of(db, row))
