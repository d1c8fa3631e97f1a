"""Key points over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.coverage import queries, service
from central.gates.coverage.permissions import EDIT_POINTS, READ_POINTS
from central.gates.coverage.rules import Cover
from central.gates.coverage.schemas import CoverageOut, PointIn, PointOut
from central.gates.coverage.tables import KeyPointRow
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1/key-points", tags=["coverage"])
Reader = Annotated[Actor, requires(READ_POINTS)]
Editor = Annotated[Actor, requires(EDIT_POINTS)]


@router.get("", summary="The coverage report: key points, those without a working reader first",
            responses=problems(401, 403, 404))  # fmt: skip
def get_points(community_id: UUID, db: Db, actor: Reader) -> CoverageOut:
    community_of(db, community_id)
    actor.demand(READ_POINTS, community_id)
    points = [PointOut.model_validate(view) for view in queries.points_of(db, community_id, clock.now())]
    return CoverageOut(
        points=points, uncovered=sum(one.cover is not Cover.WORKING for one in points),
        unlisted=list(queries.units_unlisted(db, community_id).values()),
    )  # fmt: skip


@router.post("", status_code=201, summary="Add a key point", responses=problems(401, 403, 404, 409, 422))
def post_point(body: PointIn, db: Db, actor: Editor) -> PointOut:
    return _said(db, service.set_point(
        db, actor, body.community_id, body.kind, body.name, now=clock.now(), unit_id=body.unit_id, lane_id=body.lane_id
    ))  # fmt: skip


@router.put("/{point_id}", summary="Change a key point", responses=problems(401, 403, 404, 409, 422))
def put_point(point_id: UUID, body: PointIn, db: Db, actor: Editor) -> PointOut:
    return _said(db, service.set_point(
        db, actor, body.community_id, body.kind, body.name, now=clock.now(), unit_id=body.unit_id,
        lane_id=body.lane_id, point_id=point_id,
    ))  # fmt: skip


@router.delete("/{point_id}", status_code=204, summary="No key point any more", responses=problems(401, 403, 404))
def delete_point(point_id: UUID, db: Db, actor: Editor) -> None:
    service.drop_point(db, actor, point_id)


def _said(db: Session, row: KeyPointRow) -> PointOut:
    here = queries.points_of(db, row.community_id, clock.now())
    return PointOut.model_validate(next(view for view in here if view.point_id == row.id))
