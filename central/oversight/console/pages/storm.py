"""The page of storm mode 防汛 (LANE-28): choose and confirm, what is in force at each lane, pumps, whose cars are
inside and who of them was told, and its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.web.render import redirect
from central.gates.parking.permissions import RUN_STORMS, WRITE_OFF
from central.gates.parking.storms import cars, storm
from central.gates.parking.storms.storm import HOURS_MAX
from central.gates.visits.held import tidal_lanes
from central.gates.visits.queries import lanes_now, open_alarms
from central.gates.visits.storm_lanes import at_lanes
from central.oversight.console.cards import alarms_said
from central.oversight.console.forms import Filled, Sent, all_of, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import communities_for, fragment, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView
from models.wire.events import AlarmKind

pages = APIRouter(include_in_schema=False)
Runner = Annotated[Actor, requires(RUN_STORMS)]
Waiver = Annotated[Actor, requires(WRITE_OFF)]

HOURS = (2, 4, 8, HOURS_MAX)
USUALLY = 4
REASONS = ("rain_red", "water_in", "drill")


@pages.get("/storm")
def storm_page(request: Request, db: Db, actor: Runner, community: UUID | None = None) -> Response:
    return _page(request, db, actor, place_of(request, db, actor, RUN_STORMS, community), Filled("storm"))


@pages.post("/storm")
def begin(request: Request, db: Db, actor: Runner, sent: Sent) -> Response:
    """The first press shows what it would do, the second does it."""
    chosen, form = place_sent(db, actor, RUN_STORMS, sent), kept("storm", sent, several=("zones",))
    one_at_a_time(db, "storm", chosen.community_id)
    now, zones = clock.now(), all_of(sent, "zones")
    if storm.running(db, chosen.community_id, now) is not None:  # a second press finds what the first has made
        return redirect(request, f"/storm?community={chosen.community_id}")
    sure = text_of(sent, "sure") == "yes"
    try:
        with db.begin_nested() as step:
            storm.begin(
                db, actor, chosen.community_id, zones=zones, hours=_number(sent, "hours"),
                reason=text_of(sent, "reason"), now=now, tidal=tidal_lanes(db, chosen.community_id),
            )  # fmt: skip
            if not sure:
                step.rollback()
    except (Conflict, Invalid) as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "reason"))
    if not sure:
        return _page(request, db, actor, chosen, form, asked=zones)
    return redirect(request, f"/storm?community={chosen.community_id}")


@pages.get("/storm/{storm_id}/gates")
def gates(request: Request, storm_id: UUID, db: Db, actor: Runner) -> Response:
    """Whether it is in force, lane by lane, asked again by itself; nothing more once it is over."""
    now = clock.now()
    view = storm.storm_of(db, actor, storm_id, now)
    if not view.runs:
        return Response(status_code=204, headers={"hx-refresh": "true"})
    return fragment(request, "console/storm_gates.html", now=now, storm=view, at_lanes=at_lanes(db, view, now))


@pages.post("/storm/{storm_id}/prolong")
def prolong(request: Request, storm_id: UUID, db: Db, actor: Runner, sent: Sent) -> Response:
    hours, reason = _number(sent, "hours"), text_of(sent, "reason")
    return _deed(
        request, db, actor, sent,
        lambda: storm.prolong(db, actor, storm_id, hours=hours, reason=reason, now=clock.now()),
    )  # fmt: skip


@pages.post("/storm/{storm_id}/end")
def end(request: Request, storm_id: UUID, db: Db, actor: Runner, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return _deed(request, db, actor, sent, lambda: storm.end(db, actor, storm_id, reason=reason, now=clock.now()))


@pages.post("/storm/{storm_id}/told")
def told(request: Request, storm_id: UUID, db: Db, actor: Runner, sent: Sent) -> Response:
    now = clock.now()
    try:
        stay_id = UUID(text_of(sent, "stay"))
    except ValueError as error:
        raise Invalid(fields={"stay": "problem.invalid.choice"}) from error
    view = storm.storm_of(db, actor, storm_id, now)
    to = f"#level-{quote(text_of(sent, 'level')[:40])}"  # whom to ring next stands below its heading
    return _deed(request, db, actor, sent, lambda: cars.mark_told(db, actor, view, stay_id, now), to=to)


@pages.post("/storm/{storm_id}/waive")
def waive(request: Request, storm_id: UUID, db: Db, actor: Waiver, sent: Sent) -> Response:
    now, reason = clock.now(), text_of(sent, "reason")
    view = storm.storm_of(db, actor, storm_id, now)
    return _deed(request, db, actor, sent, lambda: cars.waive(db, actor, view, reason, now))


def _deed(
    request: Request, db: Session, actor: Actor, sent: FormData, deed: Callable[[], object], to: str = ""
) -> Response:
    """Do it and show how things stand; what is refused is said above them."""
    chosen = place_sent(db, actor, RUN_STORMS, sent)
    try:
        with db.begin_nested():
            deed()
    except (Conflict, Forbidden, Invalid) as problem:
        words = words_of(request)
        keys = problem.fields.values() if isinstance(problem, Invalid) else [problem.key]
        said = " ".join(words(key, **problem.params) for key in keys)
        return _page(request, db, actor, chosen, Filled("storm"), said=said, status=problem.status)
    return redirect(request, f"/storm?community={chosen.community_id}{to}")


def _number(sent: FormData, name: str) -> int:
    return _whole(text_of(sent, name))


def _whole(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 0


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled, *,
    asked: list[str] | None = None, said: str = "", status: int | None = None,
) -> Response:  # fmt: skip
    """`asked`: the zones that a first press chose; the second is asked for."""
    now, t = clock.now(), words_of(request)
    place = chosen.community_id if chosen is not None else None
    found = storm.storms_of(db, actor, place, now) if place is not None else []
    shown = next((one for one in found if one.runs), None)
    levels = cars.cars_inside(db, actor, shown, now) if shown is not None else []
    waived = next((one for one in found if cars.left_owing(db, one, now)), None)
    names = storm.zone_names(db, place) if place is not None else {}
    tidal = tidal_lanes(db, place) if place is not None else frozenset()
    lanes = storm.lanes_for(db, place, asked, tidal) if place is not None and asked is not None else None
    water = (AlarmKind.WATER.value,)
    return page(
        request, "console/storm.html", status_code=status or form.status, now=now,
        places=[chosen] if chosen else [], others=communities_for(db, actor, RUN_STORMS), community=chosen, form=form,
        said=said, storm=shown, past=[one for one in found if not one.runs], names=names, hours=HOURS,
        usually=USUALLY, reasons=REASONS, asked=asked, lanes=lanes, tidal=tidal,
        until=now + timedelta(hours=hours) if lanes is not None and (hours := _whole(form.text("hours"))) else None,
        concerned=cars.concerned(db, place, asked or ()) if place is not None and lanes is not None else 0,
        silent={one.lane_id for one in lanes_now(db, [place], now) if not one.in_contact} if place and lanes else set(),
        at_lanes=at_lanes(db, shown, now) if shown is not None else [], levels=levels,
        inside=sum(len(one.cars) for one in levels), told_of=sum(one.told for one in levels),
        pumps=alarms_said(db, t, [one for one in open_alarms(db, [place]) if one.kind in water]) if place else [],
        waived=waived, owing=len(cars.left_owing(db, waived, now)) if waived is not None else 0,
    )  # fmt: skip
