"""Visits, alarms and lanes for programs; event pictures from nodes."""

from __future__ import annotations

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from sse_starlette import EventSourceResponse

from central.base.identity.guard import CurrentSession, Db, requires
from central.base.identity.nodes_auth import requires_node
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record_look
from central.base.kernel.errors import Invalid, NotFound
from central.base.kernel.paging import Page, Paging
from central.base.parts import Parts
from central.base.web.bounds import BODY_MAX
from central.base.web.problems import problems
from central.gates.access.service import settings_of
from central.gates.ingest import picture_holds, pictures
from central.gates.ingest import queries as journal
from central.gates.ingest.bounds import at_most
from central.gates.ingest.permissions import HOLD_PICTURES
from central.gates.ingest.schemas import HoldIn, PictureHoldOut
from central.gates.ingest.threads import in_node_thread
from central.gates.visits import corrections, face_figures, queries, service
from central.gates.visits.ahead import announce
from central.gates.visits.live import STREAM
from central.gates.visits.permissions import ACKNOWLEDGE, CORRECT_VISITS, READ_VISITS
from central.gates.visits.pictured import picture_came
from central.gates.visits.schemas import (
    AlarmOut,
    CorrectionIn,
    CorrectionOut,
    FaceFiguresOut,
    LaneFacesOut,
    LaneNowOut,
    LanesOut,
    OpenAlarmsOut,
    VisitOut,
)
from models.access.pictures import Shows
from models.wire.envelope import AlarmsAhead

edge = APIRouter(prefix="/edge/v1", tags=["edge"])
router = APIRouter(prefix="/api/v1", tags=["visits"])


@edge.put(
    "/pictures/{event_id}",
    status_code=204,
    summary="Send the picture of a decision",
    dependencies=[at_most(pictures.PICTURE_MAX)],
    responses=problems(401, 403, 404, 413, 422),
)
async def put_picture(
    event_id: UUID, request: Request, actor: Annotated[Actor, requires_node()], db: Db, shows: Shows = Shows.FRAME
) -> Response:
    """JPEG of at most 300 kB, after its event was acknowledged. Sending again is harmless.

    `shows`: a crop around one face, or the whole frame, which is kept no longer than a minute.
    """
    jpeg, node_id = await request.body(), actor.id
    assert node_id is not None

    def keep() -> None:
        told = settings_of(db, journal.community_of_node(db, node_id))
        pictures.keep_picture(
            db, actor, event_id, jpeg, allowed=told.send_pictures, now=clock.now(), keeping=told.keeping, shows=shows
        )
        picture_came(db, event_id)

    await in_node_thread(keep)
    return Response(status_code=204)


@edge.post(
    "/alarms",
    status_code=204,
    summary="Announce alarms that wait far behind in the journal",
    dependencies=[at_most(BODY_MAX)],
    responses=problems(401, 403, 413, 422),
)
async def post_alarms(request: Request, actor: Annotated[Actor, requires_node()], db: Db) -> Response:
    """They are shown at once; each comes again in its batch, and is the same alarm. Sending again is harmless."""
    body = await request.body()

    def tell() -> None:
        try:
            told = AlarmsAhead.model_validate_json(body)
        except ValidationError as error:
            raise Invalid("ingest.no_batch", fields={"body": f"{error.error_count()}"}) from error
        announce(db, actor, told)

    await in_node_thread(tell)
    return Response(status_code=204)


@router.get("/visits", summary="Visits, newest first", responses=problems(401, 403, 422))
def get_visits(
    db: Db,
    actor: Annotated[Actor, requires(READ_VISITS)],
    paging: Paging,
    lane_id: Annotated[UUID | None, Query()] = None,
) -> Page[VisitOut]:
    views, following = queries.visit_page(db, actor.communities(READ_VISITS), paging, lane_id)
    return Page(items=[VisitOut.model_validate(view) for view in views], next=following)


@router.get("/visits/{visit_id}", summary="One visit", responses=problems(401, 403, 404))
def get_visit(visit_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> VisitOut:
    view = queries.visit(db, visit_id)
    if view is None or not actor.may(READ_VISITS, view.community_id):
        raise NotFound("visits.no_visit")
    return VisitOut.model_validate(view)


@router.post(
    "/visits/{visit_id}/correction", status_code=201, summary="Say that the face was somebody else's",
    responses=problems(401, 403, 404, 409, 422),
)  # fmt: skip
def post_correction(
    visit_id: UUID, body: CorrectionIn, db: Db, actor: Annotated[Actor, requires(CORRECT_VISITS)]
) -> CorrectionOut:
    """The visit stays as it was; the correction stands beside it, and the pair enters the face figures."""
    return CorrectionOut.model_validate(corrections.correct(db, actor, visit_id, body.reason, clock.now()))


@router.get(
    "/visits/{visit_id}/picture.jpg",
    summary="The picture of a visit's decision",
    response_class=Response,
    responses=problems(401, 403, 404) | {200: {"content": {"image/jpeg": {}}}},
)
def get_visit_picture(visit_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> Response:
    view = queries.visit(db, visit_id)
    if view is None or view.picture_id is None or not actor.may(READ_VISITS, view.community_id):
        raise NotFound("visits.no_picture")
    now = clock.now()
    jpeg = pictures.picture(db, view.picture_id, now)
    if jpeg is None:
        raise NotFound("visits.no_picture")
    record_look(db, actor, "picture.look", "visit", visit_id, now, community_id=view.community_id)
    return Response(jpeg, media_type="image/jpeg", headers={"cache-control": "no-store"})


@router.get(
    "/alarms/{alarm_id}/picture.jpg",
    summary="What a lane's camera saw as an alarm began, and when it was raised",
    responses=problems(401, 403, 404) | {200: {"content": {"image/jpeg": {}}}},
    response_class=Response,
)
def get_alarm_picture(alarm_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> Response:
    """Of an e-bike and of an occupied fire lane. One below the other, the earlier on top."""
    told, now = journal.by_event_id(db, alarm_id), clock.now()
    if told is None or told.kind != "alarm" or not actor.may(READ_VISITS, told.community_id):
        raise NotFound("visits.no_picture")
    jpeg = pictures.picture(db, alarm_id, now)
    if jpeg is None:
        raise NotFound("visits.no_picture")
    record_look(db, actor, "picture.look", "alarm", alarm_id, now, community_id=told.community_id)
    return Response(jpeg, media_type="image/jpeg", headers={"cache-control": "no-store"})


@router.post(
    "/visits/{visit_id}/picture/hold", status_code=201, summary="Keep a visit's picture for an incident",
    responses=problems(401, 403, 404, 422),
)  # fmt: skip
def post_hold(visit_id: UUID, body: HoldIn, db: Db, actor: Annotated[Actor, requires(HOLD_PICTURES)]) -> PictureHoldOut:
    """It outlives its time until it is released, or `days` are over."""
    view = queries.visit(db, visit_id)
    if view is None or view.picture_id is None:
        raise NotFound("ingest.no_picture")
    held = picture_holds.hold(db, actor, view.picture_id, body.reason, body.days, clock.now())
    return PictureHoldOut.of(held)


@router.get("/alarms", summary="Every alarm, newest first", responses=problems(401, 403, 422))
def get_alarms(db: Db, actor: Annotated[Actor, requires(READ_VISITS)], paging: Paging) -> Page[AlarmOut]:
    views, following = queries.alarm_page(db, actor.communities(READ_VISITS), paging)
    return Page(items=[AlarmOut.model_validate(view) for view in views], next=following)


@router.get("/alarms/open", summary="Alarms that need a person", responses=problems(401, 403))
def get_open_alarms(db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> OpenAlarmsOut:
    views = queries.open_alarms(db, actor.communities(READ_VISITS))
    return OpenAlarmsOut(items=[AlarmOut.model_validate(view) for view in views])


@router.post("/alarms/{alarm_id}/acknowledge", summary="Take note of an alarm", responses=problems(401, 403, 404))
def post_acknowledge(alarm_id: UUID, db: Db, actor: Annotated[Actor, requires(ACKNOWLEDGE)]) -> AlarmOut:
    service.acknowledge_alarm(db, actor, alarm_id)
    return AlarmOut.model_validate(queries.alarm(db, alarm_id))


@router.get("/lanes-now", summary="Every lane as it is now", responses=problems(401, 403))
def get_lanes_now(db: Db, actor: Annotated[Actor, requires(READ_VISITS)]) -> LanesOut:
    views = queries.lanes_now(db, actor.communities(READ_VISITS), clock.now())
    return LanesOut(items=[LaneNowOut.model_validate(view) for view in views])


@router.get("/face-figures", summary="How faces do at each lane", responses=problems(401, 403, 422))
def get_face_figures(
    db: Db,
    actor: Annotated[Actor, requires(READ_VISITS)],
    days: Annotated[face_figures.FaceSpan, Query()] = face_figures.FaceSpan.WEEK,
) -> FaceFiguresOut:
    """Counts, reasons and scores since so many days, and what each node's thresholds stand on."""
    allowed = actor.communities(READ_VISITS)
    lanes = face_figures.lanes_with_faces(db, allowed, days, clock.now())
    stand = face_figures.calibrations(db, allowed)
    return FaceFiguresOut(
        items=[LaneFacesOut.model_validate(lane) for lane in lanes],
        calibrations={node_id: one.model_dump(mode="json", exclude={"kind"}) for node_id, one in stand.items()},
    )


def stream_router(parts: Parts) -> APIRouter:
    streams = APIRouter(prefix="/api/v1", tags=["visits"])

    @streams.get(
        "/events", summary="What changes, as it happens (server-sent events)", responses=problems(401, 403, 503)
    )
    async def get_events(
        request: Request, session: CurrentSession, actor: Annotated[Actor, requires(READ_VISITS)]
    ) -> EventSourceResponse:
        """Events "visit", "alarm" and "lane" with {"id"}, and "call" with its lane's. `Last-Event-ID` fills the gap
        after a lost connection.

        It ends with the session, and when the account's roles change."""
        return await parts.live.respond(
            request, STREAM, actor, session.session_id, READ_VISITS, present=lambda event: json.dumps(dict(event.data))
        )

    return streams
