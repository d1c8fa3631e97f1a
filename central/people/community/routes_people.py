"""The register over HTTP: who is at home. Masked; the one route that unmasks asks why and writes it down."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import select

from central.base.identity.guard import Db, requires
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid
from central.base.kernel.paging import Page, Paging, page_of, to_page
from central.base.web.problems import problems
from central.people.community import queries, service
from central.people.community.finding import find
from central.people.community.permissions import EDIT_PEOPLE, READ_PEOPLE, UNMASK_PEOPLE
from central.people.community.schemas import EndIn, PersonOut, ResidentIn, ResidentOut, UnmaskIn
from central.people.community.tables import CommunityRow, HouseRow, ResidentRow

router = APIRouter(prefix="/api/v1/residents", tags=["people"])
Reader = Annotated[Actor, requires(READ_PEOPLE)]
Editor = Annotated[Actor, requires(EDIT_PEOPLE)]


@router.get("", summary="Who is at home in a community or a house, by name, masked", responses=problems(401, 403, 404))
def get_residents(
    community_id: UUID, db: Db, actor: Reader, paging: Paging, house_id: UUID | None = None
) -> Page[ResidentOut]:
    find(db, CommunityRow, community_id, "community.not_found")
    actor.demand(READ_PEOPLE, community_id)
    query = select(ResidentRow.id, ResidentRow.person_id).where(ResidentRow.community_id == community_id)
    if house_id is not None:
        find(db, HouseRow, house_id, "community.no_house")
        query = query.where(ResidentRow.house_id == house_id)
    ids, following = page_of(queries.by_name(db, dict(db.execute(query).all())), paging)
    rows = list(db.scalars(select(ResidentRow).where(ResidentRow.id.in_(ids))))
    views = {view.resident_id: view for view in queries.resident_views(db, rows)}
    return to_page(ids, following, lambda one: ResidentOut.model_validate(views[one]))


@router.post("", status_code=201, summary="Somebody moves in", responses=problems(401, 403, 404, 409, 422))
def post_resident(body: ResidentIn, db: Db, actor: Editor) -> ResidentOut:
    if (body.name is None) == (body.person_id is None):
        raise Invalid("community.name_or_person", fields={"name": "community.name_or_person"})
    resident = service.add_resident(
        db, actor, body.house_id, body.name or "", body.phone, body.tie,
        starts_at=body.starts_at, ends_at=body.ends_at, person_id=body.person_id,
    )  # fmt: skip
    return _present(db, resident)


@router.get("/{resident_id}", summary="One resident, masked", responses=problems(401, 403, 404))
def get_resident(resident_id: UUID, db: Db, actor: Reader) -> ResidentOut:
    resident = find(db, ResidentRow, resident_id, "community.no_resident")
    actor.demand(READ_PEOPLE, resident.community_id)
    return _present(db, resident)


@router.post("/{resident_id}/end", summary="Somebody moves out: what hangs on the home ends at that instant",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_end(resident_id: UUID, body: EndIn, db: Db, actor: Editor) -> ResidentOut:
    return _present(db, service.end_residency(db, actor, resident_id, body.ends_at, body.reason))


@router.post("/{resident_id}/unmask", summary="Name and phone in full, for a reason that is kept in the audit",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_unmask(
    resident_id: UUID, body: UnmaskIn, response: Response, db: Db, actor: Annotated[Actor, requires(UNMASK_PEOPLE)]
) -> PersonOut:
    resident = find(db, ResidentRow, resident_id, "community.no_resident")
    actor.demand(UNMASK_PEOPLE, resident.community_id)
    response.headers["cache-control"] = "no-store"
    return PersonOut.model_validate(service.unmask_person(db, actor, resident.person_id, body.reason))


def _present(db: Db, resident: ResidentRow) -> ResidentOut:
    return ResidentOut.model_validate(queries.resident_views(db, [resident])[0])
