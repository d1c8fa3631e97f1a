"""The key of a site's card digests: made once, sealed, told to its nodes with the cards (models/access/cards.py)."""

from __future__ import annotations

import os
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.secrets import seal, unseal
from central.gates.access.tables import GateSettingsRow

KEY_BYTES = 32


def card_key(db: Session, community_id: UUID) -> bytes:
    """The site's key, made when there is none: a node needs it to tell of an unknown card before any is given."""
    found = card_key_if_made(db, community_id)
    if found is not None:
        return found
    db.execute(insert(GateSettingsRow).values(community_id=community_id).on_conflict_do_nothing())
    db.execute(
        update(GateSettingsRow)
        .where(GateSettingsRow.community_id == community_id, GateSettingsRow.sealed_card_key.is_(None))
        .values(sealed_card_key=seal(db, os.urandom(KEY_BYTES), _about(community_id)))
    )
    made = card_key_if_made(db, community_id)
    assert made is not None
    return made


def card_key_if_made(db: Session, community_id: UUID) -> bytes | None:
    query = select(GateSettingsRow.sealed_card_key).where(GateSettingsRow.community_id == community_id)
    sealed = db.scalar(query)
    return None if sealed is None else unseal(db, sealed, _about(community_id))


def _about(community_id: UUID) -> str:
    return f"card_key:{community_id}"
