"""Which free bay, and the way there: shortest paths on a floor plan's two graphs. Pure (PARK-21, PARK-22).

A way goes along the plan's own edges from node to node and ends at the bay; that none of them leads through a wall was
asked when the plan was taken in (`plan_check.py`).
"""

import heapq
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from models.parking.plan import Bay, Edge, Plan, Spot, length_of

Ways = Mapping[str, tuple[tuple[str, float], ...]]
"""From each node: where one comes by one edge, and how many metres that is."""


class Reach(NamedTuple):
    """From one node: how far each other is that can be reached, and from which one comes there."""

    start: str
    metres: Mapping[str, float]
    before: Mapping[str, str]

    def nodes_to(self, node: str) -> tuple[str, ...]:
        """From the start to this node, both named; nothing where no way leads there."""
        if node not in self.metres:
            return ()
        found = [node]
        while found[-1] != self.start:
            found.append(self.before[found[-1]])
        return tuple(reversed(found))


class Way(NamedTuple):
    """nodes: in order, from the start; the bay stands beside the last, or the first where one walks away from it."""

    bay: str
    nodes: tuple[str, ...]
    metres: float


class Guided(NamedTuple):
    """A free bay for one car. drive: from the lane. walk: to the lift (its code) of the house, where one is known."""

    bay: str
    drive: Way
    walk: Way | None = None
    lift: str | None = None


def ways_of(plan: Plan, edges: Iterable[Edge]) -> Ways:
    found: dict[str, list[tuple[str, float]]] = {}
    for edge in edges:
        metres = length_of(edge, plan.spots)
        found.setdefault(edge.start, []).append((edge.end, metres))
        if not edge.one_way:
            found.setdefault(edge.end, []).append((edge.start, metres))
    return {node: tuple(sorted(to)) for node, to in found.items()}


def reach(ways: Ways, start: str) -> Reach:
    """Dijkstra's. Of two ways of one length the one whose nodes come first by their codes."""
    metres, before = dict[str, float](), dict[str, str]()
    todo: list[tuple[float, str, str]] = [(0.0, start, start)]
    while todo:
        so_far, node, came_from = heapq.heappop(todo)
        if node in metres:
            continue
        metres[node] = so_far
        if node != start:
            before[node] = came_from
        for following, more in ways.get(node, ()):
            if following not in metres:
                heapq.heappush(todo, (so_far + more, following, node))
    return Reach(start, metres, before)


def reversed_ways(ways: Ways) -> Ways:
    """Each edge the other way round."""
    found: dict[str, list[tuple[str, float]]] = {}
    for node, to in ways.items():
        for following, metres in to:
            found.setdefault(following, []).append((node, metres))
    return {node: tuple(sorted(to)) for node, to in found.items()}


def drive_to(plan: Plan, start: str, bay: Bay, reached: Reach | None = None) -> Way | None:
    """The way by car from a node to a bay; None where none leads there."""
    found = reached or reach(ways_of(plan, plan.drive), start)
    return _way(plan, found, bay, bay.drive)


def walk_to(plan: Plan, start: str, bay: Bay, reached: Reach | None = None) -> Way | None:
    """On foot, from a lift's node to a bay."""
    found = reached or reach(ways_of(plan, plan.walk), start)
    return _way(plan, found, bay, bay.walk)


def _way(plan: Plan, found: Reach, bay: Bay, node: str) -> Way | None:
    nodes = found.nodes_to(node)
    return Way(bay.code, nodes, found.metres[node] + plan.spots[node].at.to(bay.at)) if nodes else None


def nearest(plan: Plan, lane: str, free: Collection[str], house: str = "") -> Guided | None:
    """Of these bays the one with the shortest walk to the lift of the house; without a house, or where no lift serves
    it, the one with the shortest drive from the lane. Of two alike the shorter drive, then the lower code."""
    gate = next((one for one in plan.lanes if one.lane == lane), None)
    if gate is None:
        return None
    by_car = reach(ways_of(plan, plan.drive), gate.node)
    on_foot = reversed_ways(ways_of(plan, plan.walk))  # one walks from the bay to the lift
    lifts = [(one, reach(on_foot, node)) for one in plan.lifts if house and one.serves(house) for node in one.nodes]
    best: tuple[float, float, str] | None = None
    chosen: Guided | None = None
    for code in free:
        if code not in plan.bays:
            continue
        bay = plan.bays[code][1]
        drive = _way(plan, by_car, bay, bay.drive)
        if drive is None:
            continue
        walks = [(way.metres, lift.code, way) for lift, found in lifts if (way := _way(plan, found, bay, bay.walk))]
        walk = min(walks, key=lambda one: one[:2], default=None)
        if lifts and walk is None:
            continue
        key = (walk[0] if walk is not None else 0.0, drive.metres, code)
        if best is None or key < best:
            best = key
            chosen = Guided(code, drive, _turned(walk[2]) if walk else None, walk[1] if walk else None)
    return chosen


def _turned(way: Way) -> Way:
    return way._replace(nodes=tuple(reversed(way.nodes)))


def legs(
    plan: Plan, nodes: Iterable[str], bay: str | None = None, *, first: bool = False
) -> tuple[tuple[Spot, ...], ...]:
    """The points of a way, in pieces of one level each, for who draws it. bay: where it ends, or begins (`first`)."""
    spots = [plan.spots[node] for node in nodes]
    if bay is not None:
        level, there = plan.bays[bay]
        spot = Spot(level.code, there.at)
        spots = [spot, *spots] if first else [*spots, spot]
    found: list[list[Spot]] = []
    for spot in spots:
        if found and found[-1][-1].level == spot.level:
            found[-1].append(spot)
        else:
            found.append([spot])
    return tuple(tuple(leg) for leg in found)
