"""The end of a fire hold, step by step: the dialog with its warning, the deed, what the node made of it (ACC-22)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.gates.nodes import queries, service
from central.gates.nodes.permissions import END_FIRE_HOLDS
from central.gates.nodes.rules import CommandState
from central.gates.visits.queries import lane_now, lanes_now
from central.gates.visits.views import LaneNow
from central.oversight.console.frame import fragment, words_of
from central.oversight.console.phrases import AT_BARRIER, reason_said
from central.people.community.queries import lane_of
from models.values.text import Printable
from models.wire.commands import Action

pages = APIRouter(include_in_schema=False)
Ender = Annotated[Actor, requires(END_FIRE_HOLDS)]

REASONS = ("false_alarm", "drill", "over")


@pages.get("/lanes/{lane_id}/end-fire")
def end_fire_dialog(request: Request, lane_id: UUID, db: Db, actor: Ender) -> Response:
    lane = _lane(db, actor, lane_id)
    others = _others_held(db, lane)
    return fragment(request, "console/end_fire.html", now=clock.now(), lane=lane, others=others, reasons=REASONS)


@pages.post("/lanes/{lane_id}/end-fire")
def end_fire(
    request: Request, lane_id: UUID, db: Db, actor: Ender, reason: Annotated[Printable, Form(max_length=400)] = ""
) -> Response:
    """The service refuses, and notes, what lacks a reason or a node; only the node knows whether the input is over."""
    command_id = service.end_fire_hold(db, actor, lane_id, reason)
    return _result(request, _lane(db, actor, lane_id), command_id, "waiting", None, [])


@pages.get("/lanes/{lane_id}/fire-ends/{command_id}")
def end_fire_result(request: Request, lane_id: UUID, command_id: UUID, db: Db, actor: Ender) -> Response:
    lane = _lane(db, actor, lane_id)
    command = queries.command(db, command_id, clock.now())
    if command.lane_id != lane_id or command.action != Action.END_FIRE_HOLD:
        raise NotFound("nodes.no_command")
    known = command.state not in (CommandState.WAITING, CommandState.SENT)
    others = _others_held(db, lane) if known else []
    return _result(request, lane, command_id, command.state, command.result_reason, others)


def _lane(db: Session, actor: Actor, lane_id: UUID) -> LaneNow:
    """The lane as it is, for who may end its hold. Raises NotFound or Forbidden."""
    community_id = lane_of(db, lane_id).community_id
    actor.demand(END_FIRE_HOLDS, community_id)
    lane = lane_now(db, lane_id, community_id, clock.now())
    if lane is None:
        raise NotFound
    return lane


def _others_held(db: Session, ended: LaneNow) -> list[LaneNow]:
    """The other lanes of the community that are held open for fire: one word ends the hold at one lane only.
    Where the node is revoked no word reaches it."""
    lanes = lanes_now(db, [ended.community_id], clock.now())
    return [lane for lane in lanes if lane.fire_held and not lane.revoked and lane.lane_id != ended.lane_id]


def _result(
    request: Request, lane: LaneNow, command_id: UUID, state: str, reason: str | None, others: list[LaneNow]
) -> Response:
    now = clock.now()
    kind = AT_BARRIER if lane.vehicles else None
    said = reason_said(words_of(request), reason or "other", {}, None, now, kind) if state == "refused" else None
    return fragment(
        request, "console/end_fire_result.html",
        now=now, lane_id=lane.lane_id, command_id=command_id, state=state, reason=reason, said=said, others=others,
        vehicles=lane.vehicles,
    )  # fmt: skip
