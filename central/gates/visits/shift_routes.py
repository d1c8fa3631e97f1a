"""The end of a shift over HTTP: how the till stands, counted by one, signed by another."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.visits.close_shift import close_shift, shift_now
from central.gates.visits.shift_schemas import CloseIn, ShiftOut, SignIn, TillCloseOut
from central.money.payments import close_till
from central.money.payments.close_till import DESK, TillClose
from central.money.payments.permissions import CLOSE_TILL

router = APIRouter(prefix="/api/v1/shifts", tags=["parking"])
Closer = Annotated[Actor, requires(CLOSE_TILL)]
DEED = problems(401, 403, 404, 409, 422)


@router.get("/now", summary="How a till stands now", responses=problems(401, 403, 404, 422))
def get_now(community_id: UUID, db: Db, actor: Closer, lane_id: UUID | None = None) -> ShiftOut:
    """What cash should be there is said once it was counted."""
    now = clock.now()
    found = shift_now(db, actor, community_id, str(lane_id or DESK), now)
    till = found.till
    return ShiftOut(
        till=till.till or "desk", since=till.since, seen_at=now, electronic_fen=till.electronic_fen,
        facts=found.facts, faulty=list(found.faulty), waiting=_out(till.waiting) if till.waiting is not None else None,
    )  # fmt: skip


@router.get("", summary="The shifts that were closed and signed, newest first", responses=problems(401, 403, 404, 422))
def get_closed(community_id: UUID, db: Db, actor: Closer) -> list[TillCloseOut]:
    return [_out(one) for one in close_till.closed_tills(db, actor, community_id)]


@router.post("", summary="The till was counted", responses=DEED)
def post_close(body: CloseIn, db: Db, actor: Closer) -> TillCloseOut:
    close_id = close_shift(
        db, actor, body.community_id, str(body.lane_id or DESK), seen_at=body.seen_at,
        counted_fen=body.counted_fen, note=body.note, now=clock.now(),
    )  # fmt: skip
    return _out(close_till.close_of(db, close_id))


@router.post("/{close_id}/sign", summary="A second person signs", responses=DEED)
def post_sign(close_id: UUID, db: Db, actor: Closer, body: SignIn | None = None) -> TillCloseOut:
    return _out(close_till.sign_till(db, actor, close_id, clock.now(), note=body.note if body is not None else ""))


@router.post("/{close_id}/withdraw", summary="To be counted again", responses=DEED)
def post_withdraw(close_id: UUID, db: Db, actor: Closer) -> TillCloseOut:
    return _out(close_till.withdraw_close(db, actor, close_id, clock.now()))


def _out(one: TillClose) -> TillCloseOut:
    return TillCloseOut(
        close_id=one.close_id, till=one.till or "desk", since=one.since, until=one.until,
        expected_fen=one.expected_fen, counted_fen=one.counted_fen, difference_fen=one.difference_fen,
        electronic_fen=one.electronic_fen, note=one.note, facts=dict(one.facts), closed_name=one.closed_name,
        signed_name=one.signed_name, signed_at=one.signed_at,
    )  # fmt: skip
