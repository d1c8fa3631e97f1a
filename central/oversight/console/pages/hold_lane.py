"""A barrier held up, let go on, or turned round: the dialog with its state, the deed, what the lane made of it
(LANE-20, LANE-13)."""

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
from central.gates.nodes.permissions import HOLD_LANES, TURN_LANES
from central.gates.visits.queries import lane_now
from central.gates.visits.views import LaneNow
from central.oversight.console.frame import fragment, words_of
from central.oversight.console.phrases import AT_BARRIER, reason_said
from central.people.community.queries import lane_of
from models.site.topology import Direction
from models.values.text import Printable
from models.wire.commands import HOLD_MINUTES_MAX, Action

pages = APIRouter(include_in_schema=False)
Holder = Annotated[Actor, requires(HOLD_LANES)]
Turner = Annotated[Actor, requires(TURN_LANES)]

HOLD_FOR = ("removal", "rescue", "event", "device")
GO_ON = ("done", "mistake")
TURN_FOR = ("rush_in", "rush_out", "jam")
MINUTES = (15, 30, 60, HOLD_MINUTES_MAX)
ABOUT = {Action.HOLD_OPEN: "held", Action.RESUME: "resumed", Action.SWITCH_DIRECTION: "turned"}


@pages.get("/lanes/{lane_id}/hold")
def hold_dialog(request: Request, lane_id: UUID, db: Db, actor: Holder) -> Response:
    lane = _lane(db, actor, lane_id, HOLD_LANES)
    return fragment(
        request, "console/hold_lane.html", now=clock.now(), lane=lane, reasons=HOLD_FOR, go_on=GO_ON, minutes=MINUTES
    )


@pages.post("/lanes/{lane_id}/hold")
def hold(
    request: Request, lane_id: UUID, db: Db, actor: Holder, reason: Annotated[Printable, Form(max_length=400)] = "",
    minutes: Annotated[int, Form()] = 0,
) -> Response:  # fmt: skip
    command_id = service.hold_open(db, actor, lane_id, minutes, reason)
    return _result(request, _lane(db, actor, lane_id, HOLD_LANES), Action.HOLD_OPEN, command_id, "waiting", None)


@pages.post("/lanes/{lane_id}/resume")
def resume(
    request: Request, lane_id: UUID, db: Db, actor: Holder, reason: Annotated[Printable, Form(max_length=400)] = ""
) -> Response:
    command_id = service.resume(db, actor, lane_id, reason)
    return _result(request, _lane(db, actor, lane_id, HOLD_LANES), Action.RESUME, command_id, "waiting", None)


@pages.get("/lanes/{lane_id}/turn")
def turn_dialog(request: Request, lane_id: UUID, db: Db, actor: Turner) -> Response:
    lane = _lane(db, actor, lane_id, TURN_LANES)
    return fragment(request, "console/turn_lane.html", now=clock.now(), lane=lane, reasons=TURN_FOR)


@pages.post("/lanes/{lane_id}/turn")
def turn(
    request: Request, lane_id: UUID, db: Db, actor: Turner, direction: Annotated[Direction, Form()],
    reason: Annotated[Printable, Form(max_length=400)] = "",
) -> Response:  # fmt: skip
    command_id = service.turn(db, actor, lane_id, direction, reason)
    return _result(request, _lane(db, actor, lane_id, TURN_LANES), Action.SWITCH_DIRECTION, command_id, "waiting", None)


@pages.get("/lanes/{lane_id}/holds/{command_id}")
def hold_result(request: Request, lane_id: UUID, command_id: UUID, db: Db, actor: Holder) -> Response:
    """What became of any of the three."""
    lane, command = _lane(db, actor, lane_id, HOLD_LANES), queries.command(db, command_id, clock.now())
    if command.lane_id != lane_id or command.action not in {one.value for one in ABOUT}:
        raise NotFound("nodes.no_command")
    return _result(request, lane, Action(command.action), command_id, command.state, command.result_reason)


def _lane(db: Session, actor: Actor, lane_id: UUID, permission: str) -> LaneNow:
    """The lane as it is, for who may do this there. Raises NotFound or Forbidden."""
    community_id = lane_of(db, lane_id).community_id
    actor.demand(permission, community_id)
    lane = lane_now(db, lane_id, community_id, clock.now())
    if lane is None:
        raise NotFound
    return lane


def _result(
    request: Request, lane: LaneNow, action: Action, command_id: UUID, state: str, reason: str | None
) -> Response:
    now = clock.now()
    said = reason_said(words_of(request), reason or "other", {}, None, now, AT_BARRIER) if state == "refused" else None
    return fragment(
        request, "console/hold_result.html", now=now, lane=lane, about=ABOUT[action], command_id=command_id,
        state=state, said=said, again="turn" if action is Action.SWITCH_DIRECTION else "hold",
    )  # fmt: skip
