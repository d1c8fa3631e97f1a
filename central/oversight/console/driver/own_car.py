"""Where a resident's own car stands, on their phone: behind the link of its permit, and the way to it on the plan."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from central.base.identity.guard import Db, OpenDb, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Gone, TooMany
from central.base.kernel.link_token import TOKEN_CHARS_MAX
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import redirect
from central.gates.parking.bookings.offers import offers_by
from central.gates.parking.lot.occupancy import lot_of
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.plates.permit_car import BY_PERMIT, make_link, own_car
from central.gates.parking.storms.storm import running
from central.oversight.console.driver.alone import InLanguage, driver_page, found, over
from central.oversight.console.driver.limits import limits_of
from central.oversight.console.forms import Filled, Sent, one_at_a_time, refused, sent_again, used_up
from central.oversight.console.frame import words_of
from central.oversight.console.link_code import base_for_phones, link_code
from central.oversight.console.lot.drawing import draw
from central.oversight.console.lot.page import walked_to
from central.oversight.console.pages.plates import lists_page
from central.oversight.console.setup.place import place_sent
from central.people.community.queries import community_of, lanes_of
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)


@pages.get("/mycar/{token}", dependencies=[public(BY_PERMIT)])
def my_car(
    token: str, request: Request, db: OpenDb, _: InLanguage, lift: Annotated[Printable, Query(max_length=40)] = ""
) -> Response:
    """`lift`: from where it is walked; from the nearest where none is named."""
    now = clock.now()
    try:
        mine = found(request, partial(own_car, db, token[:TOKEN_CHARS_MAX], now))
    except Gone as problem:
        return over(request, problem, "owncar.title", "")
    place, car = mine.community_id, mine.car
    try:
        limits_of(request).looks.count(context_of(request).source_address, place, mine.plate.text, now)
    except TooMany as problem:
        said = words_of(request)(problem.key, **problem.params)
        return driver_page(
            request, "console/own_car.html", status_code=problem.status, wrong=said, mine=mine, token=token,
            community=community_of(db, place), drawing=None, plan=None, storm=False, offers=[],
        )  # fmt: skip
    plan = lot_of(db, place, now).plan
    known = plan is not None and car is not None and car.bay in plan.bays
    drawing = walked = None
    if plan is not None and car is not None and known:
        walked = walked_to(plan, car.bay, lift)
        names = {one.lane.code: one.lane.name for one in lanes_of(db, place)}
        drawing = draw(plan, plan.bays[car.bay][0], {}, names, None, walked, car.bay)
    return driver_page(
        request, "console/own_car.html", mine=mine, token=token, community=community_of(db, place), plan=plan,
        drawing=drawing, walked=walked, lift=lift, wrong="", offers=offers_by(db, mine.entry_id, now),
        storm=car is not None and running(db, place, now) is not None,
    )  # fmt: skip


@pages.post("/plates/{entry_id}/link")
def hand_out(
    request: Request, entry_id: UUID, db: Db, actor: Annotated[Actor, requires(KEEP_PLATES)], sent: Sent
) -> Response:
    """A link for the phone of whoever holds the permit, shown this once. The one before it ends."""
    chosen = place_sent(db, actor, KEEP_PLATES, sent)
    one_at_a_time(db, "plates.link", entry_id)
    if sent_again(request, sent):
        return redirect(request, f"/plates?community={chosen.community_id}")
    try:
        with db.begin_nested():
            _, token = make_link(db, actor, entry_id, clock.now())
    except Conflict as problem:
        form = refused(words_of(request), Filled(f"link-{entry_id}"), problem, "link")
        return lists_page(request, db, actor, chosen, form)
    used_up(request, sent)
    base = base_for_phones(request)
    link = f"{base or str(request.base_url).rstrip('/')}/mycar/{token}"
    return lists_page(
        request, db, actor, chosen, Filled("plate"), link=link, linked=entry_id, code=link_code(link) if base else ""
    )  # fmt: skip
