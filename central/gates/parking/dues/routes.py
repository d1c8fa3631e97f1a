"""The money of stays over HTTP: cash, free exits, what cars left owing, what goes back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.context import context_of
from central.base.web.problems import problems
from central.gates.parking.dues import disputes
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues.arrears import arrears_in, denied_in
from central.gates.parking.dues.schemas import (
    ArrearsOut,
    CashIn,
    DeniedOut,
    FreeIn,
    GivenIn,
    NotTheirsIn,
    RefundOut,
    StandsIn,
    StayOwingOut,
    WriteOffIn,
)
from central.gates.parking.permissions import CORRECT_STAYS, LET_OFF, READ_STAYS, TAKE_CASH, WRITE_OFF
from central.gates.parking.stays.routes import stay_out, whole_out
from central.gates.parking.stays.schemas import StayWholeOut
from central.money.payments import give_back
from central.money.payments.permissions import GIVE_BACK, READ_PAYMENTS
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1/parking", tags=["parking"])
DEED = problems(401, 403, 404, 409, 422)


@router.post("/stays/{stay_id}/cash", summary="All that is asked was paid in cash", responses=DEED)
def post_cash(
    stay_id: UUID, body: CashIn, request: Request, db: Db, actor: Annotated[Actor, requires(TAKE_CASH)]
) -> StayWholeOut:
    stay_till.take_cash(db, actor, stay_id, body.amount_fen, clock.now(), lane_id=body.lane_id)
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{stay_id}/free", summary="Let the car out without paying, with a reason", responses=DEED)
def post_free(
    stay_id: UUID, body: FreeIn, request: Request, db: Db, actor: Annotated[Actor, requires(LET_OFF)]
) -> StayWholeOut:
    stay_till.let_out_free(db, actor, stay_id, body.why, body.reason, body.amount_fen, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{stay_id}/write-off", summary="Strike off what this stay left owing", responses=DEED)
def post_write_off(
    stay_id: UUID, body: WriteOffIn, request: Request, db: Db, actor: Annotated[Actor, requires(WRITE_OFF)]
) -> StayWholeOut:
    stay_till.write_off(db, actor, stay_id, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{stay_id}/freeze", summary="Somebody denies this debt: ask it no more for now", responses=DEED)
def post_freeze(
    stay_id: UUID, request: Request, db: Db, actor: Annotated[Actor, requires(CORRECT_STAYS)]
) -> StayWholeOut:
    disputes.freeze_by(db, actor, stay_id, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{stay_id}/stands", summary="A denied debt was looked at, and stands", responses=DEED)
def post_stands(
    stay_id: UUID, body: StandsIn, request: Request, db: Db, actor: Annotated[Actor, requires(CORRECT_STAYS)]
) -> StayWholeOut:
    disputes.it_stands(db, actor, stay_id, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{stay_id}/not-theirs", summary="A denied debt was looked at: it was another car", responses=DEED)
def post_not_theirs(
    stay_id: UUID, body: NotTheirsIn, request: Request, db: Db, actor: Annotated[Actor, requires(LET_OFF)]
) -> StayWholeOut:
    """Waived. What a colleague froze takes the right to strike debts off."""
    stay_till.not_theirs(db, actor, stay_id, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.get(
    "/denied", summary="Debts that somebody denies, for a person to look at", responses=problems(401, 403, 404, 422)
)
def get_denied(community_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_STAYS)]) -> list[DeniedOut]:
    found = denied_in(db, actor, community_id)
    return [DeniedOut(stay=stay_out(one.stay), fen=one.fen, said_at=one.said_at, said_by=one.said_by) for one in found]


@router.get("/arrears", summary="What cars left owing", responses=problems(401, 403, 404, 422))
def get_arrears(community_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_STAYS)]) -> ArrearsOut:
    found = arrears_in(db, actor, community_id)
    return ArrearsOut(
        owed_fen=found.totals.owed, recovered_fen=found.totals.recovered, written_off_fen=found.totals.written_off,
        stays=[StayOwingOut(stay=stay_out(one.stay), fen=one.fen, frozen=one.frozen) for one in found.stays],
    )  # fmt: skip


@router.get("/refunds", summary="What was paid too much and goes back", responses=problems(401, 403, 404, 422))
def get_refunds(community_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_PAYMENTS)]) -> list[RefundOut]:
    community_of(db, community_id)
    return _left(db, actor, community_id)


@router.post("/refunds/{refund_id}/given", summary="It was given back", responses=DEED)
def post_given(refund_id: UUID, body: GivenIn, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)]) -> list[RefundOut]:
    """Answers with what goes back still."""
    return _left(db, actor, give_back.give_back(db, actor, refund_id, body.note, clock.now()))


@router.post("/refunds/{refund_id}/ask", summary="Ask a silent channel about it now", responses=DEED)
def post_ask(refund_id: UUID, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)]) -> list[RefundOut]:
    """Answers with what goes back still."""
    return _left(db, actor, give_back.ask_now(db, actor, refund_id, clock.now()))


@router.post("/refunds/{refund_id}/take-out", summary="A silent channel does not have it", responses=DEED)
def post_take_out(
    refund_id: UUID, body: GivenIn, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)]
) -> list[RefundOut]:
    """Answers with what goes back still."""
    return _left(db, actor, give_back.take_out(db, actor, refund_id, body.note, clock.now()))


@router.post("/refunds/{refund_id}/again", summary="Ask the channel that refused it once more", responses=DEED)
def post_again(refund_id: UUID, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)]) -> list[RefundOut]:
    """Answers with what goes back still."""
    return _left(db, actor, give_back.send_again(db, actor, refund_id, clock.now()))


def _left(db: Session, actor: Actor, community_id: UUID) -> list[RefundOut]:
    now, found = clock.now(), list[RefundOut]()
    for one in give_back.refunds_due(db, actor, community_id):
        found.append(RefundOut.model_validate(one).model_copy(update={"silent": one.is_silent(now)}))
    return found
