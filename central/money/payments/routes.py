"""Where channels tell that they were paid, and the page of 测试收款, which plays one of them."""

from __future__ import annotations

import logging
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.errors import NotFound
from central.base.kernel.session import bind_tenant
from central.base.web.bounds import takes
from central.base.web.guards import public
from central.base.web.render import is_local_path, redirect, render
from central.base.web.unread import Unread
from central.money.payments.channels import Channel, channel_of
from central.money.payments.contracts import charge_failed
from central.money.payments.queries import OrderView, id_of, order_of
from central.money.payments.rules import Failed, Unfit, Verdict
from central.money.payments.sample import NAME as TEST
from central.money.payments.sample import Plays, Sample
from central.money.payments.take_payment import take_notice
from models.values.ids import new_id
from models.values.plate import kind_of, normalised
from models.values.text import Printable

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)

NOTICE_MAX = 16 * 1024
SIGNED = "signed by the channel: nothing counts before its signature, its age and its merchant are found right"
BY_NUMBER = "the number of an order is its key; shows an amount, and 测试收款 moves no money"
FOR_TRYING = "there only where 测试收款 is turned on, which moves no money; says of a plate what was typed here before"


@router.post("/pay/notices/{channel}/{tenant_id}", dependencies=[public(SIGNED), takes(NOTICE_MAX)])
def post_notice(channel: Printable, tenant_id: UUID, body: Unread, request: Request, db: OpenDb) -> Response:
    bind_tenant(db, tenant_id)
    found = channel_of(db, channel)
    answer = found.answer(_told(found, tenant_id, dict(request.headers), body, db))
    return Response(answer.body, answer.status, media_type=answer.media_type)


def _told(channel: Channel, tenant_id: UUID, headers: dict[str, str], body: bytes, db: OpenDb) -> bool:
    """Whether the word was taken in. What fits no order is taken in too, and listed: to hear it again helps nobody."""
    now = clock.now()
    notice = channel.read(headers, body, now)
    if notice is Unfit.NOT_PAID:
        return True
    if isinstance(notice, Unfit):
        log.warning("a word of a channel was refused", extra={"channel": channel.name, "why": notice.value})
        return False
    if isinstance(notice, Failed):
        charge_failed(db, channel.name, notice.order_number)
        return True
    verdict = take_notice(db, system(tenant_id, f"payments.{channel.name}"), channel.name, notice, now)
    if verdict is not Verdict.TAKEN:
        log.warning("a word of a channel is odd", extra={"channel": channel.name, "verdict": verdict.value})
    return True


@router.get("/pay/test/{tenant_id}/{number}", dependencies=[public(BY_NUMBER)])
def get_test_pay(tenant_id: UUID, number: Printable, request: Request, db: OpenDb) -> Response:
    sample, order = _sample_order(db, tenant_id, number)
    back = sample.back_of(order.way)  # as central stored it, and not as the address says
    return render(
        request, "payments/test_pay.html", order=order, tenant_id=tenant_id, back=back if is_local_path(back) else ""
    )  # fmt: skip


@router.post("/pay/test/{tenant_id}/{number}", dependencies=[public(BY_NUMBER)])
def post_test_pay(tenant_id: UUID, number: Printable, request: Request, db: OpenDb) -> Response:
    """As a channel would: its signed word, read and taken like any other."""
    sample, order = _sample_order(db, tenant_id, number)
    headers, body = sample.says(new_id().hex, order.number, order.amount_fen, clock.now())
    _told(sample, tenant_id, headers, body, db)
    return redirect(request, f"/pay/test/{tenant_id}/{number}")


@router.post("/pay/silent/{tenant_id}/{number}", dependencies=[public(BY_NUMBER)])
def post_silent_pay(tenant_id: UUID, number: Printable, request: Request, db: OpenDb) -> Response:
    """As where a channel's word is lost: it is asked for it, some minutes later."""
    sample, order = _sample_order(db, tenant_id, number)
    sample.pay_in_silence(new_id().hex, order.number, order.amount_fen, clock.now())
    return redirect(request, f"/pay/test/{tenant_id}/{number}")


@router.get("/pay/test-contracts/{tenant_id}", dependencies=[public(FOR_TRYING)])
def get_test_contracts(tenant_id: UUID, request: Request, db: OpenDb) -> Response:
    _sample(db, tenant_id)
    return _test_contracts(request, tenant_id)


@router.post("/pay/test-contracts/{tenant_id}", dependencies=[public(FOR_TRYING)])
def post_test_contract(
    tenant_id: UUID, request: Request, db: OpenDb, plate: Annotated[Printable, Form(max_length=20)] = "",
    plays: Annotated[Printable, Form(max_length=20)] = "",
) -> Response:  # fmt: skip
    """Open a plate's contract with 测试收款, change what it does, or close it."""
    sample, text = _sample(db, tenant_id), normalised(plate)
    if kind_of(text) is None:
        return _test_contracts(request, tenant_id, plate=plate, plays=plays, wrong=True)
    chosen = next((one for one in Plays if one.value == plays), None)
    full = not sample.play(tenant_id, text, chosen)
    return _test_contracts(request, tenant_id, plate=text, plays=sample.plays(tenant_id, text), found=True, full=full)


def _test_contracts(
    request: Request, tenant_id: UUID, *, plate: str = "", plays: str | None = "", found: bool = False,
    wrong: bool = False, full: bool = False,
) -> Response:  # fmt: skip
    return render(
        request, "payments/test_contracts.html", status_code=422 if wrong else 200, tenant_id=tenant_id, plate=plate,
        plays=plays or "", found=found, wrong=wrong, full=full,
    )  # fmt: skip


def _sample(db: OpenDb, tenant_id: UUID) -> Sample:
    bind_tenant(db, tenant_id)
    found = channel_of(db, TEST)
    if not isinstance(found, Sample):
        raise NotFound("payments.no_channel")
    return found


def _sample_order(db: OpenDb, tenant_id: UUID, number: str) -> tuple[Sample, OrderView]:
    bind_tenant(db, tenant_id)
    found, order_id = channel_of(db, TEST), id_of(number)
    if order_id is None or not isinstance(found, Sample):
        raise NotFound("payments.no_order")
    order = order_of(db, order_id)
    if order.channel != TEST:
        raise NotFound("payments.no_order")
    return found, order
