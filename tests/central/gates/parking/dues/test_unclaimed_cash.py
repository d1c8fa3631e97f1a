"""Cash that was taken at an exit whose arm never opened is seen, and somebody says whose it is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from central.base.kernel.actor import system
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.parking.dues import unclaimed_cash
from central.gates.parking.dues.cash_at_exit import take_at_exit
from central.gates.parking.dues.shift_facts import shift_facts
from central.gates.parking.dues.unclaimed_cash import unclaimed_in
from central.gates.parking.stays.paid import moved_for, received
from central.money.ledger import queries as ledger
from central.money.ledger.rules import AccountKind, balances
from central.money.payments import give_back
from central.money.payments.give_back import refunds_due
from central.people.community.queries import lane_of
from models.parking.stays import DroveOut, State
from models.values.ids import new_id
from models.values.plate import Plate
from tests.central.gates.parking.dues.test_waive import guard
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD, tell
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE, Lot
from tests.central.gates.parking.tariffs.test_tariffs import person

pytestmark = pytest.mark.req("P26", "PARK-12", "PARK-18", "PARK-19")


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


@pytest.fixture
def cash(lot):
    """Ten yuan of a car that was read as MISREAD, as its arm was asked to open."""
    exit_id = new_id()
    with lot.town.session() as db:
        by = system(lot.town.tenant_id, "王师傅", ("stay.take_cash",))
        lane = lane_of(db, lot.town.lane)
        take_at_exit(db, by, lane, exit_id, Plate(text=MISREAD), 10_00, "没有入场记录", lot.now)
    return SimpleNamespace(exit_id=exit_id, at=lot.now)


def listed(lot):
    with lot.town.session() as db:
        return [(one.exit_id, one.fen) for one in unclaimed_in(db, person(lot.town), lot.town.community, lot.now)]


def in_the_shift(lot):
    with lot.town.session() as db:
        facts = shift_facts(db, lot.town.community, lot.now - 30 * DAY, lot.now)
        return facts["unclaimed"], facts["unclaimed_fen"]


def whole(lot, subject):
    """What the ledger says of it, by kind; the sum is nothing."""
    with lot.town.session() as db:
        moved = ledger.about(db, [subject]).get(subject, [])
        found = {account.kind: fen for account, fen in balances([one.entry for one in moved]).items() if fen}
    assert sum(found.values()) == 0
    return found


def test_it_is_listed_once_the_car_is_missed_and_no_more_once_it_has_driven_out_after_all(lot, cash):
    assert listed(lot) == []
    lot.later(11 * MINUTE)
    assert listed(lot) == [(cash.exit_id, 10_00)] and in_the_shift(lot) == (1, 10_00)
    with lot.town.session() as db:
        (one,) = unclaimed_in(db, person(lot.town), lot.town.community, lot.now)
        assert (one.plate, one.taken_by, one.taken_at) == ("川A****6", "王师傅", cash.at)
    tell(lot.town, DroveOut(new_id(), cash.exit_id, lot.town.community, Plate(text=MISREAD), cash.at + MINUTE))
    lot.parts.dispatcher.drain()
    assert listed(lot) == [] and in_the_shift(lot) == (0, 0)
    for deed, more in ((unclaimed_cash.give_back, ()), (unclaimed_cash.count_for, (MINE,))):
        with pytest.raises(Conflict, match="decided"):
            lot.do(deed, cash.exit_id, *more, 10_00, "查过了")


def test_it_goes_back_by_a_person_out_of_the_till(lot, cash):
    lot.later(HOUR)
    with pytest.raises(Forbidden):
        lot.do(unclaimed_cash.give_back, cash.exit_id, 10_00, "司机回来要", by=guard(lot))
    with pytest.raises(Invalid):
        lot.do(unclaimed_cash.give_back, cash.exit_id, 10_00, " ")
    lot.do(unclaimed_cash.give_back, cash.exit_id, 10_00, "司机回来要")
    assert listed(lot) == [] and in_the_shift(lot) == (0, 0)
    with pytest.raises(Conflict, match="decided"):
        lot.do(unclaimed_cash.give_back, cash.exit_id, 10_00, "又点了一次")
    with lot.town.session() as db:
        (due,) = refunds_due(db, person(lot.town), lot.town.community)
        assert (due.amount_fen, due.stay_id) == (10_00, cash.exit_id)
        give_back.give_back(db, person(lot.town), due.refund_id, "当面退现金", lot.now)
    assert whole(lot, cash.exit_id) == {}
    tell(lot.town, DroveOut(new_id(), cash.exit_id, lot.town.community, Plate(text=MISREAD), cash.at + MINUTE))
    lot.parts.dispatcher.drain()
    assert whole(lot, cash.exit_id) == {}, "a late exit finds it given back"


@pytest.mark.parametrize(("inside", "owes"), [(True, 0), (False, 3_00)])
def test_it_counts_for_the_stay_of_a_plate_as_money_that_came(lot, cash, inside, owes):
    stay = lot.enter()
    lot.later(5 * HOUR)  # 13.00
    if not inside:
        lot.leave()
    with pytest.raises(Invalid) as wrong:
        lot.do(unclaimed_cash.count_for, cash.exit_id, "川F31717", 10_00, "照片对得上")
    assert wrong.value.fields == {"plate": "exit_cash.no_stay"}
    found = lot.do(unclaimed_cash.count_for, cash.exit_id, MINE, 10_00, "照片对得上")
    assert found.stay_id == stay and listed(lot) == []
    with pytest.raises(Conflict, match="decided"):
        lot.do(unclaimed_cash.count_for, cash.exit_id, MINE, 10_00, "又点了一次")
    lot.parts.dispatcher.drain()
    with lot.town.session() as db:
        assert received(moved_for(db, [stay])[stay]).paid == 10_00
    assert whole(lot, cash.exit_id) == {}
    assert lot.owed(stay).due_fen == 3_00
    if not inside:
        assert whole(lot, stay) == {AccountKind.CASH: 10_00, AccountKind.INCOME: -13_00, AccountKind.ARREARS: 3_00}
        assert lot.state(stay) is State.LEFT_OWING and lot.arrears(MINE) == [owes]
