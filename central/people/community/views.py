"""What others are shown of a community: frozen values, people masked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from central.people.community.rules import clock_text
from models.site.topology import Between, Lane


@dataclass(frozen=True, slots=True)
class CommunityView:
    """`day_begins_minute`: when the day by which it counts begins, after 00:00 at the site (GEN-02).

    `desk_phone`: whom a visitor rings when a gate does not open.
    """

    community_id: UUID
    name: str
    kind: str
    day_begins_minute: int = 0
    desk_phone: str | None = None

    @property
    def day_begins(self) -> str:
        return clock_text(self.day_begins_minute)


@dataclass(frozen=True, slots=True)
class BuildingView:
    building_id: UUID
    community_id: UUID
    label: str


@dataclass(frozen=True, slots=True)
class UnitView:
    unit_id: UUID
    building_id: UUID
    community_id: UUID
    label: str


@dataclass(frozen=True, slots=True)
class HouseView:
    """`label` is the whole "5-2-1102"; `floor` as the lift's button says it, where it is known."""

    house_id: UUID
    community_id: UUID
    label: str
    floor: str | None = None


@dataclass(frozen=True, slots=True)
class UnitHouses:
    """A unit of a building with the numbers of its houses, as a register lists them."""

    building: str
    unit: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitFloors:
    """A unit, with how many houses it has and of how many the floor is known."""

    unit_id: UUID
    building: str
    unit: str
    houses: int
    known: int


@dataclass(frozen=True, slots=True)
class HouseFloor:
    """A house in its unit. `guess`: what its number suggests, while nobody has said the floor."""

    house_id: UUID
    number: str
    floor: str | None
    guess: str | None = None


@dataclass(frozen=True, slots=True)
class LiftView:
    """A lane by its name and gate, and the units that it is the lift of, id and "5-2"."""

    lane_id: UUID
    community_id: UUID
    lane: str
    gate: str
    units: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, slots=True)
class PersonFloor:
    """A home as a lift knows it."""

    person_id: UUID
    unit_id: UUID
    floor: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What a community has so far. `people`: at home now or later."""

    houses: int = 0
    gates: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class GateView:
    gate_id: UUID
    community_id: UUID
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class LaneView:
    """A lane as models know it, with what a page says beside it. `vehicles`: None where nobody has told yet whether
    a barrier or a door stands there. `between`: the zones of a car park between which an inner lane leads, in its
    direction; None where it leads in or out. `rings_at`: by which number or extension its intercom is called, as
    `rules.rings_at` has it; empty for none."""

    lane: Lane
    community_id: UUID
    gate_name: str
    vehicles: bool | None = None
    between: Between | None = None
    rings_at: str = ""


@dataclass(frozen=True, slots=True)
class ResidentView:
    """Somebody at home, masked: `name` "张*", `phone` "190****1234"."""

    resident_id: UUID
    person_id: UUID
    community_id: UUID
    house_id: UUID
    house: str
    name: str
    phone: str | None
    tie: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonBrief:
    """A person by masked name with the houses that are theirs at an instant."""

    person_id: UUID
    name: str
    houses: tuple[str, ...]
