"""How full the car park is, the way to a free bay, a count by hand, a car that is looked for; and its floor plan."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.access.site_keys import plate_key
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot.sensors import Reading
from central.gates.parking.plates import listed as plates
from central.gates.parking.rules import Kept
from models.parking.occupancy import Charging
from models.parking.plan import BayKind
from tests.browser.test_pages import look_at
from tests.central.gates.parking.cars import FieldLane, drive
from tests.central.gates.parking.lot.lots import content_of, keeper, plan_there, sensed, tell

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HERE = "川A12345"


def cars_and_sensors(site, *, sensors=True):
    """Cars of two days; every third bay is taken, some sensors are silent, a fuel car stands at a charging bay."""
    now, gate = clock.now(), site.gate
    with gate.session() as db:
        key = plate_key(db, site.community_id)
    lane = FieldLane(gate, gate.reply.lanes[0])
    for n, hours in enumerate((40, 33, 26, 21, 15, 9, 7, 5, 3)):
        plate = f"川B{n}K3H5"
        drive(lane, key, plate, now - hours * HOUR)
        if n % 3 != 2:
            drive(lane, key, plate, now - (hours - 2) * HOUR, direction="out")
    drive(lane, key, HERE, now - 4 * HOUR)
    gate.tell()
    with gate.session() as db:
        plan = plan_there(db, site, now, sensors=sensors)
        if sensors:
            token = lot_sensors.add_system(db, keeper(site), site.community_id, "B1 车位引导", now)
            readings = [
                Reading(code, n % 3 == 0, now - (MINUTE if n % 10 else 15 * MINUTE))
                for n, code in enumerate(sensed(plan, BayKind.TEMPORARY, BayKind.DISABLED))
            ]
            charging = sensed(plan, BayKind.CHARGING)
            readings += [
                Reading(charging[0], True, now - 2 * MINUTE, "川C55555"),
                Reading(charging[1], True, now - 3 * MINUTE, "川AD12345", Charging.DONE),
                Reading(charging[2], False, now - MINUTE),
                Reading("B01", True, now, HERE),
            ]
            tell(db, site, token, readings, now)
    return plan


@pytest.mark.req("PARK-20", "PARK-21", "PARK-22", "PARK-23", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_guard_sees_free_places_and_the_way_and_finds_a_car(sit_down, site, width, language, theme):
    visitor = sit_down("guard", width=width, language=language, theme=theme)
    page = visitor.page
    page.goto(f"/parking/lot?community={site.community_id}")
    look_at(page, "lot-none", width, language, theme)
    cars_and_sensors(site)
    page.goto(f"/parking/lot?community={site.community_id}")
    free = int(page.locator("[data-free]").get_attribute("data-free") or "")
    states = page.locator(".floor [data-state='unknown']")
    assert free > 0
    assert states.count() > 0
    expect(page.locator("[data-misused]")).to_have_count(1)
    look_at(page, "lot", width, language, theme)
    page.locator("[data-lane]").first.click()
    expect(page.locator("[data-guided]")).to_be_visible()
    page.fill("#ask-house", "5-2-1102")
    page.locator(".lot__ask button").click()
    chosen = page.locator("[data-guided]").get_attribute("data-guided")
    expect(page.locator(f".floor [data-bay='{chosen}']")).to_have_attribute("data-state", "free")
    expect(page.locator("[data-way=drive]")).to_have_count(1)
    expect(page.locator("[data-way=walk]")).to_have_count(1)
    look_at(page, "lot-guided", width, language, theme)
    page.fill("#find-part", "12")
    page.fill("#find-reason", "车主忘了")
    page.locator("form[action='/parking/lot/find'] button").click()
    expect(page.locator("#find-part-wrong")).to_be_visible()
    visitor.said.clear()  # of the refusal that was meant
    look_at(page, "lot-find-refused", width, language, theme)
    page.fill("#find-part", "a123")
    page.locator("form[action='/parking/lot/find'] button").click()
    expect(page.locator("[data-found]")).to_have_count(1)
    look_at(page, "lot-found", width, language, theme)
    page.locator("[data-found] a[href*='bay=B01']").first.click()
    expect(page.locator("[data-walked='B01']")).to_be_visible()
    expect(page.locator("[data-way=walk]")).to_have_count(1)
    look_at(page, "lot-walked", width, language, theme)


@pytest.mark.req("PARK-22", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_resident_finds_their_own_car_by_the_link_of_its_permit(sit_down, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme, color_scheme=theme)
    page, now = visitor.page, clock.now()
    cars_and_sensors(site)
    with site.gate.session() as db:
        by = system(site.tenant_id, "test", ("plate.keep",))
        for plate in (HERE, "川B2K3H5", "川C77777"):
            plates.add_plate(db, by, site.community_id, kind=Kept.PERMIT, plate=plate, note="", since=None,
                             until=now + timedelta(days=30), now=now)  # fmt: skip

    def look_for(plate):
        page.goto(f"/plates?community={site.community_id}")
        page.locator("tr", has_text=plate).locator("[data-hand-out] button").click()
        expect(page.locator("[data-handed]")).to_be_visible()
        look_at(page, "plates-link", width, language, theme)
        page.goto(page.locator("[data-link]").get_attribute("href") or "")

    look_for("川A·12345")
    expect(page.locator("[data-car='B01']")).to_be_visible()
    expect(page.locator("[data-way=walk]")).to_have_count(1)
    look_at(page, "own-car", width, language, theme)
    look_for("川B·2K3H5")
    expect(page.locator("[data-car=inside]")).to_be_visible()
    look_at(page, "own-car-inside", width, language, theme)
    look_for("川C·77777")
    expect(page.locator("[data-car=away]")).to_be_visible()
    look_at(page, "own-car-away", width, language, theme)


@pytest.mark.req("PARK-20", "PARK-21", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_manager_uploads_a_plan_looks_at_it_and_counts_by_hand(sit_down, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page = visitor.page
    page.goto(f"/parking/lot/plan?community={site.community_id}")
    look_at(page, "lot-plan-empty", width, language, theme)
    page.locator("form[action='/parking/lot/plan'] button").click()
    expect(page.locator("#plan-file-wrong")).to_be_visible()
    expect(page.locator("[data-problems]")).to_have_count(0)
    visitor.said.clear()
    look_at(page, "lot-plan-nothing", width, language, theme)
    with site.gate.session() as db:
        content = content_of(db, site, sensors=False)
    bad = content | {
        "walk": [{"from": "B1-1-1", "to": "nowhere"}],
        "lifts": [{"code": "<b>", "name": "x", "nodes": ["a"]}],
    }
    page.set_input_files("#plan-file", {"name": "b.json", "mimeType": "application/json",
                                        "buffer": json.dumps(bad).encode()})  # fmt: skip
    page.locator("form[action='/parking/lot/plan'] button").click()
    expect(page.locator("[data-problems]")).to_be_visible()
    visitor.said.clear()
    look_at(page, "lot-plan-bad", width, language, theme)
    page.set_input_files("#plan-file", {"name": "a.json", "mimeType": "application/json",
                                        "buffer": json.dumps(content).encode()})  # fmt: skip
    page.locator("form[action='/parking/lot/plan'] button").click()
    expect(page.locator(".floor")).to_have_count(2)
    look_at(page, "lot-preview", width, language, theme)
    page.goto(f"/parking/lot?community={site.community_id}")
    expect(page.locator("[data-free]")).to_have_count(0)  # it does not count before somebody has let it
    page.go_back()
    page.locator("form[action$='/use'] button").click()
    expect(page.locator("[data-free]")).to_be_visible()
    places = int(page.locator("[data-free]").get_attribute("data-free") or "")
    page.fill("#count-counted", "12")
    page.fill("#count-reason", "晚上巡场清点")
    page.locator("form[action='/parking/lot/count'] button").click()
    expect(page.locator("[data-counted='12']")).to_be_visible()
    expect(page.locator("[data-free]")).to_have_attribute("data-free", str(places - 12))
    look_at(page, "lot-counted", width, language, theme)
    page.goto(f"/parking/lot/plan?community={site.community_id}")
    page.fill("#settings-full_at", str(places))
    page.locator("form[action='/parking/lot/settings'] button").click()
    page.fill("#system-name", "B1 车位引导")
    page.locator("form[action='/parking/lot/systems'] button").click()
    expect(page.locator("[data-key]")).to_be_visible()
    look_at(page, "lot-plan", width, language, theme)
    page.goto(f"/parking/lot?community={site.community_id}")
    expect(page.locator("[data-full=yes]")).to_be_visible()
    look_at(page, "lot-full", width, language, theme)
