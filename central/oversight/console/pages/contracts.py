"""Whether the car park uses contracts of plates (无感支付), and what that tells to whom."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict
from central.base.web.render import redirect
from central.gates.parking.contracts import lot as contract_lot
from central.gates.parking.permissions import KEEP_CONTRACTS
from central.money.payments.sample import NAME as TEST
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(KEEP_CONTRACTS)]


@pages.get("/parking/contracts")
def contracts(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    return _page(request, db, actor, place_of(request, db, actor, KEEP_CONTRACTS, community))


@pages.post("/parking/contracts")
def use(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_CONTRACTS, sent), kept("contracts", sent)
    try:
        with db.begin_nested():
            contract_lot.use_contracts(
                db, actor, chosen.community_id, text_of(sent, "uses") == "yes", clock.now(),
                at_entry=text_of(sent, "when") == "entry",
            )  # fmt: skip
    except Conflict as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "uses"))
    return redirect(request, f"/parking/contracts?community={chosen.community_id}")


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled | None = None
) -> Response:
    found = contract_lot.use_of(db, actor, chosen.community_id) if chosen is not None else None
    test = f"/pay/test-contracts/{actor.tenant_id}" if found is not None and TEST in found.channels else ""
    return page(
        request, "console/contracts.html", status_code=form.status if form is not None else 200, now=clock.now(),
        places=[chosen] if chosen is not None else [], others=communities_for(db, actor, KEEP_CONTRACTS),
        community=chosen, use=found, form=form or Filled("contracts"), test=test,
    )  # fmt: skip
