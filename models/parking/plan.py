"""A car park's floor plan: levels, zones, bays, where one drives and walks, lifts, the lanes that lead in. Pure values.

Lengths are metres, `x` to the right and `y` down from a level's upper left corner. Driving and walking are two graphs
over the same nodes. What a plan must hold to be one is asked in `plan_check.py`; a file of one is read by
`plan_file.py`.
"""

import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, NamedTuple

from pydantic import Field

from models.site.topology import ZONE
from models.values.frozen import Frozen
from models.values.text import Printable

SIDE_MAX = 1_000.0
LEVELS_MAX, ZONES_MAX, BAYS_MAX, NODES_MAX, EDGES_MAX, WALLS_MAX, LIFTS_MAX, LANES_MAX = (
    12, 60, 2_000, 3_000, 6_000, 1_000, 100, 40,
)  # fmt: skip

Code = Annotated[str, Field(pattern=ZONE)]
Name = Annotated[Printable, Field(min_length=1, max_length=20)]
Metres = Annotated[float, Field(ge=0, le=SIDE_MAX, allow_inf_nan=False)]


class BayKind(StrEnum):
    """For whom a bay is. FIXED: somebody's own, sold or let; it never counts as free."""

    TEMPORARY = "temporary"
    FIXED = "fixed"
    CHARGING = "charging"
    DISABLED = "disabled"


class Point(NamedTuple):
    x: float
    y: float

    def to(self, other: "Point") -> float:
        """Metres."""
        return math.dist(self, other)


class Spot(NamedTuple):
    """A point on a level."""

    level: str
    at: Point


class Wall(Frozen):
    """A straight piece of wall: nobody drives or walks through it."""

    x1: Metres
    y1: Metres
    x2: Metres
    y2: Metres

    @property
    def ends(self) -> tuple[Point, Point]:
        return Point(self.x1, self.y1), Point(self.x2, self.y2)


class Zone(Frozen):
    code: Code
    name: Name


class Node(Frozen):
    """A place on a way."""

    code: Code
    x: Metres
    y: Metres

    @property
    def at(self) -> Point:
        return Point(self.x, self.y)


class Bay(Frozen):
    """`x`, `y`: its middle. `turn`: degrees clockwise, 0 is a bay whose `width` lies along x. `drive`, `walk`: the
    nodes from which one drives into it and walks away from it. `sensor`: whether something tells if a car is there."""

    code: Code
    zone: Code
    kind: BayKind = BayKind.TEMPORARY
    x: Metres
    y: Metres
    width: float = Field(default=2.4, ge=1, le=30, allow_inf_nan=False)
    depth: float = Field(default=5.3, ge=1, le=30, allow_inf_nan=False)
    turn: int = Field(default=0, ge=0, le=359)
    drive: Code
    walk: Code
    sensor: bool = False

    @property
    def at(self) -> Point:
        return Point(self.x, self.y)

    def corners(self, within: float = 0.0) -> tuple[Point, Point, Point, Point]:
        """In order around it; `within` metres inside its edge."""
        half_w, half_d, angle = self.width / 2 - within, self.depth / 2 - within, math.radians(self.turn)
        cos, sin = math.cos(angle), math.sin(angle)
        found = [
            Point(self.x + dx * cos - dy * sin, self.y + dx * sin + dy * cos)
            for dx, dy in ((-half_w, -half_d), (half_w, -half_d), (half_w, half_d), (-half_w, half_d))
        ]
        return found[0], found[1], found[2], found[3]


class Level(Frozen):
    code: Code
    name: Name
    width: float = Field(gt=0, le=SIDE_MAX, allow_inf_nan=False)
    height: float = Field(gt=0, le=SIDE_MAX, allow_inf_nan=False)
    walls: tuple[Wall, ...] = Field(default=(), max_length=WALLS_MAX)
    zones: tuple[Zone, ...] = Field(min_length=1, max_length=ZONES_MAX)
    nodes: tuple[Node, ...] = Field(default=(), max_length=NODES_MAX)
    bays: tuple[Bay, ...] = Field(default=(), max_length=BAYS_MAX)


class Edge(Frozen):
    """A way between two nodes, in both directions unless `one_way`. `metres`: how long; needed where it leads to
    another level, else the straight line."""

    start: Code = Field(alias="from")
    end: Code = Field(alias="to")
    one_way: bool = False
    metres: float | None = Field(default=None, gt=0, le=SIDE_MAX, allow_inf_nan=False)


class Lift(Frozen):
    """A lift or stairs. `nodes`: where one steps out of it, on each level. `units`: those that it leads to, as their
    houses begin: 5-2."""

    code: Code
    name: Name
    nodes: tuple[Code, ...] = Field(min_length=1, max_length=LEVELS_MAX)
    units: tuple[Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,8}(-[0-9A-Za-z]{1,8})?$")], ...] = Field(
        default=(), max_length=50
    )

    def serves(self, house: str) -> bool:
        """house: a house or a unit of one, 5-2-1102 or 5-2."""
        return any(house == unit or house.startswith(unit + "-") for unit in self.units)


class LaneAt(Frozen):
    """Where a vehicle lane that leads in (by its code) meets the plan. `zone`: the only one that it leads
    into, other than through an inner lane, where that is so: then cars that came in by it are counted there, until they
    go through one. Between which zones an inner lane leads, its gate says."""

    lane: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    node: Code
    zone: Code | None = None


class Plan(Frozen):
    levels: tuple[Level, ...] = Field(min_length=1, max_length=LEVELS_MAX)
    drive: tuple[Edge, ...] = Field(default=(), max_length=EDGES_MAX)
    walk: tuple[Edge, ...] = Field(default=(), max_length=EDGES_MAX)
    lifts: tuple[Lift, ...] = Field(default=(), max_length=LIFTS_MAX)
    lanes: tuple[LaneAt, ...] = Field(default=(), max_length=LANES_MAX)

    @cached_property
    def spots(self) -> Mapping[str, Spot]:
        """Every node's place."""
        return {node.code: Spot(level.code, node.at) for level in self.levels for node in level.nodes}

    @cached_property
    def bays(self) -> Mapping[str, tuple[Level, Bay]]:
        return {bay.code: (level, bay) for level in self.levels for bay in level.bays}

    @cached_property
    def zones(self) -> Mapping[str, tuple[Level, Zone]]:
        return {zone.code: (level, zone) for level in self.levels for zone in level.zones}

    def bays_in(self, zone: str) -> Iterator[Bay]:
        return (bay for _, bay in self.bays.values() if bay.zone == zone)

    def zone_of_lane(self, code: str) -> str | None:
        return next((one.zone for one in self.lanes if one.lane == code), None)


def length_of(edge: Edge, spots: Mapping[str, Spot]) -> float:
    """Metres."""
    return edge.metres if edge.metres is not None else spots[edge.start].at.to(spots[edge.end].at)
