"""How full the car park is, by zone and kind of bay; its floor plan with the way to a free bay; where a car stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.gates.parking.lot import counts as lot_counts
from central.gates.parking.lot import find as lot_find
from central.gates.parking.lot.occupancy import Lot, cars_curve, lot_of
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.lot.told import told_of
from central.gates.parking.lot.zones import wrong_zones
from central.gates.parking.permissions import COUNT_CARS, FIND_CARS, KEEP_BOOKINGS, KEEP_LOT, READ_STAYS
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of, whole_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.lot.drawing import draw, plot_of
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView, lanes_of
from models.parking.guidance import Guided, Way, drive_to, nearest, reach, walk_to, ways_of
from models.parking.occupancy import WHOLE, counted_by_hand, may_take, misused
from models.parking.plan import BayKind, Level, Plan
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_STAYS)]
Counter = Annotated[Actor, requires(COUNT_CARS)]
Finder = Annotated[Actor, requires(FIND_CARS)]

SPANS = {"day": timedelta(hours=24), "week": timedelta(days=7)}
ASKED = ("level", "lane", "house", "kind", "bay", "lift", "span", "to")
Short = Annotated[Printable, Query(max_length=40)]


@pages.get("/parking/lot")
def lot(
    request: Request, db: Db, actor: Reader, community: UUID | None = None, level: Short = "", lane: Short = "",
    house: Short = "", kind: Short = "", bay: Short = "", lift: Short = "", span: Short = "", to: Short = "",
) -> Response:  # fmt: skip
    """`lane`, `house`, `kind`: for whom the nearest free bay is asked. `bay`, `lift`: a car's, and from where. `to`: a
    bay that is kept for a car which comes in at `lane`, or at the first."""
    chosen = place_of(request, db, actor, READ_STAYS, community)
    ask = {"level": level, "lane": lane, "house": house.strip(), "kind": kind, "bay": bay, "lift": lift, "span": span}
    ask |= {"to": to}
    return _page(request, db, actor, chosen, ask, Filled("count"))


@pages.post("/parking/lot/count")
def count(request: Request, db: Db, actor: Counter, sent: Sent) -> Response:
    """What was counted on the floor; it corrects what the page shows, and stays in the list with its reason."""
    chosen, form = place_sent(db, actor, COUNT_CARS, sent), kept("count", sent)
    try:
        with db.begin_nested():
            lot_counts.count_cars(
                db, actor, chosen.community_id, text_of(sent, "zone"), whole_of(sent, "counted"),
                text_of(sent, "reason"), clock.now(),
            )  # fmt: skip
    except (Conflict, Invalid) as problem:
        form = refused(words_of(request), form, problem, "counted")
        return _page(request, db, actor, chosen, {}, form)
    return redirect(request, f"/parking/lot?community={chosen.community_id}#counted")


@pages.post("/parking/lot/find")
def find(request: Request, db: Db, actor: Finder, sent: Sent) -> Response:
    """A plate names somebody, and so stands in no address; who looked for it, and why, stands in the audit."""
    chosen, form = place_sent(db, actor, FIND_CARS, sent), kept("find", sent)
    now = clock.now()
    try:
        found = lot_find.find_car(
            db, actor, chosen.community_id, text_of(sent, "part"), text_of(sent, "reason"), now
        )  # fmt: skip
    except Invalid as problem:
        form = refused(words_of(request), form, problem, "part")
        return _page(request, db, actor, chosen, {}, form)
    plan = lot_of(db, chosen.community_id, now).plan
    return page(
        request, "console/lot/found.html", now=now, places=[chosen], community=chosen, found=found, plan=plan,
        lifts=plan.lifts if plan is not None else (),
    )  # fmt: skip


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, ask: dict[str, str], form: Filled
) -> Response:  # fmt: skip
    now, ask = clock.now(), dict.fromkeys(ASKED, "") | ask
    more: dict[str, Any] = {}
    if chosen is not None:
        place = chosen.community_id
        known, charged = lot_of(db, place, now), settings_of(db, place).charged
        span = ask.get("span") if ask.get("span") in SPANS else "day"
        names = {one.lane.code: one.lane.name for one in lanes_of(db, place)}
        more = {
            "lot": known, "told": told_of(known), "span": span, "names": names,
            "plot": plot_of(cars_curve(db, place, now - SPANS[span or "day"], now)),
            "counts": lot_counts.counts_of(db, actor, place),
            "to_count": counted_by_hand(known.now) if known.now is not None else (), "whole": WHOLE,
            "wrong_zones": wrong_zones(db, place, known.plan) if known.plan is not None else [],
            "wrong": misused(known.plan, known.known.heard, now, charged) if known.plan is not None else [],
            "charged_minutes": charged // timedelta(minutes=1),
            **(_floor(known.plan, known, names, ask) if known.plan is not None else {}),
        }  # fmt: skip
    rights = {"may_keep": KEEP_LOT, "may_count": COUNT_CARS, "may_find": FIND_CARS, "may_share": KEEP_BOOKINGS}
    return page(
        request, "console/lot/lot.html", status_code=form.status, now=now, places=[chosen] if chosen else [],
        others=communities_for(db, actor, READ_STAYS), community=chosen, form=form, ask=ask,
        mine=lambda key: form if form.key == key else Filled(key),
        **{name: chosen is not None and actor.may(right, chosen.community_id) for name, right in rights.items()},
        **more,
    )  # fmt: skip


def _floor(plan: Plan, known: Lot, names: dict[str, str], ask: dict[str, str]) -> dict[str, Any]:
    """The level that is shown, and the way on it that was asked for."""
    assert known.now is not None
    states, kind = known.now.bays, ask.get("kind") or BayKind.TEMPORARY.value
    guided: Guided | None = None
    if ask["to"] in plan.bays:
        guided = guided_to(plan, ask["lane"], ask["to"])
    elif ask.get("lane") and kind in set(BayKind) - {BayKind.FIXED}:
        full = {one.code for one in known.now.zones if one.full}
        free = may_take(plan, states, (BayKind(kind),), full)
        guided = nearest(plan, ask["lane"], free, ask.get("house", ""))
    walked = walked_to(plan, ask.get("bay", ""), ask.get("lift", ""))
    target = guided.bay if guided is not None else ask["to"] or ask.get("bay", "")
    level = _level(plan, ask.get("level", ""), target)
    return {
        "level": level, "guided": guided, "walked": walked, "kind": kind, "kinds": list(BayKind),
        "drawing": draw(plan, level, states, names, guided, walked, ask.get("bay", "")),
        "lift_names": {one.code: one.name for one in plan.lifts},
        "served": bool(ask.get("house")) and any(one.serves(ask["house"]) for one in plan.lifts),
        "target_level": plan.bays[target][0] if target in plan.bays else None,
        "free_by_zone": [
            (zone.name, [bay.code for bay in plan.bays_in(code) if states[bay.code].value == "free"])
            for code, (_, zone) in plan.zones.items()
        ],
    }  # fmt: skip


def guided_to(plan: Plan, lane: str, bay: str) -> Guided | None:
    """The way by car to this bay, from the lane or from the first that leads in."""
    gates = [one for one in plan.lanes if one.lane == lane] or list(plan.lanes[:1])
    drive = drive_to(plan, gates[0].node, plan.bays[bay][1]) if gates else None
    return Guided(bay, drive) if drive is not None else None


def walked_to(plan: Plan, bay: str, lift: str) -> Way | None:
    """From a lift to a bay; from the nearest lift where none is named."""
    if bay not in plan.bays:
        return None
    lifts = [one for one in plan.lifts if not lift or one.code == lift]
    ways = ways_of(plan, plan.walk)
    stops = [node for one in lifts for node in one.nodes]
    found = [walk_to(plan, node, plan.bays[bay][1], reach(ways, node)) for node in stops]
    return min((one for one in found if one is not None), key=lambda one: one.metres, default=None)


def _level(plan: Plan, asked: str, target: str) -> Level:
    named = next((one for one in plan.levels if one.code == asked), None)
    if named is not None:
        return named
    return plan.bays[target][0] if target in plan.bays else plan.levels[0]
