"""What is said over HTTP about communities. Names and phones are masked in every answer but one (`PersonOut`)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from central.people.community.rules import (
    DAY_BEGINS,
    LABEL,
    NAME_MAX,
    PHONE,
    REASON_MAX,
    CommunityKind,
    Tie,
    floor_of,
    tidy_name,
    tidy_phone,
)
from models.site.topology import Direction
from models.values.time import Instant


def _not_blank(text: str) -> str:
    tidied = tidy_name(text)
    if not tidied:
        raise ValueError("must not be blank")
    return tidied


def _phone(text: str) -> str:
    tidied = tidy_phone(text)
    if not re.fullmatch(PHONE, tidied):
        raise ValueError("5 to 15 digits, with a + before them for another country")
    return tidied


def _floor(text: str) -> str:
    floor = floor_of(text)
    if floor is None:
        raise ValueError("as the lift's button says it: 1 to 6 capital letters, digits or hyphens")
    return floor


Floor = Annotated[str, Field(max_length=12, examples=["11"]), AfterValidator(_floor)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX), AfterValidator(_not_blank)]
Label = Annotated[str, Field(pattern=LABEL)]
Phone = Annotated[str, Field(max_length=30), AfterValidator(_phone)]
Why = Annotated[str, Field(min_length=1, max_length=REASON_MAX), AfterValidator(_not_blank)]


class In(BaseModel):
    """What is sent to us: a field we do not know is an error, not silence."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Filled from the views' attributes."""

    model_config = ConfigDict(from_attributes=True)


class CommunityIn(In):
    name: Name = Field(examples=["门庭花园"])
    kind: CommunityKind = CommunityKind.HOUSING


class CommunityOut(Out):
    community_id: UUID
    name: str
    kind: CommunityKind
    day_begins: str = Field(description="when the day by which the community counts begins, at the site's clock")


class DayIn(In):
    begins: str = Field(pattern=DAY_BEGINS, description="00:00 to 11:59", examples=["04:00"])


class BuildingIn(In):
    community_id: UUID
    label: Label = Field(examples=["5"])


class BuildingOut(Out):
    building_id: UUID
    community_id: UUID
    label: str


class UnitIn(In):
    building_id: UUID
    label: Label = Field(examples=["2"])


class UnitOut(Out):
    unit_id: UUID
    building_id: UUID
    community_id: UUID
    label: str


class HouseIn(In):
    unit_id: UUID
    number: Label = Field(examples=["1102"])
    floor: Floor | None = Field(default=None, description="As the lift's button says it; it may be said later.")


class HouseOut(Out):
    house_id: UUID
    community_id: UUID
    label: str = Field(examples=["5-2-1102"])
    floor: str | None = Field(description="Null until somebody has said it.", examples=["11"])


class FloorIn(In):
    floor: Floor | None = Field(description="As the lift's button says it; null where no lift goes.")


class LiftIn(In):
    units: list[UUID] = Field(max_length=100, description="None: this lane is no lift, or goes to common floors only.")


class LiftUnitOut(Out):
    unit_id: UUID
    label: str = Field(examples=["5-2"])


class LiftOut(Out):
    lane_id: UUID
    community_id: UUID
    lane_name: str
    gate_name: str
    units: list[LiftUnitOut]


class ResidentIn(In):
    """`person_id` for somebody who has a home here already; name and phone are then left out."""

    house_id: UUID
    name: Name | None = Field(default=None, examples=["张示例"])
    phone: Phone | None = Field(default=None, examples=["190-0000-0001"])
    person_id: UUID | None = None
    tie: Tie = Tie.OWNER
    starts_at: Instant
    ends_at: Instant | None = None


class ResidentOut(Out):
    resident_id: UUID
    person_id: UUID
    community_id: UUID
    house_id: UUID
    house: str = Field(examples=["5-2-1102"])
    name: str = Field(examples=["张*"])
    phone: str | None = Field(examples=["190****0001"])
    tie: Tie
    starts_at: datetime
    ends_at: datetime | None


class EndIn(In):
    ends_at: Instant
    reason: Why


class UnmaskIn(In):
    reason: Why = Field(examples=["快递破损，需要联系收件人"])


class PersonOut(Out):
    person_id: UUID
    name: str
    phone: str | None


class GateIn(In):
    community_id: UUID
    name: Name = Field(examples=["东门"])
    number: int | None = Field(default=None, ge=0, le=63, description="The lowest free one when left out.")


class GateOut(Out):
    gate_id: UUID
    community_id: UUID
    number: int
    name: str


class LaneIn(In):
    gate_id: UUID
    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", examples=["east-in"])
    name: Name = Field(examples=["东门进"])
    direction: Direction


class LaneNameIn(In):
    name: Name


class LaneOut(Out):
    lane_id: UUID
    community_id: UUID
    gate_id: UUID
    gate_name: str
    gate_number: int
    code: str
    name: str
    direction: Direction
