"""On which floor houses lie, and up which stairs a lift goes: what a lift frees for whom is made of both (ACC-29)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.base.kernel.outbox import announce
from central.people.community.finding import find
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.queries import unit_labels
from central.people.community.rules import floor_of
from central.people.community.tables import CommunityRow, HouseRow, LaneRow, LiftUnitRow


def set_floors(db: Session, actor: Actor, community_id: UUID, floors: Mapping[UUID, str | None]) -> int:
    """The floors of these houses, as the lift's buttons say them; None where no lift goes. Returns how many changed.

    The audit keeps each house with its floor before and after. The gates learn it with their next snapshot.
    """
    community = find(db, CommunityRow, community_id, "community.not_found", lock=True)
    actor.demand(EDIT_HOUSES, community.id)
    query = select(HouseRow).where(HouseRow.community_id == community.id, HouseRow.id.in_(floors))
    houses = {house.id: house for house in db.scalars(query.order_by(HouseRow.label))}
    if houses.keys() != floors.keys():
        raise Invalid("community.no_house", fields={"house_id": "community.no_house"})
    wanted = {house_id: None if said is None else floor_of(said) for house_id, said in floors.items()}
    if any(wanted[house_id] is None and said is not None for house_id, said in floors.items()):
        raise Invalid("community.floor_letters", fields={"floor": "community.floor_letters"})
    changed = [house for house in houses.values() if house.floor != wanted[house.id]]
    before = {house.label: house.floor for house in changed}
    for house in changed:
        house.floor = wanted[house.id]
    db.flush()
    if changed:
        record(
            db, actor, "house.floors", "community", community.id, community_id=community.id,
            before=before, after={house.label: house.floor for house in changed},
        )  # fmt: skip
        tell(db, actor, community.id)
    return len(changed)


def set_lift(db: Session, actor: Actor, lane_id: UUID, unit_ids: Collection[UUID]) -> None:
    """The units up whose stairs this lane is the lift; none: it is no lift, or one with common floors only."""
    lane = find(db, LaneRow, lane_id, "community.no_lane", lock=True)
    actor.demand(EDIT_HOUSES, lane.community_id)
    labels = unit_labels(db, lane.community_id)
    wanted = set(unit_ids)
    if not wanted <= labels.keys():
        raise Invalid("community.no_unit", fields={"units": "community.no_unit"})
    before = set(db.scalars(select(LiftUnitRow.unit_id).where(LiftUnitRow.lane_id == lane.id)))
    if before == wanted:
        return
    db.execute(delete(LiftUnitRow).where(LiftUnitRow.lane_id == lane.id, LiftUnitRow.unit_id.not_in(wanted)))
    db.add_all(LiftUnitRow(lane_id=lane.id, unit_id=unit_id) for unit_id in sorted(wanted - before))
    db.flush()
    record(
        db, actor, "lane.lift", "lane", lane.id, community_id=lane.community_id,
        before={"units": [label for unit_id, label in labels.items() if unit_id in before]},
        after={"units": [label for unit_id, label in labels.items() if unit_id in wanted]},
    )  # fmt: skip
    tell(db, actor, lane.community_id)


def tell(db: Session, actor: Actor, community_id: UUID) -> None:
    """Whoever tells the gates hears of it."""
    announce(db, "floors.changed", {"community_id": str(community_id)}, correlation_id=actor.correlation_id)
