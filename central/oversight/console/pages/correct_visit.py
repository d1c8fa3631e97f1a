"""From a visit's card: it was not the person named. The visit stays, the correction stands beside it (ACC-13)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.gates.visits import corrections
from central.gates.visits.permissions import CORRECT_VISITS
from central.gates.visits.queries import visit
from central.gates.visits.views import VisitView
from central.oversight.console.frame import dialog, fragment
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Guard = Annotated[Actor, requires(CORRECT_VISITS)]

REASONS = ("seen", "picture", "told")


@pages.get("/visit/{visit_id}/correction")
def correction_dialog(request: Request, visit_id: UUID, db: Db, actor: Guard) -> Response:
    found = _compared(db, actor, visit_id)
    return dialog(request, "console/correct_visit.html", now=clock.now(), back="/", visit=found, reasons=REASONS)


@pages.post("/visit/{visit_id}/correction")
def correct(
    request: Request, visit_id: UUID, db: Db, actor: Guard, reason: Annotated[Printable, Form(max_length=400)] = ""
) -> Response:
    _compared(db, actor, visit_id)
    now = clock.now()
    corrections.correct(db, actor, visit_id, reason, now)
    return fragment(request, "console/correct_visit_result.html", now=now)


def _compared(db: Db, actor: Actor, visit_id: UUID) -> VisitView:
    """A visit in which a face was compared with somebody who is named, for who may correct it there."""
    found = visit(db, visit_id)
    if found is None or not actor.may(CORRECT_VISITS, found.community_id):
        raise NotFound("console.no_visit")
    if found.correction is None and not found.may_be_corrected:
        raise NotFound("console.no_visit")
    return found
