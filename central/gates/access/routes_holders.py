"""Cardholders over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.paging import Page, Paging, page_of, to_page
from central.base.web.problems import problems
from central.gates.access import queries, service
from central.gates.access.schemas import CardholderIn, CardholderOut, GroupsIn, ReasonIn
from central.gates.access.tables import CardholderRow
from central.people.community.finding import find
from central.people.community.permissions import EDIT_PEOPLE, READ_PEOPLE
from central.people.community.queries import by_name, community_of

router = APIRouter(prefix="/api/v1/cardholders", tags=["access"])
Reader = Annotated[Actor, requires(READ_PEOPLE)]
Editor = Annotated[Actor, requires(EDIT_PEOPLE)]


@router.get("", summary="Who is known to the gates of a community, by name, masked", responses=problems(401, 403, 404))
def get_cardholders(community_id: UUID, db: Db, actor: Reader, paging: Paging) -> Page[CardholderOut]:
    community_of(db, community_id)
    actor.demand(READ_PEOPLE, community_id)
    ids, following = page_of(by_name(db, queries.people_behind(db, community_id)), paging)
    rows = list(db.scalars(select(CardholderRow).where(CardholderRow.id.in_(ids))))
    views = {view.cardholder_id: view for view in queries.cardholder_views(db, rows, clock.now())}
    return to_page(ids, following, lambda one: CardholderOut.model_validate(views[one]))


@router.post("", status_code=201, summary="Make somebody known to the gates",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_cardholder(body: CardholderIn, db: Db, actor: Editor) -> CardholderOut:
    holder = service.add_cardholder(
        db, actor, body.community_id, body.person_id, body.groups, valid_from=body.valid_from,
        valid_until=body.valid_until,
    )  # fmt: skip
    return _present(db, holder)


@router.get("/{cardholder_id}", summary="One cardholder, masked", responses=problems(401, 403, 404))
def get_cardholder(cardholder_id: UUID, db: Db, actor: Reader) -> CardholderOut:
    holder = find(db, CardholderRow, cardholder_id, "access.no_cardholder")
    actor.demand(READ_PEOPLE, holder.community_id)
    return _present(db, holder)


@router.post("/{cardholder_id}/groups", summary="Other groups, and so other rules",
             responses=problems(401, 403, 404, 422))  # fmt: skip
def post_groups(cardholder_id: UUID, body: GroupsIn, db: Db, actor: Editor) -> CardholderOut:
    return _present(db, service.change_groups(db, actor, cardholder_id, body.groups))


@router.post("/{cardholder_id}/block", summary="None of their credentials opens anything until unblocked",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_block(cardholder_id: UUID, body: ReasonIn, db: Db, actor: Editor) -> CardholderOut:
    return _present(db, service.block_cardholder(db, actor, cardholder_id, body.reason, now=clock.now()))


@router.post("/{cardholder_id}/unblock", summary="Their credentials count again",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_unblock(cardholder_id: UUID, body: ReasonIn, db: Db, actor: Editor) -> CardholderOut:
    return _present(db, service.unblock_cardholder(db, actor, cardholder_id, body.reason))


def _present(db: Db, holder: CardholderRow) -> CardholderOut:
    return CardholderOut.model_validate(queries.cardholder_views(db, [holder], clock.now())[0])
