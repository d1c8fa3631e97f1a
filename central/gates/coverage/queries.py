"""The coverage report: each key point with what its lane, its node and its readers are like now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.coverage.rules import Cover, LaneFacts, PointKind, cover_of, reader_faults
from central.gates.coverage.tables import KeyPointRow
from central.gates.visits.alarms import open_of_lanes
from central.gates.visits.presence import Presence, nodes_of_lanes, presences
from central.people.community.queries import lanes_of, unit_labels
from central.people.community.rules import counted


@dataclass(frozen=True, slots=True)
class PointView:
    """A key point and whether it is covered. `unit` "5-2" and `lane` are names; `faults` as `rules.reader_faults`."""

    point_id: UUID
    community_id: UUID
    kind: PointKind
    name: str
    unit_id: UUID | None
    unit: str | None
    lane_id: UUID | None
    lane: str | None
    cover: Cover
    faults: tuple[str, ...]
    last_heard_at: datetime | None


def points_of(db: Session, community_id: UUID, now: datetime) -> list[PointView]:
    """What has no working reader first, then by kind and name."""
    rows = db.scalars(select(KeyPointRow).where(KeyPointRow.community_id == community_id)).all()
    names = {view.lane.lane_id: view.lane.name for view in lanes_of(db, community_id)}
    units = unit_labels(db, community_id)
    lanes = [row.lane_id for row in rows if row.lane_id is not None]
    nodes = nodes_of_lanes(db, lanes)
    there = presences(db, set(nodes.values()), now)
    alarms = open_of_lanes(db, nodes)
    found = []
    for row in rows:
        node = there.get(nodes[row.lane_id]) if row.lane_id in nodes else None
        facts = _facts(row, nodes, node, alarms)
        found.append(PointView(
            row.id, row.community_id, PointKind(row.kind), row.name, row.unit_id,
            units.get(row.unit_id) if row.unit_id else None, row.lane_id,
            names.get(row.lane_id) if row.lane_id else None, cover_of(facts),
            facts.faults if facts else (), node.heard_at if node else None,
        ))  # fmt: skip
    kinds = list(PointKind)
    return sorted(found, key=lambda one: (one.cover is Cover.WORKING, kinds.index(one.kind), counted(one.name)))


def units_unlisted(db: Session, community_id: UUID) -> dict[UUID, str]:
    """Units with houses whose door is not in the list, id -> "5-2"."""
    listed = select(KeyPointRow.unit_id).where(
        KeyPointRow.community_id == community_id, KeyPointRow.kind == PointKind.UNIT_DOOR.value
    )
    there = set(db.scalars(listed))
    return {unit: label for unit, label in unit_labels(db, community_id).items() if unit not in there}


def _facts(
    row: KeyPointRow, nodes: Mapping[UUID, UUID], node: Presence | None,
    alarms: Mapping[UUID, list[tuple[str, str | None]]],
) -> LaneFacts | None:  # fmt: skip
    if row.lane_id is None:
        return None
    faults = reader_faults(alarms.get(row.lane_id, ()))
    return LaneFacts(driven=row.lane_id in nodes, online=node is not None and node.in_contact, faults=faults)
