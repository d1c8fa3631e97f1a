"""Booked places at central: who may, what counts for nobody else, what gates are told, what is owed, what is written
down (PARK-25)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.access import snapshot
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.bookings import offers
from central.gates.parking.bookings import routes as booking_routes
from central.gates.parking.bookings.facts import bookings_told
from central.gates.parking.bookings.tables import LotBookingRow
from central.gates.parking.dues import arrears
from central.gates.parking.lot.occupancy import lot_of
from central.gates.parking.lot.settings import LotSettings, set_lot, settings_of
from central.gates.parking.lot.told import lot_told
from central.gates.parking.plates.listed import add_plate
from central.gates.parking.rules import Kept
from central.gates.parking.stays.paid import debts_by
from central.money.ledger.rules import AccountKind
from models.parking.bookings import BookingState
from models.parking.occupancy import BayState
from models.parking.plan import BayKind
from models.values.time import site_day
from tests.browser.gate import seed
from tests.central.gates.parking.lot.lots import keeper, plan_there, sensed
from tests.central.gates.parking.stays.test_settle import Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.central.people.routes_matrix import GUARD, MANAGER, Call, check_call, routes_of, shape

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MINE, OTHER = "川A12345", "川B8K3H5"


@pytest.fixture
def lot(town, parts):
    """Ten places."""
    lot = Lot(town, parts)
    places(lot, 10)
    return lot


def places(lot, n, **more):
    with lot.town.session() as db:
        set_lot(db, person(lot.town), lot.town.community, LotSettings(places=n, **more))


def book(lot, plate=MINE, *, start=HOUR, length=2 * HOUR, by=None, **more):
    with lot.town.session() as db:
        return bookings.book(
            db, by or person(lot.town), lot.town.community, plate=plate, since=lot.now + start,
            until=lot.now + start + length, now=lot.now, **more,
        )  # fmt: skip


def views(lot):
    with lot.town.session() as db:
        return {one.booking_id: one for one in bookings.bookings_of(db, person(lot.town), lot.town.community, lot.now)}


def sweep(lot):
    with lot.town.session() as db:
        bookings.sweep(db, lot.now)


def free(lot):
    with lot.town.session() as db:
        now, told = lot_of(db, lot.town.community, lot.now).now, lot_told(db, lot.town.community, lot.now)
        assert told.free == now.free and len(told.booked) == now.kept
        return now.free


def deeds(lot):
    with lot.town.session() as db:
        found = db.scalars(select(AuditRow).where(AuditRow.what.startswith("booking.")).order_by(AuditRow.id)).all()
        return [one.what for one in found]


def told(lot):
    with lot.town.session() as db:
        return [one.plate for one in bookings_told(db, lot.town.community, lot.now)]


@pytest.mark.req("PARK-25", "PARK-20")
def test_a_place_is_kept_from_a_little_before_until_its_car_stands_there(lot):
    booking = book(lot)
    with lot.town.session() as db:
        before = snapshot.version(db, lot.town.community)
    assert (free(lot), told(lot)) == (10, [MINE]), "the gates know it beforehand, to hold it without central"
    lot.later(45 * MINUTE)
    assert free(lot) == 9
    lot.enter()
    assert free(lot) == 9, "it stands there now, and no place is kept beside it"
    assert views(lot)[booking].state is BookingState.CAME
    sweep(lot)
    with lot.town.session() as db:
        assert snapshot.version(db, lot.town.community) == before + 1 and told(lot) == []
    lot.later(HOUR)
    lot.leave()
    sweep(lot)
    assert free(lot) == 10 and views(lot)[booking].state is BookingState.OVER
    assert deeds(lot) == ["booking.make", "booking.came", "booking.over"]


@pytest.mark.req("PARK-25")
def test_who_does_not_come_within_the_lots_minutes_gives_the_place_free_and_owes_the_fee(lot):
    places(lot, 10, wait_minutes=20)
    booking = book(lot, fee_fen=10_00)
    assert lot.arrears(MINE) == [0]
    lot.later(HOUR + 19 * MINUTE)
    sweep(lot)
    assert (free(lot), views(lot)[booking].state, lot.arrears(MINE)) == (9, BookingState.BOOKED, [0])
    lot.later(MINUTE)
    assert (free(lot), views(lot)[booking].state) == (10, BookingState.NOT_COME), "without waiting for the sweep"
    sweep(lot)
    sweep(lot)
    assert deeds(lot) == ["booking.make", "booking.not_come"]
    assert lot.arrears(MINE) == [10_00] and views(lot)[booking].owed_fen == 10_00
    assert lot.books() == (0, -10_00, 10_00, 0, 0)
    with lot.town.session() as db:
        (debt,) = debts_by(db, [MINE])[MINE]
        assert debt.of_booking and debt.stay_id == booking
        found = arrears.arrears_in(db, person(lot.town), lot.town.community)
        assert (found.totals.owed, found.bookings_fen, found.stays) == (10_00, 10_00, ())


@pytest.mark.req("PARK-25", "PARK-15")
def test_a_fee_is_asked_with_the_stay_and_paid_with_it_and_the_stay_is_priced_by_its_tariff(lot):
    booking = book(lot, fee_fen=10_00)
    lot.later(HOUR)
    stay = lot.enter()
    sweep(lot)
    lot.later(75 * MINUTE)
    asked = lot.owed(stay)
    assert (asked.due_fen, asked.before_fen) == (7_00, 10_00), "the tariff's price of 75 minutes, beside the fee"
    assert lot.pay(lot.ask(stay))
    assert views(lot)[booking].owed_fen == 0 and lot.arrears(MINE) == [0]
    lot.leave()
    assert lot.books() == (17_00, -17_00, 0, 0, 0)


@pytest.mark.req("PARK-25")
def test_taken_back_before_its_time_it_costs_nothing_and_later_its_fee_stands(lot):
    early, late = book(lot, fee_fen=10_00), book(lot, OTHER, fee_fen=5_00)
    lot.do(bookings.cancel, early, "客人改期")
    assert told(lot) == [OTHER] and views(lot)[early].cancelled_reason == "客人改期"
    lot.later(HOUR)
    assert free(lot) == 9
    lot.do(bookings.cancel, late, "不来了")
    sweep(lot)
    assert free(lot) == 10 and lot.arrears(MINE, OTHER) == [0, 5_00]
    with pytest.raises(Conflict, match="is_cancelled"):
        lot.do(bookings.cancel, late, "再一次")
    lot.do(bookings.let_off, late, "业主投诉")
    assert lot.arrears(OTHER) == [0] and lot.books() == (0, -5_00, 0, 5_00, 0), "a counter-entry, and nothing undone"
    with pytest.raises(Conflict, match="nothing_owed"):
        lot.do(bookings.let_off, late, "再一次")
    assert deeds(lot)[2:] == ["booking.cancel", "booking.cancel", "booking.let_off"]


@pytest.mark.req("PARK-25")
def test_no_place_is_kept_twice_and_none_that_there_is_not(lot):
    places(lot, 2)
    book(lot)
    with pytest.raises(Conflict, match="plate_there"):
        book(lot, start=2 * HOUR)
    book(lot, OTHER)
    with pytest.raises(Conflict, match="all_kept"):
        book(lot, "川C55555", start=2 * HOUR)
    book(lot, "川C55555", start=4 * HOUR)
    for wrong, field in (
        ({"plate": "A12345"}, "plate"), ({"start": -3 * HOUR}, "until"), ({"length": 32 * DAY}, "until"),
        ({"start": 91 * DAY}, "since"), ({"fee_fen": -1}, "fee"), ({"fee_fen": 100_001}, "fee"),
        ({"zone": "A"}, "zone"), ({"bay": "B1-A-07"}, "bay"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            book(lot, **({"plate": "川D66666", "start": 9 * HOUR} | wrong))
        assert set(refused.value.fields) == {field}
    with lot.town.session() as db:
        set_lot(db, person(lot.town), lot.town.community, LotSettings())
    with pytest.raises(Conflict, match="no_places"):
        book(lot, "川D66666")


@pytest.mark.req("PARK-25", "SEC-04")
def test_only_who_may_keeps_places_and_the_plate_lies_sealed(lot):
    with pytest.raises(Forbidden):
        book(lot, by=system(lot.town.tenant_id, "t", ["stay.read"]))
    book(lot, note="5-2-1102 的客人")
    with lot.town.session() as db:
        row = db.scalars(select(LotBookingRow)).one()
        assert MINE.encode() not in row.sealed_plate and "客人".encode() not in row.sealed_note
        said = db.scalars(select(AuditRow).where(AuditRow.what == "booking.make")).one()
        assert MINE not in str(said.after) and "川A****5" in str(said.after)


def test_how_long_a_lot_waits_is_a_setting_within_bounds(lot):
    with lot.town.session() as db:
        assert settings_of(db, lot.town.community).wait_minutes == 30
    for bad in (4, 241):
        with pytest.raises(Invalid) as refused:
            places(lot, 10, wait_minutes=bad)
        assert set(refused.value.fields) == {"wait_minutes"}


@pytest.mark.req("PARK-25", "PARK-21")
def test_a_bay_on_the_plan_is_kept_for_one_and_nobody_elses_own_is(parts, database, two_tenants):
    site, now = seed(database.engine, two_tenants.a), clock.now()
    by = keeper(site)
    with site.gate.session() as db:
        plan = plan_there(db, site, now)
        bay = next(one for one in sensed(plan) if plan.bays[one][1].kind is BayKind.TEMPORARY)
        own = next(code for code, (_, one) in plan.bays.items() if one.kind is BayKind.FIXED)
        window = {"since": now, "until": now + HOUR, "now": now}
        before = lot_of(db, site.community_id, now).now
        bookings.book(db, by, site.community_id, plate=MINE, bay=bay, **window)
        with pytest.raises(Conflict, match="bay_there"):
            bookings.book(db, by, site.community_id, plate=OTHER, bay=bay, **window)
        for wrong in ({"bay": own}, {"bay": "ZZ-1"}, {"zone": "ZZ"}):
            with pytest.raises(Invalid):
                bookings.book(db, by, site.community_id, plate=OTHER, **wrong, **window)
        lot = lot_of(db, site.community_id, now).now
        assert lot.free == before.free - 1 and lot.bays[bay] is not BayState.FREE
        charging = next(code for code, (_, one) in plan.bays.items() if one.kind is BayKind.CHARGING)
        bookings.book(db, by, site.community_id, plate=OTHER, bay=charging, **window)
        assert lot_of(db, site.community_id, now).now.free == lot.free, "it was never one for anybody"


HERE = {"path": lambda town: {"community_id": town.community}}
A_BOOKING = {
    "plate": MINE, "since": (clock.now() + HOUR).isoformat(), "until": (clock.now() + 3 * HOUR).isoformat(),
    "fee_fen": 500,
}  # fmt: skip


def with_places(town):
    with town.session() as db:
        set_lot(db, person(town), town.community, LotSettings(places=9))


CALLS = (
    Call("GET", "/api/v1/communities/{community_id}/bookings", GUARD, **HERE),
    Call(
        "POST", "/api/v1/communities/{community_id}/bookings", MANAGER, 201, body=lambda town: A_BOOKING,
        before=with_places, **HERE,
    ),
    Call("GET", "/api/v1/communities/{community_id}/bay-offers", MANAGER, **HERE),
    Call("GET", "/api/v1/communities/{community_id}/shared-terms", MANAGER, **HERE),
    Call(
        "PUT", "/api/v1/communities/{community_id}/shared-terms", MANAGER, 204,
        body=lambda town: {"minutes": 60, "fen": 200, "percent": 70}, **HERE,
    ),
)  # fmt: skip


@pytest.mark.req("SEC-04", "PARK-25")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.id)
def test_each_route_is_for_who_may_and_for_nobody_else(call, town, other_town, login_as, client):
    check_call(call, town, other_town, login_as, client)


@pytest.mark.req("SEC-04", "PARK-25")
def test_taking_back_and_letting_off_are_for_who_may_and_for_nobody_else(lot, other_town, login_as, client):
    first, second = book(lot), book(lot, OTHER, fee_fen=5_00)
    lot.now = lot.town.now
    sweep(lot)
    let_off = Call(
        "POST", "/api/v1/bookings/{booking_id}/let-off", MANAGER, 204, body=lambda _: {"reason": "业主投诉"},
        path=lambda _: {"booking_id": second},
    )  # fmt: skip
    check_call(let_off, lot.town, other_town, login_as, client)
    assert views(lot)[first].state is BookingState.NOT_COME and lot.on(AccountKind.ARREARS) == 0
    lot.now = clock.now()
    third = book(lot)
    cancel = Call(
        "POST", "/api/v1/bookings/{booking_id}/cancel", MANAGER, 204, body=lambda _: {"reason": "客人改期"},
        path=lambda _: {"booking_id": third},
    )  # fmt: skip
    check_call(cancel, lot.town, other_town, login_as, client)
    with lot.town.session() as db:
        by, here = person(lot.town), lot.town.community
        offers.set_terms(db, by, here, 60, 2_00, 70)
        entry = add_plate(
            db, by, here, kind=Kept.PERMIT, plate="川D66666", note="", since=None, until=lot.now + 9 * DAY,
            bay="B1-A-01", now=lot.now,
        )  # fmt: skip
        today, hours = site_day(lot.now), {"start_minute": 480, "end_minute": 1080}
        mine = offers.offer_bay(
            db, by, here, entry_id=entry, first_day=today, last_day=today + DAY, now=lot.now, **hours
        )  # fmt: skip
    days = {"first_day": str(today + 2 * DAY), "last_day": str(today + 3 * DAY)}
    make = Call(
        "POST", "/api/v1/communities/{community_id}/bay-offers", MANAGER, 201,
        body=lambda _: {"entry_id": str(entry)} | days | hours, path=lambda _: {"community_id": here},
    )  # fmt: skip
    end = Call(
        "POST", "/api/v1/bay-offers/{offer_id}/end", MANAGER, 204, body=lambda _: {"reason": "业主自用"},
        path=lambda _: {"offer_id": mine},
    )  # fmt: skip
    for call in (make, end):
        check_call(call, lot.town, other_town, login_as, client)
    assert routes_of([booking_routes.router]) == {shape(call.id) for call in (*CALLS, let_off, cancel, make, end)}
