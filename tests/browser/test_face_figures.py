"""A manager looks at how faces do, opens what is behind a figure, and has the gate calibrate."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from tests.browser.test_pages import look_at
from tests.central.oversight.test_face_figures import some_days


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(360, "zh_CN", "dark"), (1440, "zh_CN", "light"), (360, "en", "light"), (1440, "en", "dark")],
)
def test_the_figures_are_read_and_opened(sit_down, site, width, language, theme):
    for score in (0.02, 0.05, 0.11, 0.13, 0.18, 0.22, 0.31):
        site.gate.decide(Outcome.DENY, Reason.LOW_SCORE, score=score, threshold=0.45)
    for score in (0.52, 0.55, 0.58, 0.61, 0.63, 0.66, 0.71, 0.74, 0.79):
        site.gate.decide(Outcome.GRANT, kind=Kind.FACE, score=score, threshold=0.45, liveness="live")
    some_days(site.gate)
    page = sit_down("manager", width=width, language=language, theme=theme).page
    page.goto("/face-figures")
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
