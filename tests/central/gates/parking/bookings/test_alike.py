"""A guest on another's bay at the gate and at central (PARK-10): the same is asked, whoever has heard what by then."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.errors import Conflict
from central.gates.parking.bookings import booked as bookings
from central.gates.parking.bookings import offers
from central.gates.parking.bookings.facts import bookings_told
from central.gates.parking.bookings.tables import LotBookingRow
from central.gates.parking.stays import reads as stays
from central.gates.parking.stays.bill import prices_for
from central.gates.parking.stays.gate_fee import gate_fee
from models.parking.account import Charging, account_of
from models.parking.bill import Rule
from models.parking.bookings import Booking, Inside, hours_of
from models.parking.inside import DroveIn, DroveOut, cars
from models.parking.tariff import SecondCar
from models.values.ids import new_id
from models.values.time import site_day
from models.wire.events import Passage
from models.wire.stays import ToldStay
from tests.central.gates.conftest import T0
from tests.central.gates.parking.cars import asked, drive, key_of
from tests.central.gates.parking.stays import test_bays as of_bays
from tests.central.gates.parking.stays.test_bays import agree, fee, permit, tell

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BAYS = {"B1-01": "川A00001", "B1-02": "川A00002"}
GUESTS = ["川B00001", "川B00002", "川B00003"]


def keeper(site):
    return system(site.tenant_id, "李经理", ["stay.read", "booking.keep", "lot.keep", "plate.keep"])


def offered(site) -> None:
    """Both bays, at all hours from T0 on."""
    with site.session() as db:
        offers.set_terms(db, keeper(site), site.community_id, 60, 2_00, 70)
    for bay, plate in BAYS.items():
        entry = permit(site, plate, bay)
        with site.session() as db:
            offers.offer_bay(
                db, keeper(site), site.community_id, entry_id=entry, first_day=site_day(T0),
                last_day=site_day(T0) + 30 * DAY, start_minute=0, end_minute=1440, now=T0,
            )  # fmt: skip


def book(site, plate: str, bay: str, since: datetime, until: datetime, now: datetime) -> bool:
    try:
        with site.session() as db:
            bookings.book(
                db, keeper(site), site.community_id, plate=plate, bay=bay, since=since, until=until, now=now
            )  # fmt: skip
    except Conflict:
        return False
    return True


def sweep(site, now: datetime) -> None:
    with site.session() as db:
        bookings.sweep(db, now)


def noted(site) -> list[str]:
    with site.session() as db:
        return list(db.scalars(select(LotBookingRow.noted).order_by(LotBookingRow.since)))


class Gate(of_bays.Gate):
    """With the bookings of the rules that it heard last."""

    booked: tuple[Booking, ...] = ()

    def rules(self, now: datetime) -> None:
        with self.site.session() as db:
            self.booked = bookings_told(db, self.site.community_id, now)

    def fees(self, now: datetime) -> dict[UUID, int]:
        here, found = cars(self.told.stays.values(), self.own, self.told.heard_seq), {}
        for plate, stay in here.inside.items():
            mine = [one for one in self.booked if one.plate == plate]
            shared = hours_of(mine, here.stays_of(plate), Inside(stay.entered_at))
            account = account_of(
                stay, 0, Charging(self.tariffs), (), self.node.lane.lane_id, now, False, shared=shared
            )  # fmt: skip
            found[stay.stay_id] = account.due.total
        return found


@pytest.mark.req("PARK-10", "PARK-05")
def test_gate_and_central_ask_the_same_over_random_histories_of_guests(site, node):
    """Who comes early, late, twice or not at all, and stays beyond; while central is away, has heard half, and all."""
    chance = random.Random(10)
    gate = Gate(site, node, [agree(site, SecondCar.UNTIL_FREE)])
    offered(site)
    key, inside, now, shared = key_of(site), dict[str, UUID](), T0, 0
    for _ in range(6):
        for _ in range(8):
            since = now + chance.randint(0, 600) * MINUTE
            book(site, chance.choice(GUESTS), chance.choice(list(BAYS)), since,
                 since + chance.randint(60, 400) * MINUTE, now)  # fmt: skip
        gate.rules(now)
        for _ in range(10):
            now += timedelta(seconds=chance.randint(60, 5_400))
            plate = chance.choice(GUESTS)
            if plate in inside:
                drive(node, key, plate, now, direction="out")
                del inside[plate]
                gate.own.append(DroveOut(node.journal[-1].seq, plate, now))
            else:
                inside[plate] = drive(node, key, plate, now)
                stay = ToldStay(stay_id=inside[plate], plate=plate, entered_at=now,
                                entry_lane_id=node.lane.lane_id, tariff_version=1)  # fmt: skip
                gate.own.append(DroveIn(node.journal[-1].seq, stay))
        now += chance.randint(1, 300) * MINUTE
        alone = gate.fees(now)
        sweep(site, now)  # of who came in meanwhile it knows nothing
        tell(site, node, node.journal[chance.randint(len(node.journal) - 15, len(node.journal) - 1)].seq)
        gate.hear()
        gate.rules(now)
        partly = gate.fees(now)
        tell(site, node)
        at_central = {stay_id: fee(site, stay_id, now) for stay_id in inside.values()}
        gate.hear()
        gate.rules(now)
        fees = {stay_id: total for stay_id, (total, _) in at_central.items()}
        assert alone == partly == gate.fees(now) == fees
        shared += sum(Rule.SHARED_BAY in rules for _, rules in at_central.values())
    assert shared > 2, "guests stood on bays that they had booked, or this proves little"


@pytest.mark.req("PARK-10", "PARK-05")
def test_what_a_gate_that_knew_of_no_booking_asked_is_listed_beside_what_central_has(site, node, tariff):
    """A gate of before asks by the tariff alone: 130 minutes are 9.00 there, and three hours begun are 6.00 here."""
    key, entered, left = key_of(site), T0 + 10 * MINUTE, T0 + 140 * MINUTE
    offered(site)
    assert book(site, GUESTS[0], "B1-01", entered, entered + 3 * HOUR, T0)
    stay_id, exit_id = drive(node, key, GUESTS[0], entered), new_id()
    node.write(asked(key, node.lane.lane_id, left, exit_id, GUESTS[0], entered), exit_id, at=left)
    node.write(Passage(passed=True, why="loops"), exit_id, at=left)
    tell(site, node)
    with site.session() as db:
        stay = stays.stay_of(db, system(site.tenant_id, "王师傅", ["stay.read"]), stay_id)
        told = gate_fee(db, prices_for(db, site.community_id, [stay], clock.now()), stay)
    assert told is not None and (told.fee, told.central_fee, told.differs) == (9_00, 6_00, True)
    assert [one.rule for one in told.central_lines] == [Rule.SHARED_BAY]


@pytest.mark.req("PARK-10", "PARK-05")
def test_a_guest_whose_entry_is_told_after_central_had_given_them_up_pays_the_offers_price_at_the_gate_too(site, node):
    key, gate = key_of(site), Gate(site, node, [agree(site, SecondCar.UNTIL_FREE)])
    offered(site)
    entered = T0 + 20 * MINUTE
    assert book(site, GUESTS[0], "B1-01", T0 + 10 * MINUTE, T0 + 6 * HOUR, T0)
    stay_id = drive(node, key, GUESTS[0], entered)
    now = T0 + 5 * HOUR
    sweep(site, now)
    assert noted(site) == ["not_come"]
    gate.rules(now)
    gate.own.append(DroveIn(node.journal[-1].seq, ToldStay(
        stay_id=stay_id, plate=GUESTS[0], entered_at=entered, entry_lane_id=node.lane.lane_id, tariff_version=1,
    )))  # fmt: skip
    alone = gate.fees(now)
    tell(site, node)
    gate.hear()
    gate.rules(now)
    at_central, rules = fee(site, stay_id, now)
    assert alone == gate.fees(now) == {stay_id: at_central} and Rule.SHARED_BAY in rules
    sweep(site, now)
    assert noted(site) == ["came"], "what was given up is taken up again"
    much_later = T0 + 3 * DAY
    gate.rules(much_later)
    assert gate.fees(much_later) == {stay_id: fee(site, stay_id, much_later)[0]}, "for as long as it stands there"
