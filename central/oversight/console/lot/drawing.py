"""A floor plan as a picture: numbers in a picture's own units, made from the plan's own, never from a file. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.parking.guidance import Guided, Way, legs
from models.parking.occupancy import BayState
from models.parking.plan import BayKind, Level, Plan, Point, Spot

SCALE = 10.0
"""Units for a metre."""
EDGE = 24.0
NEAR_EDGE = 3.0
"""Metres: a name of what is so near an edge stands outside of it."""
WIDTH, HEIGHT = 960, 160
"""Of the plot of how many were inside."""
POINTS = 240


@dataclass(frozen=True, slots=True)
class DrawnBay:
    """`outline`, `car`: corners of the bay, and of the car in it. `chosen`: somebody is sent there."""

    code: str
    kind: BayKind
    state: BayState
    outline: str
    car: str
    x: float
    y: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A lane or a lift: where it is drawn, and where there is room for its name."""

    code: str
    name: str
    x: float
    y: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """One level. `roads`, `drive`, `walk`: lines. `box`: (x, y, width, height)."""

    level: Level
    box: tuple[float, float, float, float]
    walls: tuple[str, ...]
    roads: str
    bays: tuple[DrawnBay, ...]
    lanes: tuple[Mark, ...]
    lifts: tuple[Mark, ...]
    drive: tuple[str, ...]
    walk: tuple[str, ...]

    @property
    def wide(self) -> float:
        return self.level.width * SCALE

    @property
    def high(self) -> float:
        return self.level.height * SCALE


def draw(
    plan: Plan, level: Level, states: Mapping[str, BayState], lane_names: Mapping[str, str],
    guided: Guided | None = None, walked: Way | None = None, chosen: str = "",
) -> Drawing:  # fmt: skip
    """walked: from a lift to a bay, for who looks for their car."""
    here = level.code
    sent = guided.bay if guided is not None else chosen
    bays = tuple(
        DrawnBay(bay.code, bay.kind, states.get(bay.code, BayState.UNWATCHED), _corners(bay.corners(0.06)),
                 _corners(bay.corners(0.42)), _unit(bay.x), _unit(bay.y), bay.code == sent)
        for bay in level.bays
    )  # fmt: skip
    edges = [(plan.spots[edge.start], plan.spots[edge.end]) for edge in plan.drive]
    roads = "".join(f"M{_at(a.at)}L{_at(b.at)}" for a, b in edges if a.level == b.level == here)
    drive = legs(plan, guided.drive.nodes, guided.bay) if guided is not None else ()
    walk: Sequence[tuple[Spot, ...]] = ()
    if guided is not None and guided.walk is not None:
        walk = legs(plan, guided.walk.nodes, guided.bay, first=True)
    elif walked is not None:
        walk = legs(plan, walked.nodes, walked.bay)
    lanes = tuple(_mark(plan, level, one.lane, lane_names.get(one.lane, one.lane), one.node) for one in plan.lanes
                  if plan.spots[one.node].level == here)  # fmt: skip
    lifts = tuple(_mark(plan, level, one.code, one.name, node) for one in plan.lifts for node in one.nodes
                  if plan.spots[node].level == here)  # fmt: skip
    walls = tuple(_line(Spot(here, end) for end in wall.ends) for wall in level.walls)
    box = (-EDGE, -EDGE, level.width * SCALE + 2 * EDGE, level.height * SCALE + 2 * EDGE)
    return Drawing(level, box, walls, roads, bays, lanes, lifts, _lines(drive, here), _lines(walk, here))


@dataclass(frozen=True, slots=True)
class Plot:
    """How many cars were inside. `line`: a path. `top`: the number at the upper edge. `rows`: for who sees no lines."""

    line: str
    top: int
    rows: tuple[tuple[datetime, int], ...]
    most: int
    least: int


def plot_of(curve: Sequence[tuple[datetime, int]], rows: int = 12) -> Plot:
    """curve: the number at each change, from its start to its end. Between two of its points the most counts."""
    start, end = curve[0][0], curve[-1][0]
    span = (end - start).total_seconds() or 1.0
    highest: list[int | None] = [None] * (POINTS + 1)
    for at, number in curve:
        place = int((at - start).total_seconds() / span * POINTS)
        highest[place] = max(number, highest[place] or 0)
    last, by_place = curve[0][1], list[int]()
    for found in highest:
        last = found if found is not None else last
        by_place.append(last)
    numbers = [number for _, number in curve]
    top = nice(max(numbers))
    steps = [f"M0 {_y(by_place[0], top)}"]
    for place in range(1, POINTS + 1):
        steps.append(f"H{place * WIDTH / POINTS:g}")
        if by_place[place] != by_place[place - 1]:
            steps.append(f"V{_y(by_place[place], top)}")
    every = max(1, POINTS // rows)
    told = tuple((start + (end - start) * place / POINTS, by_place[place]) for place in range(0, POINTS + 1, every))
    return Plot("".join(steps), top, told, max(numbers), min(numbers))


def nice(number: int) -> int:
    """The lowest even one of 2, 4, 10 times a power of ten, or 2 of it, that is not below."""
    scale = 1
    while True:
        for times in (2, 4, 6, 10):
            if number <= scale * times:
                return scale * times
        scale *= 10


def _y(number: int, top: int) -> str:
    return f"{HEIGHT - number / top * HEIGHT:g}"


def _unit(metres: float) -> float:
    return round(metres * SCALE, 1)


def _at(point: Point) -> str:
    return f"{_unit(point.x):g} {_unit(point.y):g}"


def _corners(corners: Iterable[Point]) -> str:
    return " ".join(f"{_unit(x):g},{_unit(y):g}" for x, y in corners)


def _line(spots: Iterable[Spot]) -> str:
    return "M" + "L".join(_at(spot.at) for spot in spots)


def _lines(pieces: Iterable[Sequence[Spot]], level: str) -> tuple[str, ...]:
    return tuple(_line(piece) for piece in pieces if piece[0].level == level and len(piece) > 1)


def _mark(plan: Plan, level: Level, code: str, name: str, node: str) -> Mark:
    at = plan.spots[node].at
    anchor = "start" if at.x < level.width / 3 else "end" if at.x > level.width * 2 / 3 else "middle"
    label = -8.0 if at.y < NEAR_EDGE else level.height * SCALE + 16 if at.y > level.height - NEAR_EDGE else None
    return Mark(code, name, _unit(at.x), _unit(at.y), label if label is not None else _unit(at.y) - 10, anchor)
