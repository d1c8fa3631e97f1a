"""Booked places over HTTP, and bays that their owners offer for hours."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.bookings import offers
from central.gates.parking.bookings.schemas import (
    BookedOut,
    BookingIn,
    BookingOut,
    BookingReasonIn,
    BookingsOut,
    OfferedOut,
    OfferIn,
    OfferOut,
    OffersOut,
    SharedTermsIn,
    SharedTermsOut,
)
from central.gates.parking.permissions import KEEP_BOOKINGS, KEEP_LOT, READ_STAYS, WRITE_OFF
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1", tags=["parking"])
Reader = Annotated[Actor, requires(READ_STAYS)]
Keeper = Annotated[Actor, requires(KEEP_BOOKINGS)]
Striker = Annotated[Actor, requires(WRITE_OFF)]
LotKeeper = Annotated[Actor, requires(KEEP_LOT)]


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


@router.get("/communities/{community_id}/bay-offers", summary="The bays that their owners offer for hours",
            responses=problems(401, 403, 404))  # fmt: skip
def get_offers(community_id: UUID, db: Db, actor: Keeper) -> OffersOut:
    """Those that stand, then the last that are over, with what their owners were credited."""
    views = offers.offers_of(db, actor, community_id, clock.now())
    return OffersOut(items=[OfferOut.model_validate(view) for view in views])


@router.post("/communities/{community_id}/bay-offers", status_code=201, summary="Offer a bay for hours of the day",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_offer(community_id: UUID, body: OfferIn, db: Db, actor: Keeper) -> OfferedOut:
    """By the permit that names the bay, at the price and the share that the car park has now. Hours of it are booked as
    any bay is: `POST /communities/{community_id}/bookings` with this bay."""
    offer_id = offers.offer_bay(
        db, actor, community_id, entry_id=body.entry_id, first_day=body.first_day, last_day=body.last_day,
        start_minute=body.start_minute, end_minute=body.end_minute, now=clock.now(),
    )  # fmt: skip
    return OfferedOut(offer_id=offer_id)


@router.post("/bay-offers/{offer_id}/end", status_code=204, summary="Take back an offer, for hours nobody has booked",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_offer_end(offer_id: UUID, body: BookingReasonIn, db: Db, actor: Keeper) -> Response:
    offers.take_back(db, actor, offer_id, body.reason, clock.now())
    return Response(status_code=204)


@router.get("/communities/{community_id}/shared-terms", summary="What hours on a shared bay cost, and whose that is",
            responses=problems(401, 403, 404))  # fmt: skip
def get_terms(community_id: UUID, db: Db, actor: Keeper) -> SharedTermsOut:
    actor.demand(KEEP_BOOKINGS, community_of(db, community_id).community_id)
    terms = offers.terms_of(db, community_id)
    block = terms.block
    return SharedTermsOut(
        minutes=block.minutes if block is not None else None, fen=block.fen if block is not None else None,
        percent=terms.percent,
    )  # fmt: skip


@router.put("/communities/{community_id}/shared-terms", status_code=204, summary="Set what shared bays cost",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def put_terms(community_id: UUID, body: SharedTermsIn, db: Db, actor: LotKeeper) -> Response:
    """For offers that are made from now on; what stands keeps its own."""
    offers.set_terms(db, actor, community_id, body.minutes, body.fen, body.percent)
    return Response(status_code=204)
