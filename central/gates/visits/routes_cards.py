"""Cards that a lane has just read and nobody knows, over HTTP: held to a reader, then given to somebody."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.web.problems import problems
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.queries_credentials import card_view
from central.gates.access.schemas import CardOut
from central.gates.visits.read_cards import give_read_card, read_cards
from central.gates.visits.schemas import GiveReadIn, ReadCardOut
from central.people.community.queries import community_of

router = APIRouter(prefix="/api/v1/read-cards", tags=["access"])
Editor = Annotated[Actor, requires(EDIT_CREDENTIALS)]


@router.get("", summary="The unknown cards that lanes have read in the last minute", responses=problems(401, 403, 404))
def get_read_cards(community_id: UUID, db: Db, actor: Editor) -> list[ReadCardOut]:
    community_of(db, community_id)
    actor.demand(EDIT_CREDENTIALS, community_id)
    return [ReadCardOut.model_validate(view) for view in read_cards(db, community_id, clock.now())]


@router.post("/{visit_id}/give", status_code=201, summary="Give a card that a lane has just read",
             responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_give(visit_id: UUID, body: GiveReadIn, db: Db, actor: Editor) -> CardOut:
    row = give_read_card(
        db, actor, visit_id, body.cardholder_id, now=clock.now(), name=body.name.strip(), valid_until=body.valid_until
    )
    return CardOut.model_validate(card_view(row))
