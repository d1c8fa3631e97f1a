"""Coupons for the car park: the shops of a community, what they bought, and what has become of each coupon."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.web.render import redirect
from central.gates.parking.coupons import shops
from central.gates.parking.coupons.rules import Gives
from central.gates.parking.coupons.shops import Handed, PaidBy
from central.gates.parking.permissions import KEEP_COUPONS
from central.oversight.console.forms import (
    Filled,
    Sent,
    instant_of,
    kept,
    one_at_a_time,
    refused,
    sent_again,
    text_of,
    used_up,
    whole_of,
)
from central.oversight.console.frame import communities_for, page, parts_of, words_of
from central.oversight.console.link_code import base_for_phones, link_code
from central.oversight.console.setup.place import place_of, place_sent, uuid_of
from central.oversight.console.tariff_form import fen_of
from central.people.community.queries import CommunityView
from models.values.ids import new_id

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(KEEP_COUPONS)]


@pages.get("/coupons")
def coupons(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    return _page(request, db, actor, place_of(request, db, actor, KEEP_COUPONS, community))


@pages.post("/coupons/shops")
def new_shop(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_COUPONS, sent), kept("shop", sent)
    if sent_again(request, sent):
        return redirect(request, f"/coupons?community={chosen.community_id}")
    one_at_a_time(db, "shop", chosen.community_id)
    try:
        with db.begin_nested():
            handed = shops.make_shop(
                db, actor, parts_of(request).passwords, chosen.community_id, text_of(sent, "name"), clock.now(),
                day_most=whole_of(sent, "day_most"), plate_most=whole_of(sent, "plate_most"),
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "name"))
    used_up(request, sent)
    return _page(request, db, actor, chosen, handed=handed)


@pages.post("/coupons/shops/{shop_id}/renew")
def renew(request: Request, shop_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen = place_sent(db, actor, KEEP_COUPONS, sent)
    if sent_again(request, sent):
        return redirect(request, f"/coupons?community={chosen.community_id}")
    _of(db, actor, chosen, shop_id)
    try:
        with db.begin_nested():
            handed = shops.renew_link(db, actor, parts_of(request).passwords, shop_id)
    except Conflict as problem:
        form = refused(words_of(request), Filled(f"renew-{shop_id}"), problem, "renew")
        return _page(request, db, actor, chosen, form)
    used_up(request, sent)
    return _page(request, db, actor, chosen, handed=handed)


@pages.post("/coupons/shops/{shop_id}/close")
def close(request: Request, shop_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen = place_sent(db, actor, KEEP_COUPONS, sent)
    _of(db, actor, chosen, shop_id)
    try:
        with db.begin_nested():
            shops.close_shop(db, actor, shop_id, text_of(sent, "reason"), clock.now())
    except (Invalid, Conflict) as problem:
        form = refused(words_of(request), kept(f"close-{shop_id}", sent), problem, "reason")
        return _page(request, db, actor, chosen, form)
    return redirect(request, f"/coupons?community={chosen.community_id}")


@pages.post("/coupons/shops/{shop_id}/quotas")
def sell(request: Request, shop_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    """The form carries the id of what it makes: sent twice, it is sold once."""
    chosen, form = place_sent(db, actor, KEEP_COUPONS, sent), kept(f"sell-{shop_id}", sent)
    _of(db, actor, chosen, shop_id)
    try:
        with db.begin_nested():
            _sell(db, actor, shop_id, sent)
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "amount"))
    return redirect(request, f"/coupons?community={chosen.community_id}")


@pages.post("/coupons/{coupon_id}/back")
def back(request: Request, coupon_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_COUPONS, sent), kept(f"back-{coupon_id}", sent)
    try:
        with db.begin_nested():
            if shops.take_back(db, actor, coupon_id, text_of(sent, "reason"), clock.now()) != chosen.community_id:
                raise NotFound("coupons.no_coupon")
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "reason"))
    return redirect(request, f"/coupons?community={chosen.community_id}")


def _sell(db: Session, actor: Actor, shop_id: UUID, sent: Sent) -> None:
    kind = next((one for one in Gives if one.value == text_of(sent, "kind")), None)
    paid_by = next((one for one in PaidBy if one.value == text_of(sent, "paid_by")), None)
    price = fen_of(text_of(sent, "price"))
    problems = {} if kind is not None else {"kind": "coupons.kind_needed"}
    problems |= {} if paid_by is not None else {"paid_by": "coupons.paid_by_needed"}
    problems |= {} if price is not None else {"price": "coupons.price_wrong"}
    amount = fen_of(text_of(sent, "amount")) if kind is Gives.MONEY else None
    if kind is Gives.MONEY and amount is None:
        problems["amount"] = "coupons.amount_wrong"
    if problems or kind is None or paid_by is None or price is None:
        raise Invalid(fields=problems)
    if amount is None:
        amount = 1 if kind is Gives.FREE else whole_of(sent, "amount")
    shops.sell_quota(
        db, actor, shop_id, kind, amount, whole_of(sent, "count"), price, paid_by, clock.now(),
        hold_hours=whole_of(sent, "hold_hours"), ends_at=instant_of(text_of(sent, "ends_at"), "ends_at"),
        quota_id=uuid_of(sent, "quota"),
    )  # fmt: skip


def _of(db: Session, actor: Actor, chosen: CommunityView, shop_id: UUID) -> None:
    """Raises NotFound for a shop of another community."""
    known = {one.shop_id for one in shops.shops_in(db, actor, chosen.community_id, clock.now())}
    if shop_id not in known:
        raise NotFound("coupons.no_shop")


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled | None = None,
    handed: Handed | None = None,
) -> Response:  # fmt: skip
    now = clock.now()
    base = base_for_phones(request)
    link = f"{base or str(request.base_url).rstrip('/')}/shop/{handed.token}" if handed is not None else ""
    return page(
        request, "console/coupons.html", status_code=form.status if form is not None else 200, now=now,
        places=[chosen] if chosen is not None else [], others=communities_for(db, actor, KEEP_COUPONS),
        community=chosen, shops=shops.shops_in(db, actor, chosen.community_id, now) if chosen is not None else [],
        coupons=shops.coupons_in(db, actor, chosen.community_id, now) if chosen is not None else [],
        kinds=[one.value for one in Gives], ways_paid=[one.value for one in PaidBy], new_id=new_id,
        mine=lambda key: form if form is not None and form.key == key else Filled(key), handed=handed, link=link,
        code=link_code(link) if link and base else "",
    )  # fmt: skip
