"""For whom a tariff is (P01): by which lane a car came in, of which class and plate colour it is, who it is. Pure.

A lot is one community's, and a tariff is a community's, so that of P01's "lots" nothing is left to name here. A scope
names some of four things, and a car fits it that fits each of them; one that names nothing is for everybody.

    the most specific wins      the one that names the most of the four; how many of each it names does not count
    a tie                       two that name as many, while some car fits both: refused before it can be in force

What a lane tells of a car as it comes in:

    lane     where it was decided about
    class    small, large or new_energy, from plate and colour (models/parking/account.py: class_of)
    colour   of the plate; one that nobody saw fits no scope that names colours. A new energy plate tells it by its form
    group    permit: one that holds at this instant, days of grace not counted; white, special: on that list;
             temporary: everybody else. A plate on the black list that a guard let in is temporary. No lane
             knows of others: a visitor's car is a temporary one with free minutes of its own (P34), and a permit
             says nothing of resident or staff
"""

from collections.abc import Iterable
from enum import StrEnum
from itertools import combinations
from typing import Annotated, NamedTuple, Protocol, TypeVar
from uuid import UUID

from pydantic import Field

from models.values.frozen import IN_ORDER, WireValue
from models.values.plate import PlateColour

SCOPE_MAX = 64
"""How many lanes a scope may name: as many as a site has."""
TOLD_CLASSES = ("small", "large", "new_energy")
"""The classes that a lane can tell. A scope of any other would fit no car."""
TOLD_COLOURS = tuple(one for one in PlateColour if one is not PlateColour.UNKNOWN)


class Group(StrEnum):
    """Who a car is as the lists have it when it comes in."""

    PERMIT = "permit"
    WHITE = "white"
    SPECIAL = "special"
    TEMPORARY = "temporary"


class Entering(NamedTuple):
    """A car that comes in, as its lane tells of it; left as it is, one of which nothing is known."""

    lane_id: UUID | None = None
    vehicle_class: str = "small"
    colour: PlateColour = PlateColour.UNKNOWN
    group: Group = Group.TEMPORARY


Class = Annotated[str, Field(min_length=1, max_length=30)]


class Scope(WireValue):
    """An empty set names nothing: all of that kind."""

    lanes: Annotated[frozenset[UUID], IN_ORDER] = Field(default=frozenset(), max_length=SCOPE_MAX)
    classes: Annotated[frozenset[Class], IN_ORDER] = Field(default=frozenset(), max_length=20)
    colours: Annotated[frozenset[PlateColour], IN_ORDER] = frozenset()
    groups: Annotated[frozenset[Group], IN_ORDER] = frozenset()

    @property
    def weight(self) -> int:
        """How many of the four it names: 0 is everybody."""
        return sum(map(bool, (self.lanes, self.classes, self.colours, self.groups)))

    def fits(self, car: Entering) -> bool:
        return (
            (not self.lanes or car.lane_id in self.lanes)
            and (not self.classes or car.vehicle_class in self.classes)
            and (not self.colours or car.colour in self.colours)
            and (not self.groups or car.group in self.groups)
        )

    def shared(self, other: "Scope") -> "Scope | None":
        """The cars that fit both, as a scope; None where there is no such car, as no large one has a blue plate."""
        lanes, classes = _both(self.lanes, other.lanes), _both(self.classes, other.classes)
        colours, groups = _both(self.colours, other.colours), _both(self.groups, other.groups)
        if lanes is None or classes is None or colours is None or groups is None:
            return None
        both = Scope(lanes=lanes, classes=classes, colours=colours, groups=groups)
        lane, group = next(iter(lanes), None), next(iter(groups), Group.TEMPORARY)
        return both if any(both.fits(car) for car in _cars(lane, group)) else None


Named = TypeVar("Named")


def _both(one: frozenset[Named], other: frozenset[Named]) -> frozenset[Named] | None:
    """What both name, where an empty set is all; None where there is nothing of it."""
    if not one or not other:
        return one | other
    return one & other or None


def _cars(lane: UUID | None, group: Group) -> Iterable[Entering]:
    """Each class with each colour that it can come with."""
    for colour in PlateColour:
        yield Entering(lane, "small", colour, group)
        yield Entering(lane, "new_energy", colour, group)
    yield Entering(lane, "large", PlateColour.YELLOW, group)


class Scoped(Protocol):
    """What the choice asks of a version of a tariff."""

    @property
    def tariff_id(self) -> UUID: ...
    @property
    def scope(self) -> Scope: ...


Version = TypeVar("Version", bound=Scoped)


class Tie(NamedTuple):
    """The two of `versions` at these places, and the cars that would be neither's more than the other's."""

    one: int
    other: int
    cars: Scope


def most_specific(versions: Iterable[Version], car: Entering) -> Version | None:
    """The one of these, all in force at once, by which the car is priced; None where it fits none. The order in which
    they come is no matter; should two tie all the same, as none that was saved here can, the older tariff counts."""
    fitting = (one for one in versions if one.scope.fits(car))
    return min(fitting, key=lambda one: (-one.scope.weight, one.tariff_id), default=None)


def tie_of(scopes: Iterable[Scope]) -> Tie | None:
    """The first two of these that tie."""
    for (place, one), (beside, other) in combinations(enumerate(scopes), 2):
        cars = one.shared(other) if one.weight == other.weight else None
        if cars is not None:
            return Tie(place, beside, cars)
    return None
