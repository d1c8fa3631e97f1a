"""Plates of stays: sealed for what they are about, and a digest by which one is found without opening any other."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.secrets import seal, unseal
from central.gates.access.site_keys import plate_digest, plate_key, plate_key_if_made
from models.parking import account
from models.values.plate import Plate, PlateColour, kind_of
from models.wire.plates import open_plate


def digest_of(db: Session, community_id: UUID, text: str) -> bytes:
    """The same for the same plate in this community, and for nobody without its key."""
    return plate_digest(plate_key(db, community_id), text)


def digests_in(db: Session, community_id: UUID, texts: Collection[str]) -> dict[str, bytes]:
    """Of each of these plates; none where the community has no key yet, and so knows no plate."""
    key = plate_key_if_made(db, community_id) if texts else None
    return {} if key is None else {text: plate_digest(key, text) for text in texts}


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


def class_of(plate: Plate | None, colour: str | None = None) -> str:
    """The class by which a stay is priced, as far as a plate and the colour that its lane saw tell it."""
    return "small" if plate is None else account.class_of(plate.text, PlateColour(colour or PlateColour.UNKNOWN))
