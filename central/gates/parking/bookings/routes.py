"""Booked places over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.bookings.schemas import BookedOut, BookingIn, BookingOut, BookingReasonIn, BookingsOut
from central.gates.parking.permissions import KEEP_BOOKINGS, READ_STAYS, WRITE_OFF

router = APIRouter(prefix="/api/v1", tags=["parking"])
Reader = Annotated[Actor, requires(READ_STAYS)]
Keeper = Annotated[Actor, requires(KEEP_BOOKINGS)]
Striker = Annotated[Actor, requires(WRITE_OFF)]


@router.get("/communities/{community_id}/bookings", summary="The places that are booked, the next first",
            responses=problems(401, 403, 404))  # fmt: skip
def get_bookings(community_id: UUID, db: Db, actor: Reader) -> BookingsOut:
    """Those that stand, then the last that have ended."""
    views = bookings.bookings_of(db, actor, community_id, clock.now())
    return BookingsOut(items=[BookingOut.model_validate(view) for view in views])


@router.post("/communities/{community_id}/bookings", status_code=201, summary="Keep a place for a car at a time",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_booking(community_id: UUID, body: BookingIn, db: Db, actor: Keeper) -> BookedOut:
    """The gates know it with their next rules, seconds later."""
    booking_id = bookings.book(
        db, actor, community_id, plate=body.plate, note=body.note, bay=body.bay, zone=body.zone, since=body.since,
        until=body.until, fee_fen=body.fee_fen, now=clock.now(),
    )  # fmt: skip
    return BookedOut(booking_id=booking_id)


@router.post("/bookings/{booking_id}/cancel", status_code=204, summary="Take a booking back before the car has come",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_cancel(booking_id: UUID, body: BookingReasonIn, db: Db, actor: Keeper) -> Response:
    """Before its time has begun it costs nothing then."""
    bookings.cancel(db, actor, booking_id, body.reason, clock.now())
    return Response(status_code=204)


@router.post("/bookings/{booking_id}/let-off", status_code=204, summary="Ask no more for what a booking costs",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_let_off(booking_id: UUID, body: BookingReasonIn, db: Db, actor: Striker) -> Response:
    bookings.let_off(db, actor, booking_id, body.reason, clock.now())
    return Response(status_code=204)
