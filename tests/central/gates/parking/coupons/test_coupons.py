"""Coupons from the shop to the bill: given, scanned, used once, lapsed, and the quota's money all the way."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from central.base.identity.passwords import Passwords
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Gone, Invalid, NoSuchLink, NotFound
from central.base.kernel.session import open_session
from central.gates.parking.coupons import give as give_coupon
from central.gates.parking.coupons import shops as coupon_shops
from central.gates.parking.coupons.money import earn_lapsed
from central.gates.parking.coupons.rules import WRONG_PINS_MAX, Asked, Became, Gives, count, refusal
from central.gates.parking.coupons.shops import PaidBy
from central.gates.parking.coupons.tables import CouponRow
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays.told import newer_than
from central.money.ledger.rules import AccountKind
from models.parking.coupons import CouponState
from models.parking.stays import State
from models.values.ids import new_id
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.models.making import MONDAY_NOON

PASSWORDS = Passwords(cheap=True)
OTHER = "川B8K3H5"


class Shop:
    """A shop at a lot, which has bought ten of a kind."""

    def __init__(self, lot, **limits):
        self.lot = lot
        with lot.town.session() as db:
            self.handed = coupon_shops.make_shop(
                db, person(lot.town), PASSWORDS, lot.town.community, "便民超市", lot.now, **limits
            )

    def buy(self, kind=Gives.MINUTES, amount=120, number=10, price=30_00, hold=24, ends=30 * DAY):
        with self.lot.town.session() as db:
            return coupon_shops.sell_quota(
                db, person(self.lot.town), self.handed.shop_id, kind, amount, number, price, PaidBy.BANK, self.lot.now,
                hold_hours=hold, ends_at=self.lot.now + ends,
            )  # fmt: skip

    def view(self, db):
        (found,) = [
            one for one in coupon_shops.shops_in(db, person(self.lot.town), self.lot.town.community, self.lot.now)
            if one.shop_id == self.handed.shop_id
        ]  # fmt: skip
        return found

    def give(self, quota, plate=MINE, coupon=None):
        with self.lot.town.session() as db:
            given = give_coupon.give(db, self.view(db), quota, plate, coupon or new_id(), "收银", self.lot.now)
        self.lot.parts.dispatcher.drain()
        return given

    def count(self, quota):
        with self.lot.town.session() as db:
            (found,) = [one.count for one in self.view(db).quotas if one.quota_id == quota]
        assert found.given == found.used + found.expired + found.open
        assert found.bought == found.given + found.left + found.lapsed
        return found


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


@pytest.fixture
def shop(lot):
    return Shop(lot)


def states(lot):
    with lot.town.session() as db:
        return [one.state for one in coupon_shops.coupons_in(db, person(lot.town), lot.town.community, lot.now)]


@pytest.mark.req("PARK-16", "PARK-02")
def test_a_coupon_from_the_shop_is_on_the_bill_and_is_used_as_the_car_leaves(lot, shop):
    quota = shop.buy()
    assert (lot.on(AccountKind.CLEARING), lot.on(AccountKind.PREPAID)) == (30_00, -30_00)
    stay = lot.enter()
    lot.later(HOUR)
    shop.give(quota)
    lot.later(3 * HOUR)
    owed = lot.owed(stay)
    assert owed.due_fen == 7_00, "250 less 120 minutes would be 9.00; here 240 less 120"
    assert owed.bill.bill.lines[0].rule.value == "minutes_coupon"
    assert states(lot) == [CouponState.OPEN]
    lot.pay(lot.ask(stay))
    assert (states(lot), lot.state(stay)) == ([CouponState.USED], State.PAID)
    lot.later(5 * MINUTE)
    lot.leave()
    assert lot.state(stay) is State.LEFT and shop.count(quota).used == 1
    assert (lot.on(AccountKind.PREPAID), lot.on(AccountKind.INCOME)) == (-27_00, -10_00)
    assert lot.on(AccountKind.REFUNDS) == 0


@pytest.mark.req("PARK-16")
def test_a_free_coupon_lets_the_car_out_and_counts_for_one_stay_only(lot, shop):
    quota = shop.buy(Gives.FREE)
    first = lot.enter()
    shop.give(quota)
    lot.later(3 * HOUR)
    lot.leave()
    assert (lot.state(first), states(lot)) == (State.LEFT, [CouponState.USED])
    lot.later(MINUTE)
    second = lot.enter()
    lot.later(HOUR)
    assert lot.owed(second).due_fen == 5_00, "it was used up"


@pytest.mark.req("PARK-16")
def test_a_stay_that_needs_no_coupon_uses_none_and_it_lapses_into_income(lot, shop):
    quota = shop.buy(number=2, price=3_01, ends=2 * DAY)
    lot.enter()
    shop.give(quota)
    lot.later(10 * MINUTE)
    lot.leave()
    assert states(lot) == [CouponState.OPEN] and lot.on(AccountKind.INCOME) == 0
    lot.later(DAY)
    with lot.town.session() as db:
        earn_lapsed(db, lot.now)
    assert states(lot) == [CouponState.EXPIRED] and lot.on(AccountKind.INCOME) == -1_50
    lot.later(2 * DAY)
    for _ in range(2):
        with lot.town.session() as db:
            earn_lapsed(db, lot.now)
    assert (lot.on(AccountKind.INCOME), lot.on(AccountKind.PREPAID)) == (-3_01, 0), "what it never gave lapses too"
    assert shop.count(quota).lapsed == 1


@pytest.mark.req("PARK-16", "P31")
def test_a_coupon_after_the_payment_brings_nothing_back(lot, shop):
    quota = shop.buy(Gives.FREE)
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.pay(lot.ask(stay))
    lot.later(30 * MINUTE)
    shop.give(quota)
    assert lot.owed(stay).due_fen == 0
    lot.leave()
    assert lot.state(stay) is State.LEFT and lot.on(AccountKind.REFUNDS) == 0 and states(lot) == [CouponState.USED]


@pytest.mark.req("PARK-16", "LANE-24")
def test_a_coupon_is_free_again_where_its_stay_was_anothers_or_counts_for_nothing(lot, shop):
    quota = shop.buy(Gives.FREE, price=10_00, hold=24 * 30)
    stay = lot.enter(MISREAD)
    shop.give(quota, MISREAD)
    lot.later(2 * HOUR)
    lot.leave(MISREAD)
    assert states(lot) == [CouponState.USED] and lot.on(AccountKind.PREPAID) == -9_00
    lot.do(stay_deeds.void_stay, stay, "不是客人的车")
    lot.parts.dispatcher.drain()
    assert states(lot) == [CouponState.OPEN] and lot.on(AccountKind.PREPAID) == -10_00


@pytest.mark.req("PARK-16")
def test_a_plate_cannot_be_flooded_nor_a_shop_give_more_than_it_may(lot):
    shop = Shop(lot, day_most=3, plate_most=2)
    quota = shop.buy(number=4)
    one = new_id()
    for _ in range(2):
        shop.give(quota, coupon=one)
    assert shop.count(quota).given == 1, "the same form sent twice"
    shop.give(quota)
    with pytest.raises(Conflict, match="plate_full"):
        shop.give(quota)
    shop.give(quota, OTHER)
    with pytest.raises(Conflict, match="day_full"):
        shop.give(quota, "川AD12345")
    lot.later(DAY)
    shop.give(quota)
    with pytest.raises(Conflict, match="none_left"):
        shop.give(quota)
    with pytest.raises(Invalid):
        shop.give(quota, "8K3")
    with pytest.raises(Invalid):
        shop.give(new_id())
    with lot.town.session() as db:
        coupon_shops.close_shop(db, person(lot.town), shop.handed.shop_id, "不再合作", lot.now)
    with open_session(lot.town.engine) as db, pytest.raises(Gone):
        give_coupon.shop_by_link(db, shop.handed.token, lot.now)


@pytest.mark.req("PARK-16", "SEC-05")
def test_a_code_is_bound_to_one_plate_once_and_counts_in_its_own_lot_only(lot, shop, other_town):
    given = shop.give(shop.buy(), None)
    assert given.token and given.plate == ""
    with open_session(lot.town.engine) as db:
        scanned = give_coupon.coupon_by_code(db, given.token, lot.now)
        assert (scanned.shop_name, scanned.plate) == ("便民超市", "")
        give_coupon.bind_coupon(db, scanned.coupon_id, MINE, lot.now)
    with open_session(lot.town.engine) as db:
        scanned = give_coupon.coupon_by_code(db, given.token, lot.now)
        assert MINE not in scanned.plate, "who finds the code learns no plate"
        give_coupon.bind_coupon(db, scanned.coupon_id, MINE, lot.now)
        with pytest.raises(Conflict, match="bound_already"):
            give_coupon.bind_coupon(db, scanned.coupon_id, OTHER, lot.now)
    for token in ("", "x", given.token[:-1]):
        with open_session(lot.town.engine) as db, pytest.raises(NoSuchLink):
            give_coupon.coupon_by_code(db, token, lot.now)
    with other_town.session() as db:
        assert db.scalars(select(CouponRow)).all() == []
    late = shop.give(shop.buy(hold=1), None)
    lot.later(2 * HOUR)
    with open_session(lot.town.engine) as db:
        scanned = give_coupon.coupon_by_code(db, late.token, lot.now)
        with pytest.raises(Conflict, match="coupon_over"):
            give_coupon.bind_coupon(db, scanned.coupon_id, MINE, lot.now)


@pytest.mark.req("SEC-05")
def test_a_wrong_pin_is_counted_and_ends_the_link_until_a_new_one_is_made(lot, shop):
    right = shop.handed.pin
    wrong = "000000" if right != "000000" else "111111"

    def fits(pin):
        with lot.town.session() as db:
            return give_coupon.pin_fits(db, PASSWORDS, shop.handed.shop_id, pin)

    assert not fits(wrong) and fits(right)
    for _ in range(WRONG_PINS_MAX):
        assert not fits(wrong)
    assert not fits(right)
    with lot.town.session() as db:
        assert shop.view(db).locked
        again = coupon_shops.renew_link(db, person(lot.town), PASSWORDS, shop.handed.shop_id)
    assert fits(again.pin)
    with open_session(lot.town.engine) as db, pytest.raises(NoSuchLink):
        give_coupon.shop_by_link(db, shop.handed.token, lot.now)


@pytest.mark.req("PARK-05", "PARK-16")
def test_the_gates_are_told_of_a_coupon_and_price_it_alone(lot, shop):
    quota = shop.buy()
    stay = lot.enter()
    with lot.town.session() as db:
        before = newer_than(db, lot.town.community, new_id(), 0, lot.now)
    shop.give(quota)
    with lot.town.session() as db:
        told = newer_than(db, lot.town.community, new_id(), before.number, lot.now)
    (one,) = told.stays
    assert one.stay_id == stay and [held.coupon.minutes for held in one.coupons] == [120]
    with lot.town.session() as db:
        coupon_shops.take_back(db, person(lot.town), one.coupons[0].coupon.coupon_id, "发错了", lot.now)
        after = newer_than(db, lot.town.community, new_id(), told.number, lot.now)
    assert not [held for held in after.stays[0].coupons if held.counts(lot.now)]


def test_only_who_may_keeps_shops_and_what_cannot_be_is_refused(lot, shop, other_town):
    stranger = lot.town.actor
    with lot.town.session() as db:
        with pytest.raises(Forbidden):
            coupon_shops.shops_in(db, stranger.__class__(lot.town.tenant_id, stranger.kind, new_id(), "x", ()),
                                  lot.town.community, lot.now)  # fmt: skip
        for wrong in ({"name": ""}, {"day_most": 0}, {"plate_most": 200}):
            asked = {"name": "药房", "day_most": 100, "plate_most": 1} | wrong
            with pytest.raises(Invalid):
                coupon_shops.make_shop(
                    db, person(lot.town), PASSWORDS, lot.town.community, asked["name"], lot.now,
                    day_most=asked["day_most"], plate_most=asked["plate_most"],
                )  # fmt: skip
        with pytest.raises(NotFound):
            coupon_shops.make_shop(db, person(lot.town), PASSWORDS, other_town.community, "药房", lot.now)
    for wrong in ({"amount": 0}, {"number": 0}, {"price": -1}, {"hold": 0}, {"ends": -DAY}):
        with pytest.raises(Invalid):
            shop.buy(**wrong)
    with lot.town.session() as db:
        deeds = db.scalars(select(AuditRow.what)).all()
    assert "coupon_shop.make" in deeds and "coupon.sell" not in deeds


@pytest.mark.req("PARK-16")
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=30), st.integers(0, 20), st.integers(0, 40),
       st.lists(st.integers(-1, 41), min_size=2, max_size=6))  # fmt: skip
def test_what_was_given_is_used_expired_or_open_at_every_instant(coupons, more, ends, instants):
    hours = [Became(used, MONDAY_NOON + timedelta(hours=at)) for used, at in coupons]
    bought, over = len(hours) + more, -1
    for at in sorted(instants):
        found = count(bought, MONDAY_NOON + timedelta(hours=ends), hours, MONDAY_NOON + timedelta(hours=at))
        assert found.given == found.used + found.expired + found.open == len(hours)
        assert found.bought == found.given + found.left + found.lapsed
        assert found.over >= over, "what is over never comes back"
        over = found.over


@given(st.booleans(), *[st.integers(0, 5) for _ in range(3)], st.integers(1, 5), st.integers(1, 5))
def test_a_shop_may_give_only_within_all_of_its_limits(closed, left, today, to_plate, day, plate):
    why = refusal(Asked(closed, left, today, to_plate, day, plate))
    assert (why is None) == (not closed and left > 0 and today < day and to_plate < plate)


def test_a_link_and_a_pin_are_shown_by_no_repr(shop):
    assert shop.handed.token not in repr(shop.handed) and shop.handed.pin not in repr(shop.handed)
    assert UUID(str(shop.handed.shop_id))
