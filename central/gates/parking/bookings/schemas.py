"""What is said over HTTP about booked places."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from central.base.kernel.moments import Moment
from central.gates.parking.bookings.booked import FEE_MAX, NOTE_MAX
from central.people.community.schemas import In, Out, Why
from models.parking.bookings import ZONE_MAX, BookingState
from models.parking.cover import BAY_MAX
from models.values.text import Printable


class BookingOut(Out):
    """`bay`, `zone`: where; with neither it is any place of the car park. `owed_fen`: what of the fee stands unpaid."""

    booking_id: UUID
    community_id: UUID
    plate: str = Field(examples=["川A·12345"])
    note: str = Field(examples=["5-2-1102 的客人"])
    bay: str = Field(examples=["B1-A-07"])
    zone: str = Field(examples=["A 区"])
    since: datetime
    until: datetime
    wait_until: datetime = Field(description="who has not come by then does not come, and the place is free again")
    state: BookingState = Field(examples=["booked"])
    fee_fen: int = Field(examples=[1000])
    owed_fen: int = Field(examples=[0])
    made_at: datetime
    made_by: str = Field(examples=["李经理"])
    cancelled_at: datetime | None
    cancelled_by: str | None = Field(examples=["李经理"])
    cancelled_reason: str | None = Field(examples=["客人改期"])


class BookingsOut(Out):
    items: list[BookingOut]


class BookingIn(In):
    """With neither `bay` nor `zone` any place of the car park is kept."""

    plate: Printable = Field(max_length=40, examples=["川A12345"])
    note: Printable = Field(default="", max_length=4 * NOTE_MAX, description="for whom", examples=["5-2-1102 的客人"])
    bay: Printable = Field(default="", max_length=BAY_MAX, description="its code on the floor plan", examples=["A-07"])
    zone: Printable = Field(default="", max_length=ZONE_MAX, description="a zone's code", examples=["A"])
    since: Moment
    until: Moment
    fee_fen: int = Field(
        default=0, ge=0, le=FEE_MAX, strict=True, examples=[1000],
        description="owed once the car has come or is waited for no more; 0: the booking costs nothing",
    )  # fmt: skip


class BookedOut(Out):
    booking_id: UUID


class BookingReasonIn(In):
    reason: Why = Field(examples=["客人改期"])
