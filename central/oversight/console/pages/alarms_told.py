"""What stands at the gates, in one line above every page; above the desk only the fire: its cards say the rest."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.gates.visits.permissions import READ_VISITS
from central.gates.visits.standing import standing_now
from central.oversight.console.frame import communities_for, fragment

pages = APIRouter(include_in_schema=False)


@pages.get("/alarms/told")
def alarms_told(request: Request, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> Response:
    """The pages ask for it by themselves (static/page.js), after they are there: none waits for it."""
    ids = [place.community_id for place in communities_for(db, actor, READ_VISITS)]
    standing = standing_now(db, ids)
    return fragment(request, "console/alarms_told.html", now=clock.now(), standing=standing, at_desk=False)
