"""Where is that car? For staff with a reason, who is written down; part of a plate is enough (PARK-22).

`where_is` answers for one whole plate and asks nobody's right: it is for whoever has proven that the plate is theirs,
as by the link of its permit (permit_car.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.gates.parking.lot.occupancy import INSIDE_NOW
from central.gates.parking.lot.sensors import about
from central.gates.parking.lot.tables import BayStateRow
from central.gates.parking.lot.zones import zones_of
from central.gates.parking.permissions import FIND_CARS
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.sealed_plates import digest_of, open_text
from central.gates.parking.stays.tables import StayRow
from central.people.community.queries import community_of, lanes_of
from models.values.plate import Plate, normalised

PART_MIN, PART_MAX = 3, 12
FOUND_MAX = 20
INSIDE_MAX = 5_000


@dataclass(frozen=True, slots=True)
class FoundCar:
    """`bay`: where a camera saw it, `bay_at` when; empty where none did. `lane`: where it came in. `zone`: the
    name of the zone that its lanes led it into; empty where they leave that open."""

    plate: Plate
    stay_id: UUID | None
    entered_at: datetime | None
    lane: str
    bay: str
    bay_at: datetime | None
    zone: str = ""


def find_car(db: Session, actor: Actor, community_id: UUID, part: str, reason: str, now: datetime) -> list[FoundCar]:
    """The cars inside whose plate contains this. Each search is written down with its reason. Forbidden, Invalid."""
    actor.demand(FIND_CARS, community_id)
    community_of(db, community_id)
    text, reason = normalised(part[:40]), reason.strip()
    problems = {}
    if not PART_MIN <= len(text) <= PART_MAX:
        problems["part"] = "lot.part_length"
    if not reason or len(reason) > REASON_MAX:
        problems["reason"] = "parking.reason_needed"
    if problems:
        raise Invalid(fields=problems, least=PART_MIN, most=REASON_MAX)
    found = _cars(db, community_id, lambda plate: text in plate)
    record(
        db, actor, "lot.find_car", "lot", community_id, community_id=community_id, reason=reason,
        after={"found": len(found), "searched": f"{text[:1]}…{text[-1:]}"},
    )  # fmt: skip
    return found


def where_is(db: Session, community_id: UUID, plate: str) -> FoundCar | None:
    """The car of one whole plate, if it is inside."""
    digest, text = digest_of(db, community_id, plate), plate
    known = db.scalar(select(StayRow.stay_id).where(
        StayRow.community_id == community_id, StayRow.plate_digest == digest, StayRow.state.in_(INSIDE_NOW)
    ).limit(1))  # fmt: skip
    seen = db.scalar(select(BayStateRow.bay).where(
        BayStateRow.community_id == community_id, BayStateRow.plate_digest == digest, BayStateRow.taken
    ).limit(1))  # fmt: skip
    if known is None and seen is None:
        return None
    return next(iter(_cars(db, community_id, lambda one: one == text, digest)), None)


def _cars(db: Session, community_id: UUID, fits: Callable[[str], bool], digest: bytes | None = None) -> list[FoundCar]:
    stays = select(StayRow).where(StayRow.community_id == community_id, StayRow.state.in_(INSIDE_NOW))
    bays = select(BayStateRow).where(
        BayStateRow.community_id == community_id, BayStateRow.taken, BayStateRow.sealed_plate.is_not(None)
    )
    if digest is not None:
        stays, bays = stays.where(StayRow.plate_digest == digest), bays.where(BayStateRow.plate_digest == digest)
    lanes: dict[UUID | None, str] = {one.lane.lane_id: one.lane.name for one in lanes_of(db, community_id)}
    zones = zones_of(db, community_id)
    seen: dict[str, BayStateRow] = {}
    for row in db.scalars(bays):
        plate = open_text(db, row.sealed_plate, about(community_id, row.bay))
        if fits(plate) and (plate not in seen or seen[plate].at < row.at):
            seen[plate] = row
    found = []
    for stay in db.scalars(stays.order_by(StayRow.began_at.desc()).limit(INSIDE_MAX)):
        plate = open_text(db, stay.sealed_plate, f"stay:plate:{stay.stay_id}")
        if plate and fits(plate):
            bay = seen.pop(plate, None)
            found.append(FoundCar(
                Plate(text=plate), stay.stay_id, stay.entered_at, lanes.get(stay.entry_lane_id, ""),
                bay.bay if bay else "", bay.at if bay else None, zones.name(zones.at(stay.zone, stay.entry_lane_id)),
            ))  # fmt: skip
    found += [FoundCar(Plate(text=plate), None, None, "", row.bay, row.at) for plate, row in seen.items()]
    return found[:FOUND_MAX]
