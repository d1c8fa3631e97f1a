"""A shop's own page, and the page behind a coupon's code: on any phone, without an account.

The link is the key; a shop's needs its PIN too, once in twelve hours and browser. No page here is kept by a browser or
found by a search.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.link_token import TOKEN_CHARS_MAX
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import redirect, render
from central.gates.parking.coupons import give as give_coupon
from central.gates.parking.coupons import shop_session
from central.gates.parking.coupons.give import BY_LINK, Given, ScannedCoupon
from central.gates.parking.coupons.shops import ShopView
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import parts_of, words_of
from central.oversight.console.link_code import base_for_phones, link_code
from central.oversight.console.setup.place import uuid_of
from models.values.ids import new_id

pages = APIRouter(include_in_schema=False)
ALONE = {"referrer-policy": "same-origin", "x-robots-tag": "noindex, nofollow, noarchive", "cache-control": "no-store"}
FORBIDDEN = 403
SESSION = "menting_shop"


@pages.get("/shop/{token}", dependencies=[public(BY_LINK)])
def shop(token: str, request: Request, db: OpenDb) -> Response:
    with parts_of(request).link_tries.one_of_few(token):
        found = _shop(request, db, token)
        return _shop_page(request, db, found, Filled("give"), until=_until(request, db, found))


@pages.post("/shop/{token}", dependencies=[public(BY_LINK)])
def shop_gives(token: str, request: Request, db: OpenDb, sent: Sent) -> Response:
    """`do`: open (the PIN alone), plate, code, or leave. Beside the link it takes the PIN, or the session of a browser
    in which it was given. The form carries the id of the coupon: sent twice, given once."""
    with parts_of(request).link_tries.one_of_few(token):
        found, do = _shop(request, db, token), text_of(sent, "do")
        if do == "leave":
            shop_session.leave(db, found, _session(request))
            answer = redirect(request, f"/shop/{token}")
            answer.delete_cookie(SESSION, path=f"/shop/{token}")
            return answer
        until, key, pin = _until(request, db, found), "", text_of(sent, "pin")
        if until is None or pin:
            if not give_coupon.pin_fits(db, parts_of(request).passwords, found.shop_id, pin):
                return _shop_page(request, db, found, _not_in(request, sent, pin))
            key = shop_session.open_session(db, found, clock.now())
            until = clock.now() + shop_session.LASTS
        return _with_session(request, token, key, _done(request, db, token, found, sent, do, until))


def _done(request: Request, db: Session, token: str, found: ShopView, sent: Sent, do: str, until: datetime) -> Response:
    if do not in ("plate", "code"):
        return _shop_page(request, db, found, Filled("give"), until=until)
    try:
        with db.begin_nested():
            given = give_coupon.give(
                db, found, _quota(sent), text_of(sent, "plate") if do == "plate" else None,
                uuid_of(sent, "coupon"), found.name, clock.now(),
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        form = refused(words_of(request), kept("give", sent), problem, "plate" if do == "plate" else "quota")
        return _shop_page(request, db, found, form, until=until)
    return _shop_page(request, db, _shop(request, db, token), Filled("give"), until=until, given=given)


def _not_in(request: Request, sent: Sent, pin: str) -> Filled:
    """Who sends no PIN is asked for one, because their session is over; a wrong one is said to be wrong."""
    t = words_of(request)
    said = t("coupons.wrong_pin") if pin else t("coupons.session_over")
    return Filled("give", {"plate": text_of(sent, "plate")}, {"pin": said}, FORBIDDEN)


def _session(request: Request) -> str:
    return request.cookies.get(SESSION, "")[:TOKEN_CHARS_MAX]


def _until(request: Request, db: Session, found: ShopView) -> datetime | None:
    return shop_session.session_ends(db, found, _session(request), clock.now())


def _with_session(request: Request, token: str, key: str, answer: Response) -> Response:
    """Sent back by this browser to this shop's own address and to no other, and never with a press from elsewhere."""
    if key:
        answer.set_cookie(
            SESSION, key, max_age=int(shop_session.LASTS.total_seconds()), path=f"/shop/{token}", httponly=True,
            samesite="strict", secure=request.url.scheme == "https",
        )  # fmt: skip
    return answer


@pages.get("/coupon/{token}", dependencies=[public(BY_LINK)])
def scanned(token: str, request: Request, db: OpenDb) -> Response:
    with parts_of(request).link_tries.one_of_few(token):
        return _coupon_page(request, _coupon(request, db, token), Filled("bind"))


@pages.post("/coupon/{token}", dependencies=[public(BY_LINK)])
def bind(token: str, request: Request, db: OpenDb, sent: Sent) -> Response:
    with parts_of(request).link_tries.one_of_few(token):
        found = _coupon(request, db, token)
        try:
            with db.begin_nested():
                plate = give_coupon.bind_coupon(db, found.coupon_id, text_of(sent, "plate"), clock.now())
        except (Invalid, Conflict) as problem:
            form = refused(words_of(request), kept("bind", sent), problem, "plate")
            return _coupon_page(request, _coupon(request, db, token), form)
        return _coupon_page(request, _coupon(request, db, token), Filled("bind"), plate)


def _shop(request: Request, db: Session, token: str) -> ShopView:
    now, tries = clock.now(), parts_of(request).link_tries
    return tries.found(context_of(request).source_address, now, partial(give_coupon.shop_by_link, db, token, now))


def _coupon(request: Request, db: Session, token: str) -> ScannedCoupon:
    now, tries = clock.now(), parts_of(request).link_tries
    return tries.found(context_of(request).source_address, now, partial(give_coupon.coupon_by_code, db, token, now))


def _quota(sent: Sent) -> UUID:
    try:
        return UUID(text_of(sent, "quota"))
    except ValueError as error:
        raise Invalid(fields={"quota": "coupons.quota_needed"}) from error


def _shop_page(
    request: Request, db: Session, found: ShopView, form: Filled, *, until: datetime | None = None,
    given: Given | None = None,
) -> Response:  # fmt: skip
    """`until`: how long this browser is signed in; None where it is not: then the page tells the name alone."""
    now, link, base = clock.now(), "", base_for_phones(request)
    if given is not None and given.token:
        link = f"{base or str(request.base_url).rstrip('/')}/coupon/{given.token}"
    return render(
        request, "console/shop_page.html", status_code=form.status, headers=ALONE, shop=found, form=form, until=until,
        given=given, code=link_code(link) if link and base else "", link=link, coupon_id=new_id(),
        quotas=[one for one in found.quotas if one.count.left > 0 and one.ends_at > now],
        today=give_coupon.given_today(db, found, now) if until is not None else [],
    )  # fmt: skip


def _coupon_page(request: Request, found: ScannedCoupon, form: Filled, plate: str = "") -> Response:
    return render(
        request, "console/coupon_page.html", status_code=form.status, headers=ALONE, coupon=found, form=form,
        plate=plate,
    )  # fmt: skip
