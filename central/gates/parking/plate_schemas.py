"""What is said over HTTP about the lists of plates."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from central.base.kernel.moments import Moment
from central.people.community.schemas import In
from models.values.text import Printable
from models.wire.plates import PlateList


class PlateOut(BaseModel):
    """A plate on a list. Whoever may read it may keep the lists."""

    model_config = ConfigDict(from_attributes=True)

    entry_id: UUID
    community_id: UUID
    kind: PlateList = Field(examples=["permit"])
    plate: str = Field(examples=["川A·12345"])
    note: str = Field(examples=["5-2-1102"])
    since: datetime
    until: datetime | None
    lanes: tuple[str, ...] = Field(description="names of the lanes where it counts; none means all", examples=[[]])
    state: str = Field(description="counts, later, over or ended", examples=["counts"])
    added_at: datetime
    added_by: str = Field(examples=["李经理"])
    ended_at: datetime | None
    ended_by: str | None = Field(examples=["李经理"])
    ended_reason: str | None = Field(examples=["已搬走"])


class PlatesOut(BaseModel):
    items: list[PlateOut]


class PlateIn(In):
    kind: PlateList = Field(examples=["permit"])
    plate: Printable = Field(max_length=40, examples=["川A12345"])
    note: Printable = Field(default="", max_length=400, description="whose it is", examples=["5-2-1102"])
    since: Moment | None = Field(default=None, description="from when on; null: at once")
    until: Moment | None = Field(default=None, description="a permit has an end; a block may be without")
    lanes: list[UUID] = Field(default=[], max_length=64, description="where it counts; none means at every lane")


class PlateAddedOut(BaseModel):
    entry_id: UUID


class PlateEndIn(In):
    reason: Printable = Field(max_length=400, examples=["已搬走"])
