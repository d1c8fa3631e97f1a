"""What is said over HTTP about the end of a shift."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from central.people.community.schemas import In, Out
from models.values.text import Printable

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
    """`faulty`: lanes with a fault that lasts; the shift cannot be closed over one. `waiting`: counted, not signed."""

    till: str = Field(examples=["desk"])
    since: datetime
    expected_fen: int = Field(examples=[13200])
    electronic_fen: int = Field(examples=[58600])
    facts: dict[str, Any] = Field(examples=[{"exits": 41, "free_exits": {"王师傅": 1}, "free_fen": 700, "lifts": 2}])
    faulty: list[str] = Field(examples=[["东门车行出"]])
    waiting: TillCloseOut | None


class CloseIn(In):
    """`expected_fen`: as it was told. `lane_id`: whose till; null is the desk's."""

    community_id: UUID
    lane_id: UUID | None = None
    expected_fen: int = Field(ge=-FEN_MAX, le=FEN_MAX, strict=True, examples=[13200])
    counted_fen: int = Field(ge=0, le=FEN_MAX, strict=True, examples=[13100])
    note: Printable = Field("", max_length=200, examples=["找错 1 元"])
