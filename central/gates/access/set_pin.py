"""Give a cardholder a PIN behind a house's number, and drop it (ACC-20, ACC-27; models/access/pins.py)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import snapshot
from central.gates.access.give_card import NO_END
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.tables import CardholderRow, CredentialRow, PinRow, UnitCodeRow
from central.gates.access.told_credentials import pin_of
from central.people.community.finding import add_unless_taken, find
from central.people.community.queries import homes_of, house_of
from models.access.credential import Kind
from models.access.pins import DIGITS_MIN, PINS_OF_A_UNIT_MAX, UnitPins, hash_pin, is_free, is_pin, is_trivial
from models.values.ids import new_id

CODE = r"[0-9]{1,10}"
SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class GivenPin:
    """Shown once: afterwards nobody, central included, can say what the PIN is."""

    pin_id: UUID
    unit: str
    pin: str


def code_of_label(label: str) -> str:
    """What a house keys before its PIN unless the desk chooses otherwise: the digits of its label, 3-1-502 -> 31502."""
    return "".join(digit for digit in label if digit.isascii() and digit.isdigit())


def set_pin(
    db: Session, actor: Actor, cardholder_id: UUID, house_id: UUID, *, now: datetime, pin: str | None = None,
    code: str | None = None, valid_until: datetime | None = None,
) -> GivenPin:  # fmt: skip
    """`pin` None: one is made. A PIN that the person has behind this house ends with it.

    code: the house's number at the keypad, where its label's digits are another house's already.
    """
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder", lock=True)
    actor.demand(EDIT_CREDENTIALS, holder.community_id)
    if holder.blocked_at is not None:
        raise Conflict("access.cardholder_blocked")
    _demand_sayable(pin)
    if valid_until is not None and valid_until <= now:
        raise Invalid("access.window_over", fields={"valid_until": "access.window_over"})
    house = house_of(db, house_id)
    _demand_home(db, holder, house_id, now)
    unit = _unit(db, holder.community_id, house_id, code, code_of_label(house.label))
    before = db.scalar(select(PinRow).where(PinRow.unit_code_id == unit.id, PinRow.cardholder_id == holder.id))
    if before is not None:
        _end(db, before, now)
    others = _pins_of(db, unit, now)
    if len(others.pins) >= PINS_OF_A_UNIT_MAX:
        raise Conflict("access.pins_full", most=PINS_OF_A_UNIT_MAX)
    if pin is None:
        pin = _made(others)
    elif not is_free(pin, others):
        raise Invalid("access.pin_not_free", fields={"pin": "access.pin_not_free"})
    row = _add(db, holder, unit, pin, now, valid_until)
    record(
        db, actor, "pin.set", "pin", row.id, community_id=holder.community_id,
        after={
            "cardholder_id": str(holder.id), "unit": unit.code, "replaces": str(before.id) if before else None,
            "until": valid_until.isoformat() if valid_until else None,
        },
    )  # fmt: skip
    row.told_version = snapshot.changed(db, holder.community_id, correlation_id=actor.correlation_id)
    db.flush()
    return GivenPin(row.id, unit.code, pin)


def drop_pin(db: Session, actor: Actor, pin_id: UUID, reason: str, *, now: datetime) -> int:
    """The PIN opens nothing any more. Returns the rules with which the gates hear of it."""
    row = find(db, PinRow, pin_id, "access.no_pin", lock=True)
    actor.demand(EDIT_CREDENTIALS, row.community_id)
    community_id, whose = row.community_id, {"cardholder_id": str(row.cardholder_id)}
    _end(db, row, now)
    record(db, actor, "pin.drop", "pin", pin_id, reason=reason, community_id=community_id, after=whose)
    return snapshot.changed(db, community_id, correlation_id=actor.correlation_id)


def _demand_sayable(pin: str | None) -> None:
    if pin is not None and not is_pin(pin):
        raise Invalid("access.pin_form", fields={"pin": "access.pin_form"})
    if pin is not None and is_trivial(pin):
        raise Invalid("access.pin_trivial", fields={"pin": "access.pin_trivial"})


def _demand_home(db: Session, holder: CardholderRow, house_id: UUID, now: datetime) -> None:
    homes = homes_of(db, holder.person_id, holder.community_id)
    if not any(one.house_id == house_id and (one.ends_at is None or one.ends_at > now) for one in homes):
        raise Invalid("access.pin_not_their_home", fields={"house_id": "access.pin_not_their_home"})


def _unit(db: Session, community_id: UUID, house_id: UUID, code: str | None, usual: str) -> UnitCodeRow:
    """The house's number, taken when it has none yet. Locked: two PINs of one unit are judged one after the other."""
    mine = select(UnitCodeRow).where(UnitCodeRow.house_id == house_id).with_for_update()
    row = db.scalar(mine)
    if row is not None:
        if code is not None and code != row.code:
            raise Conflict("access.unit_code_kept", code=row.code)
        return row
    wanted = code or usual
    if not re.fullmatch(CODE, wanted):
        raise Invalid("access.unit_code_form", fields={"code": "access.unit_code_form"})
    row = UnitCodeRow(community_id=community_id, house_id=house_id, code=wanted, salt=secrets.token_hex(SALT_BYTES))
    add_unless_taken(db, row, Conflict("access.unit_code_taken", code=wanted))
    return row


def _pins_of(db: Session, unit: UnitCodeRow, now: datetime) -> UnitPins:
    query = select(PinRow).where(
        PinRow.unit_code_id == unit.id, or_(PinRow.valid_until.is_(None), PinRow.valid_until > now)
    )
    return UnitPins(unit=unit.code, salt=unit.salt, pins=tuple(pin_of(row) for row in db.scalars(query)))


def _made(others: UnitPins) -> str:
    while True:
        pin = f"{secrets.randbelow(10**DIGITS_MIN):0{DIGITS_MIN}d}"
        if not is_trivial(pin) and is_free(pin, others):
            return pin


def _add(
    db: Session, holder: CardholderRow, unit: UnitCodeRow, pin: str, now: datetime, valid_until: datetime | None
) -> PinRow:  # fmt: skip
    credential_id = new_id()
    db.add(
        CredentialRow(
            id=credential_id, community_id=holder.community_id, cardholder_id=holder.id, kind=Kind.PIN.value,
            not_after=valid_until or NO_END,
        )
    )  # fmt: skip
    db.flush()
    row = PinRow(
        id=credential_id, community_id=holder.community_id, credential_id=credential_id, cardholder_id=holder.id,
        unit_code_id=unit.id, hash=hash_pin(pin, unit.salt), given_at=now, valid_until=valid_until,
    )  # fmt: skip
    db.add(row)
    db.flush()
    return row


def _end(db: Session, row: PinRow, now: datetime) -> None:
    find(db, CredentialRow, row.credential_id, "access.no_pin", lock=True).revoked_at = now
    db.delete(row)
    db.flush()
