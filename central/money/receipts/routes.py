"""Where a provider of e-invoices tells what became of a request."""

from __future__ import annotations

import logging
from uuid import UUID

from fastapi import APIRouter, Request, Response

from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.errors import NotFound
from central.base.kernel.session import bind_tenant
from central.base.web.bounds import takes
from central.base.web.guards import public
from central.base.web.unread import Unread
from central.money.payments.rules import Unfit
from central.money.receipts.ask_invoice import take_word
from central.money.receipts.invoicers import invoicer_of
from models.values.text import Printable

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)
NOTICE_MAX = 16 * 1024
SIGNED = "signed by the provider: nothing counts before its signature and its age are found right"


@router.post("/invoices/notices/{provider}/{tenant_id}", dependencies=[public(SIGNED), takes(NOTICE_MAX)])
def post_word(provider: Printable, tenant_id: UUID, body: Unread, request: Request, db: OpenDb) -> Response:
    bind_tenant(db, tenant_id)
    found = invoicer_of(db)
    if found is None or found.name != provider:
        raise NotFound("receipts.no_provider")
    now = clock.now()
    word = found.read(dict(request.headers), body, now)
    if isinstance(word, Unfit):
        log.warning("a word about an invoice was refused", extra={"provider": provider, "why": word.value})
        return Response(status_code=400)
    if not take_word(db, provider, word, now):
        log.warning("a word about an invoice fits no request", extra={"provider": provider})
    return Response(status_code=204)
