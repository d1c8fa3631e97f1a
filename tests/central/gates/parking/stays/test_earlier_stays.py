"""Several stays of one plate under one cap, and free stays of a day: what the public board says is what is asked, at
central and at the gate alike."""

from __future__ import annotations

import pytest

from central.gates.parking.dues import till as stay_till
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import told as told_stays
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.reads import stay_of
from central.gates.parking.tariffs import service
from models.parking.account import due_of
from models.parking.inside import DroveOut as Out
from models.parking.inside import Told, ended_before
from models.parking.stays import DroveOut
from models.parking.tariff import Cap, CapWindow, FreeMinutes
from models.values.ids import new_id
from models.values.plate import Plate
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD, enter, tell
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.models.parking.tariffs import T1

SHARED = T1.model_copy(update={"cap": Cap(fen=20_00, shared=True)})


def charging(town, parts, tariff) -> Lot:
    lot = Lot(town, parts)
    since = lot.now - 10 * DAY
    with town.session() as db:
        starting = tariff.model_copy(update={"starts_at": since})
        drafted = service.draft_tariff(db, person(town), town.community, starting, now=since - DAY)
        service.approve_tariff(db, person(town, "王主任"), drafted.id, now=since - DAY)
    lot.version = drafted.id
    return lot


def told(lot) -> Told:
    with lot.town.session() as db:
        news = told_stays.newer_than(db, lot.town.community, new_id(), 0, lot.now)
    return Told().after(news)


def asked(lot, stay) -> int:
    """By central; and the gate asks for the same, by what it was told."""
    with lot.town.session() as db:
        view = stay_of(db, person(lot.town), stay)
        prices = prices_for(db, view.community_id, [view], lot.now)
        bill = priced(prices, view, lot.now)
    gate = due_of(told(lot).stays[stay], bill.version.tariff, prices.calendar, (), None, lot.now)
    assert (gate.total, gate.due) == (bill.due.total, bill.due.due)
    assert sum(line.amount for line in bill.bill.lines) == bill.bill.fee
    return bill.due.due


def visit(lot, length, *, pays=True, plate=MINE) -> int:
    """What was asked of it as it left."""
    stay = lot.enter(plate)
    lot.later(length)
    due = asked(lot, stay)
    if due and pays:
        lot.do(stay_till.take_cash, stay, due)
    lot.leave(plate)
    return due


@pytest.mark.req("PARK-02", "PARK-26", "P19")
@pytest.mark.parametrize("window", [CapWindow.ROLLING, CapWindow.DAY])
def test_all_stays_of_a_car_within_the_window_cost_no_more_than_the_cap(town, parts, window):
    lot = charging(town, parts, SHARED.model_copy(update={"cap_window": window}))
    lot.now = lot.now.replace(hour=16, minute=0)  # midnight at the site
    fees = [visit(lot, 8 * HOUR)]
    lot.later(HOUR)
    fees.append(visit(lot, 8 * HOUR))
    lot.later(HOUR)
    fees.append(visit(lot, 5 * HOUR))
    assert fees == [19_00, 1_00, 0]
    lot.later(2 * HOUR)
    assert visit(lot, 2 * HOUR) == 7_00, "a new window"
    assert visit(lot, 2 * HOUR, plate=MISREAD) == 7_00, "another car has its own"


@pytest.mark.req("PARK-26", "P08")
def test_one_free_stay_a_day_is_one(town, parts):
    lot = charging(town, parts, T1.model_copy(update={"free": FreeMinutes(minutes=15, uses_a_day=1)}))
    lot.now = lot.now.replace(hour=16, minute=0)
    fees = []
    for _ in range(2):
        fees.append(visit(lot, 14 * MINUTE))
        lot.later(MINUTE)
    assert fees == [0, 5_00]
    lot.later(DAY)
    assert visit(lot, 14 * MINUTE) == 0


@pytest.mark.req("PARK-26", "P08")
def test_a_gap_between_free_stays_is_kept(town, parts):
    lot = charging(town, parts, T1.model_copy(update={"free": FreeMinutes(minutes=15, gap=60)}))
    fees = []
    for away in (0, 30, 61):
        lot.later(away * MINUTE)
        fees.append(visit(lot, 10 * MINUTE))
    assert fees == [0, 5_00, 0], "the second was not free, and begins no gap"


@pytest.mark.req("PARK-18", "P19")
def test_a_corrected_plate_and_a_void_stay_change_what_the_next_one_cost(town, parts):
    lot = charging(town, parts, SHARED)
    first = lot.enter(MISREAD)
    lot.later(8 * HOUR)
    lot.leave(MISREAD)
    lot.later(HOUR)
    assert visit(lot, 8 * HOUR, pays=False) == 19_00
    assert lot.arrears(MINE) == [19_00]
    with lot.town.session() as db:
        stay_deeds.correct_plate(db, person(lot.town), first, MINE, "看错了", lot.now)
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE) == [20_00], "19 of the first, 1 of the second"
    with lot.town.session() as db:
        stay_deeds.correct_plate(db, person(lot.town), first, MISREAD, "还是它", lot.now)
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE, MISREAD) == [19_00, 19_00]


@pytest.mark.req("PARK-05", "P19")
def test_a_stay_that_is_heard_of_late_counts_for_those_after_it(town, parts):
    lot = charging(town, parts, SHARED)
    begun = lot.now
    lot.later(9 * HOUR)
    last = lot.enter()
    lot.later(8 * HOUR)
    assert asked(lot, last) == 19_00
    enter(town, MINE, ago=town.now - begun, tariff=lot.version)
    tell(town, DroveOut(new_id(), new_id(), town.community, Plate(text=MINE), begun + 8 * HOUR))
    parts.dispatcher.drain()
    assert asked(lot, last) == 1_00


@pytest.mark.req("PARK-05", "P19")
def test_a_gate_that_is_alone_knows_who_left_by_central_and_by_itself(town, parts):
    lot = charging(town, parts, SHARED)
    visit(lot, 4 * HOUR)
    known = told(lot)
    came = lot.now + HOUR
    (left,) = ended_before(known, (), MINE, came)
    assert (left.left_at, sum(one.fen for one in left.used)) == (lot.now, 11_00)
    own = Out(9, MINE, came - MINUTE, 0, left.model_copy(update={"stay_id": new_id(), "left_at": came - MINUTE}))
    assert len(ended_before(known, [own], MINE, came)) == 2
    assert not ended_before(known, [own], MISREAD, came)
    assert not ended_before(known, (), MINE, lot.now + DAY + MINUTE), "too long ago to matter"
