"""The end of a fire alarm whose node is revoked, by a person who says why; it resets no output (ACC-22)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.gates.nodes import service
from central.gates.nodes.permissions import END_FIRE_HOLDS
from central.gates.visits.queries import alarm
from central.oversight.console.frame import fragment
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Ender = Annotated[Actor, requires(END_FIRE_HOLDS)]

REASONS = ("gone_there", "replaced")


@pages.get("/alarms/{alarm_id}/close-fire")
def close_fire_dialog(request: Request, alarm_id: UUID, db: Db, actor: Ender) -> Response:
    return _dialog(request, db, actor, alarm_id, done=False)


@pages.post("/alarms/{alarm_id}/close-fire")
def close_fire(
    request: Request, alarm_id: UUID, db: Db, actor: Ender, reason: Annotated[Printable, Form(max_length=400)] = ""
) -> Response:
    """The card leaves the desk by the live line; the dialog says what is left to do."""
    service.close_fire(db, actor, alarm_id, reason)
    return _dialog(request, db, actor, alarm_id, done=True)


def _dialog(request: Request, db: Session, actor: Actor, alarm_id: UUID, *, done: bool) -> Response:
    told = alarm(db, alarm_id)
    if told is None:
        raise NotFound("visits.no_alarm")
    actor.demand(END_FIRE_HOLDS, told.community_id)
    return fragment(request, "console/close_fire.html", alarm=told, reasons=REASONS, done=done, now=clock.now())
