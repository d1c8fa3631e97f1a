"""A stay that nobody saw the end or the beginning of: what a person decides, the cash that they take."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.gates.parking.dues import till as stay_till
from central.gates.parking.permissions import CORRECT_STAYS, LET_OFF, TAKE_CASH
from central.gates.parking.stays import exit_unseen
from central.gates.parking.stays.reads import stay_of
from central.money.payments.permissions import GIVE_BACK
from central.oversight.console.forms import Sent, instant_of, kept, text_of
from central.oversight.console.pages.parking import fen_in_page, stay_deed, till_of
from central.oversight.console.tariff_form import fen_of

pages = APIRouter(include_in_schema=False)
Giver = Annotated[Actor, requires(GIVE_BACK)]
TYPED = "typed"
"""The choice of an instant that the person types."""


@pages.post("/parking/stays/{stay_id}/charge")
def charge(
    request: Request, stay_id: UUID, db: Db, actor: Annotated[Actor, requires(CORRECT_STAYS)], sent: Sent
) -> Response:
    def deed() -> None:
        stay, chosen = stay_of(db, actor, stay_id), text_of(sent, "moment")
        moments = {one.key: one.until for one in exit_unseen.moments_of(db, stay)}
        if chosen != TYPED and chosen not in moments and moments:
            raise Invalid(fields={"moment": "stays.choose_moment"})
        typed = chosen == TYPED or not moments  # who comes too late is told so by the deed
        until = moments[chosen] if not typed else instant_of(text_of(sent, "until") or "2000-01-01T00:00", "until")
        exit_unseen.charge_until(db, actor, stay_id, until, text_of(sent, "reason"), clock.now())

    return stay_deed(request, db, actor, stay_id, kept("charge", sent), deed)


@pages.post("/parking/stays/{stay_id}/let-off")
def let_off(
    request: Request, stay_id: UUID, db: Db, actor: Annotated[Actor, requires(LET_OFF)], sent: Sent
) -> Response:
    reason = text_of(sent, "reason")
    return stay_deed(
        request, db, actor, stay_id, kept("let-off", sent),
        lambda: exit_unseen.let_off(db, actor, stay_id, reason, clock.now()),
    )  # fmt: skip


@pages.post("/parking/stays/{stay_id}/keep")
def keep(request: Request, stay_id: UUID, db: Db, actor: Giver, sent: Sent) -> Response:
    return stay_deed(
        request, db, actor, stay_id, kept("keep", sent),
        lambda: exit_unseen.keep_money(
            db, actor, stay_id, fen_in_page(sent, "fen"), text_of(sent, "reason"), clock.now()
        ),
    )  # fmt: skip


@pages.post("/parking/stays/{stay_id}/give-back")
def give_back(request: Request, stay_id: UUID, db: Db, actor: Giver, sent: Sent) -> Response:
    return stay_deed(
        request, db, actor, stay_id, kept("give-back", sent),
        lambda: exit_unseen.give_money_back(
            db, actor, stay_id, fen_in_page(sent, "fen"), text_of(sent, "reason"), clock.now()
        ),
    )  # fmt: skip


@pages.post("/parking/stays/{exit_id}/lone-cash")
def lone_cash(
    request: Request, exit_id: UUID, db: Db, actor: Annotated[Actor, requires(TAKE_CASH)], sent: Sent
) -> Response:
    def deed() -> None:
        amount = fen_of(text_of(sent, "amount"))
        stay_till.take_lone_cash(
            db, actor, exit_id, amount or 0, fen_in_page(sent, "paid_fen"), text_of(sent, "reason"), clock.now(),
            lane_id=till_of(sent),
        )  # fmt: skip

    return stay_deed(request, db, actor, exit_id, kept("lone-cash", sent), deed, "amount")
