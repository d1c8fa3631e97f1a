"""Coupons of stays: which a stay may use, and which it has used, fixed as it is paid or has left (PARK-16).

A coupon counts in its own community, for its own plate, for one stay. Where a stay counts for nothing any more, or its
plate was read wrongly, its coupons are free again until they lapse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.gates.parking.coupons.money import make_good
from central.gates.parking.coupons.rules import Gives, coupon_of
from central.gates.parking.coupons.tables import CouponQuotaRow, CouponRow, CouponShopRow
from central.gates.parking.stays.reads import StayView
from central.gates.parking.stays.sealed_plates import digests_in
from models.parking.coupons import HeldCoupon, first_held
from models.parking.stays import State

NO_MORE = (State.VOID, State.MERGED, State.BACKED_OUT)


class Parked(NamedTuple):
    """A stay as far as its coupons ask."""

    stay_id: UUID
    digest: bytes | None
    entered_at: datetime | None


def held_of(db: Session, community_id: UUID, stays: Sequence[StayView]) -> dict[UUID, tuple[HeldCoupon, ...]]:
    plates = [one.plate.text for one in stays if one.plate is not None]
    digests = digests_in(db, community_id, plates)
    parked = [
        Parked(one.stay_id, digests.get(one.plate.text) if one.plate is not None else None, one.entered_at)
        for one in stays if one.state not in NO_MORE
    ]  # fmt: skip
    return held_for(db, community_id, parked)


def held_for(db: Session, community_id: UUID, parked: Sequence[Parked]) -> dict[UUID, tuple[HeldCoupon, ...]]:
    """Those that each has used, and those of its plate that are open and had not lapsed before it came."""
    known = [one for one in parked if one.digest is not None and one.entered_at is not None]
    if not known:
        return {}
    rows = db.execute(
        select(CouponRow, CouponQuotaRow, CouponShopRow.name)
        .join(CouponQuotaRow, CouponQuotaRow.id == CouponRow.quota_id)
        .join(CouponShopRow, CouponShopRow.id == CouponRow.shop_id)
        .where(
            CouponRow.community_id == community_id, CouponRow.plate_digest.in_({one.digest for one in known}),
            or_(
                CouponRow.stay_id.in_([one.stay_id for one in known]),
                CouponRow.stay_id.is_(None)
                & (CouponRow.ends_at > min(one.entered_at for one in known if one.entered_at is not None)),
            ),
        )
        .execution_options(populate_existing=True)
    ).all()  # fmt: skip
    found: dict[UUID, tuple[HeldCoupon, ...]] = {}
    for one in known:
        mine = [
            HeldCoupon(
                coupon=coupon_of(row.id, shop, Gives(quota.kind), quota.amount), since=row.bound_at,
                until=row.ends_at if row.stay_id is None else None,
            )
            for row, quota, shop in rows
            if row.plate_digest == one.digest and row.stay_id in (None, one.stay_id)
            and (row.stay_id is not None or (one.entered_at is not None and row.ends_at > one.entered_at))
        ]  # fmt: skip
        if mine:
            found[one.stay_id] = first_held(mine)
    return found


def fix(db: Session, by: Actor, used: Mapping[UUID, tuple[datetime, frozenset[UUID]]]) -> None:
    """Of each stay: when it was paid or left, and the coupons it has used up."""
    quotas: set[UUID] = set()
    for stay_id, (at, ids) in used.items():
        deed = update(CouponRow).where(CouponRow.id.in_(ids), CouponRow.stay_id.is_(None))
        quotas |= set(db.scalars(deed.values(stay_id=stay_id, used_at=at).returning(CouponRow.quota_id)))
    make_good(db, by, sorted(quotas), clock.now())


def set_free(db: Session, by: Actor, community_id: UUID, stays: Sequence[StayView]) -> None:
    """What stays have used that count for nothing, or turned out to be of another plate."""
    users = set(db.scalars(select(CouponRow.stay_id).where(CouponRow.stay_id.in_([one.stay_id for one in stays]))))
    stays = [one for one in stays if one.stay_id in users]
    digests = digests_in(db, community_id, [one.plate.text for one in stays if one.plate is not None])
    quotas: set[UUID] = set()
    for one in stays:
        digest = digests.get(one.plate.text) if one.plate is not None and one.state not in NO_MORE else None
        wrong = CouponRow.stay_id == one.stay_id
        if digest is not None:
            wrong &= CouponRow.plate_digest != digest
        deed = update(CouponRow).where(wrong).values(stay_id=None, used_at=None)
        quotas |= set(db.scalars(deed.returning(CouponRow.quota_id)))
    make_good(db, by, sorted(quotas), clock.now())
