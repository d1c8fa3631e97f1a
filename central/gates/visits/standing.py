"""What stands at the gates in one breath, for every page that is not the guard's: who writes a pass must see a fire."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.gates.visits.alarms import cards, full_name, in_communities
from central.gates.visits.calls.waiting import Waits, calls_waiting
from central.gates.visits.fire_locks import locks_in_fire
from central.gates.visits.presence import nodes_of_lanes
from central.gates.visits.rules import Lock, is_of_machines, urgency
from central.gates.visits.tables import AlarmRow
from central.people.community.queries import lanes_of
from models.wire.events import AlarmKind

UNSEEN_MAX = 200


class At(StrEnum):
    """What a fire is to open at some lanes."""

    DOORS = "doors"
    BARRIERS = "barriers"
    BOTH = "both"


class Held(NamedTuple):
    """Lanes whose locks became the same, by their names."""

    lock: Lock
    names: tuple[str, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Standing:
    """`unseen`: the kinds of the alarms that nobody has taken note of, a card of the guard's page each, the most urgent
    first. `held`: the lanes that a fire is to hold open, whoever has taken note of it, with their names; `locks`: what
    became of the lock of each; `barriers`: where an arm stands in place of a door. `calls`: who asks for a person, and
    nobody has taken it."""

    unseen: tuple[str, ...]
    held: dict[UUID, str]
    locks: dict[UUID, Lock] = field(default_factory=dict)
    barriers: frozenset[UUID] = frozenset()
    calls: tuple[Waits, ...] = ()

    @property
    def danger(self) -> bool:
        """Whether people are concerned, and not machines alone."""
        return bool(self.held) or not all(is_of_machines(kind) for kind in self.unseen)

    @property
    def by_lock(self) -> tuple[Held, ...]:
        """The lanes that are held, by what became of their locks: where somebody is needed comes first."""
        groups = ((lock, [one for one, its in self.locks.items() if its is lock]) for lock in _FIRST)
        return tuple(
            Held(lock, tuple(self.held[one] for one in lanes), _at({one in self.barriers for one in lanes}))
            for lock, lanes in groups
            if lanes
        )

    @property
    def traps(self) -> bool:
        """Whether a door that a fire was to open is locked."""
        return Lock.STUCK in self.locks.values()


def _at(barriers: set[bool]) -> At:
    return At.BOTH if len(barriers) > 1 else At.BARRIERS if True in barriers else At.DOORS


_FIRST = (Lock.STUCK, Lock.UNSURE, Lock.FREE)


def standing_now(db: Session, community_ids: Collection[UUID], now: datetime | None = None) -> Standing:
    """Asked every few seconds by every page that is open: three questions while all is calm."""
    rows = db.execute(cards(community_ids, UNSEEN_MAX)).all()
    unseen = sorted((alarm for alarm, seen, *_ in rows if seen is None), key=_rank)
    calls = calls_waiting(db, community_ids, now or clock.now())
    return Standing(tuple(alarm.kind for alarm in unseen), *_held(db, community_ids), tuple(calls))


def _rank(alarm: AlarmRow) -> tuple[bool, bool, int]:
    return urgency(alarm.kind, alarm.over_at, None)


def _held(db: Session, community_ids: Collection[UUID]) -> tuple[dict[UUID, str], dict[UUID, Lock], frozenset[UUID]]:
    """As `alarms.lanes_on_fire`, but asked by community; names, locks, and where barriers stand, in the order of
    gates."""
    query = select(AlarmRow.node_id, AlarmRow.lane_id, AlarmRow.community_id).where(
        in_communities(community_ids), AlarmRow.kind == AlarmKind.FIRE.value, AlarmRow.over_at.is_(None)
    )  # fmt: skip
    burning = {
        (node_id, lane_id): place
        for node_id, lane_id, place in db.execute(query)
        if node_id is not None and lane_id is not None
    }
    locks = locks_in_fire(db, burning)
    if not locks:
        return {}, {}, frozenset()
    nodes = nodes_of_lanes(db, [lane_id for _, lane_id in locks])
    views = [view for community_id in sorted(set(burning.values())) for view in lanes_of(db, community_id)]
    held = [(view, nodes[view.lane.lane_id]) for view in views if view.lane.lane_id in nodes]
    held = [(view, node_id) for view, node_id in held if (node_id, view.lane.lane_id) in locks]
    return (
        {view.lane.lane_id: full_name(view) for view, _ in held},
        {view.lane.lane_id: locks[node_id, view.lane.lane_id] for view, node_id in held},
        frozenset(view.lane.lane_id for view, _ in held if view.vehicles),
    )
