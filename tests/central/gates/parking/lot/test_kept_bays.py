"""A car keeps a charging bay from others: its stay is charged for it, as its sensor said it, at central and at the
gate alike (PARK-23)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from central.base.kernel.i18n import words_in
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot.sensors import Reading
from central.gates.parking.lot.tables import BaySpellRow
from central.gates.parking.plates import listed as plates
from central.gates.parking.rules import Kept
from central.gates.parking.stays.bill import priced, prices_for
from central.gates.parking.stays.reads import stay_of
from central.gates.parking.tariffs.words import board_said, line_said
from models.parking.charging_bay import Occupation
from models.parking.occupancy import Charging
from models.parking.plan import BayKind
from models.parking.tariff import NoCharge
from tests.central.gates.parking.lot.lots import keeper, plan_there, sensed, tell
from tests.central.gates.parking.stays.test_earlier_stays import asked, charging
from tests.central.gates.parking.stays.test_reads import GREEN, MINE, MISREAD
from tests.central.gates.parking.stays.test_settle import DAY, HOUR, MINUTE
from tests.central.gates.parking.tariffs.test_tariffs import person
from tests.models.parking.tariffs import T1

FEE = Occupation(after=30, minutes=60, fen=10_00, cap=25_00)
ONLY_BAYS = T1.model_copy(update={"rates": NoCharge(), "cap": None, "occupation": FEE})


class Bays:
    """A lot whose stays cost nothing but what they keep of its charging bays, and a system that tells of these."""

    def __init__(self, town, parts, tariff=ONLY_BAYS):
        self.lot = charging(town, parts, tariff)
        self.site = SimpleNamespace(community_id=town.community, tenant_id=town.tenant_id)
        with town.session() as db:
            plan = plan_there(db, self.site, self.lot.now)
            self.token = lot_sensors.add_system(db, keeper(self.site), town.community, "甲", self.lot.now)
        self.bay, self.other = sensed(plan, BayKind.CHARGING)[:2]

    def says(self, plate="", *, taken=True, at=None, post=None, bay=None):
        with self.lot.town.session() as db:
            reading = Reading(bay or self.bay, taken, at or self.lot.now, plate, post)
            tell(db, self.site, self.token, [reading], self.lot.now)

    def stands(self, plate, length, post=None):
        """The sensor says it every five minutes, from now on until then."""
        for _ in range(length // (5 * MINUTE)):
            self.says(plate, post=post)
            self.lot.later(5 * MINUTE)
        self.says(plate, post=post)


@pytest.mark.req("PARK-23", "PARK-05", "PARK-02")
def test_a_fuel_car_on_a_charging_bay_is_charged_by_the_block_and_its_bill_says_where_and_why(town, parts):
    bays = Bays(town, parts)
    lot = bays.lot
    stay, other = lot.enter(), lot.enter(MISREAD)
    bays.stands(MINE, 30 * MINUTE)
    assert asked(lot, stay) == 0
    bays.stands(MINE, 5 * MINUTE)
    assert (asked(lot, stay), asked(lot, other)) == (10_00, 0)
    bays.stands(MINE, 3 * HOUR)
    assert asked(lot, stay) == 25_00, "its own cap"
    lot.later(MINUTE)
    bays.says(taken=False)
    with town.session() as db:
        view = stay_of(db, person(town), stay)
        found = priced(prices_for(db, town.community, [view], lot.now), view, lot.now)
        said = [line_said(words_in("en"), one, view.entered_at, found.version.tariff).what for one in found.bill.lines]
    assert f"charging bay {bays.bay} kept from others (a fuel car)" in said
    lot.later(5 * HOUR)
    assert asked(lot, stay) == 25_00, "it has left the bay"


@pytest.mark.req("PARK-23")
def test_a_car_that_charges_pays_nothing_until_it_has_finished_and_stays(town, parts):
    bays = Bays(town, parts)
    lot = bays.lot
    stay = lot.enter(GREEN)
    bays.stands(GREEN, 2 * HOUR, Charging.ON)
    lot.later(MINUTE)
    bays.stands(GREEN, 30 * MINUTE, Charging.DONE)
    assert asked(lot, stay) == 0
    bays.stands("", 5 * MINUTE, Charging.DONE)
    assert asked(lot, stay) == 10_00, "the plate was told with the word before"


@pytest.mark.req("PARK-23", "PARK-21")
def test_of_a_time_in_which_the_sensor_said_nothing_nothing_is_charged(town, parts):
    bays = Bays(town, parts)
    lot = bays.lot
    stay = lot.enter()
    bays.stands(MINE, 20 * MINUTE)
    lot.later(2 * HOUR)
    bays.stands(MINE, 20 * MINUTE)
    assert asked(lot, stay) == 0, "twice twenty minutes that cost nothing, and what lies between is not known"


@pytest.mark.req("PARK-23", "PARK-21")
def test_a_plate_that_is_told_late_makes_a_car_stand_there_for_no_more_than_one_word(town, parts):
    bays = Bays(town, parts)
    lot = bays.lot
    stay = lot.enter()
    bays.says()
    lot.later(2 * HOUR)
    bays.says()
    lot.later(5 * MINUTE)
    bays.stands(MINE, 25 * MINUTE)
    assert asked(lot, stay) == 0, "thirty minutes, of which the plate was told for twenty-five"
    bays.stands(MINE, 5 * MINUTE)
    assert asked(lot, stay) == 10_00


@pytest.mark.req("PARK-23", "PARK-05")
def test_a_word_that_comes_after_the_car_has_left_changes_no_fee_and_the_next_car_begins_anew(town, parts):
    bays = Bays(town, parts)
    lot = bays.lot
    stay = lot.enter()
    bays.stands(MINE, 25 * MINUTE)
    lot.later(MINUTE)
    lot.leave()
    lot.later(7 * MINUTE)
    bays.says(MINE)
    with town.session() as db:
        view = stay_of(db, person(town), stay)
        assert priced(prices_for(db, town.community, [view], lot.now), view, lot.now).bill.fee == 0
    follows = lot.enter(MISREAD)
    lot.later(MINUTE)
    bays.stands(MISREAD, 30 * MINUTE)
    assert asked(lot, follows) == 0, "it has its own first minutes"
    bays.stands(MISREAD, 5 * MINUTE)
    assert asked(lot, follows) == 10_00


@pytest.mark.req("PARK-23", "LANE-12")
def test_who_passes_free_of_charge_pays_nothing_for_a_bay_and_a_permit_covers_the_stay_alone(town, parts):
    bays = Bays(town, parts, T1.model_copy(update={"occupation": FEE}))
    lot = bays.lot
    with town.session() as db:
        more = {"since": lot.now - DAY, "until": lot.now + DAY, "now": lot.now}
        plates.add_plate(db, person(town), town.community, kind=Kept.PERMIT, plate=MINE, note="", **more)
        white = plates.add_plate(db, person(town), town.community, kind=Kept.WHITE, plate=MISREAD, note="", **more)
        plates.approve_plate(db, person(town, "王主任"), white, now=lot.now)
    stay, free = lot.enter(), lot.enter(MISREAD)
    for _ in range(8):
        bays.says(MINE)
        bays.says(MISREAD, bay=bays.other)
        lot.later(5 * MINUTE)
    assert (asked(lot, stay), asked(lot, free)) == (10_00, 0)


@pytest.mark.req("PARK-23")
def test_without_such_a_fee_nothing_is_kept_of_who_stood_where(town, parts):
    bays = Bays(town, parts, T1)
    bays.lot.enter()
    bays.stands(MINE, HOUR)
    with town.session() as db:
        assert db.scalar(select(func.count()).select_from(BaySpellRow)) == 0


@pytest.mark.req("PARK-23", "PARK-26")
def test_the_fee_board_says_what_it_costs(town):
    assert any("前 30 分钟不收，之后每 60 分钟 ¥10.00" in one for one in board_said(words_in("zh_CN"), ONLY_BAYS))
    assert any("then ¥10.00 for every 60 minutes begun, ¥25.00 at most" in one
               for one in board_said(words_in("en"), ONLY_BAYS))  # fmt: skip
