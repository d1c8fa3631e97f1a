"""Enrolments for programs and for the phone's page; the node's side of the mail."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from central.base.identity.by_link import LinkTries
from central.base.identity.guard import Db, OpenDb, requires
from central.base.identity.nodes_auth import requires_node
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.bounds import BODY_MAX, takes
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.problems import problems
from central.base.web.unread import Unread, described_as, understood
from central.gates.face_enrolment import anew, keys, own_visits, service
from central.gates.face_enrolment.permissions import INVITE_FACES
from central.gates.face_enrolment.schemas import (
    EnrolmentOut,
    InvitationIn,
    InvitationOut,
    OwnVisitOut,
    OwnVisitsOut,
    PhotosIn,
)
from central.gates.ingest.bounds import at_most
from central.gates.ingest.threads import in_node_thread
from central.gates.nodes.faces.earlier import note_models
from central.gates.visits.schemas import CorrectionIn, CorrectionOut
from models.wire.faces import (
    PIECE,
    EnrolmentAnswer,
    FaceMail,
    OfferedKeys,
    PieceRefusal,
    TemplateAnew,
    TemplateModels,
)

edge = APIRouter(prefix="/edge/v1/faces", tags=["edge"])
router = APIRouter(prefix="/api/v1", tags=["faces"])

BY_LINK = "the link itself is the key: 192 random bits, a day long, of which central keeps only a hash"

Found = TypeVar("Found")


def by_link(request: Request, find: Callable[[], Found]) -> Found:
    """Wrong links are counted with those that are tried on the pages."""
    tries = request.app.state.parts.link_tries
    assert isinstance(tries, LinkTries)
    return tries.found(context_of(request).source_address, clock.now(), find)


@router.post(
    "/cardholders/{cardholder_id}/face-invitation", status_code=201, summary="Invite somebody to enrol their face",
    responses=problems(401, 403, 404, 409, 422),
)  # fmt: skip
def post_invitation(
    cardholder_id: UUID, db: Db, actor: Annotated[Actor, requires(INVITE_FACES)], body: InvitationIn | None = None
) -> InvitationOut:
    """The link asks for the person's consent first. An earlier link ends.

    409 without an impact assessment that counts, before a text to consent to is published, and for a child whose
    guardian is not named or may not consent.
    """
    guardian_id = body.guardian_id if body is not None else None
    token, row = service.invite(db, actor, cardholder_id, clock.now(), guardian_id=guardian_id)
    return InvitationOut(enrolment_id=row.id, token=token, expires_at=row.expires_at)


@router.get(
    "/face-enrolments/{token}", summary="An enrolment, for the person with its link", dependencies=[public(BY_LINK)],
    responses=problems(410, 429),
)  # fmt: skip
def get_enrolment(token: str, request: Request, db: OpenDb) -> EnrolmentOut:
    found = by_link(request, partial(service.enrolment_of, db, token[:100], clock.now()))
    return EnrolmentOut.model_validate(found)


@router.post(
    "/face-enrolments/{token}/photos", status_code=202, summary="Send sealed photos",
    dependencies=[public(BY_LINK), takes(BODY_MAX)], openapi_extra=described_as(PhotosIn),
    responses=problems(403, 409, 410, 413, 422, 429, 503),
)  # fmt: skip
def post_photos(token: str, request: Request, body: Unread, db: OpenDb) -> EnrolmentOut:
    """Central cannot open them. They are deleted as soon as the enrolment node has answered, or after an hour."""
    by_link(request, partial(service.enrolment_of, db, token[:100], clock.now()))  # without a link nothing is read
    sent = understood(PhotosIn, body)
    told = service.send_photos(db, token[:100], sent.photos, clock.now())
    return EnrolmentOut.model_validate(told)


@router.get(
    "/face-enrolments/{token}/visits", summary="Where the person's own face was compared lately",
    dependencies=[public(BY_LINK)], responses=problems(410, 429),
)  # fmt: skip
def get_own_visits(token: str, request: Request, db: OpenDb) -> OwnVisitsOut:
    views = by_link(request, partial(own_visits.own_visits, db, token[:100], clock.now()))
    return OwnVisitsOut(items=[OwnVisitOut.model_validate(view) for view in views])


@router.post(
    "/face-enrolments/{token}/visits/{visit_id}/not-me", status_code=201, summary="Say: this was not me",
    dependencies=[public(BY_LINK)], responses=problems(404, 409, 410, 422, 429),
)  # fmt: skip
def post_not_me(
    token: str, visit_id: UUID, request: Request, body: CorrectionIn, db: OpenDb
) -> CorrectionOut:  # fmt: skip
    said = by_link(request, partial(own_visits.not_me, db, token[:100], visit_id, body.reason, clock.now()))
    return CorrectionOut.model_validate(said)


@edge.put(
    "/key", status_code=204, summary="What photos and templates for this node are sealed to",
    dependencies=[at_most(4096)], responses=problems(401, 413, 422),
)  # fmt: skip
def put_key(body: OfferedKeys, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    keys.offer_keys(db, actor, body, clock.now())
    return Response(status_code=204)


@edge.put(
    "/models", status_code=204, summary="By which face model this node compares, and whose template is of another",
    dependencies=[at_most(4 * 1024 * 1024)], openapi_extra=described_as(TemplateModels),
    responses=problems(401, 413, 422),
)  # fmt: skip
def put_models(body: Unread, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    """In place of what it said before. Those people are asked for new photos."""
    note_models(db, actor, understood(TemplateModels, body), clock.now())
    return Response(status_code=204)


@edge.put(
    "/anew/{cardholder_id}", status_code=204, summary="A template for other nodes, by a new model or for a late one",
    dependencies=[at_most(2 * 1024 * 1024)], openapi_extra=described_as(TemplateAnew),
    responses=problems(401, 404, 409, 413, 422),
)  # fmt: skip
def put_anew(cardholder_id: UUID, body: Unread, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    """Sending it again changes nothing. 409 for a node that is not the site's enrolment node."""
    told = understood(TemplateAnew, body)
    if told.cardholder_id != cardholder_id:
        raise Invalid("faces.unreadable_answer")
    if not anew.pass_on(db, actor, told, clock.now()):
        raise Conflict("faces.not_the_maker")
    return Response(status_code=204)


@edge.get("/mail", summary="Photos and templates that wait for this node", responses=problems(401))
def get_mail(actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    mail: FaceMail = service.mail_for(db, actor, clock.now())
    return Response(mail.model_dump_json(), media_type="application/json")


@edge.put(
    "/enrolments/{enrolment_id}", status_code=204, summary="What became of an enrolment",
    dependencies=[at_most(2 * 1024 * 1024)], responses=problems(401, 404, 409, 413, 422),
)  # fmt: skip
async def put_answer(
    enrolment_id: UUID, request: Request, actor: Annotated[Actor, requires_node()], db: Db
) -> Response:
    """Answering again changes nothing. 409 for an answer to other photos than those that wait."""
    try:
        told = EnrolmentAnswer.model_validate_json(await request.body())
    except ValidationError as error:
        raise Invalid("faces.unreadable_answer") from error
    if told.enrolment_id != enrolment_id:
        raise Invalid("faces.unreadable_answer")
    if not await in_node_thread(lambda: service.answer(db, actor, told, clock.now())):
        raise Conflict("faces.other_photos")
    return Response(status_code=204)


@edge.delete(
    "/templates/{cardholder_id}", status_code=204, summary="A template was taken, or never will be",
    responses=problems(401),
)  # fmt: skip
def delete_template(
    cardholder_id: UUID, actor: Annotated[Actor, requires_node()], db: Db, taken: Annotated[bool, Query()] = True,
    again: Annotated[bool, Query()] = False, piece: Annotated[str | None, Query(pattern=PIECE)] = None,
    why: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
) -> Response:  # fmt: skip
    """`piece`: which of them, as its SHA-256; a newer one is not meant. `why`: what speaks against it for good. With
    `again` the node could not take what waited: the enrolment node is asked to seal it once more."""
    reason = PieceRefusal(why) if why in set(PieceRefusal) else None  # a node of tomorrow may know another
    service.settle_template(db, actor, cardholder_id, clock.now(), piece=piece, taken=taken, why=reason, again=again)
    return Response(status_code=204)
