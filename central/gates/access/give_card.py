"""Give a card to a cardholder, by its number or as a lane has just read it; name it, pass it on, take it back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import snapshot
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.rules import CARD_NAME_MAX
from central.gates.access.site_keys import card_key
from central.gates.access.tables import CardholderRow, CardRow, CredentialRow
from central.people.community.finding import add_unless_taken, find
from models.access.cards import Card, card_digest
from models.access.credential import Kind
from models.values.ids import new_id

NO_END = datetime(2100, 1, 1, tzinfo=UTC)
"""A card and a PIN have no end of their own: they count as long as their cardholder does."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What is known of a card that is to be given."""

    digest: str
    label: str = ""
    weak: bool = True
    name: str = ""
    valid_until: datetime | None = None


def give_card(
    db: Session, actor: Actor, cardholder_id: UUID, card: Card, *, now: datetime, weak: bool = True, name: str = "",
    valid_until: datetime | None = None,
) -> CardRow:  # fmt: skip
    """By what is printed on the card. `weak`: nothing but its identifier is read, and that can be copied (ACC-28)."""
    holder = _holder(db, actor, cardholder_id)
    digest, label = card_digest(card_key(db, holder.community_id), card), f"{card.number % 100:02d}"
    return _give(db, actor, holder, _Given(digest, label, weak, name, valid_until), now)


def bind_card(
    db: Session, actor: Actor, cardholder_id: UUID, digest: str, *, now: datetime, name: str = "",
    valid_until: datetime | None = None,
) -> CardRow:  # fmt: skip
    """As a lane has read it: nobody types a number. That the digest was read lately is the caller's to know."""
    holder = _holder(db, actor, cardholder_id)
    if not re.fullmatch(r"[0-9a-f]{32}", digest):
        raise Invalid("access.card_not_read", fields={"card": "access.card_not_read"})
    return _give(db, actor, holder, _Given(digest, name=name, valid_until=valid_until), now)


def name_card(db: Session, actor: Actor, card_id: UUID, name: str) -> CardRow:
    """What its owner calls it. The gates know cards without names: nothing is sent."""
    row = find(db, CardRow, card_id, "access.no_card", lock=True)
    actor.demand(EDIT_CREDENTIALS, row.community_id)
    _demand_name(name)
    if row.name != name:
        before, row.name = row.name, name
        db.flush()
        record(
            db, actor, "card.name", "card", row.id, before={"name": before}, after={"name": name},
            community_id=row.community_id,
        )  # fmt: skip
    return row


def pass_card_on(
    db: Session, actor: Actor, card_id: UUID, cardholder_id: UUID, reason: str, *, now: datetime
) -> CardRow:  # fmt: skip
    """The card goes to somebody else of the community, in one step: at no instant does it open for both or neither."""
    old = find(db, CardRow, card_id, "access.no_card", lock=True)
    actor.demand(EDIT_CREDENTIALS, old.community_id)
    holder = _holder(db, actor, cardholder_id)
    if holder.community_id != old.community_id:
        raise Invalid(fields={"cardholder_id": "access.no_cardholder"})
    if holder.id == old.cardholder_id:
        raise Conflict("access.card_theirs")
    revoke_card(db, actor, card_id, reason, now=now)
    return _give(db, actor, holder, _Given(old.digest, old.label, old.weak, old.name, old.valid_until), now)


def revoke_card(db: Session, actor: Actor, card_id: UUID, reason: str, *, now: datetime) -> CardRow:
    """The card opens nothing any more: its credential is in the gates' next snapshot, which this call asks for."""
    row = find(db, CardRow, card_id, "access.no_card", lock=True)
    actor.demand(EDIT_CREDENTIALS, row.community_id)
    if row.revoked_at is not None:
        raise Conflict("access.card_already_revoked")
    row.revoked_at, row.revoked_reason = now, reason
    find(db, CredentialRow, row.credential_id, "access.no_card", lock=True).revoked_at = now
    db.flush()
    record(
        db, actor, "card.revoke", "card", row.id, reason=reason, community_id=row.community_id,
        after={"cardholder_id": str(row.cardholder_id), "label": row.label},
    )  # fmt: skip
    row.told_version = snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    db.flush()
    return row


def _holder(db: Session, actor: Actor, cardholder_id: UUID) -> CardholderRow:
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder", lock=True)
    actor.demand(EDIT_CREDENTIALS, holder.community_id)
    if holder.blocked_at is not None:
        raise Conflict("access.cardholder_blocked")
    return holder


def _give(db: Session, actor: Actor, holder: CardholderRow, card: _Given, now: datetime) -> CardRow:
    """The refusal of a card that is given already names its owner by nothing but the cardholder's id."""
    _demand_name(card.name)
    if card.valid_until is not None and card.valid_until <= now:
        raise Invalid("access.window_over", fields={"valid_until": "access.window_over"})
    credential_id = new_id()
    there = db.scalar(
        select(CardRow).where(
            CardRow.community_id == holder.community_id, CardRow.digest == card.digest, CardRow.revoked_at.is_(None)
        )
    )
    if there is not None:
        raise _taken(there.cardholder_id, holder.id)
    db.add(
        CredentialRow(
            id=credential_id, community_id=holder.community_id, cardholder_id=holder.id, kind=Kind.CARD.value,
            not_after=card.valid_until or NO_END,
        )
    )  # fmt: skip
    db.flush()
    row = CardRow(
        id=credential_id, community_id=holder.community_id, credential_id=credential_id, cardholder_id=holder.id,
        digest=card.digest, weak=card.weak, label=card.label, name=card.name, valid_until=card.valid_until,
        given_at=now, given_by=actor.name,
    )  # fmt: skip
    add_unless_taken(db, row, Conflict("access.card_taken"))
    record(
        db, actor, "card.give", "card", row.id, community_id=row.community_id,
        after={
            "cardholder_id": str(holder.id), "weak": card.weak, "label": card.label, "name": card.name,
            "until": card.valid_until.isoformat() if card.valid_until else None,
        },
    )  # fmt: skip
    row.told_version = snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    db.flush()
    return row


def _demand_name(name: str) -> None:
    if len(name) > CARD_NAME_MAX:
        raise Invalid(fields={"name": "access.card_name_long"}, most=CARD_NAME_MAX)


def _taken(by: UUID, wanted_for: UUID) -> Conflict:
    if by == wanted_for:
        return Conflict("access.card_theirs")
    return Conflict("access.card_taken", extra={"cardholder_id": str(by)})
