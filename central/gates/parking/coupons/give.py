"""A shop gives a coupon at its own page: to a plate that is typed, or as a code that a driver scans and binds once.

The link is a key of 192 random bits and the PIN goes with it; both are made anew by a manager. What a shop cannot do:
give more than it bought, more in a day or to one plate than its manager allows, or for another lot than its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from central.base.identity.passwords import Passwords
from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Gone, Invalid, NoSuchLink
from central.base.kernel.link_token import digest_of as digest_of_link
from central.base.kernel.link_token import new_token
from central.base.kernel.session import bind_tenant, tenant_of
from central.gates.parking.coupons.rules import DAY_MOST, PIN_DIGITS, WRONG_PINS_MAX, Asked, Gives, refusal
from central.gates.parking.coupons.shops import ShopView, count_of, lock_shop, plate_of, shop_view, told_anew
from central.gates.parking.coupons.tables import CouponQuotaRow, CouponRow, CouponShopRow
from central.gates.parking.stays.sealed_plates import digest_of, seal_text
from models.parking.coupons import CouponState, state_of
from models.values.plate import kind_of, normalised
from models.values.time import SITE_TZ, site_day
from models.wire.plates import masked

BY_LINK = "the link is the key: 192 random bits, of which central keeps only a hash; a shop's needs its PIN beside it"


@dataclass(frozen=True, slots=True)
class Given:
    """`token`: of the code to scan, shown this once; "" where it was given to a plate."""

    coupon_id: UUID
    plate: str
    ends_at: datetime
    token: str = ""

    def __repr__(self) -> str:
        return f"Given({self.coupon_id}, …)"


@dataclass(frozen=True, slots=True)
class ScannedCoupon:
    """`plate`: masked, once it is bound; whoever has the code learns no more."""

    coupon_id: UUID
    community_id: UUID
    shop_name: str
    kind: Gives
    amount: int
    ends_at: datetime
    state: CouponState
    plate: str


@dataclass(frozen=True, slots=True)
class GivenToday:
    """`plate`: masked, "" of a code that nobody has scanned yet."""

    coupon_id: UUID
    plate: str
    given_at: datetime
    kind: Gives
    amount: int
    state: CouponState


def shop_by_link(db: Session, token: str, now: datetime) -> ShopView:
    """Binds the transaction to its company. Raises NoSuchLink, and Gone for a shop that is closed."""
    query = text("SELECT tenant_id, shop_id FROM lookup.coupon_shop(:token)")
    found = db.execute(query, {"token": digest_of_link(token)}).one_or_none()
    if found is None:
        raise NoSuchLink("coupons.no_link")
    bind_tenant(db, found.tenant_id)
    row = db.get_one(CouponShopRow, found.shop_id)
    if row.closed_at is not None:
        raise Gone("coupons.shop_closed")
    return shop_view(db, row, now)


def pin_fits(db: Session, passwords: Passwords, shop_id: UUID, pin: str) -> bool:
    """Wrong ones in a row are counted, and end the link. Never raises, so that the count is kept."""
    query = select(CouponShopRow).where(CouponShopRow.id == shop_id).with_for_update()
    row = db.scalars(query.execution_options(populate_existing=True)).one()
    if row.wrong_pins >= WRONG_PINS_MAX:
        return False
    fits = len(pin) == PIN_DIGITS and passwords.matches(row.pin_hash, pin)
    row.wrong_pins = 0 if fits else row.wrong_pins + 1
    db.flush()
    return fits


def give(
    db: Session, shop: ShopView, quota_id: UUID, plate: str | None, coupon_id: UUID, by_name: str, now: datetime, *,
    by: Actor | None = None,
) -> Given:  # fmt: skip
    """`plate` None: as a code to scan. `by`: who gives it in the shop's place, None at the shop's own page. The same
    `coupon_id` again gives no second one. Raises Invalid, Conflict."""
    lock_shop(db, shop.shop_id)
    quota = db.get(CouponQuotaRow, quota_id)
    if quota is None or quota.shop_id != shop.shop_id:
        raise Invalid(fields={"quota": "coupons.quota_needed"})
    said = _plate(plate) if plate is not None else None
    before = db.get(CouponRow, coupon_id)
    if before is not None:
        if before.shop_id != shop.shop_id or before.token_sha256 is not None:
            raise Conflict("coupons.given_already")
        return Given(coupon_id, plate_of(db, before), before.ends_at)
    why = refusal(Asked(shop.closed_at is not None, count_of(db, quota, now).left, *_today(db, shop, said, now)))
    if why is not None:
        raise Conflict(why, day=shop.day_most, plate=shop.plate_most)
    token = new_token() if said is None else ""
    row = CouponRow(
        id=coupon_id, community_id=shop.community_id, shop_id=shop.shop_id, quota_id=quota_id, given_at=now,
        ends_at=now + timedelta(hours=quota.hold_hours), by_name=by_name,
        token_sha256=digest_of_link(token) if token else None,
    )  # fmt: skip
    db.add(row)
    if said is not None:
        _bind(db, row, said, now)
    db.flush()
    told_anew(db, row)
    after = {"shop": shop.name} | ({"plate": masked(said)} if said else {})
    record(
        db,
        by or system(tenant_of(db), "parking.shop"),
        "coupon.give",
        "coupon",
        coupon_id,
        community_id=shop.community_id,
        after=after,
    )
    return Given(coupon_id, plate_of(db, row), row.ends_at, token)


def given_today(db: Session, shop: ShopView, now: datetime) -> list[GivenToday]:
    """The newest first; as many as a shop may give in a day."""
    query = (
        select(CouponRow, CouponQuotaRow)
        .join(CouponQuotaRow, CouponQuotaRow.id == CouponRow.quota_id)
        .where(CouponRow.shop_id == shop.shop_id, CouponRow.given_at >= _midnight(now))
        .order_by(CouponRow.given_at.desc(), CouponRow.id.desc())
        .limit(DAY_MOST)
    )
    found = []
    for row, quota in db.execute(query):
        plate = plate_of(db, row)
        found.append(GivenToday(
            row.id, masked(normalised(plate)) if plate else "", row.given_at, Gives(quota.kind), quota.amount,
            state_of(row.stay_id is not None, row.ends_at, now),
        ))  # fmt: skip
    return found


def coupon_by_code(db: Session, token: str, now: datetime) -> ScannedCoupon:
    """Binds the transaction to its company. Raises NoSuchLink."""
    query = text("SELECT tenant_id, coupon_id FROM lookup.coupon(:token)")
    found = db.execute(query, {"token": digest_of_link(token)}).one_or_none()
    if found is None:
        raise NoSuchLink("coupons.no_link")
    bind_tenant(db, found.tenant_id)
    row = db.get_one(CouponRow, found.coupon_id)
    quota, shop = db.get_one(CouponQuotaRow, row.quota_id), db.get_one(CouponShopRow, row.shop_id)
    plate = plate_of(db, row)
    return ScannedCoupon(
        row.id, row.community_id, shop.name, Gives(quota.kind), quota.amount, row.ends_at,
        state_of(row.stay_id is not None, row.ends_at, now), masked(plate) if plate else "",
    )  # fmt: skip


def bind_coupon(db: Session, coupon_id: UUID, plate: str, now: datetime) -> str:
    """To one plate, once. Says it. Raises Invalid, and Conflict for one that is bound or over."""
    said = _plate(plate)
    row = db.get_one(CouponRow, coupon_id)
    lock_shop(db, row.shop_id)
    db.refresh(row, with_for_update=True)
    if row.bound_at is not None:
        if row.plate_digest == digest_of(db, row.community_id, said):
            return plate_of(db, row)
        raise Conflict("coupons.bound_already")
    if row.ends_at <= now:
        raise Conflict("coupons.coupon_over")
    shop = db.get_one(CouponShopRow, row.shop_id)
    if _to_plate(db, shop.id, digest_of(db, row.community_id, said), now) >= shop.plate_most:
        raise Conflict("coupons.plate_full", day=shop.day_most, plate=shop.plate_most)
    _bind(db, row, said, now)
    db.flush()
    told_anew(db, row)
    by = system(tenant_of(db), "parking.scan")
    record(db, by, "coupon.bind", "coupon", row.id, community_id=row.community_id, after={"plate": masked(said)})
    return plate_of(db, row)


def _bind(db: Session, row: CouponRow, plate: str, now: datetime) -> None:
    row.plate_digest = digest_of(db, row.community_id, plate)
    row.sealed_plate, row.bound_at = seal_text(db, plate, f"coupon:plate:{row.id}"), now


def _plate(said: str) -> str:
    found = normalised(said[:40])
    if kind_of(found) is None:
        raise Invalid(fields={"plate": "plates.no_plate"})
    return found


def _today(db: Session, shop: ShopView, plate: str | None, now: datetime) -> tuple[int, int, int, int]:
    given = select(func.count()).where(CouponRow.shop_id == shop.shop_id, CouponRow.given_at >= _midnight(now))
    to_plate = 0
    if plate is not None:
        to_plate = _to_plate(db, shop.shop_id, digest_of(db, shop.community_id, plate), now)
    return db.scalar(given) or 0, to_plate, shop.day_most, shop.plate_most


def _to_plate(db: Session, shop_id: UUID, digest: bytes, now: datetime) -> int:
    query = select(func.count()).where(
        CouponRow.shop_id == shop_id, CouponRow.plate_digest == digest, CouponRow.bound_at >= _midnight(now)
    )
    return db.scalar(query) or 0


def _midnight(now: datetime) -> datetime:
    day = site_day(now)
    return datetime(day.year, day.month, day.day, tzinfo=SITE_TZ)
