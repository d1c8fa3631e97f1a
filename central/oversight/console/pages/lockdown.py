"""The lockdown page (ACC-24): ask for one, be the second person, end it; and the banner that every desk shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.web.render import redirect
from central.gates.access import service
from central.gates.access.permissions import APPROVE_LOCKDOWNS, REQUEST_LOCKDOWNS
from central.gates.access.queries import rules_of
from central.gates.access.queries_zones import lockdowns_of, open_lockdowns
from central.gates.access.views import LockdownView
from central.oversight.console.forms import (
    Filled,
    Sent,
    all_of,
    instant_of,
    kept,
    local,
    one_at_a_time,
    refused,
    text_of,
)
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.oversight.console.setup.rules import group_said, groups_known
from central.people.community.queries import CommunityView, lanes_of
from models.site.topology import Direction, Lane

pages = APIRouter(include_in_schema=False)
Requester = Annotated[Actor, requires(REQUEST_LOCKDOWNS)]
Approver = Annotated[Actor, requires(APPROVE_LOCKDOWNS)]

USUALLY = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Shown:
    """A lockdown with the names of its lanes and of who still passes. `closed`: those of the lanes that it keeps
    anybody from; a lane that leads out lets everybody out. `asked`: it waits for this very reader to decide."""

    view: LockdownView
    lanes: tuple[str, ...]
    closed: tuple[str, ...]
    admits: str
    asked: bool


def banner(
    request: Request, db: Session, actor: Actor, communities: Collection[UUID], now: datetime,
    held: Collection[UUID] = (),
) -> list[Shown]:  # fmt: skip
    """What runs or waits in these communities, for the desk. A lockdown yields to fire: of a lane that is `held` open
    it says nothing, since nobody is kept from it now."""
    found = open_lockdowns(db, communities, now)
    lanes = {
        view.lane.lane_id: view.lane
        for community_id in {one.community_id for one in found}
        for view in lanes_of(db, community_id)
    }
    shown = [(one, [lane for lane in one.lanes if lane not in held]) for one in found]
    return [_shown(request, actor, one, lanes, left) for one, left in shown if left or one.state != "running"]


@pages.get("/lockdown")
def lockdown(request: Request, db: Db, actor: Requester, community: UUID | None = None) -> Response:
    return _page(request, db, actor, place_of(request, db, actor, REQUEST_LOCKDOWNS, community), Filled("lockdown"))


@pages.post("/lockdown")
def ask(request: Request, db: Db, actor: Requester, sent: Sent) -> Response:
    """Asked twice while the first still stands is one: the second press only shows it."""
    chosen, form = place_sent(db, actor, REQUEST_LOCKDOWNS, sent), kept("lockdown", sent, several=("lanes",))
    one_at_a_time(db, "lockdown", chosen.community_id)
    try:
        with db.begin_nested():
            _ask(db, actor, chosen, sent, clock.now())
    except Invalid as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "reason"))
    return redirect(request, f"/lockdown?community={chosen.community_id}")


@pages.post("/lockdown/{lockdown_id}/approve")
def approve(request: Request, lockdown_id: UUID, db: Db, actor: Approver, sent: Sent) -> Response:
    return _deed(
        request, db, actor, sent, lockdown_id,
        lambda: service.approve_lockdown(db, actor, lockdown_id, now=clock.now()),
    )  # fmt: skip


@pages.post("/lockdown/{lockdown_id}/withdraw")
def withdraw(request: Request, lockdown_id: UUID, db: Db, actor: Requester, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return _deed(
        request, db, actor, sent, lockdown_id,
        lambda: service.withdraw_lockdown(db, actor, lockdown_id, reason, now=clock.now()),
    )  # fmt: skip


@pages.post("/lockdown/{lockdown_id}/end")
def end(request: Request, lockdown_id: UUID, db: Db, actor: Approver, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return _deed(
        request, db, actor, sent, lockdown_id,
        lambda: service.end_lockdown(db, actor, lockdown_id, reason, now=clock.now()),
    )  # fmt: skip


def _deed(
    request: Request, db: Session, actor: Actor, sent: FormData, lockdown_id: UUID, deed: Callable[[], object]
) -> Response:
    """Do it and show how things stand; what is refused is said at the lockdown it was about."""
    chosen = place_sent(db, actor, REQUEST_LOCKDOWNS, sent)
    try:
        with db.begin_nested():
            deed()
    except (Conflict, Forbidden, Invalid) as problem:
        words = words_of(request)
        keys = problem.fields.values() if isinstance(problem, Invalid) else [problem.key]
        said = " ".join(words(key, **problem.params) for key in keys)
        return _page(request, db, actor, chosen, Filled("lockdown"), told=(lockdown_id, said), status=problem.status)
    return redirect(request, f"/lockdown?community={chosen.community_id}")


def _ask(db: Session, actor: Actor, chosen: CommunityView, sent: FormData, now: datetime) -> None:
    until = instant_of(text_of(sent, "until"), "until")
    try:
        lanes = {UUID(lane) for lane in all_of(sent, "lanes")}
    except ValueError as error:
        raise Invalid(fields={"lanes": "access.lockdown_lanes"}) from error
    admits, reason = text_of(sent, "admits"), text_of(sent, "reason")
    wanted = (actor.id, lanes, admits, until, reason)
    standing = open_lockdowns(db, [chosen.community_id], now)
    if any((one.requested_by, set(one.lanes), one.admits, one.until, one.reason) == wanted for one in standing):
        return
    service.request_lockdown(db, actor, chosen.community_id, lanes, admits, until, reason, now=now)


def _shown(
    request: Request, actor: Actor, view: LockdownView, known: Mapping[UUID, Lane], of: Sequence[UUID] | None = None
) -> Shown:
    """`of`: those of its lanes that are to be named, all of them where nobody says."""
    named = of or view.lanes
    here = [known[lane] for lane in named if lane in known]
    lanes = tuple(known[lane].name if lane in known else "?" for lane in named)
    closed = tuple(lane.name for lane in here if lane.direction is not Direction.OUT)
    asked = view.state == "waiting" and view.requested_by != actor.id
    return Shown(
        view, lanes, closed, group_said(words_of(request), view.admits),
        asked and actor.may(APPROVE_LOCKDOWNS, view.community_id),
    )  # fmt: skip


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled, *,
    told: tuple[UUID, str] | None = None, status: int | None = None,
) -> Response:  # fmt: skip
    t, now = words_of(request), clock.now()
    lanes = [view.lane for view in lanes_of(db, chosen.community_id)] if chosen else []
    known = {lane.lane_id: lane for lane in lanes}
    inward = [lane for lane in lanes if lane.direction is not Direction.OUT]
    found = [_shown(request, actor, one, known) for one in lockdowns_of(db, chosen.community_id, now)] if chosen else []
    groups = groups_known(rules_of(db, chosen.community_id)) if chosen else []
    return page(
        request, "console/lockdown.html", status_code=status or form.status, now=now,
        places=[chosen] if chosen else [], others=communities_for(db, actor, REQUEST_LOCKDOWNS), community=chosen,
        form=form, told=told, lanes=inward, groups=[(group, group_said(t, group)) for group in groups],
        standing=[one for one in found if one.view.state != "ended"],
        past=[one for one in found if one.view.state == "ended"], until=local(now + USUALLY),
        may_approve=chosen is not None and actor.may(APPROVE_LOCKDOWNS, chosen.community_id),
    )  # fmt: skip
