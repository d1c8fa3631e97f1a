"""The picture of an exit is held while a person may have to say whose it was, and no longer (PRIV-08, PARK-15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.gates.ingest.tables import PictureHoldRow
from central.gates.parking.dues import disputes
from central.gates.parking.dues import till as stay_till
from central.gates.parking.stays import pictures as stay_pictures
from central.gates.parking.stays.reads import stay_of
from models.access.pictures import HELD_FOR
from models.parking.stays import DroveOut
from models.values.ids import new_id
from models.values.plate import Plate
from tests.central.gates.parking.stays.test_reads import MINE, tell
from tests.central.gates.parking.stays.test_settle import Lot
from tests.central.gates.parking.tariffs.test_tariffs import person

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
pytestmark = [pytest.mark.req("PRIV-08"), pytest.mark.req("PARK-15")]


@pytest.fixture
def lot(town, parts, monkeypatch):
    made = Lot(town, parts)
    monkeypatch.setattr("central.base.kernel.clock.now", lambda: made.now)
    return made


def holds(lot):
    """(why, how long it is held from when it left) of each exit that is held now."""
    with lot.town.session() as db:
        stay_pictures.look_again(db, lot.now)
        rows = db.scalars(select(PictureHoldRow)).all()
        return [(row.cause, row.reason, row.until - row.at) for row in rows if row.until > lot.now]


def owing(lot):
    stay = lot.enter()
    lot.later(5 * HOUR)
    lot.leave()
    return stay


def test_an_exit_that_left_owing_is_held_for_a_week_and_one_that_was_paid_is_not(lot):
    stay = owing(lot)
    assert holds(lot) == [("stay", "owing", 7 * DAY)]
    assert lot.pay(lot.ask(stay)).value == "taken"
    lot.later(MINUTE)
    assert holds(lot) == []


def test_who_owes_nothing_leaves_no_picture(lot):
    lot.enter()
    lot.later(5 * MINUTE)
    lot.leave()
    assert holds(lot) == []


def test_a_denied_debt_is_held_until_a_person_has_looked(lot):
    stay = owing(lot)
    with lot.town.session() as db:
        disputes.freeze(db, person(lot.town), stay_of(db, person(lot.town), stay), lot.now)
    assert holds(lot) == [("stay", "denied", HELD_FOR)]
    lot.later(8 * DAY)
    assert holds(lot) == [("stay", "denied", HELD_FOR)], "nobody has looked yet"
    lot.do(disputes.it_stands, stay, "看过照片")
    assert holds(lot) == [], "its week is over"


def test_a_debt_that_was_struck_off_holds_nothing(lot):
    stay = owing(lot)
    lot.do(stay_till.write_off, stay, "车牌读错")
    lot.parts.dispatcher.drain()
    lot.later(MINUTE)
    assert holds(lot) == []


def test_an_exit_that_nobody_saw_come_in_is_held_for_a_week(lot):
    tell(lot.town, DroveOut(new_id(), new_id(), lot.town.community, Plate(text=MINE), lot.now))
    lot.parts.dispatcher.drain()
    assert holds(lot) == [("stay", "lone_exit", 7 * DAY)]
    lot.later(7 * DAY)
    assert holds(lot) == []
