"""The privacy page as a manager meets it: what is kept and why, signing an assessment, printing it, letting go."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import expect

from models.access.decision import Outcome, Reason
from models.wire.events import AlarmKind
from tests.browser.gate import portrait
from tests.browser.test_pages import look_at


@pytest.mark.req("PRIV-10", "ADMIN-14")
@pytest.mark.parametrize(
    ("width", "language", "theme"), list(itertools.product([360, 1440], ["zh_CN", "en"], ["light", "dark"]))
)
def test_privacy_and_an_assessment_are_read(sit_down, site, width, language, theme):
    site.gate.decide(Outcome.DENY, Reason.EXPIRED, picture=portrait(200))
    site.gate.alarm(AlarmKind.FORCED)
    site.gate.tell()
    page = sit_down("manager", language=language, theme=theme, width=width).page
    page.goto("/privacy")
    expect(page.locator("#pictures li")).to_have_count(1)
    look_at(page, "privacy", width, language, theme)
    assert "event_picture" not in page.evaluate("document.querySelector('main').innerText"), "folded, for auditors"
    held = page.locator("#pictures summary").text_content()
    assert held is not None and "forced" not in held.replace("Door forced open", ""), (
        "no raw code, for a listener neither"
    )
    assert ("门被强行打开" if language == "zh_CN" else "Door forced open") in held
    page.locator("#assessments details summary").click()
    page.locator("#texts details summary").last.click()
    page.locator("#pictures details summary").click()
    look_at(page, "privacy-open", width, language, theme)
    page.locator("section:has(#map-title) summary").click()
    expect(page.locator("section:has(#map-title)")).to_contain_text("event_picture")
    narrowest = "all => Math.min(...all.map(one => one.getBoundingClientRect().width))"
    assert page.locator(".digest").evaluate_all(narrowest) >= 200, "names of tables are read in lines, not in letters"
    look_at(page, "privacy-tables", width, language, theme)
    page.locator("#assessments a[href^='/privacy/assessments/']").first.click()
    expect(page.locator("#signed-title")).to_be_visible()
    look_at(page, "assessment", width, language, theme)


@pytest.mark.req("PRIV-10")
def test_a_manager_signs_a_new_version_and_what_was_left_out_comes_back(sit_down, site):
    person = sit_down("manager")
    person.expected = ("422",)
    page = person.page
    page.goto("/privacy")
    page.locator("#assessments details summary").click()
    page.fill("#assessment-purpose", "只用于住户本人从东门进出，不用于考勤或分析。")
    page.fill("#assessment-children", "不知道")
    page.fill("#assessment-signed_by", "周经理")
    page.locator("form[action='/privacy/assessments'] button").click()
    expect(page.locator("#assessment-children-wrong")).to_be_visible()
    expect(page.locator("#assessment-purpose")).to_have_value("只用于住户本人从东门进出，不用于考勤或分析。")
    page.fill("#assessment-children", "由监护人当面同意，孩子用门卡进出。")
    page.locator("form[action='/privacy/assessments'] button").click()
    expect(page.locator("#signed-title")).to_be_visible()
    expect(page.locator("main")).to_contain_text("周经理")
    expect(page.locator("main")).to_contain_text("由监护人当面同意")
    page.emulate_media(media="print")
    expect(page.locator(".no-print").first).to_be_hidden()


@pytest.mark.req("PRIV-08")
def test_a_picture_is_held_from_its_visit_and_let_go_from_the_privacy_page(sit_down, site):
    event = site.gate.decide(Outcome.DENY, Reason.EXPIRED, picture=portrait(200))
    site.gate.tell()
    page = sit_down("manager").page
    page.goto(f"/visit/{event.correlation}")
    page.locator("details:has(#hold-reason) summary").click()
    page.fill("#hold-reason", "快递柜被撬")
    page.locator(f"form[action='/visit/{event.correlation}/hold'] button").click()
    page.goto("/privacy")
    held = page.locator("#pictures li")
    expect(held).to_contain_text("快递柜被撬")
    held.locator("summary").click()
    held.locator("input[name=reason]").fill("派出所已取证")
    held.locator("button").click()
    expect(page.locator("#pictures li")).to_have_count(0)
