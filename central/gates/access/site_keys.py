"""Keys of a site that its nodes are told: made once, sealed, never shown to a person.

card    digests of cards (models/access/cards.py)
plate   seals the plates that nodes read, for this site's central alone (models/wire/plates.py)
"""

from __future__ import annotations

import os
from hashlib import blake2b
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from central.base.kernel.secrets import seal, unseal
from central.gates.access.tables import GateSettingsRow

KEY_BYTES = 32
DIGEST_BYTES = 16
Column = InstrumentedAttribute[bytes | None]
CARD, PLATE = GateSettingsRow.sealed_card_key, GateSettingsRow.sealed_plate_key


def card_key(db: Session, community_id: UUID) -> bytes:
    """The site's key, made when there is none: a node needs it to tell of an unknown card before any is given."""
    return _key(db, community_id, CARD, "card_key")


def card_key_if_made(db: Session, community_id: UUID) -> bytes | None:
    return _key_if_made(db, community_id, CARD, "card_key")


def plate_key(db: Session, community_id: UUID) -> bytes:
    """The site's key, made when there is none."""
    return _key(db, community_id, PLATE, "plate_key")


def plate_key_if_made(db: Session, community_id: UUID) -> bytes | None:
    return _key_if_made(db, community_id, PLATE, "plate_key")


def plate_digest(key: bytes, text: str) -> bytes:
    """The same for the same plate under the site's key, and for nobody without it."""
    return blake2b(text.encode(), digest_size=DIGEST_BYTES, key=key, person=b"menting-stay-1").digest()


def _key(db: Session, community_id: UUID, column: Column, name: str) -> bytes:
    found = _key_if_made(db, community_id, column, name)
    if found is not None:
        return found
    db.execute(insert(GateSettingsRow).values(community_id=community_id).on_conflict_do_nothing())
    db.execute(
        update(GateSettingsRow)
        .where(GateSettingsRow.community_id == community_id, column.is_(None))
        .values({column.key: seal(db, os.urandom(KEY_BYTES), f"{name}:{community_id}")})
    )
    made = _key_if_made(db, community_id, column, name)
    assert made is not None
    return made


def _key_if_made(db: Session, community_id: UUID, column: Column, name: str) -> bytes | None:
    sealed = db.scalar(select(column).where(GateSettingsRow.community_id == community_id))
    return None if sealed is None else unseal(db, sealed, f"{name}:{community_id}")
