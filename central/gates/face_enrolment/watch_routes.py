"""Photos of the watch group, for who keeps it; the node's side of that mail."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from central.base.identity.guard import Db, requires
from central.base.identity.nodes_auth import requires_node
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.web.bounds import BODY_MAX, takes
from central.base.web.problems import problems
from central.base.web.unread import Unread, described_as, understood
from central.gates.face_enrolment import watch_photos
from central.gates.face_enrolment.schemas import PhotosIn, WatchPhotosOut
from central.gates.ingest.bounds import at_most
from central.gates.ingest.threads import in_node_thread
from central.gates.nodes.watch_group.permissions import KEEP_WATCH_GROUP
from models.wire.faces import PIECE, EnrolmentAnswer, TemplateAnew

edge = APIRouter(prefix="/edge/v1/watch-group", tags=["edge"])
router = APIRouter(prefix="/api/v1", tags=["watch group"])
Keeper = Annotated[Actor, requires(KEEP_WATCH_GROUP)]


@router.get("/watch-group/{entry_id}/photos", summary="Where the photos stand, and what they are sealed to",
            responses=problems(401, 403, 404))  # fmt: skip
def get_photos(entry_id: UUID, db: Db, actor: Keeper) -> WatchPhotosOut:
    view = watch_photos.photos_of(db, actor, entry_id, clock.now())
    return WatchPhotosOut(
        enrolment_id=entry_id, state=view.state.value, problems=view.problems, key=view.key,
        maker_away=view.maker_away,
    )  # fmt: skip


@router.post("/watch-group/{entry_id}/photos", status_code=202, summary="Send sealed photos of an entry",
             dependencies=[takes(BODY_MAX)], openapi_extra=described_as(PhotosIn),
             responses=problems(401, 403, 404, 409, 413, 422, 503))  # fmt: skip
def post_photos(entry_id: UUID, body: Unread, db: Db, actor: Keeper) -> WatchPhotosOut:
    """Central cannot open them. They are deleted as soon as the node has answered, or after an hour."""
    watch_photos.send_photos(db, actor, entry_id, understood(PhotosIn, body).photos, clock.now())
    return get_photos(entry_id, db, actor)


@edge.get("/mail", summary="Photos and templates of the watch group that wait for this node", responses=problems(401))
def get_mail(actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    return Response(watch_photos.mail_for(db, actor, clock.now()).model_dump_json(), media_type="application/json")


@edge.put("/{entry_id}", status_code=204, summary="What became of an entry's photos",
          dependencies=[at_most(2 * 1024 * 1024)], responses=problems(401, 404, 413, 422))  # fmt: skip
async def put_answer(entry_id: UUID, request: Request, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    """Answering again changes nothing."""
    try:
        told = EnrolmentAnswer.model_validate_json(await request.body())
    except ValidationError as error:
        raise Invalid("faces.unreadable_answer") from error
    if told.enrolment_id != entry_id:
        raise Invalid("faces.unreadable_answer")
    await in_node_thread(lambda: watch_photos.answer(db, actor, told, clock.now()))
    return Response(status_code=204)


@edge.delete("/{entry_id}", status_code=204, summary="An entry's template was taken, or never will be",
             responses=problems(401))  # fmt: skip
def delete_template(
    entry_id: UUID, actor: Annotated[Actor, requires_node()], db: Db, taken: Annotated[bool, Query()] = True,
    again: Annotated[bool, Query()] = False, piece: Annotated[str | None, Query(pattern=PIECE)] = None,
) -> Response:  # fmt: skip
    """`piece`: which of them; a newer one is not meant. With `again` the node could not open what waited: the enrolment
    node is asked to seal it once more."""
    watch_photos.settle(db, actor, entry_id, clock.now(), piece=piece, again=again)
    return Response(status_code=204)


@edge.put("/anew/{entry_id}", status_code=204, summary="An entry's template for nodes that missed it",
          dependencies=[at_most(2 * 1024 * 1024)], openapi_extra=described_as(TemplateAnew),
          responses=problems(401, 404, 413, 422))  # fmt: skip
def put_anew(entry_id: UUID, body: Unread, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    """Sending it again changes nothing."""
    told = understood(TemplateAnew, body)
    if told.cardholder_id != entry_id:
        raise Invalid("faces.unreadable_answer")
    watch_photos.pass_on(db, actor, told, clock.now())
    return Response(status_code=204)
