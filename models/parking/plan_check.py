"""What is wrong with a floor plan: nobody is to be sent through a wall, or to a bay without a way. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import product
from typing import Generic, NamedTuple, TypeVar

from models.parking.guidance import Ways, ways_of
from models.parking.plan import BAYS_MAX, NODES_MAX, Bay, Edge, Plan, Point

PROBLEMS_MAX = 40
"""More are not told at once."""
CELL = 8.0
"""Metres: what lies near a line is looked for by squares of this size."""
TOO_NEAR = 1.0
"""Two bays whose middles are nearer are one bay drawn twice."""
EDGE_OF_BAY = 0.3
"""So far a way may reach over a bay's edge: lines on a floor are not that exact."""
CELLS_MAX = 20_000


class Wrong(StrEnum):
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    NOT_A_PLAN = "not_a_plan"
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    NO_NUMBER = "no_number"
    RANGE = "range"
    TOO_MANY = "too_many"
    FORM = "form"
    TWICE = "twice"
    OUTSIDE = "outside"
    NO_ZONE = "no_zone"
    NO_NODE = "no_node"
    OTHER_LEVEL = "other_level"
    LOOP = "loop"
    NO_LENGTH = "no_length"
    SHORTER = "shorter"
    WALL = "wall"
    OVER_BAY = "over_bay"
    ON_ANOTHER = "on_another"
    NO_BAY = "no_bay"
    NO_WAY_IN = "no_way_in"
    NO_WAY_ON_FOOT = "no_way_on_foot"
    NO_LANE = "no_lane"


class Problem(NamedTuple):
    """where: the place in the file, or the code of what is meant. what: a code, a name or a figure beside it."""

    wrong: Wrong
    where: str
    what: str = ""


def problems_of(plan: Plan) -> tuple[Problem, ...]:
    """None: the plan holds. What depends on something that is wrong is not asked."""
    found: list[Problem] = []
    for question in (_twice, _counts, _outside, _references, _edges):
        found += question(plan)
    if not found:
        found += _crossings(plan)
    if not found:
        found += _out_of_reach(plan)
    return tuple(found[:PROBLEMS_MAX])


def _twice(plan: Plan) -> Iterator[Problem]:
    kinds: tuple[Iterable[str], ...] = (
        (level.code for level in plan.levels),
        (zone.code for level in plan.levels for zone in level.zones),
        (node.code for level in plan.levels for node in level.nodes),
        (bay.code for level in plan.levels for bay in level.bays),
        (lift.code for lift in plan.lifts),
        (lane.lane for lane in plan.lanes),
    )
    for codes in kinds:
        yield from (Problem(Wrong.TWICE, code) for code, n in Counter(codes).items() if n > 1)


def _counts(plan: Plan) -> Iterator[Problem]:
    bays, nodes = (sum(len(one) for one in lists) for lists in (
        (level.bays for level in plan.levels), (level.nodes for level in plan.levels)
    ))  # fmt: skip
    if bays > BAYS_MAX:
        yield Problem(Wrong.TOO_MANY, "bays", str(BAYS_MAX))
    if nodes > NODES_MAX:
        yield Problem(Wrong.TOO_MANY, "nodes", str(NODES_MAX))
    if not bays:
        yield Problem(Wrong.NO_BAY, "bays")


def _outside(plan: Plan) -> Iterator[Problem]:
    for level in plan.levels:
        for node in level.nodes:
            if node.x > level.width or node.y > level.height:
                yield Problem(Wrong.OUTSIDE, node.code, level.code)
        for bay in level.bays:
            if any(not (-0.01 <= x <= level.width + 0.01 and -0.01 <= y <= level.height + 0.01)
                   for x, y in bay.corners()):  # fmt: skip
                yield Problem(Wrong.OUTSIDE, bay.code, level.code)
        for wall in level.walls:
            if max(wall.x1, wall.x2) > level.width or max(wall.y1, wall.y2) > level.height:
                yield Problem(Wrong.OUTSIDE, f"{wall.x1:g},{wall.y1:g}–{wall.x2:g},{wall.y2:g}", level.code)


def _references(plan: Plan) -> Iterator[Problem]:
    for level in plan.levels:
        zones = {zone.code for zone in level.zones}
        for bay in level.bays:
            if bay.zone not in zones:
                yield Problem(Wrong.NO_ZONE, bay.code, bay.zone)
            for node in (bay.drive, bay.walk):
                if node not in plan.spots:
                    yield Problem(Wrong.NO_NODE, bay.code, node)
                elif plan.spots[node].level != level.code:
                    yield Problem(Wrong.OTHER_LEVEL, bay.code, node)
    for lift in plan.lifts:
        yield from (Problem(Wrong.NO_NODE, lift.code, node) for node in lift.nodes if node not in plan.spots)
    for lane in plan.lanes:
        if lane.node not in plan.spots:
            yield Problem(Wrong.NO_NODE, lane.lane, lane.node)
        if lane.zone is not None and lane.zone not in plan.zones:
            yield Problem(Wrong.NO_ZONE, lane.lane, lane.zone)


def _edges(plan: Plan) -> Iterator[Problem]:
    for edge in (*plan.drive, *plan.walk):
        unknown = [node for node in (edge.start, edge.end) if node not in plan.spots]
        if unknown:
            yield Problem(Wrong.NO_NODE, _called(edge), unknown[0])
            continue
        a, b = plan.spots[edge.start], plan.spots[edge.end]
        if edge.start == edge.end:
            yield Problem(Wrong.LOOP, edge.start)
        elif a.level != b.level and edge.metres is None:
            yield Problem(Wrong.NO_LENGTH, _called(edge))
        elif a.level == b.level and edge.metres is not None and edge.metres < a.at.to(b.at) - 0.5:
            yield Problem(Wrong.SHORTER, _called(edge), f"{a.at.to(b.at):.1f}")


def _crossings(plan: Plan) -> Iterator[Problem]:
    for level in plan.levels:
        walls = Near((wall.ends, wall.ends) for wall in level.walls)
        middles = Near((((bay.at, bay.at), bay) for bay in level.bays), TOO_NEAR)
        floor = Near((_box(bay), bay) for bay in level.bays)
        for bay in level.bays:
            for other in middles.by(bay.at, bay.at):
                if other.code > bay.code and other.at.to(bay.at) < TOO_NEAR:
                    yield Problem(Wrong.ON_ANOTHER, bay.code, other.code)
            for node in dict.fromkeys((bay.drive, bay.walk)):
                if _through(walls, plan.spots[node].at, bay.at):
                    yield Problem(Wrong.WALL, bay.code, node)
        for edges, driven in ((plan.drive, True), (plan.walk, False)):
            for edge in edges:
                a, b = plan.spots[edge.start], plan.spots[edge.end]
                if a.level != level.code or b.level != level.code:
                    continue
                if _through(walls, a.at, b.at):
                    yield Problem(Wrong.WALL, _called(edge), level.code)
                elif driven:
                    over = next((one for one in floor.by(a.at, b.at) if _over(one, a.at, b.at)), None)
                    if over is not None:
                        yield Problem(Wrong.OVER_BAY, _called(edge), over.code)


def _out_of_reach(plan: Plan) -> Iterator[Problem]:
    if plan.lanes:
        yield from _not_reached(plan, ways_of(plan, plan.drive), [one.node for one in plan.lanes],
                                lambda bay: bay.drive, Wrong.NO_WAY_IN)  # fmt: skip
    if plan.lifts:
        yield from _not_reached(plan, ways_of(plan, plan.walk), [node for one in plan.lifts for node in one.nodes],
                                lambda bay: bay.walk, Wrong.NO_WAY_ON_FOOT)  # fmt: skip


def _not_reached(
    plan: Plan, ways: Ways, starts: list[str], at: Callable[[Bay], str], wrong: Wrong
) -> Iterator[Problem]:
    reached = set(starts)
    todo = list(starts)
    while todo:
        for node, _ in ways.get(todo.pop(), ()):
            if node not in reached:
                reached.add(node)
                todo.append(node)
    yield from (Problem(wrong, bay.code) for _, bay in plan.bays.values() if at(bay) not in reached)


def _called(edge: Edge) -> str:
    return f"{edge.start}–{edge.end}"


def _box(bay: Bay) -> tuple[Point, Point]:
    corners = bay.corners()
    return (Point(min(x for x, _ in corners), min(y for _, y in corners)),
            Point(max(x for x, _ in corners), max(y for _, y in corners)))  # fmt: skip


def _through(walls: "Near[tuple[Point, Point]]", a: Point, b: Point) -> bool:
    return any(crosses(a, b, *wall) for wall in walls.by(a, b))


def _over(bay: Bay, a: Point, b: Point) -> bool:
    """Whether the line runs over the bay by more than its edge."""
    corners = bay.corners(min(EDGE_OF_BAY, bay.width / 3, bay.depth / 3))
    sides = zip(corners, (*corners[1:], corners[0]), strict=True)
    return any(crosses(a, b, *side) for side in sides) or _within(a, corners)


def _within(point: Point, corners: tuple[Point, ...]) -> bool:
    turns = [_turn(p, q, point) for p, q in zip(corners, (*corners[1:], corners[0]), strict=True)]
    return all(turn > 0 for turn in turns) or all(turn < 0 for turn in turns)


def crosses(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the two pieces of straight line have a point in common."""
    one, two, three, four = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if (one > 0) != (two > 0) and (three > 0) != (four > 0) and 0 not in (one, two, three, four):
        return True
    return any(turn == 0 and _on(p, q, r) for turn, p, q, r in
               ((one, a, b, c), (two, a, b, d), (three, c, d, a), (four, c, d, b)))  # fmt: skip


def _turn(p: Point, q: Point, r: Point) -> float:
    found = (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)
    return 0.0 if abs(found) < 1e-9 else found


def _on(p: Point, q: Point, r: Point) -> bool:
    return min(p.x, q.x) - 1e-9 <= r.x <= max(p.x, q.x) + 1e-9 and min(p.y, q.y) - 1e-9 <= r.y <= max(p.y, q.y) + 1e-9


Thing = TypeVar("Thing")


class Near(Generic[Thing]):
    """Things by the squares that their boxes touch: what may meet a line is found without asking everything."""

    def __init__(self, things: Iterable[tuple[tuple[Point, Point], Thing]], margin: float = 0.0) -> None:
        self._cells: dict[tuple[int, int], list[Thing]] = {}
        self._all: list[Thing] = []
        for (a, b), thing in things:
            cells = _cells(a, b, margin)
            if cells is None:
                self._all.append(thing)
            else:
                for cell in cells:
                    self._cells.setdefault(cell, []).append(thing)

    def by(self, a: Point, b: Point) -> Iterator[Thing]:
        """Each at least once; more than what meets the line."""
        seen: set[int] = set()
        cells = _cells(a, b, 0.0)
        lists = self._cells.values() if cells is None else (self._cells.get(cell, ()) for cell in cells)
        for things in lists:
            for thing in things:
                if id(thing) not in seen:
                    seen.add(id(thing))
                    yield thing
        yield from self._all


def _cells(a: Point, b: Point, margin: float) -> list[tuple[int, int]] | None:
    """The squares of the box around a line; None where that is too many to name."""
    xs = range(math.floor((min(a.x, b.x) - margin) / CELL), math.floor((max(a.x, b.x) + margin) / CELL) + 1)
    ys = range(math.floor((min(a.y, b.y) - margin) / CELL), math.floor((max(a.y, b.y) + margin) / CELL) + 1)
    return list(product(xs, ys)) if len(xs) * len(ys) <= CELLS_MAX else None
