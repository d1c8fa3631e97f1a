"""A manager looks at how faces do, signs a test of attacks, opens what is behind a figure, has the gate calibrate."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.face_enrolment.service import invite
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from tests.browser.test_pages import look_at
from tests.central.oversight.test_face_figures import some_days


@pytest.mark.req("ADMIN-14", "ACC-10")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")],
)
def test_the_figures_are_read_and_opened(sit_down, site, width, language, theme):
    for score in (0.02, 0.05, 0.11, 0.13, 0.18, 0.22, 0.31):
        site.gate.decide(Outcome.DENY, Reason.LOW_SCORE, score=score, threshold=0.45)
    for score in (0.52, 0.55, 0.58, 0.61, 0.63, 0.66, 0.71, 0.74, 0.79):
        seen = {"side_px": str(int(200 * score)), "sharpness": "0.0212", "brightness": "118", "yaw": "0.12"}
        site.gate.decide(Outcome.GRANT, kind=Kind.FACE, score=score, threshold=0.45, liveness="live", inputs=seen)
    some_days(site.gate)
    person = sit_down("manager", width=width, language=language, theme=theme)
    person.expected = ("422",)
    page = person.page
    page.goto(f"/face-figures/{site.gate.reply.lanes[0].lane_id}/attack-tests")
    for name, typed in (
        ("print_trials", "50"), ("print_wrong", "2"), ("mask_trials", "10"), ("mask_wrong", "0"),
        ("living_trials", "40"), ("living_wrong", "41"), ("liveness", "challenge-1"), ("tested_on", "2026-11-01"),
        ("note", "20 张彩色打印，白天，一米，按提示转动"), ("tested_by", "王师傅"), ("signed_by", "李经理"),
    ):  # fmt: skip
        page.locator(f"[name={name}]").fill(typed)
    page.locator("form button[type=submit]").last.click()
    expect(page.locator("#attack-living-wrong[role=alert]")).to_be_visible()
    look_at(page, "attack-tests-refused", width, language, theme)
    page.locator("[name=living_wrong]").fill("3")
    page.locator("form button[type=submit]").last.click()
    expect(page.locator("[data-series=mask]")).to_have_count(1)
    look_at(page, "attack-tests", width, language, theme)
    page.goto("/face-figures")
    expect(page.locator("[data-seen] tbody tr")).to_have_count(4)
    below = "one => one.nextElementSibling.getBoundingClientRect().top - one.getBoundingClientRect().bottom"
    assert page.locator("[data-figures-well]").evaluate(below) >= 8, "a line of its own above the first lane"
    look_at(page, "face-figures", width, language, theme)
    page.locator("table a.row-link").first.click()
    expect(page.locator("[data-visit]").first).to_be_visible()
    look_at(page, "face-figures-behind", width, language, theme)


def test_a_manager_has_the_gate_calibrate_and_hears_what_became_of_it(sit_down, site):
    site.gate.poll()
    page = sit_down("manager").page
    page.goto("/face-figures")
    page.get_by_text("按本门口的人校准").first.click()
    page.get_by_label("为什么现在校准").fill("三号楼入住")
    page.get_by_role("button", name="开始校准").click()
    expect(page.get_by_text("已交给节点，正在计算")).to_be_visible()
    with site.gate.on_duty():
        expect(page.get_by_text("登记的人还太少")).to_be_visible()


@pytest.mark.req("ACC-13", "ADMIN-14")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(360, "zh_CN", "light"), (1440, "zh_CN", "dark"), (360, "en", "dark"), (1440, "en", "light")],
)
def test_a_wrong_face_is_corrected_from_its_visit_and_by_its_own_person(sit_down, site, width, language, theme):
    holder = site.cardholders[0]
    visits = [
        site.gate.decide(Outcome.GRANT, score=score, threshold=0.487, cardholder_id=holder).correlation
        for score in (0.553, 0.61)
    ]
    site.gate.tell()
    guard = sit_down("guard", width=width, language=language, theme=theme)
    page = guard.page
    page.goto(f"/visit/{visits[0]}")
    page.locator("[data-correct]").click()
    expect(page.locator("#correction-reason")).to_be_visible()
    look_at(page, "correction", width, language, theme)
    page.locator("[data-fill=correction-reason]").nth(1).click()
    page.locator("#correction-body button[type=submit]").click()
    expect(page.locator("#correction-body .told--granted")).to_be_visible()
    page.goto(f"/visit/{visits[0]}")
    expect(page.locator("[data-correction]")).to_contain_text("0.553")
    look_at(page, "visit-corrected", width, language, theme)
    with site.gate.session() as db:
        token, _ = invite(db, system(site.tenant_id, "test", ["face.invite"]), holder, clock.now())
    page.goto(f"/enrol/{token}")
    expect(page.locator(".enrol__visits li")).to_have_count(2)
    page.locator(".enrol__visits summary").click()
    look_at(page, "enrol-visits", width, language, theme)
    reason = page.locator(".enrol__visits input[name=reason]:visible")
    expect(reason).to_have_value("")  # what is put on record is their own word
    reason.fill("我在外地")
    page.locator(".enrol__visits button[type=submit]").click()
    expect(page.locator(".enrol__visits summary")).to_have_count(0)
    manager = sit_down("manager", width=width, language=language, theme=theme).page
    manager.goto("/face-figures")
    expect(manager.locator("[data-reported]")).to_have_count(2)
    look_at(manager, "face-figures-reported", width, language, theme)
