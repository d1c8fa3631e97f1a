"""On the phone of whoever has a car inside the storm stands by itself: at the sign's page, and at the permit's link."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.parking.plates.listed import add_plate
from central.gates.parking.plates.permit_car import make_link
from central.gates.parking.rules import Kept
from central.gates.parking.storms import storm
from central.people.community.service import lane_serves
from tests.browser.gate import seed
from tests.central.oversight.driver.lot import HOUR, MINE, DriversLot
from tests.central.oversight.driver.test_driver_pages import HTML, ticket_for

SAID = "把车移到高处"


@pytest.fixture
def lot(parts, database, two_tenants):
    return DriversLot(seed(database.engine, two_tenants.a), parts.dispatcher)


@pytest.mark.req("LANE-28")
def test_whoever_has_a_car_inside_reads_of_the_storm_as_long_as_it_lasts(client, lot):
    site, now = lot.site, clock.now()
    keeper = system(site.tenant_id, "test", ("storm.run", "plate.keep"))
    lot.enter(MINE, ago=2 * HOUR)
    with site.gate.session() as db:
        for lane in site.gate.reply.lanes:
            lane_serves(db, lane.lane_id, vehicles=True)
        permit = add_plate(
            db, keeper, site.community_id, kind=Kept.PERMIT, plate=MINE, note="", since=None,
            until=now + timedelta(days=9), now=now,
        )  # fmt: skip
        _, token = make_link(db, keeper, permit, now)
    pages = [ticket_for(client, lot), f"/mycar/{token}"]

    def told():
        return [SAID in client.get(page, headers=HTML).text for page in pages]

    assert told() == [False, False]
    with site.gate.session() as db:
        storm_id = storm.begin(db, keeper, site.community_id, zones=(), hours=4, reason="红色预警", now=clock.now())
    assert told() == [True, True]
    with site.gate.session() as db:
        storm.end(db, keeper, storm_id, reason="水退了", now=clock.now())
    assert told() == [False, False]


@pytest.mark.req("LANE-28", "SEC-03", "SEC-07")
def test_a_storm_that_a_guard_begins_to_read_the_list_is_told_to_managers_above_every_page(lot, login_as):
    """A drill opens the notes of every listed car, houses and phones, as a flood does."""
    site = lot.site
    lot.enter(MINE, ago=2 * HOUR)
    with site.gate.session() as db:
        for lane in site.gate.reply.lanes:
            lane_serves(db, lane.lane_id, vehicles=True)
    guard, manager = (login_as(role, community=site.community_id) for role in ("guard", "manager"))

    def told(who):
        return ["data-storm-looked" in who.get(page, headers=HTML).text for page in ("/alarms/told", "/")]

    begun = {"community": str(site.community_id), "hours": "2", "reason": "演练", "sure": "yes"}
    assert guard.post("/storm", data=begun, headers=HTML).status_code == 303
    assert told(manager) == [False, False], "nobody has looked"
    assert guard.get(f"/storm?community={site.community_id}", headers=HTML).status_code == 200
    assert told(manager) == [True, True] and told(guard) == [False, False]
    page = manager.get("/alarms/told", headers=HTML).text
    assert "演练" in page and 'href="/audit"' in page
