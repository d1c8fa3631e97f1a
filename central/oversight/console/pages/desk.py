"""The guard's desk: lanes, events and alarms at once, then card by card as the live line names them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.kernel.paging import PageAsk
from central.gates.parking.storms.storm import StormView, running
from central.gates.visits import live, queries
from central.gates.visits.permissions import ACKNOWLEDGE, READ_VISITS
from central.gates.visits.rules import needs_a_person
from central.gates.visits.service import acknowledge_alarm
from central.gates.visits.standing import standing_now
from central.gates.visits.views import AlarmView
from central.oversight.console.cards import (
    ALARMS,
    FILTERS,
    alarm_cards,
    alarms_said,
    card_of,
    fits,
    lane_cards,
    stream,
    visits_named,
)
from central.oversight.console.frame import communities_for, fragment, page, place_names, words_of
from central.oversight.console.pages.alarms_told import storm_looks
from central.oversight.console.pages.lockdown import banner
from central.oversight.console.pages.parking_needs import denied_by_place
from central.oversight.console.phrases import AlarmSaid
from central.oversight.console.setup.steps import Step, finished, first_steps
from central.people.community.permissions import EDIT_HOUSES
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_VISITS)]

SHOWS = (*FILTERS, ALARMS)
CARDS_MAX = 60


@pages.get("/")
def desk(request: Request, db: Db, actor: Reader, show: Printable = "all") -> Response:
    """The head of the stream is read first: what happens while the rest is read comes again by the live line."""
    head, now, t = live.latest(db), clock.now(), words_of(request)
    show = show if show in SHOWS else "all"
    places = communities_for(db, actor, READ_VISITS)
    ids = [place.community_id for place in places]
    standing = standing_now(db, ids, now)
    visits, older = ([], None) if show == ALARMS else stream(db, ids, show)
    return page(
        request, "console/desk.html", now=now, places=places, place_names=place_names(places), stream_head=head,
        show=show, filters=SHOWS,
        cards=[card_of(t, visit, now) for visit in visits], older=older,
        lanes=lane_cards(t, queries.lanes_now(db, ids, now), now),
        alarms=alarm_cards(db, t, queries.open_alarms(db, ids)),
        standing=standing, lockdowns=banner(request, db, actor, ids, now, standing.held), storms=_storms(db, ids, now),
        storm_looks=storm_looks(db, actor, now),
        denied=denied_by_place(db, actor, places), past_alarms=_past(db, request, ids) if show == ALARMS else [],
        steps=_steps(db, actor, ids, now) if show == "all" and not visits else (),
    )  # fmt: skip


def _storms(db: Db, ids: list[UUID], now: datetime) -> list[StormView]:
    """Storm mode, where it is on: every desk sees it, whoever began it (LANE-28)."""
    return [one for one in (running(db, place, now) for place in ids) if one is not None]


def _steps(db: Db, actor: Actor, ids: list[UUID], now: datetime) -> tuple[Step, ...]:
    """What is still to be done before anything can happen here, for who can do it; nothing once all is there."""
    steps = first_steps(db, actor, ids, now) if actor.holds(EDIT_HOUSES) else ()
    return () if finished(steps) else steps


def _past(db: Db, request: Request, ids: list[UUID]) -> list[tuple[AlarmView, AlarmSaid]]:
    """Every alarm there was, newest first."""
    t, (alarms, _) = words_of(request), queries.alarm_page(db, ids, PageAsk(limit=100))
    return alarms_said(db, t, alarms)


@pages.get("/desk/stream")
def older_visits(request: Request, db: Db, actor: Reader, before: UUID, show: Printable = "all") -> Response:
    now, t = clock.now(), words_of(request)
    ids = [place.community_id for place in communities_for(db, actor, READ_VISITS)]
    visits, older = stream(db, ids, show if show in FILTERS else "all", before)
    cards = [card_of(t, visit, now) for visit in visits]
    return fragment(request, "console/stream.html", now=now, cards=cards, older=older, show=show, more=True)


@pages.get("/desk/cards")
def cards(
    request: Request,
    db: Db,
    actor: Reader,
    card: Annotated[list[Printable] | None, Query()] = None,
    show: Printable = "all",
) -> Response:
    """The cards the live line named, as "visit:<id>", "alarm:<id>", "lane:<id>", "call:<lane>". What no longer belongs
    says so."""
    wanted: dict[str, list[UUID]] = {"visit": [], "alarm": [], "lane": [], "call": []}
    for name, _, identity in (one.partition(":") for one in (card or [])[:CARDS_MAX]):
        if name in wanted:
            wanted[name].append(_uuid(identity))
    now, t = clock.now(), words_of(request)
    places = communities_for(db, actor, READ_VISITS)
    ids = [place.community_id for place in places]
    visits = visits_named(db, ids, wanted["visit"])
    told = [alarm for alarm in queries.alarms_named(db, wanted["alarm"]) if alarm.community_id in ids]
    shown = {alarm.card: alarm for alarm in queries.open_alarms(db, ids)} if told else {}
    meant = dict.fromkeys(alarm.card for alarm in told)
    standing = standing_now(db, ids, now) if told or wanted["lane"] or wanted["call"] else None
    lanes = (
        [lane for lane in queries.lanes_now(db, ids, now) if lane.lane_id in wanted["lane"]] if wanted["lane"] else []
    )
    return fragment(
        request, "console/cards.html", now=now, place_names=place_names(places),
        cards=[card_of(t, visit, now) for visit in visits if fits(visit, show)],
        lanes=lane_cards(t, lanes, now), standing=standing,
        lockdowns=banner(request, db, actor, ids, now, standing.held) if lanes and standing else None,
        storms=_storms(db, ids, now) if lanes else [], storm_looks=storm_looks(db, actor, now) if standing else [],
        alarms=alarm_cards(db, t, [shown[one] for one in meant if one in shown]),
        told=alarms_said(db, t, told) if show == ALARMS else [],
        gone=[f"visit-{visit.visit_id}" for visit in visits if not fits(visit, show)]
        + [f"alarm-{one}" for one in meant if one not in shown],
    )  # fmt: skip


@pages.post("/alarms/{alarm_id}/acknowledge")
def acknowledge(request: Request, alarm_id: UUID, db: Db, actor: Annotated[Actor, requires(ACKNOWLEDGE)]) -> Response:
    """The card as it now is, none when the alarm needs nobody any more; and above the list who took note, and when."""
    acknowledge_alarm(db, actor, alarm_id)
    alarm = queries.alarm(db, alarm_id)
    if alarm is None:
        return Response(status_code=200)
    ((_, said),) = alarms_said(db, words_of(request), [alarm])
    names = place_names(communities_for(db, actor, READ_VISITS))
    stays = needs_a_person(alarm.kind, alarm.raised_at, alarm.over_at, alarm.acknowledged_at)
    return fragment(
        request, "console/alarm_taken.html", now=clock.now(), alarm=alarm, said=said, place_names=names, stays=stays
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


@pages.get("/visit/{visit_id}")
def explain_visit(request: Request, visit_id: UUID, db: Db, actor: Reader) -> Response:
    """Why this was decided, and what followed: one access by itself."""
    visit, now, t = queries.visit(db, visit_id), clock.now(), words_of(request)
    places = communities_for(db, actor, READ_VISITS)
    if visit is None or not actor.may(READ_VISITS, visit.community_id):
        raise NotFound("console.no_visit")
    return page(request, "console/visit.html", now=now, places=places, card=card_of(t, visit, now))
