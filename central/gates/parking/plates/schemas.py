"""What is said over HTTP about the lists of plates."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.base.kernel.moments import Moment
from central.gates.parking.rules import Kept
from central.people.community.schemas import In
from models.parking.cover import BAY_CARS_MAX
from models.values.text import Printable


class PlateOut(BaseModel):
    """A plate on a list. Whoever may read it may keep the lists."""

    model_config = ConfigDict(from_attributes=True)

    entry_id: UUID
    community_id: UUID
    kind: Kept = Field(examples=["permit"])
    plate: str = Field(examples=["川A·12345"])
    note: str = Field(examples=["5-2-1102"])
    since: datetime
    until: datetime | None
    lanes: tuple[str, ...] = Field(description="names of the lanes where it counts; none means all", examples=[[]])
    state: str = Field(description="waiting (for a second person), counts, later, over or ended", examples=["counts"])
    added_at: datetime
    added_by: str = Field(examples=["李经理"])
    mine: bool = Field(description="you added it, and so another person has to approve it")
    approved_at: datetime | None
    approved_by: str | None = Field(description="empty where nobody is asked", examples=["王主任"])
    ended_at: datetime | None
    ended_by: str | None = Field(examples=["李经理"])
    ended_reason: str | None = Field(examples=["已搬走"])
    bay: str = Field(description="the bay of a permit's car; empty where it names none", examples=["B1-023"])
    bay_cars: int = Field(description="how many cars that bay covers at once", examples=[1])


class PlatesOut(BaseModel):
    items: list[PlateOut]


class PlateIn(In):
    kind: Kept = Field(examples=["permit"], description="all but a permit count once a second person approves")
    plate: Printable = Field(max_length=40, examples=["川A12345"])
    note: Printable = Field(default="", max_length=400, description="whose it is", examples=["5-2-1102"])
    since: Moment | None = Field(default=None, description="from when on; null: at once")
    until: Moment | None = Field(default=None, description="a permit has an end; the others may be without")
    lanes: list[UUID] = Field(default=[], max_length=64, description="where it counts; none means at every lane")
    bay: Printable = Field(
        default="", max_length=40, examples=["B1-023"],
        description="of a permit: the cars of one bay are covered in the order in which they come in",
    )  # fmt: skip
    bay_cars: int = Field(
        default=1,
        ge=1,
        le=BAY_CARS_MAX,
        description="how many cars the bay covers at once: 2 for one behind another",
        examples=[1],
    )


class PlateAddedOut(BaseModel):
    entry_id: UUID


class PlateEndIn(In):
    reason: Printable = Field(max_length=400, examples=["已搬走"])
