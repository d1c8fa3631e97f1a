"""Bays that their owners offer for hours (PARK-10): who may, what never overlaps, what a guest pays there on both sides
of the link, and what the owner is credited, once and back again."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.kernel.i18n import words_in
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.bookings import offers
from central.gates.parking.bookings.facts import bookings_told
from central.gates.parking.dues import till
from central.gates.parking.lot.occupancy import lot_of
from central.gates.parking.lot.settings import LotSettings, set_lot
from central.gates.parking.plates import listed
from central.gates.parking.rules import Kept
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays.settle import settle_up
from central.gates.parking.tariffs.words import line_said
from central.money.ledger import queries as ledger
from central.money.ledger.rules import AccountKind, Code
from central.money.ledger.tables import LedgerEntryRow
from models.parking.account import Charging, account_of
from models.parking.bill import Rule
from models.parking.bookings import Inside, hours_of
from models.parking.plan import BayKind
from models.values.ids import new_id
from models.values.time import site_day, site_time
from models.wire.stays import ToldStay
from tests.browser.gate import seed
from tests.central.gates.parking.lot.lots import keeper, plan_there, tariff_there
from tests.central.gates.parking.stays.test_settle import Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.models.parking.tariffs import T1

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OWNER, GUEST, OTHER = "川A12345", "川B8K3H5", "川C55555"
BAY = "B1-A-01"
OF_DAY = (480, 1080)
"""08:00 to 18:00."""


@pytest.fixture
def lot(town, parts):
    """At 07:00 at the site; a bay with its permit, and hours at 2.00 for each one begun."""
    lot = Lot(town, parts)
    lot.now += (timedelta(hours=7 + 24) - timedelta(hours=site_time(lot.now).hour, minutes=site_time(lot.now).minute,
                seconds=site_time(lot.now).second, microseconds=site_time(lot.now).microsecond))  # fmt: skip
    lot.permit = permit(lot)
    with town.session() as db:
        offers.set_terms(db, person(town), town.community, 60, 2_00, 70)
    return lot


def permit(lot, plate=OWNER, bay=BAY, until=60 * DAY) -> UUID:
    with lot.town.session() as db:
        return listed.add_plate(
            db, person(lot.town), lot.town.community, kind=Kept.PERMIT, plate=plate, note="5-2-1102",
            since=lot.now - 5 * DAY, until=lot.now + until, bay=bay, now=lot.now,
        )  # fmt: skip


def offer(lot, entry: UUID | None = None, days: int = 3, hours: tuple[int, int] = OF_DAY, by=None, first=0) -> UUID:
    today = site_day(lot.now)
    with lot.town.session() as db:
        return offers.offer_bay(
            db, by or person(lot.town), lot.town.community, entry_id=entry or lot.permit,
            first_day=today + first * DAY, last_day=today + (first + days - 1) * DAY, start_minute=hours[0],
            end_minute=hours[1], now=lot.now,
        )  # fmt: skip


def book(lot, plate=GUEST, start=2 * HOUR, length=3 * HOUR, bay=BAY, **more) -> UUID:
    """From 09:00 to 12:00, where nothing else is said."""
    with lot.town.session() as db:
        return bookings.book(
            db, person(lot.town), lot.town.community, plate=plate, bay=bay, since=lot.now + start,
            until=lot.now + start + length, now=lot.now, **more,
        )  # fmt: skip


def views(lot) -> list[offers.OfferView]:
    with lot.town.session() as db:
        return offers.offers_of(db, person(lot.town), lot.town.community, lot.now)


def credited(lot) -> int:
    """What the owner has, which is what the lot passed on, and every posting balances."""
    with lot.town.session() as db:
        entries = db.execute(select(LedgerEntryRow.posting_id, LedgerEntryRow.fen)).all()
        sums: dict[UUID, int] = {}
        for posting, fen in entries:
            sums[posting] = sums.get(posting, 0) + fen
        assert not any(sums.values())
    assert lot.on(AccountKind.OWNERS) == -lot.on(AccountKind.PASSED_ON)
    assert sum(one.credited_fen for one in views(lot)) == -lot.on(AccountKind.OWNERS)
    return -lot.on(AccountKind.OWNERS)


def gate_asks(lot, stay_id: UUID, entered: datetime) -> int:
    """The same stay at a gate that knows no more than the rules and that it came in."""
    with lot.town.session() as db:
        told = [one for one in bookings_told(db, lot.town.community, lot.now) if one.plate == GUEST]
    stay = ToldStay(stay_id=stay_id, plate=GUEST, entered_at=entered, tariff_version=1)
    mine = Inside(entered)
    account = account_of(
        stay, 0, Charging((T1,)), (), lot.town.lane, lot.now, True, shared=hours_of(told, [mine], mine)
    )
    assert account is not None and account.due is not None
    return account.due.total


@pytest.mark.req("PARK-10", "PARK-05", "PARK-02")
def test_a_guest_pays_the_offers_price_for_its_hours_and_the_tariff_beyond_and_the_owner_gets_a_share(lot):
    mine = offer(lot)
    book(lot)
    entered = lot.now + 2 * HOUR
    lot.later(2 * HOUR)
    stay = lot.enter(GUEST)
    for length, total in ((60 * MINUTE, 2_00), (120 * MINUTE, 6_00), (90 * MINUTE, 13_00)):
        lot.later(length)
        assert lot.owed(stay).due_fen == gate_asks(lot, stay, entered) == total
    lines = lot.owed(stay).bill.bill.lines
    hours = next(one for one in lines if one.rule is Rule.SHARED_BAY)
    for language, words in (("zh_CN", "共享车位"), ("en", "shared bay")):
        said = line_said(words_in(language), hours, entered)
        assert words in said.what and "B1-A-01 09:00–12:00" in said.what
    assert credited(lot) == 0
    lot.do(till.take_cash, stay, 13_00, lane_id=lot.town.lane)
    lot.leave(GUEST)
    assert credited(lot) == 4_20, "70 % of 6.00, and nothing of what the tariff asked beyond"
    assert lot.books() == (13_00, -13_00, 0, 0, 0), "income is what the stay cost"
    (view,) = views(lot)
    assert (view.offer_id, view.credited_fen, view.booked, view.state) == (mine, 4_20, 1, "counts")
    before = lot.postings()
    with lot.town.session() as db:
        for _ in range(2):
            settle_up(db, [stay])
        moved = [one for one in ledger.about(db, [stay])[stay] if one.entry.account.kind is AccountKind.OWNERS]
    assert lot.postings() == before, "once per stay, however often it is asked"
    assert [(one.code, one.entry.account.ref) for one in moved] == [(Code.OWNER_SHARE, str(mine))]


@pytest.mark.req("PARK-10", "PARK-18")
def test_what_is_not_paid_credits_nobody_and_what_is_taken_back_is_taken_back_from_the_owner(lot):
    offer(lot)
    book(lot)
    lot.later(2 * HOUR)
    stay = lot.enter(GUEST)
    lot.later(2 * HOUR)
    lot.leave(GUEST)
    assert (lot.arrears(GUEST), credited(lot)) == ([4_00], 0), "it left owing"
    lot.pay(lot.ask(stay))
    assert credited(lot) == 2_80
    lot.do(stay_deeds.void_stay, stay, "车牌认错")
    lot.parts.dispatcher.drain()
    assert credited(lot) == 0, "it counts for nothing: a counter-entry"
    with lot.town.session() as db:
        moved = [one for one in ledger.about(db, [stay])[stay] if one.entry.account.kind is AccountKind.OWNERS]
    assert [(one.code, one.entry.fen) for one in moved] == [(Code.OWNER_SHARE, -2_80), (Code.CORRECTION, 2_80)]


@pytest.mark.req("PARK-10", "PARK-17")
def test_who_is_let_out_free_brings_the_owner_nothing(lot):
    offer(lot)
    book(lot)
    lot.later(2 * HOUR)
    stay = lot.enter(GUEST)
    lot.later(HOUR)
    lot.do(till.let_out_free, stay, till.Free.OFFICIAL, "测试", 2_00)
    lot.leave(GUEST)
    assert lot.books()[3] == 2_00 and credited(lot) == 0


@pytest.mark.req("PARK-10", "PARK-20")
def test_a_guest_on_anothers_bay_takes_no_place_that_is_for_anybody(lot):
    with lot.town.session() as db:
        set_lot(db, person(lot.town), lot.town.community, LotSettings(places=10, own_places=2))

    def free() -> int:
        with lot.town.session() as db:
            return lot_of(db, lot.town.community, lot.now).now.free

    with lot.town.session() as db:
        assert offers.terms_of(db, lot.town.community).percent == 70, "what the lot is set to otherwise is another form"
    offer(lot)
    book(lot)
    lot.later(2 * HOUR)
    assert free() == 10, "what is kept for it is another's"
    lot.enter(GUEST)
    assert free() == 10
    lot.enter(OTHER)
    assert free() == 9


@pytest.mark.req("PARK-10")
def test_who_does_not_come_in_time_or_is_another_car_pays_as_anybody_does(lot):
    offer(lot)
    book(lot)
    lot.later(2 * HOUR + 31 * MINUTE)
    late, other = lot.enter(GUEST), lot.enter(OTHER)
    lot.later(75 * MINUTE)
    assert lot.owed(late).due_fen == lot.owed(other).due_fen == 7_00


@pytest.mark.req("PARK-10")
def test_a_car_that_is_inside_already_is_charged_by_the_hours_from_when_they_begin(lot):
    offer(lot)
    stay = lot.enter(GUEST)
    lot.later(2 * HOUR)
    assert lot.owed(stay).due_fen == 7_00
    book(lot, start=-HOUR, length=3 * HOUR)
    assert lot.owed(stay).due_fen == 7_00, "what it stood there before costs what it cost"
    lot.later(HOUR)
    assert lot.owed(stay).due_fen == 9_00 == gate_asks(lot, stay, lot.now - 3 * HOUR)
    lot.later(HOUR)
    lot.later(HOUR)
    assert lot.owed(stay).due_fen == 13_00, "7.00, two hours at 2.00, and a third hour of the tariff: 120 + 60 min"


@pytest.mark.req("PARK-10", "PARK-25")
def test_only_offered_hours_are_booked_never_twice_and_never_by_the_bays_own_car(lot):
    with pytest.raises(Invalid) as wrong:
        book(lot)
    assert wrong.value.fields == {"bay": "bookings.own_bay"}, "somebody's own, and not shared then"
    offer(lot)
    book(lot)
    with pytest.raises(Conflict, match="bay_there"):
        book(lot, OTHER, start=4 * HOUR)
    with pytest.raises(Conflict, match="own_plate"):
        book(lot, OWNER, start=6 * HOUR)
    for start, length in ((0 * HOUR, 3 * HOUR), (9 * HOUR, 3 * HOUR), (2 * HOUR, 24 * HOUR), (80 * HOUR, HOUR)):
        with pytest.raises(Invalid) as wrong:
            book(lot, OTHER, start=start, length=length)
        assert wrong.value.fields["bay"] == "bookings.own_bay"
    book(lot, OTHER, start=6 * HOUR, length=5 * HOUR)


@pytest.mark.req("PARK-10")
def test_an_offer_never_overlaps_another_nor_reaches_beyond_its_permit(lot):
    offer(lot)
    for hours in ((480, 1080), (1079, 600), (1140, 481), (1, 1440)):
        with pytest.raises(Conflict, match=r"offers\.there"):
            offer(lot, hours=hours)
    offer(lot, hours=(1080, 480))
    offer(lot, first=3)
    neighbour = permit(lot, OTHER, "B1-A-02", until=2 * DAY)
    with pytest.raises(Invalid) as wrong:
        offer(lot, neighbour, days=3)
    assert wrong.value.fields == {"last_day": "offers.beyond_permit"}
    offer(lot, neighbour, days=2)
    bayless = permit(lot, "川D66666", "")
    for entry in (bayless, new_id()):
        with pytest.raises(Invalid) as wrong:
            offer(lot, entry)
        assert wrong.value.fields == {"entry": "offers.no_permit"}
    for more, field in (
        ({"days": 0}, "last_day"), ({"days": 1, "first": -1}, "last_day"), ({"days": 400}, "last_day"),
        ({"hours": (1440, 600)}, "start"), ({"hours": (0, 0)}, "start"), ({"first": -700_000}, "last_day"),
        ({"first": 2_000_000}, "last_day"),
    ):  # fmt: skip
        with pytest.raises(Invalid) as wrong:
            offer(lot, permit(lot, "川E77777", "B1-A-03") if more == {"days": 0} else lot.permit, **more)
        assert set(wrong.value.fields) == {field}, more


@pytest.mark.req("PARK-10")
def test_taken_back_it_is_booked_no_more_and_what_is_booked_stands(lot):
    mine = offer(lot)
    book(lot)
    lot.do(offers.take_back, mine, "业主自用")
    with pytest.raises(Invalid):
        book(lot, OTHER, start=6 * HOUR)
    with pytest.raises(Conflict, match=r"offers\.over"):
        lot.do(offers.take_back, mine, "再一次")
    offer(lot)
    with pytest.raises(Conflict, match="bay_there"):
        book(lot, OTHER)
    lot.later(2 * HOUR)
    stay = lot.enter(GUEST)
    lot.later(HOUR)
    assert lot.owed(stay).due_fen == 2_00
    with lot.town.session() as db:
        listed.end_plate(db, person(lot.town), lot.permit, "换车位", lot.now)
    assert lot.owed(stay).due_fen == 2_00 and {one.state for one in views(lot)} == {"over", "ended"}
    with pytest.raises(Invalid):
        book(lot, OTHER, start=26 * HOUR)


@pytest.mark.req("PARK-10")
def test_a_price_that_is_set_later_is_that_of_later_offers(lot):
    offer(lot)
    with lot.town.session() as db:
        offers.set_terms(db, person(lot.town), lot.town.community, 30, 5_00, 50)
        assert offers.terms_of(db, lot.town.community).percent == 50
    later = offer(lot, hours=(1080, 1200))
    book(lot)
    lot.later(2 * HOUR)
    stay = lot.enter(GUEST)
    lot.later(HOUR)
    assert lot.owed(stay).due_fen == 2_00
    terms = {one.offer_id: (one.block_minutes, one.block_fen, one.percent) for one in views(lot)}
    assert terms[later] == (30, 5_00, 50) and set(terms.values()) == {(60, 2_00, 70), (30, 5_00, 50)}


def test_before_a_price_is_set_nothing_is_offered_and_the_price_has_bounds(town, parts):
    lot = Lot(town, parts)
    entry = permit(lot)
    with town.session() as db:
        terms = offers.terms_of(db, town.community)
        assert terms.block is None and terms.percent == 70, "the share until somebody sets another"
    with pytest.raises(Conflict, match="no_price"):
        offer(lot, entry)
    for minutes, fen, percent, field in (
        (0, 1, 1, "minutes"), (1441, 1, 1, "minutes"), (1, -1, 1, "price"), (1, 10_001, 1, "price"),
        (1, 1, 101, "percent"), (1, 1, -1, "percent"),
    ):  # fmt: skip
        with town.session() as db, pytest.raises(Invalid) as wrong:
            offers.set_terms(db, person(town), town.community, minutes, fen, percent)
        assert set(wrong.value.fields) == {field}


@pytest.mark.req("PARK-10", "SEC-04")
def test_only_who_may_offers_a_bay_and_what_was_done_is_written_down_without_the_plate(lot):
    nobody = system(lot.town.tenant_id, "t", ["stay.read"])
    with pytest.raises(Forbidden):
        offer(lot, by=nobody)
    with lot.town.session() as db, pytest.raises(Forbidden):
        offers.offers_of(db, nobody, lot.town.community, lot.now)
    with lot.town.session() as db, pytest.raises(Forbidden):
        offers.set_terms(db, nobody, lot.town.community, 60, 1_00, 70)
    mine = offer(lot)
    with pytest.raises(Forbidden):
        lot.do(offers.take_back, mine, "业主自用", by=nobody)
    lot.do(offers.take_back, mine, "业主自用")
    with lot.town.session() as db:
        rows = db.scalars(select(AuditRow).where(AuditRow.subject_id == str(mine)).order_by(AuditRow.id)).all()
        assert [one.what for one in rows] == ["offer.make", "offer.end"] and rows[1].reason == "业主自用"
        assert OWNER not in str([one.after for one in rows]) and "08:00–18:00" in str(rows[0].after)


@pytest.mark.req("PARK-10")
def test_whose_own_car_is_inside_is_told_where_its_bay_is_offered_and_booked(lot):
    offer(lot)
    book(lot)
    assert not views(lot)[0].inside
    lot.enter(OWNER)
    assert views(lot)[0].inside
    with lot.town.session() as db:
        (booking,) = bookings.bookings_of(db, person(lot.town), lot.town.community, lot.now)
    assert booking.own_inside and booking.offer_id == views(lot)[0].offer_id
    lot.later(HOUR)
    lot.leave(OWNER)
    assert not views(lot)[0].inside


@pytest.mark.req("PARK-10", "PARK-20")
def test_on_the_plan_only_fixed_bays_are_offered_and_no_place_for_anybody_is_taken(parts, database, two_tenants):
    site, now = seed(database.engine, two_tenants.a), clock.now()
    by = keeper(site)
    with site.gate.session() as db:
        tariff_there(db, site, now)
        plan = plan_there(db, site, now)
        own = next(code for code, (_, one) in plan.bays.items() if one.kind is BayKind.FIXED)
        free = next(code for code, (_, one) in plan.bays.items() if one.kind is BayKind.TEMPORARY)
        offers.set_terms(db, by, site.community_id, 60, 2_00, 70)
        today = site_day(now)
        for plate, bay in ((OWNER, own), (OTHER, free)):
            entry = listed.add_plate(
                db, by, site.community_id, kind=Kept.PERMIT, plate=plate, note="", since=now - DAY, until=now + 9 * DAY,
                bay=bay, now=now,
            )  # fmt: skip
            wanted = {"first_day": today, "last_day": today + DAY, "start_minute": 0, "end_minute": 1440}
            if bay == free:
                with pytest.raises(Invalid) as wrong:
                    offers.offer_bay(db, by, site.community_id, entry_id=entry, **wanted, now=now)
                assert wrong.value.fields == {"entry": "offers.not_fixed"}
            else:
                offers.offer_bay(db, by, site.community_id, entry_id=entry, **wanted, now=now)
        window = {"since": now, "until": now + HOUR, "now": now}
        zone, before = plan.bays[own][1].zone, lot_of(db, site.community_id, now).now
        with pytest.raises(Invalid):
            bookings.book(db, by, site.community_id, plate=GUEST, bay=own, zone=f"{zone}x", **window)
        bookings.book(db, by, site.community_id, plate=GUEST, bay=own, zone=zone, **window)
        lot = lot_of(db, site.community_id, now).now
        assert lot.free == before.free, "it was never one for anybody"
        (told,) = bookings_told(db, site.community_id, now)
        assert not told.anybodys and told.shared is not None and told.shared.fen == 2_00


@pytest.mark.req("PARK-10", "PARK-03")
def test_where_no_tariff_charges_anything_no_bay_is_offered(parts, database, two_tenants):
    """A guest on it would pay nothing at all: a stay without a tariff has no bill."""
    site, now = seed(database.engine, two_tenants.a), clock.now()
    wanted = {"first_day": site_day(now), "last_day": site_day(now) + DAY, "start_minute": 0, "end_minute": 1440}
    with site.gate.session() as db:
        offers.set_terms(db, keeper(site), site.community_id, 60, 2_00, 70)
        entry = listed.add_plate(
            db, keeper(site), site.community_id, kind=Kept.PERMIT, plate=OWNER, note="", since=now - DAY,
            until=now + 9 * DAY, bay=BAY, now=now,
        )  # fmt: skip
        with pytest.raises(Conflict, match="no_tariff"):
            offers.offer_bay(db, keeper(site), site.community_id, entry_id=entry, **wanted, now=now)
        tariff_there(db, site, now)
        offers.offer_bay(db, keeper(site), site.community_id, entry_id=entry, **wanted, now=now)
