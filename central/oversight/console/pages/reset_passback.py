"""From a refused visit's card: the gate is told to forget where this person is, with a reason (ACC-17)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.gates.nodes import service
from central.gates.nodes.permissions import RESET_PASSBACK
from central.gates.nodes.queries import command
from central.gates.visits.queries import subject_of, visit
from central.gates.visits.views import VisitView
from central.oversight.console.frame import dialog, fragment, words_of
from central.oversight.console.phrases import reason_said
from central.people.community.queries import lane_of
from models.access.decision import Reason
from models.values.text import Printable
from models.wire.commands import Action

pages = APIRouter(include_in_schema=False)
Guard = Annotated[Actor, requires(RESET_PASSBACK)]

REASONS = ("seen", "button", "reader")


@pages.get("/visit/{visit_id}/reset-passback")
def reset_dialog(request: Request, visit_id: UUID, db: Db, actor: Guard) -> Response:
    refused = _refused(db, actor, visit_id)
    return dialog(request, "console/reset_passback.html", now=clock.now(), back="/", visit=refused, reasons=REASONS)


@pages.post("/visit/{visit_id}/reset-passback")
def reset(
    request: Request, visit_id: UUID, db: Db, actor: Guard, reason: Annotated[Printable, Form(max_length=400)] = ""
) -> Response:
    refused, subject_id = _refused(db, actor, visit_id), subject_of(db, visit_id)
    if refused.lane_id is None or subject_id is None:
        raise NotFound("console.no_visit")
    command_id = service.reset_passback(db, actor, refused.lane_id, subject_id, reason)
    return _result(request, refused.lane_id, command_id, "waiting", None)


@pages.get("/lanes/{lane_id}/passback-resets/{command_id}")
def result(request: Request, lane_id: UUID, command_id: UUID, db: Db, actor: Guard) -> Response:
    actor.demand(RESET_PASSBACK, lane_of(db, lane_id).community_id)
    given = command(db, command_id, clock.now())
    if given.lane_id != lane_id or given.action != Action.RESET_PASSBACK:
        raise NotFound("nodes.no_command")
    return _result(request, lane_id, command_id, given.state, given.result_reason)


def _refused(db: Db, actor: Actor, visit_id: UUID) -> VisitView:
    """A visit that was refused as a second entry, for who may have the place forgotten there."""
    found = visit(db, visit_id)
    if found is None or found.reason != Reason.PASSBACK or not actor.may(RESET_PASSBACK, found.community_id):
        raise NotFound("console.no_visit")
    return found


def _result(request: Request, lane_id: UUID, command_id: UUID, state: str, reason: str | None) -> Response:
    now = clock.now()
    said = reason_said(words_of(request), reason or "other", {}, None, now) if state == "refused" else None
    return fragment(
        request, "console/reset_passback_result.html",
        now=now, lane_id=lane_id, command_id=command_id, state=state, said=said,
    )  # fmt: skip
