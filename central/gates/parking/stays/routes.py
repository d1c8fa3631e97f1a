"""Stays over HTTP: the same reads and deeds as on the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.i18n import Words
from central.base.kernel.paging import Page, Paging
from central.base.web.context import context_of
from central.base.web.problems import problems
from central.gates.parking.dues.pay_stay import owed_for
from central.gates.parking.dues.waive import proposals_of
from central.gates.parking.permissions import CORRECT_STAYS, READ_STAYS
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.bill import to_look_at
from central.gates.parking.stays.exit_unseen import moments_of
from central.gates.parking.stays.gate_fee import GateFee, gate_fee
from central.gates.parking.stays.paid import undecided_of
from central.gates.parking.stays.reads import StayView
from central.gates.parking.stays.schemas import (
    ChangeOut,
    CorrectIn,
    FindIn,
    GateFeeOut,
    JoinIn,
    MomentOut,
    OddOut,
    ProposalOut,
    StayBillOut,
    StayOut,
    StayWholeOut,
    ToLookAtOut,
    VoidIn,
)
from central.gates.parking.tariffs.routes import line_out
from models.parking.stays import State

router = APIRouter(prefix="/api/v1/parking", tags=["parking"])
Reader = Annotated[Actor, requires(READ_STAYS)]
Corrector = Annotated[Actor, requires(CORRECT_STAYS)]


@router.get("/inside", summary="The cars that are inside now, newest first", responses=problems(401, 403, 404, 422))
def get_inside(community_id: UUID, db: Db, actor: Reader, paging: Paging) -> Page[StayOut]:
    found, following = stays.inside(db, actor, community_id, paging)
    return Page(items=[stay_out(one) for one in found], next=following)


@router.get("/left", summary="The cars that came in and have left, newest first",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def get_left(community_id: UUID, db: Db, actor: Reader, paging: Paging) -> Page[StayOut]:
    found, following = stays.left(db, actor, community_id, paging)
    return Page(items=[stay_out(one) for one in found], next=following)


@router.get("/to-look-at", summary="What a person should look at", responses=problems(401, 403, 404))
def get_to_look_at(community_id: UUID, db: Db, actor: Reader) -> ToLookAtOut:
    found = to_look_at(db, actor, community_id, clock.now())
    return ToLookAtOut(
        long=[stay_out(one) for one in found.long], again=[stay_out(one) for one in found.again],
        paid_void=[stay_out(one) for one in found.paid_void], exits=[stay_out(one) for one in found.exits],
        unseen=[stay_out(one) for one in found.unseen], odd=[OddOut.model_validate(one) for one in found.odd],
    )  # fmt: skip


@router.post("/find", summary="The stays of a whole plate, newest first", responses=problems(401, 403, 404, 422))
def post_find(body: FindIn, db: Db, actor: Reader) -> list[StayOut]:
    """A plate names somebody and so stands in no address."""
    return [stay_out(one) for one in stays.find_plate(db, actor, body.community_id, body.plate)]


@router.get("/stays/{stay_id}", summary="A stay with its history and its bill", responses=problems(401, 403, 404))
def get_stay(stay_id: UUID, request: Request, db: Db, actor: Reader) -> StayWholeOut:
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{stay_id}/correct", summary="Give it its right plate, or propose that",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_correct(stay_id: UUID, body: CorrectIn, request: Request, db: Db, actor: Corrector) -> StayWholeOut:
    """Where the stay costs less by it, and the camera cannot have meant that plate, this is kept as a proposal of who
    may not strike that off."""
    stay_deeds.correct_plate(db, actor, stay_id, body.plate, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{stay_id}/void", summary="Let it count for nothing, or propose that",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_void(stay_id: UUID, body: VoidIn, request: Request, db: Db, actor: Corrector) -> StayWholeOut:
    """Of who may not strike off what it owes this is kept as a proposal, and the stay is as before."""
    stay_deeds.void_stay(db, actor, stay_id, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, stay_id)


@router.post("/stays/{exit_id}/join", summary="Say of which stay a lone exit was the end, or propose that",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_join(exit_id: UUID, body: JoinIn, request: Request, db: Db, actor: Corrector) -> StayWholeOut:
    """Where the stay owes less so, this is kept as a proposal of who may not strike that off."""
    stay_deeds.join_exit(db, actor, exit_id, body.stay_id, body.reason, clock.now())
    return whole_out(context_of(request).words, db, actor, body.stay_id)


def whole_out(t: Words, db: Session, actor: Actor, stay_id: UUID) -> StayWholeOut:
    found, now = stays.stay_of(db, actor, stay_id), clock.now()
    owed = owed_for(db, stay_id, now)
    bill, entered, out = owed.bill, found.entered_at, None
    asked = gate_fee(db, owed.prices, found)
    if bill is not None and entered is not None:
        out = StayBillOut(
            version_id=bill.version.version_id, version=bill.bill.version, until=bill.until,
            minutes=bill.bill.minutes, fee_fen=bill.due.total, paid_fen=bill.due.paid, due_fen=owed.due_fen or 0,
            over_fen=bill.due.over, leave_minutes=bill.due.leave if found.inside else None,
            permit_since=bill.permit_since, permit_until=bill.permit_until,
            lines=[line_out(t, line, entered, bill.version.tariff) for line in bill.bill.lines],
        )  # fmt: skip
    history = [ChangeOut.model_validate(one) for one in stays.history_of(db, found)]
    at_gate = _gate_fee(t, asked, entered) if asked is not None and entered is not None else None
    return StayWholeOut(
        **stay_out(found).model_dump(), history=history, bill=out, before_fen=owed.before_fen, gate_fee=at_gate,
        moments=[MomentOut.model_validate(one) for one in moments_of(db, found)],
        proposals=[ProposalOut.model_validate(one) for one in proposals_of(db, stay_id)],
        void_fen=undecided_of(db, [stay_id]).get(stay_id, 0) if found.state is State.VOID else 0,
    )  # fmt: skip


def _gate_fee(t: Words, asked: GateFee, entered: datetime) -> GateFeeOut:
    return GateFeeOut(
        at=asked.at, tariff=asked.tariff, version=asked.version, fee_fen=asked.fee,
        lines=[line_out(t, one, entered) for one in asked.lines],
        central_fee_fen=asked.central_fee, central_lines=[line_out(t, one, entered) for one in asked.central_lines],
        differs=asked.differs, other_tariff=asked.other_tariff,
    )  # fmt: skip


def stay_out(view: StayView) -> StayOut:
    return StayOut(
        stay_id=view.stay_id, community_id=view.community_id, plate=str(view.plate) if view.plate else None,
        state=view.state, vehicle_class=view.vehicle_class, plate_colour=view.colour, entered_as=view.entered_as,
        entered_at=view.entered_at, left_at=view.left_at,
        exit_id=view.exit_id, entry_gate=view.entry_gate, entry_lane=view.entry_lane, exit_gate=view.exit_gate,
        exit_lane=view.exit_lane, zone=view.zone, tariff_id=view.tariff_id, merged_into=view.merged_into,
        again_id=view.again_id, again_at=view.again_at,
    )  # fmt: skip
