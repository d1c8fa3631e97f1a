"""What is said over HTTP about key points."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from central.gates.coverage.rules import Cover, PointKind
from central.people.community.schemas import In, Name, Out


class PointIn(In):
    """`unit_id` for a unit door or a lift only. `lane_id` left out: nothing covers it yet."""

    community_id: UUID
    kind: PointKind
    name: Name = Field(examples=["5-2 单元门"])
    unit_id: UUID | None = None
    lane_id: UUID | None = None


class PointOut(Out):
    """`faults`: the readers there that do not work, when that is what is wrong."""

    point_id: UUID
    community_id: UUID
    kind: PointKind
    name: str = Field(examples=["5-2 单元门"])
    unit_id: UUID | None
    unit: str | None = Field(examples=["5-2"])
    lane_id: UUID | None
    lane: str | None = Field(examples=["5-2 单元门进"])
    cover: Cover
    faults: tuple[str, ...] = Field(examples=[["scanner"]])
    last_heard_at: datetime | None = Field(description="when the lane's node was last heard of")


class CoverageOut(Out):
    """The coverage report: what does not work comes first. `unlisted`: units without a door in the list."""

    points: list[PointOut]
    uncovered: int = Field(examples=[1])
    unlisted: list[str] = Field(examples=[["5-3"]])
