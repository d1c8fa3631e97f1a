"""What is said over HTTP about the end of a shift."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from central.people.community.schemas import In, Out
from models.values.text import Printable
from models.values.time import Instant

FEN_MAX = 100_000_000


class TillCloseOut(Out):
    """`facts`: how many cars left, how many free and by whom, lifts and corrections, as both persons saw them."""

    close_id: UUID
    till: str = Field(examples=["desk"])
    since: datetime
    until: datetime
    expected_fen: int = Field(examples=[13200])
    counted_fen: int = Field(examples=[13100])
    difference_fen: int = Field(examples=[-100])
    electronic_fen: int = Field(examples=[58600])
    note: str = Field(examples=["找错 1 元"])
    facts: dict[str, Any] = Field(examples=[{"exits": 41, "free_exits": {"王师傅": 1}, "free_fen": 700, "lifts": 2}])
    closed_name: str = Field(examples=["王师傅"])
    signed_name: str | None = Field(examples=["赵师傅"])
    signed_at: datetime | None


class ShiftOut(Out):
    """`faulty`: lanes with a fault that lasts; the shift cannot be closed over one. `waiting`: counted, not signed.
    `seen_at`: to be said with the count."""

    till: str = Field(examples=["desk"])
    since: datetime
    seen_at: datetime
    electronic_fen: int = Field(examples=[58600])
    facts: dict[str, Any] = Field(examples=[{"exits": 41, "free_exits": {"王师傅": 1}, "free_fen": 700, "lifts": 2}])
    faulty: list[str] = Field(examples=[["东门车行出"]])
    waiting: TillCloseOut | None


class CloseIn(In):
    """`seen_at`: as it was told; refused where cash moved since. `lane_id`: whose till; null is the desk's."""

    community_id: UUID
    lane_id: UUID | None = None
    seen_at: Instant
    counted_fen: int = Field(ge=0, le=FEN_MAX, strict=True, examples=[13100])
    note: Printable = Field("", max_length=200, examples=["找错 1 元"])


class SignIn(In):
    """`note`: why the count is not what it should be, where who counted has not said."""

    note: Printable = Field("", max_length=200, examples=["找错 1 元"])
