"""The plates of visits: sealed at the gate for this site, opened only to be shown to somebody who may see the visit."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.access.site_keys import plate_key_if_made
from central.gates.visits.tables import VisitRow
from models.values.plate import Plate, kind_of
from models.wire.plates import open_plate


def plates_read(db: Session, rows: Sequence[VisitRow]) -> dict[UUID, str]:
    """Of the visits that have one, by the visit; what does not open, or is no plate, is left out."""
    sealed = [(row, row.sealed_plate) for row in rows if row.sealed_plate is not None]
    keys = {place: plate_key_if_made(db, place) for place in {row.community_id for row, _ in sealed}}
    found: dict[UUID, str] = {}
    for row, ciphertext in sealed:
        key = keys[row.community_id]
        text = open_plate(ciphertext, row.visit_id, key) if key is not None else None
        if text is not None and kind_of(text) is not None:
            found[row.visit_id] = str(Plate(text=text))
    return found
