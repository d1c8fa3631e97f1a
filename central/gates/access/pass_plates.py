"""The car of a visitor's pass: its plate lies sealed, and is found again by a digest under the site's key.

From when until when a pass invites its car: within the pass's own time, not before it was issued, and no longer once it
was revoked. Whoever came in meanwhile came as a visitor (models/parking/invited.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.errors import Invalid
from central.base.kernel.secrets import seal, unseal
from central.gates.access.site_keys import plate_digest, plate_key
from central.gates.access.tables import GatePassRow
from models.parking.invited import INVITED_MAX, Invited
from models.values.plate import kind_of, normalised

KNOWN_AFTER = timedelta(days=1)
"""A gate that starts anew reads who came in from its journal, and must know then who was a visitor."""
KNOWN_AHEAD = timedelta(days=7)
"""Rules are made anew every day, and count for three."""


def set_plate(db: Session, row: GatePassRow, said: str) -> None:
    """Name the car of a pass that has not been added yet. Invalid where it is no plate."""
    plate = normalised(said[:40])
    if kind_of(plate) is None:
        raise Invalid(fields={"plate": "access.plate_form"})
    row.sealed_plate = seal(db, plate.encode(), _about(row.id))
    row.plate_digest = plate_digest(plate_key(db, row.community_id), plate)


def plate_of(db: Session, row: GatePassRow) -> str | None:
    return None if row.sealed_plate is None else unseal(db, row.sealed_plate, _about(row.id)).decode()


def invited_told(db: Session, community_id: UUID, now: datetime) -> tuple[Invited, ...]:
    """What the gates of a car park are told; of more than they can be told those that begin last are left out."""
    query = select(GatePassRow).where(
        GatePassRow.community_id == community_id, GatePassRow.sealed_plate.is_not(None),
        GatePassRow.not_after > now - KNOWN_AFTER, GatePassRow.not_before < now + KNOWN_AHEAD,
    )  # fmt: skip
    told = list[Invited]()
    for row in db.scalars(query.order_by(GatePassRow.not_before, GatePassRow.id)):
        since, until = _span(row)
        if since < until and now - KNOWN_AFTER < until and len(told) < INVITED_MAX:
            told.append(Invited(plate=plate_of(db, row) or "", since=since, until=until))
    return tuple(told)


def invited_when(
    db: Session, community_id: UUID, digests: Collection[bytes], first: datetime
) -> dict[bytes, list[tuple[datetime, datetime]]]:
    """From when until when each of these plates was invited, as far as it lasted after `first`."""
    query = select(GatePassRow).where(
        GatePassRow.community_id == community_id, GatePassRow.plate_digest.in_(digests), GatePassRow.not_after > first
    )
    found: dict[bytes, list[tuple[datetime, datetime]]] = {}
    for row in db.scalars(query) if digests else ():
        if row.plate_digest is not None:
            found.setdefault(row.plate_digest, []).append(_span(row))
    return found


def _span(row: GatePassRow) -> tuple[datetime, datetime]:
    until = row.not_after if row.revoked_at is None else min(row.not_after, row.revoked_at)
    return max(row.not_before, row.issued_at), until


def _about(pass_id: UUID) -> str:
    return f"gate_pass:plate:{pass_id}"
