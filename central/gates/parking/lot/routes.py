"""A car park's places over HTTP: how full it is, what was counted, where a car is; and where bay sensors tell."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from central.base.identity.guard import Db, OpenDb, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NoSuchLink, TooMany, Unauthenticated
from central.base.kernel.link_token import TOKEN_CHARS_MAX
from central.base.parts import Parts
from central.base.web.bounds import takes
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.problems import problems
from central.base.web.unread import Unread, described_as, understood
from central.gates.parking.lot import counts as lot_counts
from central.gates.parking.lot import find as lot_find
from central.gates.parking.lot import plans as lot_plans
from central.gates.parking.lot.occupancy import lot_of
from central.gates.parking.lot.schemas import (
    CheckedOut,
    CountIn,
    CountOut,
    FindCarIn,
    FoundCarOut,
    LotNowOut,
    LotOut,
    PlanIn,
    ProblemOut,
    ReadingsIn,
    RefusedOut,
    TakenOut,
    TallyOut,
    ZoneNowOut,
)
from central.gates.parking.lot.sensors import BY_KEY, Pace, Reading, Taken, system_by, take_readings
from central.gates.parking.permissions import COUNT_CARS, FIND_CARS, KEEP_LOT, READ_STAYS
from central.people.community.queries import community_of
from models.parking.occupancy import LotNow
from models.parking.plan_file import FILE_MAX

router = APIRouter(prefix="/api/v1/parking", tags=["parking"])
Reader = Annotated[Actor, requires(READ_STAYS)]
Counter = Annotated[Actor, requires(COUNT_CARS)]
Finder = Annotated[Actor, requires(FIND_CARS)]
Keeper = Annotated[Actor, requires(KEEP_LOT)]
PACE = Pace()


@router.get("/lot", summary="How full the car park is, by zone and kind of bay", responses=problems(401, 403, 404))
def get_lot(community_id: UUID, db: Db, actor: Reader) -> LotOut:
    actor.demand(READ_STAYS, community_id)
    community_of(db, community_id)
    lot, view = lot_of(db, community_id, clock.now()), lot_plans.plan_in_force(db, community_id)
    return LotOut(
        community_id=community_id, plan_version=view.version if view is not None else None,
        now=_now_out(lot.now, lot.full_at) if lot.now is not None else None,
    )  # fmt: skip


@router.post("/lot/counts", status_code=201, summary="Say how many cars were counted",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_count(body: CountIn, db: Db, actor: Counter) -> CountOut:
    """On the places for anybody; each count is kept with its reason."""
    lot_counts.count_cars(db, actor, body.community_id, body.zone, body.counted, body.reason, clock.now())
    return CountOut.model_validate(lot_counts.counts_of(db, actor, body.community_id, 1)[0])


@router.get("/lot/counts", summary="What was counted, newest first", responses=problems(401, 403, 404))
def get_counts(community_id: UUID, db: Db, actor: Reader) -> list[CountOut]:
    return [CountOut.model_validate(one) for one in lot_counts.counts_of(db, actor, community_id)]


@router.post("/lot/find-car", summary="Where a car stands, by part of its plate",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_find_car(body: FindCarIn, db: Db, actor: Finder) -> list[FoundCarOut]:
    """Each search is written down with its reason."""
    found = lot_find.find_car(db, actor, body.community_id, body.part, body.reason, clock.now())
    return [
        FoundCarOut(
            plate=str(one.plate), stay_id=one.stay_id, entered_at=one.entered_at, lane=one.lane, bay=one.bay,
            bay_at=one.bay_at, zone=one.zone,
        )
        for one in found
    ]  # fmt: skip


@router.post("/lot/plans", summary="Check a floor plan's file and keep it, without letting it count",
             dependencies=[takes(2 * FILE_MAX)], responses=problems(401, 403, 404, 409, 422),
             openapi_extra=described_as(PlanIn))  # fmt: skip
def post_plan(body: Unread, db: Db, actor: Keeper) -> CheckedOut:
    sent = understood(PlanIn, body)
    try:
        content = sent.file.encode("utf-8", "replace")
        plan_id = lot_plans.upload_plan(db, actor, sent.community_id, content, clock.now())
    except lot_plans.BadPlan as bad:
        return CheckedOut(plan_id=None, problems=[ProblemOut.model_validate(one._asdict()) for one in bad.problems])
    return CheckedOut(plan_id=plan_id, problems=[])


@router.post("/bays", summary="Bay sensors and guidance systems tell what they see", dependencies=[public(BY_KEY)],
             responses=problems(401, 422, 429))  # fmt: skip
def post_bays(body: ReadingsIn, request: Request, db: OpenDb) -> TakenOut:
    """With the system's key as `Authorization: Bearer …`. Send every bay at least every five minutes: one that was not
    heard for ten is unknown, and nobody is sent there. The same reading again changes nothing."""
    now, parts = clock.now(), request.app.state.parts
    assert isinstance(parts, Parts)
    scheme, _, token = request.headers.get("authorization", "")[: TOKEN_CHARS_MAX + 20].partition(" ")
    if scheme.lower() != "bearer":
        token = ""
    try:
        system = parts.link_tries.found(context_of(request).source_address, now, lambda: system_by(db, token.strip()))
    except NoSuchLink as wrong:
        raise Unauthenticated("lot.wrong_key") from wrong
    if not PACE.allows(system.id, now):
        raise TooMany("lot.too_often", retry_after_s=1)
    told = take_readings(
        db, system, [Reading(one.bay, one.taken, one.at, one.plate, one.charging) for one in body.readings], now
    )
    return _taken_out(told)


def _taken_out(told: Taken) -> TakenOut:
    refused = [RefusedOut(bay=bay, why=why) for bay, why in told.refused]
    return TakenOut(taken=told.taken, known=told.known, refused=refused)


def _now_out(now: LotNow, full_at: int) -> LotNowOut:
    return LotNowOut(
        how=now.how, places=now.places, own_places=now.own_places, inside_own=now.inside.own,
        inside_others=now.inside.others, free=now.free, full=now.full, full_at=full_at,
        kept=now.kept,
        zones=[
            ZoneNowOut(
                code=zone.code, name=zone.name, level=zone.level, how=zone.how, places=zone.places, free=zone.free,
                tallies=[TallyOut.model_validate(one._asdict()) for one in zone.tallies],
            )
            for zone in now.zones
        ],
        tallies=[TallyOut.model_validate(one._asdict()) for one in now.tallies], bays=dict(now.bays),
    )  # fmt: skip
