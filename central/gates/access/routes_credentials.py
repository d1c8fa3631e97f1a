"""Cards and PINs over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.paging import Page, Paging, page, to_page
from central.base.web.problems import problems
from central.gates.access import service
from central.gates.access.permissions import EDIT_CREDENTIALS
from central.gates.access.queries_credentials import card_view
from central.gates.access.schemas import CardIn, CardNameIn, CardOut, PassOnIn, PinIn, PinOut, ReasonIn
from central.gates.access.tables import CardRow
from central.people.community.queries import community_of
from models.access.cards import Card

cards = APIRouter(prefix="/api/v1/cards", tags=["access"])
pins = APIRouter(prefix="/api/v1/pins", tags=["access"])
routers = (cards, pins)
Editor = Annotated[Actor, requires(EDIT_CREDENTIALS)]


@cards.get("", summary="The cards of a community, or only those that can be copied", responses=problems(401, 403, 404))
def get_cards(
    community_id: UUID, db: Db, actor: Editor, paging: Paging, weak: bool | None = None
) -> Page[CardOut]:  # fmt: skip
    community_of(db, community_id)
    actor.demand(EDIT_CREDENTIALS, community_id)
    query = select(CardRow).where(CardRow.community_id == community_id)
    if weak is not None:
        query = query.where(CardRow.weak == weak, CardRow.revoked_at.is_(None))
    rows, following = page(db, query, [CardRow.id], paging)
    return to_page(rows, following, _said)


@cards.post("", status_code=201, summary="Give a card by its number", responses=problems(401, 403, 404, 409, 422))
def post_card(body: CardIn, db: Db, actor: Editor) -> CardOut:
    card = Card(format=body.format, facility=body.facility, number=body.number)
    return _said(service.give_card(
        db, actor, body.cardholder_id, card, now=clock.now(), weak=body.weak, name=body.name.strip(),
        valid_until=body.valid_until,
    ))  # fmt: skip


@cards.post("/{card_id}/name", summary="Give a card another name", responses=problems(401, 403, 404, 422))
def post_card_name(card_id: UUID, body: CardNameIn, db: Db, actor: Editor) -> CardOut:
    return _said(service.name_card(db, actor, card_id, body.name.strip()))


@cards.post("/{card_id}/pass-on", status_code=201, summary="Pass a card on to somebody else of the community",
            responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_card_pass_on(card_id: UUID, body: PassOnIn, db: Db, actor: Editor) -> CardOut:
    return _said(service.pass_card_on(db, actor, card_id, body.cardholder_id, body.reason, now=clock.now()))


@cards.post("/{card_id}/revoke", status_code=204, summary="Take a card back",
            responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_card_revoke(card_id: UUID, body: ReasonIn, db: Db, actor: Editor) -> None:
    service.revoke_card(db, actor, card_id, body.reason, now=clock.now())


@pins.post("", status_code=201, summary="Give a PIN behind a house's number, in place of the one before",
           responses=problems(401, 403, 404, 409, 422))  # fmt: skip
def post_pin(body: PinIn, db: Db, actor: Editor) -> PinOut:
    given = service.set_pin(
        db, actor, body.cardholder_id, body.house_id, now=clock.now(), pin=body.pin, code=body.code,
        valid_until=body.valid_until,
    )  # fmt: skip
    return PinOut(pin_id=given.pin_id, unit=given.unit, pin=given.pin)


@pins.post("/{pin_id}/drop", status_code=204, summary="The PIN opens nothing any more",
           responses=problems(401, 403, 404, 422))  # fmt: skip
def post_pin_drop(pin_id: UUID, body: ReasonIn, db: Db, actor: Editor) -> None:
    service.drop_pin(db, actor, pin_id, body.reason, now=clock.now())


def _said(row: CardRow) -> CardOut:
    return CardOut.model_validate(card_view(row))
