"""Gates and their lanes: where a community is entered and left."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.outbox import announce
from central.people.community.finding import add_unless_taken, find
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.rules import RINGS_AT, next_gate_number, tidy_name, tidy_ring
from central.people.community.tables import CommunityRow, GateRow, LaneRow
from models.site.topology import Between, Direction


def add_gate(db: Session, actor: Actor, community_id: UUID, name: str, number: int | None = None) -> GateRow:
    """A gate of the community. `number` 0..63 is its bit in every pass; the lowest free one when left out."""
    community = find(db, CommunityRow, community_id, "community.not_found", lock=True)
    actor.demand(EDIT_HOUSES, community.id)
    if number is None:
        number = next_gate_number(db.scalars(select(GateRow.number).where(GateRow.community_id == community.id)))
        if number is None:
            raise Conflict("community.gates_full")
    gate = GateRow(community_id=community.id, number=number, name=name)
    add_unless_taken(db, gate, Conflict("community.gate_exists", name=name, number=number))
    record(db, actor, "gate.add", "gate", gate.id, after={"name": name, "number": number}, community_id=community.id)
    announce(db, "gate.added", {"community_id": str(community.id)}, correlation_id=actor.correlation_id)
    return gate


def rename_gate(db: Session, actor: Actor, gate_id: UUID, name: str) -> GateRow:
    """Another name for a gate; passes know it by its number, which stays. Conflict when a gate here has that name."""
    gate = find(db, GateRow, gate_id, "community.no_gate", lock=True)
    actor.demand(EDIT_HOUSES, gate.community_id)
    before = gate.name
    if name == before:
        return gate
    taken = select(GateRow.id).where(GateRow.community_id == gate.community_id, GateRow.name == name)
    if db.scalar(taken) is not None:
        raise Conflict("community.gate_name_taken", name=name)
    gate.name = name
    db.flush()
    record(
        db, actor, "gate.rename", "gate", gate.id, before={"name": before}, after={"name": name},
        community_id=gate.community_id,
    )  # fmt: skip
    return gate


def add_lane(db: Session, actor: Actor, gate_id: UUID, code: str, name: str, direction: Direction) -> LaneRow:
    """One way through a gate. The gates learn it with their next snapshot (topic "lane.changed")."""
    gate = find(db, GateRow, gate_id, "community.no_gate")
    actor.demand(EDIT_HOUSES, gate.community_id)
    name = tidy_name(name)
    lane = LaneRow(community_id=gate.community_id, gate_id=gate.id, code=code, name=name, direction=direction.value)
    add_unless_taken(db, lane, Conflict("community.lane_exists", code=code))
    record(
        db, actor, "lane.add", "lane", lane.id, community_id=lane.community_id,
        after={"code": code, "name": name, "direction": direction.value},
    )  # fmt: skip
    announce(db, "lane.changed", {"community_id": str(lane.community_id)}, correlation_id=actor.correlation_id)
    return lane


def lane_serves(db: Session, lane_id: UUID, *, vehicles: bool) -> None:
    """What its node says of it, or what came through it. Asks nobody's right: no person says it."""
    changes = LaneRow.id == lane_id, LaneRow.vehicles.is_distinct_from(vehicles)
    db.execute(update(LaneRow).where(*changes).values(vehicles=vehicles))


def lane_leads(db: Session, lane_id: UUID, between: Between | None) -> None:
    """Between which zones of a car park its node says that it leads; None: in or out. Asks nobody's right."""
    from_zone, to_zone = between if between is not None else (None, None)
    other = LaneRow.from_zone.is_distinct_from(from_zone) | LaneRow.to_zone.is_distinct_from(to_zone)
    db.execute(update(LaneRow).where(LaneRow.id == lane_id, other).values(from_zone=from_zone, to_zone=to_zone))


def set_rings_at(db: Session, actor: Actor, lane_id: UUID, said: str) -> LaneRow:
    """By which number or extension its intercom is called; "" for none. Menting carries no sound: the talk is between
    that telephone and the operator's own."""
    lane = find(db, LaneRow, lane_id, "community.no_lane", lock=True)
    actor.demand(EDIT_HOUSES, lane.community_id)
    wanted, before = tidy_ring(said) or None, lane.rings_at
    if wanted is not None and not re.fullmatch(RINGS_AT, wanted):
        raise Invalid(fields={"rings_at": "community.rings_at_form"})
    if wanted == before:
        return lane
    lane.rings_at = wanted
    db.flush()
    record(
        db, actor, "lane.rings_at", "lane", lane.id, before={"rings_at": before}, after={"rings_at": wanted},
        community_id=lane.community_id,
    )  # fmt: skip
    return lane


def rename_lane(db: Session, actor: Actor, lane_id: UUID, name: str) -> LaneRow:
    lane = find(db, LaneRow, lane_id, "community.no_lane", lock=True)
    actor.demand(EDIT_HOUSES, lane.community_id)
    name = tidy_name(name)
    before, lane.name = lane.name, name
    db.flush()
    record(
        db, actor, "lane.rename", "lane", lane.id, before={"name": before}, after={"name": name},
        community_id=lane.community_id,
    )  # fmt: skip
    announce(db, "lane.changed", {"community_id": str(lane.community_id)}, correlation_id=actor.correlation_id)
    return lane
