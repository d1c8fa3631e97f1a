"""What a shop has paid for and is still owed: as coupons are used or lapse, their share of the price becomes income."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.session import tenant_of
from central.gates.parking.coupons.rules import Became, count
from central.gates.parking.coupons.tables import CouponQuotaRow, CouponRow
from central.money.ledger import queries as ledger
from central.money.ledger.rules import Account, AccountKind, Code, Posting, balances, missing
from central.money.ledger.service import post
from models.parking.coupons import earned

KINDS = (AccountKind.PREPAID, AccountKind.INCOME)


def earn_lapsed(db: Session, now: datetime) -> None:
    """Timed: of coupons that lapsed since, too. The same again changes nothing."""
    open_ = [one for one, fen in ledger.by_subject(db, AccountKind.PREPAID).items() if fen]
    make_good(db, system(tenant_of(db), "parking.earn_lapsed"), open_, now)


def make_good(db: Session, by: Actor, quota_ids: Collection[UUID], now: datetime) -> None:
    """What differs is posted, and nothing where nothing does."""
    if not quota_ids:
        return
    db.flush()
    for one in sorted(quota_ids):  # always in this order, so that two never wait for one another
        key = f"quota:{tenant_of(db)}:{one}"
        db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    moved = ledger.about(db, quota_ids)
    query = select(CouponQuotaRow).where(CouponQuotaRow.id.in_(quota_ids)).order_by(CouponQuotaRow.id)
    for quota in db.scalars(query).all():
        lines = moved.get(quota.id, [])
        if not lines:
            continue  # it cost nothing
        rows = db.execute(select(CouponRow.stay_id, CouponRow.ends_at).where(CouponRow.quota_id == quota.id))
        found = count(quota.count, quota.ends_at, [Became(stay is not None, ends) for stay, ends in rows], now)
        income = earned(quota.price_fen, quota.count, found.over)
        should = {
            Account(quota.community_id, AccountKind.PREPAID, str(quota.shop_id)): income - quota.price_fen,
            Account(quota.community_id, AccountKind.INCOME): -income,
        }
        entries = missing(balances(one.entry for one in lines if one.entry.account.kind in KINDS), should, quota.id)
        if entries:
            key = f"coupons:{quota.id}:{len({one.posting_id for one in lines})}"
            post(db, by, Posting(key, Code.COUPONS_EARNED, now, entries))
