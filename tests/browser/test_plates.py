"""A manager puts a plate on a list and takes it off; a guard sees a car that waits, with its plate and what to do."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.gates.access.site_keys import plate_key
from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from models.values.ids import new_id
from models.wire.events import DecisionMade
from models.wire.plates import seal_plate
from tests.browser.test_pages import look_at

FOUR = [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")]
SAID = {"zh_CN": "名单外的车", "en": "This car is on no list"}


@pytest.mark.req("PARK-06", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_plate_is_put_on_a_list_and_taken_off_with_a_reason(sit_down, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page = visitor.page
    page.goto(f"/plates?community={site.community_id}")
    look_at(page, "plates-empty", width, language, theme)
    page.fill("input[name=plate]", "A12345")
    page.fill("input[name=note]", "5-2-1102")
    page.fill("input[name=until]", "2027-12-31T00:00")
    page.locator("form[action='/plates'] button[type=submit]").click()
    expect(page.locator(".wrong")).to_contain_text("川A12345")
    look_at(page, "plates-refused", width, language, theme)
    visitor.said.clear()  # of the refusal that was meant
    page.fill("input[name=plate]", "川B8K3H5")
    page.locator("form[action='/plates'] button[type=submit]").click()
    expect(page.locator("[data-entry]")).to_have_count(1)
    page.locator("input[name=kind][value=block]").check()
    page.fill("input[name=plate]", "川F31717")
    page.locator("form[action='/plates'] button[type=submit]").click()
    expect(page.locator("[data-entry]")).to_have_count(2)
    look_at(page, "plates", width, language, theme)
    row = page.locator("[data-entry]", has_text="川B·8K3H5")
    row.locator("input[name=reason]").fill("已搬走")
    row.locator("form[action$='/end'] button").click()
    expect(page.locator("[data-entry]")).to_have_count(1)


@pytest.mark.req("PARK-09", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_two_cars_of_a_home_are_listed_for_one_bay(sit_down, site, width, language, theme):
    visitor = sit_down("manager", width=width, language=language, theme=theme)
    page = visitor.page
    page.goto(f"/plates?community={site.community_id}")

    def add(plate: str, cars: str) -> None:
        page.fill("input[name=plate]", plate)
        page.fill("input[name=until]", "2027-12-31T00:00")
        page.fill("input[name=bay]", "b1-023")
        page.fill("input[name=bay_cars]", cars)
        page.locator("form[action='/plates'] button[type=submit]").click()

    add("川B8K3H5", "2")
    expect(page.locator("[data-entry]")).to_contain_text("B1-023")
    add("川F31717", "1")
    expect(page.locator("form[action='/plates']")).to_contain_text({"zh_CN": "可停 2 辆", "en": "it holds 2"}[language])
    expect(page.locator("input[name=bay]")).to_have_value("b1-023")
    look_at(page, "plates-bay-refused", width, language, theme)
    visitor.said.clear()  # of the refusal that was meant
    add("川F31717", "2")
    expect(page.locator("[data-entry]", has_text="B1-023")).to_have_count(2)
    look_at(page, "plates-bay", width, language, theme)


@pytest.mark.req("LANE-06", "LANE-11")
@pytest.mark.parametrize(("width", "language", "theme"), FOUR)
def test_a_guard_is_shown_the_plate_the_case_and_what_to_do(sit_down, site, width, language, theme):
    gate, correlation = site.gate, new_id()
    with gate.session() as db:
        key = plate_key(db, site.community_id)
    checks = (
        Check(step="plate_unsure", passed=True, reason=Reason.OK),
        Check(step="plate_permit", passed=True, reason=Reason.OK),
        Check(step="plate_no_temporary", passed=False, reason=Reason.UNKNOWN),
    )
    made = Decision(
        outcome=Outcome.REFER, reason=Reason.UNKNOWN, kind=Kind.PLATE, at=clock.now(), rules_version=3, rules_age_s=60,
        lane_id=gate.reply.lanes[0].lane_id, detail={"case": "no_temporary", "near": "1"}, checks=checks,
    )  # fmt: skip
    sealed = seal_plate("川F31717", correlation, key, os.urandom(24))
    gate.write(DecisionMade(decision=made, seen_at=clock.now(), duration_us=812_000, plate=sealed), correlation)
    gate.tell()
    guard = sit_down("guard", width=width, language=language, theme=theme).page
    guard.goto("/")
    card = guard.locator(f"#visit-{correlation}")
    expect(card).to_contain_text("川F·31717")
    expect(card).to_contain_text(SAID[language])
    card.locator("summary").click()
    asked = card.locator(".asked__line")
    expect(asked.nth(1)).to_have_class("asked__line asked__line--beside")  # on no list: no tick that says it is
    expect(asked.nth(1)).to_contain_text({"zh_CN": "否", "en": "No"}[language])
    look_at(guard, "desk-car", width, language, theme)
    if width == 360:
        guard.locator("[data-tab-button=needs]").click()
    waits = guard.locator("[data-waits]")
    expect(waits).to_have_count(1)
    expect(guard.locator("#calm")).to_be_hidden()
    look_at(guard, "desk-waits", width, language, theme)
    waits.click()
    expect(card).to_be_focused()
    card.locator("[data-open-here]").click()
    expect(guard.locator("dialog[open]")).to_be_visible()
