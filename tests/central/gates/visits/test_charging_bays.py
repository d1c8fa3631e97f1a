"""A car that should not stand on a charging bay is an alarm, once, until it has gone (PARK-23)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.i18n import words_in
from central.base.kernel.permissions import GUARD
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot.sensors import Reading
from central.gates.visits.alarms import BAY_FUEL_CAR, acknowledge_alarm
from central.gates.visits.charging_bays import watch_bays
from central.gates.visits.queries import open_alarms
from central.gates.visits.tables import AlarmRow
from central.oversight.console.cards import alarms_said
from models.parking.occupancy import Charging
from models.parking.plan import BayKind
from tests.browser.gate import seed
from tests.central.gates.parking.lot.lots import keeper, plan_there, sensed, tell

pytestmark = pytest.mark.req("PARK-23")

MINUTE = timedelta(minutes=1)
FUEL, GREEN = "川A12345", "川AD12345"


class Bays:
    """A lot with charging bays at `now`, whose system tells in this test's words."""

    def __init__(self, site):
        self.site, self.now = site, clock.now() - timedelta(hours=3)
        with self._db() as db:
            plan = plan_there(db, site, self.now)
            self.codes = sensed(plan, BayKind.CHARGING)
            self.token = lot_sensors.add_system(db, keeper(site), site.community_id, "充电桩", self.now)

    def _db(self):
        return self.site.gate.session()

    def tell(self, *readings):
        with self._db() as db:
            tell(db, self.site, self.token, [Reading(*one) for one in readings], self.now)

    def alarms(self):
        """Those that are open, after a look: (kind, bay)."""
        with self._db() as db:
            watch_bays(db, self.now)
            open_now = select(AlarmRow).where(AlarmRow.over_at.is_(None), AlarmRow.kind.like("bay_%"))
            return sorted((row.kind, row.detail) for row in db.scalars(open_now))

    def ever(self):
        with self._db() as db:
            return len(db.scalars(select(AlarmRow.alarm_id).where(AlarmRow.kind.like("bay_%"))).all())


@pytest.fixture
def bays(parts, database, two_tenants):
    return Bays(seed(database.engine, two_tenants.a))


def test_a_fuel_car_on_a_charging_bay_is_one_alarm_until_it_has_gone(bays):
    one, other = bays.codes[:2]
    bays.tell((one, True, bays.now, FUEL), (other, True, bays.now, GREEN))
    for _ in range(3):
        assert bays.alarms() == [("bay_fuel_car", one)]
        bays.now += MINUTE
    assert bays.ever() == 1, "what goes on is no second alarm"
    bays.tell((one, False, bays.now))
    assert bays.alarms() == []
    bays.now += MINUTE
    bays.tell((one, True, bays.now, FUEL))
    assert bays.alarms() == [("bay_fuel_car", one)] and bays.ever() == 2


def test_a_car_that_has_finished_charging_for_too_long_is_an_alarm_of_its_own_bay(bays):
    one, other = bays.codes[:2]
    done = Charging.DONE
    bays.tell((one, True, bays.now, GREEN, done), (other, True, bays.now, GREEN, Charging.ON))
    for _ in range(6):
        assert bays.alarms() == []
        bays.now += 5 * MINUTE
        bays.tell((one, True, bays.now, GREEN, done), (other, True, bays.now, GREEN, done))
    bays.now += MINUTE
    assert bays.alarms() == [("bay_charged", one)], "the other finished five minutes later"
    bays.now += 5 * MINUTE
    bays.tell((one, True, bays.now, GREEN, Charging.ON))
    assert bays.alarms() == [("bay_charged", other)], "it charges again"
    bays.now += 11 * MINUTE
    assert bays.alarms() == [], "nobody hears of them any more: what nobody knows is no alarm"


def test_a_guard_reads_the_bay_and_takes_note(bays, login_as):
    bays.tell((bays.codes[0], True, bays.now, FUEL))
    assert bays.alarms() == [("bay_fuel_car", bays.codes[0])]
    page = login_as(GUARD, community=bays.site.community_id).get("/").text
    assert "燃油车占用充电车位" in page and f"车位 {bays.codes[0]}" in page
    with bays.site.gate.session() as db:
        alarm_id = db.scalar(select(AlarmRow.alarm_id).where(AlarmRow.kind == "bay_fuel_car"))
        acknowledge_alarm(db, system(bays.site.tenant_id, "王师傅", ["alarm.acknowledge"]), alarm_id, bays.now)
    assert bays.ever() == 1 and bays.alarms() == [("bay_fuel_car", bays.codes[0])]


def test_the_card_says_on_which_level_the_bay_is_and_which_plate_was_read_there_while_it_goes_on(bays):
    one = bays.codes[0]
    bays.tell((one, True, bays.now, FUEL))
    bays.alarms()

    def said():
        with bays.site.gate.session() as db:
            found = open_alarms(db, [bays.site.community_id])
            (words,) = [said for alarm, said in alarms_said(db, words_in("zh_CN"), found) if alarm.kind == BAY_FUEL_CAR]
            return words

    assert (said().at, said().detail) == ("地下一层", "车牌 川A·12345。") and one in said().device
    bays.now += MINUTE
    bays.tell((one, False, bays.now))
    assert said().detail is None, "who has gone is not named any more"
