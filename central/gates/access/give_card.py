"""Give a card to a cardholder, by its number or as a lane has just read it, and take it back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import snapshot
from central.gates.access.card_key import card_key
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.tables import CardholderRow, CardRow, CredentialRow
from central.people.community.finding import add_unless_taken, find
from models.access.cards import Card, card_digest
from models.access.credential import Kind
from models.values.ids import new_id

NO_END = datetime(2100, 1, 1, tzinfo=UTC)
"""A card and a PIN have no end of their own: they count as long as their cardholder does."""


def give_card(
    db: Session, actor: Actor, cardholder_id: UUID, card: Card, *, now: datetime, weak: bool = True
) -> CardRow:  # fmt: skip
    """By what is printed on the card. `weak`: nothing but its identifier is read, and that can be copied (ACC-28)."""
    holder = _holder(db, actor, cardholder_id)
    digest = card_digest(card_key(db, holder.community_id), card)
    return _give(db, actor, holder, digest, f"{card.number % 100:02d}", weak, now)


def bind_card(db: Session, actor: Actor, cardholder_id: UUID, digest: str, *, now: datetime) -> CardRow:
    """As a lane has read it: nobody types a number. That the digest was read lately is the caller's to know."""
    holder = _holder(db, actor, cardholder_id)
    if not re.fullmatch(r"[0-9a-f]{32}", digest):
        raise Invalid("access.card_not_read", fields={"card": "access.card_not_read"})
    return _give(db, actor, holder, digest, "", True, now)


def revoke_card(db: Session, actor: Actor, card_id: UUID, reason: str, *, now: datetime) -> None:
    """The card opens nothing any more: its credential is in the gates' next snapshot, which this call asks for."""
    row = find(db, CardRow, card_id, "access.no_card", lock=True)
    actor.demand(EDIT_CREDENTIALS, row.community_id)
    if row.revoked_at is not None:
        raise Conflict("access.card_already_revoked")
    row.revoked_at, row.revoked_reason = now, reason
    find(db, CredentialRow, row.credential_id, "access.no_card", lock=True).revoked_at = now
    db.flush()
    record(db, actor, "card.revoke", "card", row.id, reason=reason, community_id=row.community_id)
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)


def _holder(db: Session, actor: Actor, cardholder_id: UUID) -> CardholderRow:
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder", lock=True)
    actor.demand(EDIT_CREDENTIALS, holder.community_id)
    if holder.blocked_at is not None:
        raise Conflict("access.cardholder_blocked")
    return holder


def _give(
    db: Session, actor: Actor, holder: CardholderRow, digest: str, label: str, weak: bool, now: datetime
) -> CardRow:  # fmt: skip
    """The refusal of a card that is given already names its owner by nothing but the cardholder's id."""
    credential_id = new_id()
    there = db.scalar(
        select(CardRow).where(
            CardRow.community_id == holder.community_id, CardRow.digest == digest, CardRow.revoked_at.is_(None)
        )
    )
    if there is not None:
        raise _taken(there.cardholder_id, holder.id)
    db.add(
        CredentialRow(
            id=credential_id, community_id=holder.community_id, cardholder_id=holder.id, kind=Kind.CARD.value,
            not_after=NO_END,
        )
    )  # fmt: skip
    db.flush()
    row = CardRow(
        id=credential_id, community_id=holder.community_id, credential_id=credential_id, cardholder_id=holder.id,
        digest=digest, weak=weak, label=label, given_at=now, given_by=actor.name,
    )  # fmt: skip
    add_unless_taken(db, row, Conflict("access.card_taken"))
    record(
        db, actor, "card.give", "card", row.id, community_id=row.community_id,
        after={"cardholder_id": str(holder.id), "weak": weak, "label": label},
    )  # fmt: skip
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    return row


def _taken(by: UUID, wanted_for: UUID) -> Conflict:
    if by == wanted_for:
        return Conflict("access.card_theirs")
    return Conflict("access.card_taken", extra={"cardholder_id": str(by)})
