"""The lists of plates over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.plates import listed as plates
from central.gates.parking.plates.schemas import PlateAddedOut, PlateEndIn, PlateIn, PlateOut, PlatesOut

router = APIRouter(prefix="/api/v1", tags=["parking"])
Keeper = Annotated[Actor, requires(KEEP_PLATES)]


@router.get("/communities/{community_id}/plates", summary="The lists of plates",
            responses=problems(401, 403, 404))  # fmt: skip
def get_plates(community_id: UUID, db: Db, actor: Keeper) -> PlatesOut:
    views = plates.plates_of(db, actor, community_id, clock.now())
    return PlatesOut(items=[PlateOut.model_validate(view) for view in views])


@router.post("/communities/{community_id}/plates", status_code=201, summary="Put a plate on a list",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_plate(community_id: UUID, body: PlateIn, db: Db, actor: Keeper) -> PlateAddedOut:
    """The gates of the community know a permit with their next rules, seconds later; all else once it is approved."""
    entry_id = plates.add_plate(
        db, actor, community_id, kind=body.kind, plate=body.plate, note=body.note, since=body.since,
        until=body.until, lanes=body.lanes, bay=body.bay, bay_cars=body.bay_cars, now=clock.now(),
    )  # fmt: skip
    return PlateAddedOut(entry_id=entry_id)


@router.post("/plates/{entry_id}/approve", status_code=204, summary="Say yes to a plate that another person listed",
             responses=problems(401, 403, 404, 409))  # fmt: skip
def post_approve(entry_id: UUID, db: Db, actor: Keeper) -> Response:
    """It counts at the gates seconds later."""
    plates.approve_plate(db, actor, entry_id, clock.now())
    return Response(status_code=204)


@router.post("/plates/{entry_id}/end", status_code=204, summary="Take a plate off its list",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_end(entry_id: UUID, body: PlateEndIn, db: Db, actor: Keeper) -> Response:
    plates.end_plate(db, actor, entry_id, body.reason, clock.now())
    return Response(status_code=204)
