"""What is said over HTTP about stays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from central.gates.parking.schemas import LineOut
from central.people.community.schemas import In, Out, Why
from models.parking.stays import Cause, Odd, State
from models.values.text import Printable


class StayOut(Out):
    """A stay. Whoever may read stays sees its plate. `tariff_id`: the version that was in force at its entry."""

    stay_id: UUID
    community_id: UUID
    plate: str | None = Field(examples=["川A·12345"])
    state: State
    vehicle_class: str = Field(examples=["small"])
    entered_at: datetime | None
    left_at: datetime | None
    exit_id: UUID | None
    entry_gate: str = Field(examples=["东门"])
    entry_lane: str = Field(examples=["东门车行进"])
    exit_gate: str = Field(examples=["东门"])
    exit_lane: str = Field(examples=["东门车行出"])
    tariff_id: UUID | None
    merged_into: UUID | None


class ChangeOut(Out):
    """One line of a history. `note`: the plate of before, or why it counts no more."""

    state: State
    at: datetime
    cause: Cause
    note: str = Field(examples=["川A12346"])
    by_name: str | None = Field(examples=["王师傅"])
    reason: str | None = Field(examples=["对照照片，第五位是 8"])


class StayBillOut(Out):
    """What it costs: until its exit, or until now. Nothing is charged by it yet."""

    version_id: UUID
    version: int = Field(examples=[2])
    until: datetime
    minutes: int = Field(examples=[250])
    fee_fen: int = Field(examples=[900])
    permit_until: datetime | None
    lines: list[LineOut]


class StayWholeOut(StayOut):
    """`bill` is null where nobody saw it enter, or no tariff was in force then."""

    history: list[ChangeOut]
    bill: StayBillOut | None


class OddOut(Out):
    """A fact that fits no stay. `subject_id`: the visit it came from."""

    what: Odd
    at: datetime
    subject_id: UUID
    gate: str = Field(examples=["东门"])
    lane: str = Field(examples=["东门车行进"])


class ToLookAtOut(Out):
    """`long`: inside for over 7 days without a permit. `exits`: gone, and nobody had seen them come. `unseen`:
    let in, and nobody knows whether they came in."""

    long: list[StayOut]
    exits: list[StayOut]
    unseen: list[StayOut]
    odd: list[OddOut]


class FindIn(In):
    community_id: UUID
    plate: Printable = Field(max_length=40, examples=["川A12345"])


class CorrectIn(In):
    plate: Printable = Field(max_length=40, examples=["川A12345"])
    reason: Why = Field(examples=["对照照片，第五位是 8"])


class VoidIn(In):
    reason: Why = Field(examples=["工程车，临时进场"])


class JoinIn(In):
    stay_id: UUID
    reason: Why = Field(examples=["入场时读错了牌"])
