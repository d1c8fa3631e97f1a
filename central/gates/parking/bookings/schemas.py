"""What is said over HTTP about booked places, and bays that their owners offer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from central.base.kernel.moments import Moment
from central.gates.parking.bookings.booked import FEE_MAX, NOTE_MAX
from central.gates.parking.bookings.offers import FEN_MAX
from central.people.community.schemas import In, Out, Why
from models.parking.bookings import ZONE_MAX, BookingState
from models.parking.cover import BAY_MAX
from models.parking.tariff import DAY_MIN
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
    offer_id: UUID | None = Field(description="of whose bay these hours are; null: of nobody's")
    own_inside: bool = Field(examples=[False], description="a car whose own bay it is is inside now")


class BookingsOut(Out):
    items: list[BookingOut]


class BookingIn(In):
    """With neither `bay` nor `zone` any place of the car park is kept."""

    plate: Printable = Field(max_length=40, examples=["川A12345"])
    note: Printable = Field(default="", max_length=4 * NOTE_MAX, description="for whom", examples=["5-2-1102 的客人"])
    bay: Printable = Field(
        default="", max_length=BAY_MAX, examples=["A-07"],
        description="its code on the floor plan; one whose owner offers it, for hours that are offered",
    )  # fmt: skip
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


class OfferOut(Out):
    """Hours of each day from `first_day` to `last_day`, by the site's clock; `end_minute` not after `start_minute` is
    the next day's."""

    offer_id: UUID
    community_id: UUID
    bay: str = Field(examples=["B1-A-01"])
    plate: str = Field(examples=["川A·12345"], description="of the permit by which it is offered")
    note: str = Field(examples=["5-2-1102"])
    first_day: date = Field(examples=["2026-06-01"])
    last_day: date = Field(examples=["2026-06-30"])
    start_minute: int = Field(examples=[480])
    end_minute: int = Field(examples=[1080])
    block_minutes: int = Field(examples=[60])
    block_fen: int = Field(examples=[200])
    percent: int = Field(examples=[70], description="of what is paid for the hours, the owner's")
    state: Literal["later", "counts", "over", "ended"] = Field(examples=["counts"])
    inside: bool = Field(examples=[False], description="a car whose own bay it is is inside now")
    booked: int = Field(examples=[1], description="bookings of it that stand")
    credited_fen: int = Field(examples=[1400])
    made_at: datetime
    made_by: str = Field(examples=["李经理"])
    ended_at: datetime | None
    ended_by: str | None = Field(examples=["李经理"])
    ended_reason: str | None = Field(examples=["业主自用"])


class OffersOut(Out):
    items: list[OfferOut]


class OfferIn(In):
    entry_id: UUID = Field(description="the permit that names the bay")
    first_day: date = Field(examples=["2026-06-01"])
    last_day: date = Field(examples=["2026-06-30"])
    start_minute: int = Field(ge=0, lt=DAY_MIN, strict=True, examples=[480], description="of the day, at the site")
    end_minute: int = Field(
        ge=1, le=DAY_MIN, strict=True, examples=[1080], description="excluded; not after the start: on the next day"
    )


class OfferedOut(Out):
    offer_id: UUID


class SharedTermsOut(Out):
    """`fen` for each `minutes` begun; null: nobody has said, and no bay can be offered."""

    minutes: int | None = Field(examples=[60])
    fen: int | None = Field(examples=[200])
    percent: int = Field(examples=[70], description="of what is paid for the hours, the owner's")


class SharedTermsIn(In):
    minutes: int = Field(ge=1, le=DAY_MIN, strict=True, examples=[60])
    fen: int = Field(ge=0, le=FEN_MAX, strict=True, examples=[200], description="for each `minutes` begun")
    percent: int = Field(ge=0, le=100, strict=True, examples=[70])
