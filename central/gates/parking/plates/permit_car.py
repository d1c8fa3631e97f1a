"""A resident finds their own car: by a link that belongs to their permit, and to no other plate (PARK-22).

A manager makes the link and hands it to whoever holds the permit; nothing here joins a plate to a person. Whoever has
it learns of this one plate alone whether it is inside, where a bay's camera saw it, and the way there. It ends with the
permit, and when another is made in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Gone, Invalid, NoSuchLink
from central.base.kernel.link_token import digest_of, new_token
from central.base.kernel.session import bind_tenant
from central.gates.parking.lot.find import FoundCar, where_is
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.plates.listed import plate_of_entry
from central.gates.parking.rules import Kept
from central.gates.parking.stays.news import inside_with
from central.gates.parking.stays.reads import stays_by_id
from central.gates.parking.tables import PermitLinkRow, PlateEntryRow
from central.people.community.finding import find
from models.values.plate import Plate, kind_of, normalised
from models.wire.plates import masked

BY_PERMIT = "the permit's link is the key: 192 random bits, of which central keeps a hash; it tells of one plate alone"


@dataclass(frozen=True, slots=True)
class OwnCar:
    """`until`: the permit's end. `car`: None while it is not inside. `entry_id`: of the permit."""

    community_id: UUID
    plate: Plate
    until: datetime
    car: FoundCar | None
    entry_id: UUID


def make_link(db: Session, actor: Actor, entry_id: UUID, now: datetime) -> tuple[UUID, str]:
    """(its community, the token, told this once). The link of before ends. Conflict for what is no permit that counts
    now or later."""
    row = find(db, PlateEntryRow, entry_id, "plates.no_entry", lock=True)
    actor.demand(KEEP_PLATES, row.community_id)
    if not _stands(row, now):
        raise Conflict("plates.no_permit")
    db.execute(delete(PermitLinkRow).where(PermitLinkRow.entry_id == entry_id))
    token = new_token()
    link = PermitLinkRow(
        community_id=row.community_id, entry_id=entry_id, token_sha256=digest_of(token), made_at=now,
        made_by=actor.name,
    )  # fmt: skip
    db.add(link)
    db.flush()
    record(
        db, actor, "plate.link", "plate_entry", entry_id, community_id=row.community_id,
        after={"plate": masked(plate_of_entry(db, row))},
    )  # fmt: skip
    return row.community_id, token


def own_car(db: Session, token: str, now: datetime) -> OwnCar:
    """Binds the transaction to its company. NoSuchLink for what nobody made or was replaced, Gone once the permit is
    over."""
    digest = digest_of(token)
    tenant_id = db.scalar(text("SELECT tenant_id FROM lookup.permit_link(:digest)"), {"digest": digest})
    if tenant_id is None:
        raise NoSuchLink("plates.link_over")
    bind_tenant(db, tenant_id)
    link = db.scalar(select(PermitLinkRow).where(PermitLinkRow.token_sha256 == digest))
    row = db.get(PlateEntryRow, link.entry_id) if link is not None else None
    if row is None or row.until is None or not _stands(row, now):
        raise Gone("plates.link_over")
    plate = plate_of_entry(db, row)
    return OwnCar(row.community_id, Plate(text=plate), row.until, where_is(db, row.community_id, plate), row.id)


def _stands(row: PlateEntryRow, now: datetime) -> bool:
    return row.kind == Kept.PERMIT.value and row.ended_at is None and row.until is not None and row.until > now


def since_entry(db: Session, community_id: UUID, plate: str) -> datetime:
    """When the car of this plate that is inside came in, for a permit that covers it from then on. Invalid where none
    is, or more than one."""
    said = normalised(plate[:40])
    inside = inside_with(db, community_id, said) if kind_of(said) is not None else []
    found = [one.entered_at for one in stays_by_id(db, inside) if one.entered_at is not None]
    if len(found) != 1:
        raise Invalid(fields={"begins": "plates.not_inside"})
    return found[0]
