"""Nodes, tokens and remote opening, for programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.web.problems import problems
from central.gates.nodes import enrolment, queries, service
from central.gates.nodes.permissions import (
    CALIBRATE_FACES,
    END_FIRE_HOLDS,
    ENROL_NODES,
    HOLD_LANES,
    OPEN_LANES,
    READ_NODES,
    RESET_PASSBACK,
    TURN_LANES,
)
from central.gates.nodes.rules import NONCE_LIFE
from central.gates.nodes.schemas import (
    CalibrateOut,
    CommandOut,
    EndFireOut,
    HoldIn,
    HoldOut,
    LookOut,
    NewTokenOut,
    NodeOut,
    NodesOut,
    NonceOut,
    OpenIn,
    OpenOut,
    ReasonIn,
    ResetPassbackIn,
    ResetPassbackOut,
    TokenIn,
    TokenOut,
    TokensOut,
    TurnIn,
)
from central.gates.visits.queries import alarm
from central.gates.visits.schemas import AlarmOut

router = APIRouter(prefix="/api/v1", tags=["nodes"])

TAKEN_AT = "taken-at"


@router.get("/nodes", summary="Nodes and how they are", responses=problems(401, 403))
def get_nodes(db: Db, actor: Annotated[Actor, requires(READ_NODES)]) -> NodesOut:
    views = queries.nodes(db, actor.communities(READ_NODES), clock.now())
    return NodesOut(items=[NodeOut.model_validate(view) for view in views])


@router.post("/nodes/{node_id}/revoke", summary="Revoke a node", responses=problems(401, 403, 404, 409, 422))
def post_revoke(node_id: UUID, body: ReasonIn, db: Db, actor: Annotated[Actor, requires(ENROL_NODES)]) -> NodeOut:
    now = clock.now()
    node = service.revoke_node(db, actor, node_id, body.reason, now)
    view = next(view for view in queries.nodes(db, [node.community_id], now) if view.node_id == node_id)
    return NodeOut.model_validate(view)


@router.get("/node-tokens", summary="Enrolment tokens that were made", responses=problems(401, 403))
def get_tokens(db: Db, actor: Annotated[Actor, requires(ENROL_NODES)]) -> TokensOut:
    views = queries.tokens(db, actor.communities(ENROL_NODES))
    return TokensOut(items=[TokenOut.model_validate(view) for view in views])


@router.post(
    "/node-tokens", status_code=201, summary="Make a one-time enrolment token", responses=problems(401, 403, 404, 422)
)
def post_token(body: TokenIn, db: Db, actor: Annotated[Actor, requires(ENROL_NODES)]) -> NewTokenOut:
    """The token is in this answer and nowhere else. It enrols one node within 15 minutes."""
    token, row = enrolment.make_token(db, actor, body.community_id, body.gate_id, body.name, clock.now())
    shown = TokenOut.model_validate(queries.token_view(row))
    return NewTokenOut(**shown.model_dump(), token=token)


@router.post(
    "/lanes/{lane_id}/look", status_code=202, summary="Ask for a live picture", responses=problems(401, 403, 404, 409)
)
def post_look(lane_id: UUID, db: Db, actor: Annotated[Actor, requires(OPEN_LANES)]) -> LookOut:
    """The picture comes under `live.jpg` when the node has answered, usually within a second or two."""
    return LookOut(command_id=service.request_look(db, actor, lane_id))


@router.get(
    "/lanes/{lane_id}/live.jpg",
    summary="The live picture of a lane",
    response_class=Response,
    responses=problems(401, 403, 404) | {200: {"content": {"image/jpeg": {}}}},
)
def get_live(lane_id: UUID, db: Db, actor: Annotated[Actor, requires(OPEN_LANES)]) -> Response:
    """The newest of the last minute. The header `taken-at` must be handed back to open the lane."""
    found = service.look_at_live(db, actor, lane_id)
    if found is None:
        raise NotFound("nodes.no_live_picture")
    jpeg, taken_at = found
    headers = {"cache-control": "no-store", TAKEN_AT: taken_at.isoformat()}
    return Response(jpeg, media_type="image/jpeg", headers=headers)


@router.post(
    "/lanes/{lane_id}/open-nonce",
    status_code=201,
    summary="Get ready to open a lane",
    responses=problems(401, 403, 404),
)
def post_nonce(lane_id: UUID, db: Db, actor: Annotated[Actor, requires(OPEN_LANES)]) -> NonceOut:
    """Opens this lane once, within a minute, for the picture that is the newest now or then."""
    now = clock.now()
    return NonceOut(nonce=service.new_nonce(db, actor, lane_id, now), expires_at=now + NONCE_LIFE)


@router.post(
    "/lanes/{lane_id}/open",
    status_code=202,
    summary="Open a lane from afar",
    responses=problems(401, 403, 404, 409, 422),
)
def post_open(lane_id: UUID, body: OpenIn, db: Db, actor: Annotated[Actor, requires(OPEN_LANES)]) -> OpenOut:
    """Needs a reason, a fresh nonce, and a live picture seen within 30 seconds.

    Every refusal is audited."""
    return OpenOut(correlation=service.open_lane(db, actor, lane_id, body.reason, body.nonce, body.looked_at))


@router.post(
    "/lanes/{lane_id}/end-fire",
    status_code=202,
    summary="End a lane's fire hold",
    responses=problems(401, 403, 404, 409, 422),
)
def post_end_fire(
    lane_id: UUID, body: ReasonIn, db: Db, actor: Annotated[Actor, requires(END_FIRE_HOLDS)]
) -> EndFireOut:
    """Needs a reason. The node has 30 seconds to fetch it, and refuses while its fire input is not healthy."""
    return EndFireOut(command_id=service.end_fire_hold(db, actor, lane_id, body.reason))


@router.post(
    "/alarms/{alarm_id}/close-fire", summary="End a fire alarm whose node is revoked",
    responses=problems(401, 403, 404, 409, 422),
)  # fmt: skip
def post_close_fire(
    alarm_id: UUID, body: ReasonIn, db: Db, actor: Annotated[Actor, requires(END_FIRE_HOLDS)]
) -> AlarmOut:
    """Needs a reason. Nothing is told to the gate, whose outputs stay as they are: somebody has to go there."""
    service.close_fire(db, actor, alarm_id, body.reason)
    return AlarmOut.model_validate(alarm(db, alarm_id))


@router.post(
    "/lanes/{lane_id}/reset-passback",
    status_code=202,
    summary="Have a lane's node forget where somebody is",
    responses=problems(401, 403, 404, 409, 422),
)
def post_reset_passback(
    lane_id: UUID, body: ResetPassbackIn, db: Db, actor: Annotated[Actor, requires(RESET_PASSBACK)]
) -> ResetPassbackOut:
    """Needs a reason. That one person is let in once more; the zone goes on as it was for everybody."""
    return ResetPassbackOut(command_id=service.reset_passback(db, actor, lane_id, body.subject_id, body.reason))


@router.post(
    "/lanes/{lane_id}/calibrate-faces",
    status_code=202,
    summary="Have a lane's node measure its own face thresholds",
    responses=problems(401, 403, 404, 409, 422),
)
def post_calibrate_faces(
    lane_id: UUID, body: ReasonIn, db: Db, actor: Annotated[Actor, requires(CALIBRATE_FACES)]
) -> CalibrateOut:
    """Needs a reason. Counts for all lanes of that node; with too few people enrolled nothing changes."""
    return CalibrateOut(command_id=service.calibrate_faces(db, actor, lane_id, body.reason))


@router.post(
    "/lanes/{lane_id}/hold-open", status_code=202, summary="Hold a lane's barrier up",
    responses=problems(401, 403, 404, 409, 422),
)  # fmt: skip
def post_hold_open(lane_id: UUID, body: HoldIn, db: Db, actor: Annotated[Actor, requires(HOLD_LANES)]) -> HoldOut:
    """Needs a reason. It ends by itself; said again it is prolonged, up to 12 hours after it began. A fire ends it."""
    return HoldOut(command_id=service.hold_open(db, actor, lane_id, body.minutes, body.reason))


@router.post(
    "/lanes/{lane_id}/resume", status_code=202, summary="Let a lane's barrier go on as usual",
    responses=problems(401, 403, 404, 409, 422),
)  # fmt: skip
def post_resume(lane_id: UUID, body: ReasonIn, db: Db, actor: Annotated[Actor, requires(HOLD_LANES)]) -> HoldOut:
    """Needs a reason. The arm comes down once nothing is under it."""
    return HoldOut(command_id=service.resume(db, actor, lane_id, body.reason))


@router.post(
    "/lanes/{lane_id}/turn", status_code=202, summary="Turn a tidal lane round",
    responses=problems(401, 403, 404, 409, 422),
)  # fmt: skip
def post_turn(lane_id: UUID, body: TurnIn, db: Db, actor: Annotated[Actor, requires(TURN_LANES)]) -> HoldOut:
    """Needs a reason. Refused while a vehicle is in the lane, and where the lane's site file does not allow it."""
    return HoldOut(command_id=service.turn(db, actor, lane_id, body.direction, body.reason))


@router.get("/commands/{command_id}", summary="What became of a command", responses=problems(401, 403, 404))
def get_command(command_id: UUID, db: Db, actor: Annotated[Actor, requires(OPEN_LANES)]) -> CommandOut:
    view = queries.command(db, command_id, clock.now())
    if not actor.may(OPEN_LANES, view.community_id):
        raise NotFound("nodes.no_command")
    return CommandOut.model_validate(view)
