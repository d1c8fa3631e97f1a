"""What nodes say to this domain, but for the long poll: they enrol, answer a look with a picture, prove their rules."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from central.base.identity.guard import Db, OpenDb
from central.base.identity.nodes_auth import requires_node
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.web.bounds import BODY_MAX
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.problems import problems
from central.gates.ingest.bounds import at_most
from central.gates.ingest.pictures import PICTURE_MAX
from central.gates.ingest.threads import in_node_thread
from central.gates.nodes import service
from central.gates.nodes.remote import keep_live_picture
from models.wire.commands import EnrolReply, EnrolRequest
from models.wire.signed import Signed

router = APIRouter(prefix="/edge/v1", tags=["edge"])


@router.post(
    "/enrol",
    status_code=201,
    summary="Enrol a new node with its one-time token",
    dependencies=[at_most(64 * 1024), public("a new node has no key yet: its one-time token is asked")],
    responses=problems(401, 409, 410, 413, 422, 503),
)
def post_enrol(body: EnrolRequest, request: Request, db: OpenDb) -> EnrolReply:
    """The private key was made on the node and stays there. The token works once, within 15 minutes."""
    return service.enrol(db, body, context_of(request).source_address, clock.now())


@router.put(
    "/lanes/{lane_id}/live",
    status_code=204,
    summary="The live picture that was asked for",
    dependencies=[at_most(PICTURE_MAX)],
    responses=problems(401, 403, 404, 413, 422),
)
async def put_live(lane_id: UUID, request: Request, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    """JPEG of at most 300 kB, within a minute of the LOOK command. Kept for less than a minute."""
    jpeg = await request.body()
    await in_node_thread(lambda: keep_live_picture(db, actor, lane_id, jpeg, clock.now()))
    return Response(status_code=204)


@router.put(
    "/rules",
    status_code=204,
    summary="The snapshot that a node has and central does not remember",
    dependencies=[at_most(BODY_MAX)],
    responses=problems(401, 403, 413, 422, 503),
)
async def put_rules(request: Request, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    """Asked for with `prove`. What this community's own key has signed is believed, and overtaken."""
    body = await request.body()

    def take() -> None:
        try:
            signed = Signed.model_validate_json(body)
        except ValidationError as error:
            raise Invalid("nodes.rules_not_ours") from error
        assert actor.id is not None
        service.prove_rules(db, actor.id, signed, clock.now())

    await in_node_thread(take)
    return Response(status_code=204)
