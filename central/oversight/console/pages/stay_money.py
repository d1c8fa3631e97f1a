"""The money of the car park: cash, free exits and debts of one stay; what all cars left owing, and what goes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.gates.parking.contracts.views import failed_in
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues.arrears import arrears_in
from central.gates.parking.dues.till import Free
from central.gates.parking.permissions import KEEP_CONTRACTS, LET_OFF, READ_STAYS, TAKE_CASH, WRITE_OFF
from central.gates.parking.stays.reads import stays_by_id
from central.money.payments import give_back, queries
from central.money.payments.permissions import GIVE_BACK, READ_PAYMENTS
from central.money.receipts.permissions import ISSUE_INVOICES
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.pages.parking import fen_in_page, stay_deed, till_of
from central.oversight.console.setup.place import place_of
from central.people.community.queries import community_of

pages = APIRouter(include_in_schema=False)
BACK = "refund-"


@pages.post("/parking/stays/{stay_id}/cash")
def cash(request: Request, stay_id: UUID, db: Db, actor: Annotated[Actor, requires(TAKE_CASH)], sent: Sent) -> Response:
    def deed() -> None:
        asked, till = fen_in_page(sent, "amount_fen"), till_of(sent)
        stay_till.take_cash(db, actor, stay_id, asked, clock.now(), lane_id=till)

    return stay_deed(request, db, actor, stay_id, kept("cash", sent), deed, "till")


@pages.post("/parking/stays/{stay_id}/free")
def free(request: Request, stay_id: UUID, db: Db, actor: Annotated[Actor, requires(LET_OFF)], sent: Sent) -> Response:
    def deed() -> None:
        why = next((one for one in Free if one.value == text_of(sent, "free")), None)
        if why is None:
            raise Invalid(fields={"free": "parking.free_needed"})
        stay_till.let_out_free(
            db, actor, stay_id, why, text_of(sent, "reason"), fen_in_page(sent, "amount_fen"), clock.now()
        )

    return stay_deed(request, db, actor, stay_id, kept("free", sent), deed)


@pages.post("/parking/stays/{stay_id}/write-off")
def write_off(
    request: Request, stay_id: UUID, db: Db, actor: Annotated[Actor, requires(WRITE_OFF)], sent: Sent
) -> Response:
    reason = text_of(sent, "reason")
    return stay_deed(
        request, db, actor, stay_id, kept("write-off", sent),
        lambda: stay_till.write_off(db, actor, stay_id, reason, clock.now()),
    )  # fmt: skip


@pages.get("/parking/money")
def money(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_STAYS)], community: UUID | None = None
) -> Response:
    chosen = place_of(request, db, actor, READ_STAYS, community)
    return _money(request, db, actor, chosen.community_id if chosen is not None else None)


@pages.post("/parking/refunds/{refund_id}")
def refund_given(
    request: Request, refund_id: UUID, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)], sent: Sent
) -> Response:
    note = text_of(sent, "note")
    return _refund_deed(
        request, db, actor, refund_id, sent, lambda: give_back.give_back(db, actor, refund_id, note, clock.now())
    )


@pages.post("/parking/refunds/{refund_id}/again")
def refund_again(
    request: Request, refund_id: UUID, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)], sent: Sent
) -> Response:
    return _refund_deed(
        request, db, actor, refund_id, sent, lambda: give_back.send_again(db, actor, refund_id, clock.now())
    )


@pages.post("/parking/refunds/{refund_id}/ask")
def refund_ask(
    request: Request, refund_id: UUID, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)], sent: Sent
) -> Response:
    return _refund_deed(
        request, db, actor, refund_id, sent, lambda: give_back.ask_now(db, actor, refund_id, clock.now())
    )


@pages.post("/parking/refunds/{refund_id}/take-out")
def refund_take_out(
    request: Request, refund_id: UUID, db: Db, actor: Annotated[Actor, requires(GIVE_BACK)], sent: Sent
) -> Response:
    note = text_of(sent, "note")
    return _refund_deed(
        request, db, actor, refund_id, sent, lambda: give_back.take_out(db, actor, refund_id, note, clock.now()),
        "-out",
    )  # fmt: skip


def _refund_deed(
    request: Request, db: Session, actor: Actor, refund_id: UUID, sent: FormData, deed: Callable[[], UUID],
    which: str = "",
) -> Response:  # fmt: skip
    """What is refused is said at the refund's form `which`, with what was typed."""
    form, place = kept(f"{BACK}{refund_id}{which}", sent), give_back.community_of_refund(db, refund_id)
    try:
        with db.begin_nested():
            deed()
    except (Conflict, Invalid) as problem:
        return _money(request, db, actor, place, refused(words_of(request), form, problem, "note"))
    return redirect(request, f"/parking/money?community={place}")


def _money(
    request: Request, db: Session, actor: Actor, community_id: UUID | None, form: Filled | None = None
) -> Response:
    now, chosen = clock.now(), community_of(db, community_id) if community_id is not None else None
    refunds, given = [], []
    if chosen is not None and actor.may(READ_PAYMENTS, chosen.community_id):
        refunds = give_back.refunds_due(db, actor, chosen.community_id)
        given = queries.given_back(db, chosen.community_id, now - queries.LOOKED_BACK)
    return page(
        request, "console/stay_money.html", status_code=form.status if form is not None else 200, now=now,
        places=[chosen] if chosen is not None else [], others=communities_for(db, actor, READ_STAYS), community=chosen,
        arrears=arrears_in(db, actor, chosen.community_id) if chosen is not None else None, refunds=refunds,
        stays_there={one.stay_id for one in stays_by_id(db, [due.stay_id for due in refunds])},
        given=given, may_contracts=chosen is not None and actor.may(KEEP_CONTRACTS, chosen.community_id),
        may_invoices=chosen is not None and actor.may(ISSUE_INVOICES, chosen.community_id),
        failed=failed_in(db, actor, chosen.community_id, now - queries.LOOKED_BACK) if chosen is not None else [],
        odd=queries.odd_notices(db, now - queries.LOOKED_BACK) if actor.may(READ_PAYMENTS, None) else [],
        may=chosen is not None and actor.may(GIVE_BACK, chosen.community_id),
        mine=lambda key: form if form is not None and form.key == key else Filled(key), back=BACK,
    )  # fmt: skip
