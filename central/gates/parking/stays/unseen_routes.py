"""What a person decides about stays that nobody saw the end or the beginning of, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.context import context_of
from central.base.web.problems import problems
from central.gates.parking.dues import till as stay_till
from central.gates.parking.permissions import CORRECT_STAYS, LET_OFF, TAKE_CASH
from central.gates.parking.stays import exit_unseen
from central.gates.parking.stays.routes import whole_out
from central.gates.parking.stays.schemas import StayWholeOut
from central.gates.parking.stays.unseen_schemas import ChargeIn, LetOffIn, LoneCashIn, MoneyIn
from central.money.payments.permissions import GIVE_BACK

router = APIRouter(prefix="/api/v1/parking/stays", tags=["parking"])
DEED = problems(401, 403, 404, 409, 422)
Giver = Annotated[Actor, requires(GIVE_BACK)]


@router.post("/{stay_id}/charge-unseen", summary="Charge a stay whose exit nobody saw, up to then", responses=DEED)
def post_charge(
    stay_id: UUID, body: ChargeIn, request: Request, db: Db, actor: Annotated[Actor, requires(CORRECT_STAYS)]
) -> StayWholeOut:
    exit_unseen.charge_until(db, actor, stay_id, body.until, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/{stay_id}/let-off-unseen", summary="Charge nothing for a stay whose exit nobody saw", responses=DEED)
def post_let_off(
    stay_id: UUID, body: LetOffIn, request: Request, db: Db, actor: Annotated[Actor, requires(LET_OFF)]
) -> StayWholeOut:
    exit_unseen.let_off(db, actor, stay_id, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/{stay_id}/keep-money", summary="What was paid for a void stay is kept", responses=DEED)
def post_keep(stay_id: UUID, body: MoneyIn, request: Request, db: Db, actor: Giver) -> StayWholeOut:
    exit_unseen.keep_money(db, actor, stay_id, body.fen, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/{stay_id}/give-money-back", summary="What was paid for a void stay goes back", responses=DEED)
def post_give_back(stay_id: UUID, body: MoneyIn, request: Request, db: Db, actor: Giver) -> StayWholeOut:
    exit_unseen.give_money_back(db, actor, stay_id, body.fen, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/{exit_id}/lone-cash", summary="Cash of a car that nobody saw come in", responses=DEED)
def post_lone_cash(
    exit_id: UUID, body: LoneCashIn, request: Request, db: Db, actor: Annotated[Actor, requires(TAKE_CASH)]
) -> StayWholeOut:
    stay_till.take_lone_cash(
        db, actor, exit_id, body.amount_fen, body.paid_fen, body.reason, clock.now(), lane_id=body.lane_id
    )
    return whole_out(context_of(request).words, db, actor, exit_id)
