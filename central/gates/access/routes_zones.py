"""Anti-passback zones and lockdowns over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.access import queries_zones as queries
from central.gates.access import service
from central.gates.access.permissions import APPROVE_LOCKDOWNS, EDIT_ZONES, READ_RULES, REQUEST_LOCKDOWNS
from central.gates.access.schemas import LockdownIn, LockdownOut, ReasonIn, ZoneIn, ZoneOut
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1", tags=["access"])
Reader = Annotated[Actor, requires(READ_RULES)]
ZoneEditor = Annotated[Actor, requires(EDIT_ZONES)]
Requester = Annotated[Actor, requires(REQUEST_LOCKDOWNS)]
Approver = Annotated[Actor, requires(APPROVE_LOCKDOWNS)]


@router.get("/passback-zones", summary="The anti-passback zones of a community", responses=problems(401, 403, 404))
def get_zones(community_id: UUID, db: Db, actor: Reader) -> list[ZoneOut]:
    community_of(db, community_id)
    actor.demand(READ_RULES, community_id)
    return [ZoneOut.model_validate(view) for view in queries.zones_of(db, community_id)]


@router.post("/passback-zones", status_code=201, summary="Add an anti-passback zone",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_zone(body: ZoneIn, db: Db, actor: ZoneEditor) -> ZoneOut:
    zone = service.set_zone(
        db, actor, body.community_id, body.name, body.mode, body.lanes, minutes=body.minutes, now=clock.now()
    )
    return ZoneOut.model_validate(queries.zone_view(db, zone))


@router.put("/passback-zones/{zone_id}", summary="Change an anti-passback zone",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def put_zone(zone_id: UUID, body: ZoneIn, db: Db, actor: ZoneEditor) -> ZoneOut:
    zone = service.set_zone(
        db, actor, body.community_id, body.name, body.mode, body.lanes, minutes=body.minutes, now=clock.now(),
        zone_id=zone_id,
    )  # fmt: skip
    return ZoneOut.model_validate(queries.zone_view(db, zone))


@router.delete("/passback-zones/{zone_id}", status_code=204, summary="No anti-passback there any more",
               responses=problems(401, 403, 404))  # fmt: skip
def delete_zone(zone_id: UUID, db: Db, actor: ZoneEditor) -> None:
    service.drop_zone(db, actor, zone_id)


@router.get("/lockdowns", summary="The last lockdowns of a community", responses=problems(401, 403, 404))
def get_lockdowns(community_id: UUID, db: Db, actor: Reader) -> list[LockdownOut]:
    community_of(db, community_id)
    actor.demand(READ_RULES, community_id)
    return [LockdownOut.model_validate(view) for view in queries.lockdowns_of(db, community_id, clock.now())]


@router.post("/lockdowns", status_code=201, summary="Ask for a lockdown; a second person has to approve it",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_lockdown(body: LockdownIn, db: Db, actor: Requester) -> LockdownOut:
    now = clock.now()
    row = service.request_lockdown(
        db, actor, body.community_id, body.lanes, body.admits, body.until, body.reason, now=now
    )
    return LockdownOut.model_validate(queries.lockdown_view(row, now))


@router.post("/lockdowns/{lockdown_id}/approve", summary="Start a lockdown that somebody else asked for",
             responses=problems(401, 403, 404, 409))  # fmt: skip
def post_approve(lockdown_id: UUID, db: Db, actor: Approver) -> LockdownOut:
    now = clock.now()
    return LockdownOut.model_validate(
        queries.lockdown_view(service.approve_lockdown(db, actor, lockdown_id, now=now), now)
    )


@router.post("/lockdowns/{lockdown_id}/withdraw", summary="Take a request back, or refuse it",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_withdraw(lockdown_id: UUID, body: ReasonIn, db: Db, actor: Requester) -> LockdownOut:
    now = clock.now()
    row = service.withdraw_lockdown(db, actor, lockdown_id, body.reason, now=now)
    return LockdownOut.model_validate(queries.lockdown_view(row, now))


@router.post("/lockdowns/{lockdown_id}/end", summary="End a running lockdown before its hour",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_end(lockdown_id: UUID, body: ReasonIn, db: Db, actor: Approver) -> LockdownOut:
    now = clock.now()
    row = service.end_lockdown(db, actor, lockdown_id, body.reason, now=now)
    return LockdownOut.model_validate(queries.lockdown_view(row, now))
