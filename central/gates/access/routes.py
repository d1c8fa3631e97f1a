"""Passes over HTTP: issue, list, show, change, revoke; and who may pass a lane."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.moments import Moment
from central.base.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX, Page, Paging, page, to_page
from central.base.web.problems import problems
from central.gates.access import queries, service
from central.gates.access.permissions import ISSUE_PASSES, ISSUE_RESIDENT_PASSES, READ_PASSES, REVOKE_PASSES
from central.gates.access.picture import MEDIA_TYPES, Format
from central.gates.access.schemas import (
    ChangePassIn,
    IssuedOut,
    PassOut,
    ReasonIn,
    ResidentPassIn,
    StandingOut,
    VisitorPassIn,
    WhoMayOut,
)
from central.gates.access.tables import GatePassRow
from central.gates.access.views import IssuedPass
from central.people.community.permissions import READ_PEOPLE
from central.people.community.queries import community_of, house_of, lane_of

router = APIRouter(prefix="/api/v1", tags=["access"])
Reader = Annotated[Actor, requires(READ_PASSES)]
Issuer = Annotated[Actor, requires(ISSUE_PASSES)]
Revoker = Annotated[Actor, requires(REVOKE_PASSES)]


@router.get("/passes", summary="Passes of a community, newest first, masked", responses=problems(401, 403, 404))
def get_passes(
    community_id: UUID, db: Db, actor: Reader, paging: Paging, house_id: UUID | None = None
) -> Page[PassOut]:
    community_of(db, community_id)
    actor.demand(READ_PASSES, community_id)
    query = select(GatePassRow).where(GatePassRow.community_id == community_id)
    if house_id is not None:
        house_of(db, house_id)
        query = query.where(GatePassRow.house_id == house_id)
    rows, following = page(db, query, [GatePassRow.issued_at, GatePassRow.id], paging, newest_first=True)
    views = {view.pass_id: view for view in queries.pass_views(db, rows, clock.now())}
    return to_page(rows, following, lambda row: PassOut.model_validate(views[row.id]))


@router.post("/passes", status_code=201, summary="Invite a visitor: a pass for their window and gates",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_pass(body: VisitorPassIn, response: Response, db: Db, actor: Issuer) -> IssuedOut:
    issued = service.issue_visitor_pass(
        db, actor, body.house_id, body.visitor_name, body.phone, body.gates, body.window.value(), body.uses,
        body.party, now=clock.now(), plate=body.plate,
    )  # fmt: skip
    return _issued(response, issued)


@router.post("/passes/resident", status_code=201, summary="Issue a cardholder's own pass",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_resident_pass(
    body: ResidentPassIn, response: Response, db: Db, actor: Annotated[Actor, requires(ISSUE_RESIDENT_PASSES)]
) -> IssuedOut:
    issued = service.issue_resident_pass(
        db, actor, body.cardholder_id, gates=body.gates, window=body.window.value(), now=clock.now()
    )
    return _issued(response, issued)


@router.get("/passes/{pass_id}", summary="One pass, masked", responses=problems(401, 403, 404))
def get_pass(pass_id: UUID, db: Db, actor: Reader) -> PassOut:
    view = queries.pass_view(db, pass_id, clock.now())
    actor.demand(READ_PASSES, view.community_id)
    return PassOut.model_validate(view)


@router.get("/passes/{pass_id}/picture.{form}", summary="The QR picture of a pass; asking is written into the audit",
            response_class=Response,
            responses={200: {"content": {media: {} for media in MEDIA_TYPES.values()}}, **problems(401, 403, 404, 410)},
            )  # fmt: skip
def get_picture(pass_id: UUID, form: Format, db: Db, actor: Issuer) -> Response:
    shown = service.show_pass(db, actor, pass_id, now=clock.now())
    return Response(
        service.picture(shown.token, form),
        media_type=MEDIA_TYPES[form],
        headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
    )


@router.post("/passes/{pass_id}/revoke", status_code=204, summary="The pass opens nothing any more",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_revoke(pass_id: UUID, body: ReasonIn, db: Db, actor: Revoker) -> None:
    service.revoke_pass(db, actor, pass_id, body.reason, now=clock.now())


@router.post("/passes/{pass_id}/change", status_code=201, summary="Another window, gates or number: a new code",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_change(pass_id: UUID, body: ChangePassIn, response: Response, db: Db, actor: Revoker) -> IssuedOut:
    issued = service.change_pass(
        db, actor, pass_id, reason=body.reason, now=clock.now(), window=body.window.value() if body.window else None,
        gates=body.gates, uses=body.uses, party=body.party,
    )  # fmt: skip
    return _issued(response, issued)


@router.get("/explain/who", summary="Which cardholders may open this lane at that time?",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def get_who(
    lane_id: UUID, db: Db, actor: Annotated[Actor, requires(READ_PEOPLE)], at: Moment | None = None,
    limit: Annotated[int, Query(ge=0, le=PAGE_SIZE_MAX, description="People named in the answer.")] = PAGE_SIZE,
) -> WhoMayOut:  # fmt: skip
    actor.demand(READ_PEOPLE, lane_of(db, lane_id).community_id)
    at = at or clock.now()
    told = service.who_may(db, lane_id, at, limit)
    people = service.people_of(db, [(None, standing.cardholder_id) for standing in told.people], at=at)
    return WhoMayOut(
        lane_id=lane_id,
        at=at,
        counts={f"{outcome.value} {reason}": count for (outcome, reason), count in told.counts.items()},
        people=[
            StandingOut(
                cardholder_id=standing.cardholder_id, label=person.label, house=person.house,
                outcome=standing.outcome, reason=standing.reason, rule_id=standing.rule_id,
            )
            for standing in told.people
            for person in (people[None, standing.cardholder_id],)
        ],
    )  # fmt: skip


def _issued(response: Response, issued: IssuedPass) -> IssuedOut:
    response.headers["cache-control"] = "no-store"
    return IssuedOut.model_validate(issued)
