"""What stands at the gates, in one line above every page; above the desk only the fire: its cards say the rest. Above
both, to managers, who has looked up whose cars are inside in a storm."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.storms.cars import looked_by
from central.gates.parking.storms.storm import StormView, running
from central.gates.visits.permissions import READ_VISITS
from central.gates.visits.standing import standing_now
from central.oversight.console.frame import communities_for, fragment

pages = APIRouter(include_in_schema=False)


@pages.get("/alarms/told")
def alarms_told(request: Request, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> Response:
    """The pages ask for it by themselves (static/page.js), after they are there: none waits for it."""
    ids = [place.community_id for place in communities_for(db, actor, READ_VISITS)]
    now = clock.now()
    standing = standing_now(db, ids, now)
    return fragment(
        request, "console/alarms_told.html", now=now, standing=standing, at_desk=False,
        storm_looks=storm_looks(db, actor, now),
    )  # fmt: skip


def storm_looks(db: Session, actor: Actor, now: datetime) -> list[tuple[StormView, list[str]]]:
    """Storms in which somebody has opened whose cars are inside, for whoever keeps the lists of plates: a guard may
    begin one alone, and a drill opens as much as a flood."""
    places = [one.community_id for one in communities_for(db, actor, KEEP_PLATES)]
    storms = [one for one in (running(db, place, now) for place in places) if one is not None]
    return [(one, names) for one in storms if (names := looked_by(db, one))]
