"""The list of nodes on a phone: what is said of the enrolment node stands beside its state, not in a column of its
own."""

from __future__ import annotations

import pytest

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
