"""Receipts and invoices of money that was taken for a car that nobody saw come in, once it is known whose it was; and
of what was paid for a stay in several times."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from central.base.kernel.actor import system
from central.gates.parking.dues import till as stay_till
from central.gates.parking.dues import unclaimed_cash
from central.gates.parking.dues.cash_at_exit import take_at_exit
from central.gates.parking.dues.receipted import bought
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import exit_unseen
from central.money.payments import give_back
from central.money.payments.queries import order_of
from central.money.payments.tables import PaymentRow
from central.money.receipts.ask_invoice import ask_invoice
from central.money.receipts.issue import issue
from central.money.receipts.queries import receipted, receipts_of
from central.people.community.queries import lane_of
from models.values.ids import new_id
from models.values.plate import Plate
from tests.central.gates.parking.stays.test_exit_unseen import Unseen
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD
from tests.central.gates.parking.stays.test_settle import HOUR, MINUTE
from tests.central.gates.parking.tariffs.test_tariffs import person

pytestmark = pytest.mark.req("PARK-27", "PARK-18")


@pytest.fixture
def lot(town, parts):
    return Unseen(town, parts)


def receipt_of(lot, order_id):
    """Its sums, that of each counter behind it."""
    with lot.town.session() as db:
        issue(db, person(lot.town), order_id, bought(db, order_of(db, order_id)), lot.now)
        return sums_of(db, order_id)


def sums_of(db, order_id):
    return [one.amount_fen for one in receipts_of(db, receipted(db, order_id)[1].payment_id)]


def given_back(lot):
    for one in lot.refunds():
        lot.do(give_back.give_back, one.refund_id, "退现金")
    lot.parts.dispatcher.drain()


def invoiced(lot, order_id):
    with lot.town.session() as db:
        return ask_invoice(db, person(lot.town), order_id, "示例公司", "", "fin@example.com", lot.now).amount_fen


def only_order(lot):
    with lot.town.session() as db:
        return db.scalars(select(PaymentRow.order_id)).one()


@pytest.mark.req("P26")
@pytest.mark.parametrize("early", [True, False], ids=["receipt-before", "receipt-after"])
def test_what_goes_back_of_a_joined_exit_is_taken_back_of_its_own_receipt(lot, early):
    stay = lot.enter(MISREAD)
    lot.later(2 * HOUR)  # 7.00
    lot.leave(MINE)
    (exit_,) = lot.look().exits
    order = lot.do(stay_till.take_lone_cash, exit_.stay_id, 10_00, 0, "没有入场记录", lane_id=lot.town.lane)
    lot.parts.dispatcher.drain()
    if early:
        assert receipt_of(lot, order) == [10_00]
    lot.do(stay_deeds.join_exit, exit_.stay_id, stay, "照片是同一辆车")
    lot.parts.dispatcher.drain()
    assert lot.books() == (10_00, -7_00, 0, 0, -3_00)
    given_back(lot)
    assert lot.books() == (7_00, -7_00, 0, 0, 0) and lot.refunds() == []
    assert receipt_of(lot, order) == [10_00, -3_00]
    assert invoiced(lot, order) == 7_00


@pytest.mark.req("P26")
def test_what_goes_back_of_a_joined_exit_whose_stay_is_void_is_taken_back_of_its_receipt(lot):
    stay = lot.enter(MISREAD)
    lot.later(2 * HOUR)  # 7.00
    lot.leave(MINE)
    (exit_,) = lot.look().exits
    order = lot.do(stay_till.take_lone_cash, exit_.stay_id, 7_00, 0, "没有入场记录", lane_id=lot.town.lane)
    lot.do(stay_deeds.join_exit, exit_.stay_id, stay, "照片是同一辆车")
    lot.parts.dispatcher.drain()
    lot.do(stay_deeds.void_stay, stay, "误读")
    lot.do(exit_unseen.give_money_back, stay, lot.open_money(stay), "退给司机")
    given_back(lot)
    assert lot.books() == (0, 0, 0, 0, 0) and lot.refunds() == []
    assert receipt_of(lot, order) == [7_00, -7_00]


@pytest.mark.req("P26")
def test_what_goes_back_of_cash_that_was_counted_for_a_stay_is_taken_back_of_its_receipt(lot):
    exit_id = new_id()
    lot.enter()
    with lot.town.session() as db:
        by = system(lot.town.tenant_id, "王师傅", ("stay.take_cash",))
        take_at_exit(db, by, lane_of(db, lot.town.lane), exit_id, Plate(text=MISREAD), 10_00, "没有入场记录", lot.now)
    order = only_order(lot)
    lot.later(2 * HOUR)  # 7.00
    lot.do(unclaimed_cash.count_for, exit_id, MINE, 10_00, "照片是同一辆车")
    lot.leave()
    given_back(lot)
    assert lot.books() == (7_00, -7_00, 0, 0, 0)
    assert receipt_of(lot, order) == [10_00, -3_00]
    assert invoiced(lot, order) == 7_00


@pytest.mark.req("PARK-12")
def test_a_second_payments_receipt_names_what_was_paid_before(lot):
    """So that its lines come to its sum."""
    stay = lot.enter()
    lot.later(2 * HOUR)
    lot.do(stay_till.take_cash, stay, 7_00, lane_id=lot.town.lane)
    lot.later(20 * MINUTE)
    lot.do(stay_till.take_cash, stay, 2_00, lane_id=lot.town.lane)
    with lot.town.session() as db:
        first, second = db.scalars(select(PaymentRow.order_id).order_by(PaymentRow.paid_at)).all()
        said = [bought(db, order_of(db, one)).lines["en"] for one in (first, second)]
    fen = [[round(float(amount.replace("¥", "")) * 100) for _, _, amount in of] for of in said]
    assert [sum(of) for of in fen] == [7_00, 2_00]
    assert fen[1][-1] == -7_00 and -7_00 not in fen[0]
