"""Shops of a community and what they bought: made, sold to, closed by a manager; and what has become of each coupon.

A quota is paid for before: money +, prepaid -. As coupons are used or lapse their share of its price becomes income,
prepaid +, income - (coupon_money.py), so that what stands on a shop's prepaid account is what it still may give.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from central.base.identity.passwords import Passwords
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.link_token import digest_of as digest_of_link
from central.base.kernel.link_token import new_token
from central.base.kernel.paging import PageAsk, page
from central.base.kernel.session import tenant_of
from central.gates.parking.coupons.money import make_good
from central.gates.parking.coupons.rules import (
    COUNT_MOST,
    DAY_MOST,
    HOLD_MOST,
    MOST,
    NAME_MAX,
    PIN_DIGITS,
    WRONG_PINS_MAX,
    Became,
    Count,
    Gives,
    count,
)
from central.gates.parking.coupons.tables import CouponQuotaRow, CouponRow, CouponShopRow, CouponShopSessionRow
from central.gates.parking.permissions import KEEP_COUPONS
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays import news as stay_news
from central.gates.parking.stays.sealed_plates import open_text
from central.money.ledger.rules import Account, AccountKind, Code, Entry, Posting
from central.money.ledger.service import post
from central.people.community.finding import find
from central.people.community.queries import community_of
from models.parking.coupons import CouponState, state_of
from models.values.ids import new_id
from models.values.plate import Plate

LIST_MAX = 100
Kept = TypeVar("Kept", CouponQuotaRow, CouponShopRow)
PRICE_MOST = 1_000_000_00


class PaidBy(StrEnum):
    CASH = "cash"
    BANK = "bank"


@dataclass(frozen=True, slots=True)
class QuotaView:
    quota_id: UUID
    kind: Gives
    amount: int
    price_fen: int
    hold_hours: int
    bought_at: datetime
    ends_at: datetime
    count: Count


@dataclass(frozen=True, slots=True)
class ShopView:
    shop_id: UUID
    community_id: UUID
    name: str
    day_most: int
    plate_most: int
    made_at: datetime
    made_by: str
    closed_at: datetime | None
    locked: bool
    quotas: tuple[QuotaView, ...]


@dataclass(frozen=True, slots=True)
class CouponView:
    """`plate`: "" before it is bound to one."""

    coupon_id: UUID
    shop_name: str
    kind: Gives
    amount: int
    plate: str
    given_at: datetime
    ends_at: datetime
    state: CouponState
    by_name: str
    stay_id: UUID | None


@dataclass(frozen=True, slots=True)
class Handed:
    """What is shown once: the link's token, and the PIN that goes with it."""

    shop_id: UUID
    token: str
    pin: str

    def __repr__(self) -> str:
        return f"Handed({self.shop_id}, …)"


def make_shop(
    db: Session, actor: Actor, passwords: Passwords, community_id: UUID, name: str, now: datetime, *,
    day_most: int = 100, plate_most: int = 1,
) -> Handed:  # fmt: skip
    """Raises NotFound, Forbidden, Invalid."""
    community_of(db, community_id)
    actor.demand(KEEP_COUPONS, community_id)
    name, problems = name.strip(), dict[str, str]()
    if not name or len(name) > NAME_MAX:
        problems["name"] = "coupons.name_needed"
    if not 1 <= day_most <= DAY_MOST:
        problems["day_most"] = "coupons.day_most_wrong"
    if not 1 <= plate_most <= day_most:
        problems["plate_most"] = "coupons.plate_most_wrong"
    if problems:
        raise Invalid(fields=problems, most=DAY_MOST)
    token, pin = new_token(), _new_pin()
    row = CouponShopRow(
        id=new_id(), community_id=community_id, name=name, token_sha256=digest_of_link(token),
        pin_hash=passwords.hash(pin), day_most=day_most, plate_most=plate_most, made_at=now, made_by=actor.name,
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(db, actor, "coupon_shop.make", "coupon_shop", row.id, community_id=community_id, after={"name": name})
    return Handed(row.id, token, pin)


def renew_link(db: Session, actor: Actor, passwords: Passwords, shop_id: UUID) -> Handed:
    """The link and the PIN of before end, and so does every browser that is signed in by them."""
    row = _shop(db, actor, shop_id)
    token, pin = new_token(), _new_pin()
    row.token_sha256, row.pin_hash, row.wrong_pins = digest_of_link(token), passwords.hash(pin), 0
    db.execute(delete(CouponShopSessionRow).where(CouponShopSessionRow.shop_id == shop_id))
    db.flush()
    record(db, actor, "coupon_shop.renew", "coupon_shop", row.id, community_id=row.community_id)
    return Handed(row.id, token, pin)


def close_shop(db: Session, actor: Actor, shop_id: UUID, reason: str, now: datetime) -> UUID:
    """It gives no more; what it gave counts on. Says of which community it is."""
    row, reason = _shop(db, actor, shop_id), _reason(reason)
    row.closed_at = now
    db.flush()
    record(db, actor, "coupon_shop.close", "coupon_shop", row.id, reason=reason, community_id=row.community_id)
    return row.community_id


def sell_quota(
    db: Session, actor: Actor, shop_id: UUID, kind: Gives, amount: int, bought: int, price_fen: int, paid_by: PaidBy,
    now: datetime, *, hold_hours: int, ends_at: datetime, quota_id: UUID | None = None,
) -> UUID:  # fmt: skip
    """The shop has paid for so many. The same `quota_id` again changes nothing."""
    row, problems = _shop(db, actor, shop_id), dict[str, str]()
    amount = MOST[kind] if kind is Gives.FREE else amount
    if not 1 <= amount <= MOST[kind]:
        problems["amount"] = "coupons.amount_wrong"
    if not 1 <= bought <= COUNT_MOST:
        problems["count"] = "coupons.count_wrong"
    if not 0 <= price_fen <= PRICE_MOST:
        problems["price"] = "coupons.price_wrong"
    if not 1 <= hold_hours <= HOLD_MOST:
        problems["hold_hours"] = "coupons.hold_wrong"
    if ends_at <= now:
        problems["ends_at"] = "coupons.ends_past"
    if problems:
        raise Invalid(fields=problems, most=COUNT_MOST, hours=HOLD_MOST)
    quota_id = quota_id or new_id()
    if db.get(CouponQuotaRow, quota_id) is not None:
        return quota_id
    db.add(CouponQuotaRow(
        id=quota_id, community_id=row.community_id, shop_id=shop_id, kind=kind.value, amount=amount, count=bought,
        price_fen=price_fen, hold_hours=hold_hours, bought_at=now, ends_at=ends_at, by_name=actor.name,
    ))  # fmt: skip
    db.flush()
    if price_fen:
        into = Account(row.community_id, AccountKind.CASH)
        if paid_by is PaidBy.BANK:
            into = Account(row.community_id, AccountKind.CLEARING, PaidBy.BANK.value)
        prepaid = Account(row.community_id, AccountKind.PREPAID, str(shop_id))
        entries = (Entry(into, price_fen, quota_id), Entry(prepaid, -price_fen, quota_id))
        post(db, actor, Posting(f"coupons_sold:{quota_id}", Code.COUPONS_SOLD, now, entries, row.name))
    after = {"coupon": kind.value, "amount": amount, "count": bought, "amount_fen": price_fen}
    record(db, actor, "coupon.sell", "coupon_quota", quota_id, community_id=row.community_id, after=after)
    return quota_id


def take_back(db: Session, actor: Actor, coupon_id: UUID, reason: str, now: datetime) -> UUID:
    """A coupon that was not used lapses now. Says of which community it is. Conflict where it is over already."""
    place = find(db, CouponRow, coupon_id, "coupons.no_coupon").community_id
    actor.demand(KEEP_COUPONS, place)
    stay_news.lock_lot(db, place)  # before the coupon, as whoever settles a stay does
    row = find(db, CouponRow, coupon_id, "coupons.no_coupon", lock=True)
    reason = _reason(reason)
    if state_of(row.stay_id is not None, row.ends_at, now) is not CouponState.OPEN:
        raise Conflict("coupons.coupon_over")
    row.ends_at = now
    db.flush()
    told_anew(db, row)
    make_good(db, actor, [row.quota_id], now)
    record(db, actor, "coupon.take_back", "coupon", coupon_id, reason=reason, community_id=row.community_id)
    return row.community_id


def shops_in(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[ShopView]:
    """Those that are open first, by name."""
    actor.demand(KEEP_COUPONS, community_id)
    rows = db.scalars(select(CouponShopRow).where(CouponShopRow.community_id == community_id)).all()
    views = [shop_view(db, row, now) for row in rows]
    return sorted(views, key=lambda one: (one.closed_at is not None, one.name, one.shop_id))


def coupons_in(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[CouponView]:
    """The last that were given, newest first."""
    actor.demand(KEEP_COUPONS, community_id)
    query = (
        select(CouponRow, CouponQuotaRow, CouponShopRow)
        .join(CouponQuotaRow, CouponQuotaRow.id == CouponRow.quota_id)
        .join(CouponShopRow, CouponShopRow.id == CouponRow.shop_id)
        .where(CouponRow.community_id == community_id)
        .order_by(CouponRow.given_at.desc(), CouponRow.id.desc())
        .limit(LIST_MAX)
    )
    return [_coupon(db, row, quota, shop, now) for row, quota, shop in db.execute(query)]


def coupon_page(
    db: Session, actor: Actor, community_id: UUID, ask: PageAsk, now: datetime
) -> tuple[list[CouponView], str | None]:
    """All that were given, newest first, page by page. Raises NotFound, Forbidden."""
    community_of(db, community_id)
    actor.demand(KEEP_COUPONS, community_id)
    query = select(CouponRow).where(CouponRow.community_id == community_id)
    rows, following = page(db, query, [CouponRow.given_at, CouponRow.id], ask, newest_first=True)
    quotas = _by_id(db, CouponQuotaRow, {row.quota_id for row in rows})
    shops = _by_id(db, CouponShopRow, {row.shop_id for row in rows})
    return [_coupon(db, row, quotas[row.quota_id], shops[row.shop_id], now) for row in rows], following


def shop_of(db: Session, actor: Actor, shop_id: UUID, now: datetime) -> ShopView:
    """Raises NotFound, also for another company's, and Forbidden."""
    row = find(db, CouponShopRow, shop_id, "coupons.no_shop")
    actor.demand(KEEP_COUPONS, row.community_id)
    return shop_view(db, row, now)


def shop_view(db: Session, row: CouponShopRow, now: datetime) -> ShopView:
    quotas = db.scalars(
        select(CouponQuotaRow).where(CouponQuotaRow.shop_id == row.id).order_by(CouponQuotaRow.bought_at)
    ).all()
    return ShopView(
        row.id, row.community_id, row.name, row.day_most, row.plate_most, row.made_at, row.made_by, row.closed_at,
        row.wrong_pins >= WRONG_PINS_MAX,
        tuple(
            QuotaView(
                one.id, Gives(one.kind), one.amount, one.price_fen, one.hold_hours, one.bought_at, one.ends_at,
                count_of(db, one, now),
            )
            for one in quotas
        ),
    )  # fmt: skip


def count_of(db: Session, quota: CouponQuotaRow, now: datetime) -> Count:
    rows = db.execute(select(CouponRow.stay_id, CouponRow.ends_at).where(CouponRow.quota_id == quota.id))
    return count(quota.count, quota.ends_at, [Became(stay is not None, ends) for stay, ends in rows], now)


def plate_of(db: Session, row: CouponRow) -> str:
    said = open_text(db, row.sealed_plate, f"coupon:plate:{row.id}")
    return str(Plate(text=said)) if said else ""


def _coupon(db: Session, row: CouponRow, quota: CouponQuotaRow, shop: CouponShopRow, now: datetime) -> CouponView:
    return CouponView(
        row.id, shop.name, Gives(quota.kind), quota.amount, plate_of(db, row), row.given_at, row.ends_at,
        state_of(row.stay_id is not None, row.ends_at, now), row.by_name, row.stay_id,
    )  # fmt: skip


def _by_id(db: Session, table: type[Kept], ids: set[UUID]) -> dict[UUID, Kept]:
    return {row.id: row for row in db.scalars(select(table).where(table.id.in_(ids)))}


def told_anew(db: Session, row: CouponRow) -> None:
    """The gates hear of it, where its car is inside."""
    said = open_text(db, row.sealed_plate, f"coupon:plate:{row.id}")
    if said:
        stay_news.changed(db, row.community_id, stay_news.inside_with(db, row.community_id, said))


def lock_shop(db: Session, shop_id: UUID) -> None:
    """Two tills that give at once do not give more than there are."""
    key = f"coupons:{tenant_of(db)}:{shop_id}"
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _shop(db: Session, actor: Actor, shop_id: UUID) -> CouponShopRow:
    """One that is open, as nobody else is changing it."""
    row = find(db, CouponShopRow, shop_id, "coupons.no_shop", lock=True)
    actor.demand(KEEP_COUPONS, row.community_id)
    if row.closed_at is not None:
        raise Conflict("coupons.shop_closed")
    return row


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    return reason


def _new_pin() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
