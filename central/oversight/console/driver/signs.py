"""The manager's signs for drivers: one for the lot, one for each way out, and the fee board; each a page to print."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.kernel.i18n import words_in
from central.base.web.render import redirect
from central.gates.parking.driver.signs import SignView, make_sign, sign_of, signs_of, ways_out
from central.gates.parking.dues import disputes
from central.gates.parking.permissions import CORRECT_STAYS, KEEP_SIGNS
from central.gates.parking.tariffs.fee_board import COMPLAINTS, fee_board
from central.oversight.console.driver.alone import driver_page
from central.oversight.console.forms import Sent, kept, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.link_code import base_for_phones, link_code
from central.oversight.console.pages.parking import stay_deed
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import community_of

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(KEEP_SIGNS)]
Corrector = Annotated[Actor, requires(CORRECT_STAYS)]


@pages.get("/parking/signs")
def signs(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    chosen = place_of(request, db, actor, KEEP_SIGNS, community)
    standing: dict[UUID | None, SignView] = {}
    if chosen is not None:
        for one in signs_of(db, actor, chosen.community_id):
            standing[one.lane.lane.lane_id if one.lane is not None else None] = one
    return page(
        request, "console/parking_signs.html", now=clock.now(), places=[chosen] if chosen else [], community=chosen,
        others=communities_for(db, actor, KEEP_SIGNS), standing=standing,
        lanes=ways_out(db, chosen.community_id) if chosen is not None else [],
    )  # fmt: skip


@pages.post("/parking/signs")
def make(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    """`lane`: empty for the whole lot. One that hung there before leads nowhere any more."""
    chosen, lane = place_sent(db, actor, KEEP_SIGNS, sent), text_of(sent, "lane")
    try:
        lane_id = UUID(lane) if lane else None
    except ValueError as error:
        raise NotFound("signs.no_lane") from error
    make_sign(db, actor, chosen.community_id, lane_id, clock.now())
    return redirect(request, f"/parking/signs?community={chosen.community_id}")


@pages.get("/parking/signs/{sign_id}")
def print_sign(request: Request, sign_id: UUID, db: Db, actor: Keeper) -> Response:
    """To print and hang. A code that would lead a phone to itself is not drawn."""
    one = sign_of(db, actor, sign_id)
    base = base_for_phones(request)
    link = f"{base or str(request.base_url).rstrip('/')}/park/{one.token}"
    return driver_page(
        request, "console/parking_sign.html", one=one, link=link, community=community_of(db, one.community_id),
        code=link_code(link) if base else None, complaints=COMPLAINTS,
        zh=words_in("zh_CN"), en=words_in("en"),
    )  # fmt: skip


@pages.get("/parking/fee-board")
def print_board(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    """Without a community: of the only one; of several, the page of signs, where they stand to choose from."""
    places = communities_for(db, actor, KEEP_SIGNS)
    if community is None and len(places) != 1:
        return redirect(request, "/parking/signs")
    chosen = place_of(request, db, actor, KEEP_SIGNS, community or places[0].community_id)
    assert chosen is not None
    board = fee_board(db, words_of(request), chosen.community_id, clock.now())
    return driver_page(request, "console/driver_board.html", board=board, token="")


@pages.post("/parking/stays/{stay_id}/freeze")
def freeze(request: Request, stay_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    """Somebody at the window says that it was not their car (PARK-15): one press."""
    return stay_deed(
        request, db, actor, stay_id, kept("freeze", sent),
        lambda: disputes.freeze_by(db, actor, stay_id, clock.now()),
    )  # fmt: skip


@pages.post("/parking/stays/{stay_id}/stands")
def stands(request: Request, stay_id: UUID, db: Db, actor: Corrector, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return stay_deed(
        request, db, actor, stay_id, kept("stands", sent),
        lambda: disputes.it_stands(db, actor, stay_id, reason, clock.now()),
    )  # fmt: skip
