"""The key points of a community: which have a reader that works now, and what to do about the others (ACC-02)."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.render import redirect
from central.gates.coverage.permissions import EDIT_POINTS, READ_POINTS
from central.gates.coverage.queries import PointView, points_of, units_unlisted
from central.gates.coverage.rules import Cover, PointKind
from central.gates.coverage.service import drop_point, list_unit_doors, set_point
from central.gates.visits.ebikes import ebikes_by_day
from central.oversight.console.forms import Filled, Sent, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import communities_for, page, pick, words_of
from central.oversight.console.setup.place import place_sent, uuid_of
from central.people.community.queries import CommunityView, lanes_of, unit_labels
from central.people.community.rules import NAME_MAX, tidy_name
from models.values.time import site_day

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_POINTS)]
Editor = Annotated[Actor, requires(EDIT_POINTS)]

UNLISTED_SHOWN = 20


@pages.get("/points")
def points(
    request: Request, db: Db, actor: Reader, community: UUID | None = None, change: UUID | None = None
) -> Response:
    """`change`: a point whose form is filled in."""
    places = communities_for(db, actor, READ_POINTS)
    chosen = pick(request, places, community)
    form = Filled("point", {"kind": PointKind.ENTRANCE.value})
    if chosen is not None and change is not None:
        old = next((one for one in points_of(db, chosen.community_id, clock.now()) if one.point_id == change), None)
        if old is None:
            raise NotFound("coverage.no_point")
        form = Filled("point", _values(old))
    return _page(request, db, places, chosen, form)


@pages.post("/points")
def save(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """Sent twice, the second new point finds its name taken and says so."""
    chosen, form = place_sent(db, actor, EDIT_POINTS, sent), kept("point", sent)
    one_at_a_time(db, "point", chosen.community_id)
    try:
        with db.begin_nested():
            _put(db, actor, chosen, sent)
    except (Invalid, Conflict) as problem:
        return _page(request, db, [chosen], chosen, refused(words_of(request), form, problem, "name"))
    return redirect(request, f"/points?community={chosen.community_id}")


@pages.post("/points/doors")
def list_doors(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """The door of every unit that is not in the list yet. A second press finds none left."""
    chosen = place_sent(db, actor, EDIT_POINTS, sent)
    one_at_a_time(db, "point", chosen.community_id)
    list_unit_doors(db, actor, chosen.community_id, now=clock.now())
    return redirect(request, f"/points?community={chosen.community_id}")


@pages.post("/points/{point_id}/drop")
def drop(request: Request, point_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    chosen = place_sent(db, actor, EDIT_POINTS, sent)
    if any(one.point_id == point_id for one in points_of(db, chosen.community_id, clock.now())):
        drop_point(db, actor, point_id)  # a second press finds none
    return redirect(request, f"/points?community={chosen.community_id}")


def _put(db: Session, actor: Actor, chosen: CommunityView, sent: FormData) -> None:
    name, kind = tidy_name(text_of(sent, "name")), text_of(sent, "kind")
    wrong = {}
    if not name or len(name) > NAME_MAX:
        wrong["name"] = "form.name_needed"
    if kind not in set(PointKind):
        wrong["kind"] = "points.kind_needed"
    if wrong:
        raise Invalid(fields=wrong, most=NAME_MAX)
    set_point(
        db, actor, chosen.community_id, PointKind(kind), name, now=clock.now(), unit_id=_chosen(sent, "unit_id"),
        lane_id=_chosen(sent, "lane_id"), point_id=_chosen(sent, "point"),
    )  # fmt: skip


def _chosen(sent: FormData, name: str) -> UUID | None:
    return uuid_of(sent, name) if text_of(sent, name) else None


def _values(point: PointView) -> dict[str, str | list[str]]:
    return {
        "point": str(point.point_id), "kind": point.kind.value, "name": point.name,
        "unit_id": str(point.unit_id or ""), "lane_id": str(point.lane_id or ""),
    }  # fmt: skip


def _page(
    request: Request, db: Session, places: list[CommunityView], chosen: CommunityView | None, form: Filled
) -> Response:
    now = clock.now()
    here = points_of(db, chosen.community_id, now) if chosen else []
    ebikes = ebikes_by_day(db, chosen.community_id, now) if chosen else Counter[tuple[UUID, date]]()
    today = site_day(now)
    unlisted = list(units_unlisted(db, chosen.community_id).values()) if chosen else []
    return page(
        request, "console/points.html", status_code=form.status, now=now, places=places, form=form,
        community=chosen, points=here,
        ebikes={
            lane_id: (ebikes[lane_id, today], ebikes[lane_id, today - timedelta(days=1)]) for lane_id, _ in ebikes
        },
        uncovered=sum(one.cover is not Cover.WORKING for one in here), unlisted=unlisted[:UNLISTED_SHOWN],
        unlisted_more=max(0, len(unlisted) - UNLISTED_SHOWN), kinds=list(PointKind),
        lanes=[view.lane for view in lanes_of(db, chosen.community_id)] if chosen else [],
        units=unit_labels(db, chosen.community_id) if chosen else {},
    )  # fmt: skip
