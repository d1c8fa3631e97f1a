"""Plates of stays: sealed for what they are about, and a digest by which one is found without opening any other."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.secrets import seal, unseal
from central.gates.access.site_keys import plate_key, plate_key_if_made
from models.values.plate import Plate, PlateKind, kind_of
from models.wire.plates import open_plate

DIGEST_BYTES = 16


def digest_of(db: Session, community_id: UUID, text: str) -> bytes:
    """The same for the same plate in this community, and for nobody without its key."""
    key = plate_key(db, community_id)
    return blake2b(text.encode(), digest_size=DIGEST_BYTES, key=key, person=b"menting-stay-1").digest()


def read_plate(db: Session, community_id: UUID, sealed: bytes, correlation: UUID) -> Plate | None:
    """What a node read; None for what does not open here, or is no plate."""
    key = plate_key_if_made(db, community_id)
    text = open_plate(sealed, correlation, key) if key is not None else None
    return Plate(text=text) if text is not None and kind_of(text) is not None else None


def seal_text(db: Session, text: str, about: str) -> bytes:
    return seal(db, text.encode(), about)


def open_text(db: Session, sealed: bytes | None, about: str) -> str:
    """What was sealed; "" where nothing was."""
    return "" if sealed is None else unseal(db, sealed, about).decode()


def class_of(plate: Plate | None) -> str:
    """The class by which a stay is priced, as far as a plate tells it: the gates do not tell sizes apart yet."""
    return "new_energy" if plate is not None and plate.kind is PlateKind.NEW_ENERGY else "small"
