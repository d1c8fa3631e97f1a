"""The watch group over HTTP: its own right, and every reading in the audit (ACC-30)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.nodes.watch_group import service
from central.gates.nodes.watch_group.permissions import KEEP_WATCH_GROUP
from central.gates.nodes.watch_group.schemas import (
    WatchAddedOut,
    WatchCorrectIn,
    WatchEndIn,
    WatchEntryIn,
    WatchEntryOut,
    WatchGroupOut,
    WatchMostIn,
)

router = APIRouter(prefix="/api/v1", tags=["watch group"])
Keeper = Annotated[Actor, requires(KEEP_WATCH_GROUP)]


@router.get("/communities/{community_id}/watch-group", summary="Who is looked out for, and who was",
            responses=problems(401, 403, 404))  # fmt: skip
def get_group(community_id: UUID, db: Db, actor: Keeper) -> WatchGroupOut:
    return WatchGroupOut.model_validate(service.read_group(db, actor, community_id, clock.now()))


@router.post("/communities/{community_id}/watch-group", status_code=201, summary="Look out for somebody",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_entry(community_id: UUID, body: WatchEntryIn, db: Db, actor: Keeper) -> WatchAddedOut:
    """Photos are sent afterwards, sealed to the gate's own key."""
    return WatchAddedOut(
        entry_id=service.add_entry(
            db, actor, community_id, label=body.label, ground=body.ground, document=body.document,
            asked_by=body.asked_by, expires_at=body.expires_at, now=clock.now(),
        )
    )  # fmt: skip


@router.put("/communities/{community_id}/watch-group/most", status_code=204, summary="How many faces there may be",
            responses=problems(401, 403, 404, 422))  # fmt: skip
def put_most(community_id: UUID, body: WatchMostIn, db: Db, actor: Keeper) -> Response:
    service.set_most(db, actor, community_id, body.faces_max)
    return Response(status_code=204)


@router.get("/watch-group/{entry_id}", summary="One entry, with what each gate says of it",
            responses=problems(401, 403, 404))  # fmt: skip
def get_entry(entry_id: UUID, db: Db, actor: Keeper) -> WatchEntryOut:
    return WatchEntryOut.model_validate(service.read_entry(db, actor, entry_id, clock.now()))


@router.post("/watch-group/{entry_id}/correct", status_code=204, summary="Correct what an entry stands on",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_correction(entry_id: UUID, body: WatchCorrectIn, db: Db, actor: Keeper) -> Response:
    """What it said before stays in the audit."""
    service.correct_entry(
        db, actor, entry_id, ground=body.ground, document=body.document, asked_by=body.asked_by, reason=body.reason,
        now=clock.now(),
    )  # fmt: skip
    return Response(status_code=204)


@router.post("/watch-group/{entry_id}/end", status_code=204, summary="Look out no longer",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_end(entry_id: UUID, body: WatchEndIn, db: Db, actor: Keeper) -> Response:
    """The gates destroy the face with their next rules, and say so."""
    service.end_entry(db, actor, entry_id, body.reason, clock.now())
    return Response(status_code=204)
