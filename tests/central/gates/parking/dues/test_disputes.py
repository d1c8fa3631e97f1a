"""A debt that somebody denies: asked nowhere until a person has looked, and frozen no second time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.actor import system
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.parking.driver import stay as driver_stay
from central.gates.parking.driver.stay import FROZEN_MAX
from central.gates.parking.dues import arrears, disputes
from central.gates.parking.dues import till as stay_till
from central.gates.parking.stays import deeds as stay_deeds
from central.gates.parking.stays import told as told_stays
from central.gates.parking.stays.paid import debts_by
from central.gates.parking.stays.reads import stay_of
from central.people.community import service as community
from models.parking.stays import Detected, DroveIn
from models.values.ids import new_id
from models.values.plate import Plate
from tests.central.gates.parking.stays.test_reads import MINE, MISREAD, tell
from tests.central.gates.parking.stays.test_settle import Lot
from tests.central.gates.parking.tariffs.test_tariffs import person

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def lot(town, parts):
    return Lot(town, parts)


def owing(lot, plate=MINE):
    """13.00 for five hours."""
    stay = lot.enter(plate)
    lot.later(5 * HOUR)
    lot.leave(plate)
    return stay


def told(lot, have=0, place=None):
    with lot.town.session() as db:
        return told_stays.newer_than(db, place or lot.town.community, new_id(), have, lot.now)


def frozen(lot, stay):
    with lot.town.session() as db:
        said = disputes.dispute_of(db, stay_of(db, person(lot.town), stay))
    return said is not None and said.frozen


@pytest.mark.req("PARK-15")
def test_a_driver_denies_an_old_debt_and_neither_page_nor_gate_asks_for_it(lot):
    debt = owing(lot)
    lot.later(DAY)
    stay = lot.enter()
    lot.later(2 * HOUR)
    before = told(lot)
    assert [(one.stay_id, one.fen) for one in before.owed] == [(debt, 1300)]
    with lot.town.session() as db:
        driver_stay.not_mine(db, stay, debt, lot.now)
        driver_stay.not_mine(db, stay, debt, lot.now)
    owed = lot.owed(stay)
    assert (owed.asked_fen, [one.fen for one in owed.frozen], owed.before) == (700, [1300], ())
    news = told(lot, before.number)
    assert [(one.stay_id, one.fen) for one in news.denied] == [(debt, 1300)], "neither owed nor paid"
    assert news.owed == () and debt in news.gone and [one.stay_id for one in news.stays] == [stay]
    assert lot.books()[2] == 1300, "it stays on its account"
    with lot.town.session() as db:
        (listed,) = arrears.arrears_in(db, person(lot.town), lot.town.community).stays
        deeds = db.scalars(select(AuditRow.what).where(AuditRow.what.like("arrears.%"))).all()
    assert (listed.frozen, listed.fen, deeds) == (True, 1300, ["arrears.dispute"])
    order = lot.ask(stay)
    assert order.amount_fen == 700


@pytest.mark.req("PARK-15")
def test_who_denies_every_debt_is_asked_again_until_a_person_has_looked(lot):
    """A driver denies at each exit what was left owing at the last: only so many wait at once."""
    debts = []
    for _ in range(FROZEN_MAX):
        debts.append(owing(lot))
        lot.later(HOUR)
    debts.append(owing(lot))
    lot.later(HOUR)
    stay = lot.enter()
    for n, debt in enumerate(debts):
        if n < FROZEN_MAX:
            with lot.town.session() as db:
                driver_stay.not_mine(db, stay, debt, lot.now)
        else:
            with pytest.raises(Conflict, match="frozen_enough"), lot.town.session() as db:
                driver_stay.not_mine(db, stay, debt, lot.now)
    assert [one.stay_id for one in lot.owed(stay).before] == [debts[-1]] and lot.arrears(MINE) == [1300]
    lot.do(disputes.it_stands, debts[0], "照片上就是这辆车")
    with lot.town.session() as db:
        driver_stay.not_mine(db, stay, debts[-1], lot.now)
    assert lot.arrears(MINE) == [1300], "the guard's word makes room for another"


@pytest.mark.req("PARK-15")
def test_a_person_who_looked_lets_it_stand_for_good(lot):
    debt = owing(lot)
    with pytest.raises(Conflict, match="not_frozen"):
        lot.do(disputes.it_stands, debt, "看过")
    lot.do(disputes.freeze_by, debt)
    with pytest.raises(Invalid):
        lot.do(disputes.it_stands, debt, " ")
    lot.do(disputes.it_stands, debt, "照片上就是这辆车")
    assert lot.arrears(MINE) == [1300] and not frozen(lot, debt)
    with pytest.raises(Conflict, match="looked_already"):
        lot.do(disputes.freeze_by, debt)
    assert [(one.stay_id, one.fen) for one in told(lot).owed] == [(debt, 1300)]
    with lot.town.session() as db:
        assert debts_by(db, [MINE])[MINE][0].stands


@pytest.mark.req("PARK-15")
def test_under_the_right_plate_it_is_another_debt_which_nobody_has_denied(lot):
    debt = owing(lot, MISREAD)
    lot.do(disputes.freeze_by, debt)
    assert lot.arrears(MISREAD) == [0]
    lot.do(stay_deeds.correct_plate, debt, MINE, "对照照片")
    lot.parts.dispatcher.drain()
    assert lot.arrears(MINE, MISREAD) == [1300, 0] and not frozen(lot, debt)


@pytest.mark.req("PARK-15")
def test_a_frozen_debt_can_be_struck_off(lot):
    debt = owing(lot)
    lot.do(disputes.freeze_by, debt)
    lot.do(stay_till.write_off, debt, "读错了牌")
    assert lot.arrears(MINE) == [0] and lot.books()[2] == 0


@pytest.mark.req("PARK-15")
def test_what_is_no_debt_is_not_frozen_and_who_may_not_freezes_nothing(lot, town):
    inside = lot.enter()
    with pytest.raises(Conflict, match="no_debt"):
        lot.do(disputes.freeze_by, inside)
    with pytest.raises(Forbidden), town.session() as db:
        disputes.freeze_by(db, system(town.tenant_id, "test", ("stay.read",)), inside, lot.now)


@pytest.mark.req("PARK-15")
def test_another_lot_of_the_company_where_the_car_is_now_asks_no_more_for_it_either(lot, town):
    debt = owing(lot)
    with town.session() as db:
        elsewhere = community.add_community(db, town.actor, "另一处车场").id
    stay, lane, place = new_id(), town.lane, elsewhere

    class There:
        community, session = place, town.session

    There.lane = lane
    tell(There, Detected(new_id(), stay, place, Plate(text=MINE), lot.now, ""),
         DroveIn(new_id(), stay, True, lot.now))  # fmt: skip
    before = told(lot, place=place)
    assert [(one.stay_id, one.fen) for one in before.owed] == [(debt, 1300)]
    lot.do(disputes.freeze_by, debt)
    news = told(lot, before.number, place)
    assert news.owed == () and [one.stay_id for one in news.stays] == [stay], "by its plate the debt is named no more"
