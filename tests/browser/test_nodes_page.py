"""The list of nodes on a phone: what is said of the enrolment node stands beside its state, not in a column of its
own."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from central.gates.nodes.tables import NodeRow
from tests.browser.test_pages import look_at
from tests.central.oversight.test_enrolment_node import offers


@pytest.mark.req("ADMIN-14")
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_enrolment_nodes_state_is_no_blank_column_on_a_phone(sit_down, site, served, language):
    offers(site.gate)
    page = sit_down("manager", width=360, height=800, language=language).page
    page.goto("/nodes")
    state = page.locator("#nodes-now tbody tr td").first.bounding_box()
    note = page.locator(".node-state p").first.bounding_box()
    assert state["height"] < 200 and note["width"] > 120


@pytest.mark.req("SYNC-02", "ADMIN-14")
@pytest.mark.parametrize(("width", "language", "theme"), [(360, "zh_CN", "dark"), (1440, "en", "light")])
def test_of_a_node_without_a_car_lane_it_is_said_what_to_do_once_it_gets_a_barrier(
    sit_down, site, width, language, theme
):
    page = sit_down("manager", width=width, language=language, theme=theme).page
    page.goto("/nodes")
    told = page.locator("[data-doors-only]")
    expect(told).to_contain_text("重新登记一次" if language == "zh_CN" else "enrol it anew")
    look_at(page, "nodes-doors-only", width, language, theme)
    with site.gate.session() as db:
        db.execute(update(NodeRow).values(vehicles=True))
    page.reload()
    expect(told).to_have_count(0)
