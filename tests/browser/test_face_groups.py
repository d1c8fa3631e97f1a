"""Taking part in the test by group at the desk, and what the manager reads of it."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from playwright.sync_api import expect

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.base.kernel.permissions import ADMINISTRATOR, of_preset
from central.oversight.privacy.tables import GroupFindingRow
from central.people.community import queries
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from tests.browser.test_pages import look_at


@pytest.fixture
def resident(site):
    """Somebody of age who agreed to faces, and a finding that waits."""
    keeper, now, place = system(site.tenant_id, "test", of_preset(ADMINISTRATOR)), clock.now(), site.community_id
    with site.gate.session() as db:
        home = queries.residents_of(db, place)[0]
        shown = consent.publish_text(db, keeper, place, "同意", "I agree", old_until=now, lasts_days=730, now=now)
        consent.note_age(db, keeper, home.resident_id, date(1950, 5, 1), now=now)
        consent.give_consent(db, keeper, home.resident_id, shown.id, Channel.DESK, now=now)
        db.add(
            GroupFindingRow(
                community_id=place, dimension="age", group_key="60_up", opened_at=now,
                facts={"people": 12, "trials": 240, "failures": 31},
            )
        )  # fmt: skip
        return home.resident_id


@pytest.mark.req("PRIV-17", "ADMIN-14")
@pytest.mark.parametrize(
    ("width", "language", "theme"), list(itertools.product([360, 1440], ["zh_CN", "en"], ["light", "dark"]))
)
def test_somebody_takes_part_and_leaves_and_a_finding_is_closed(sit_down, resident, width, language, theme):
    page = sit_down("manager", language=language, theme=theme, width=width).page
    page.goto(f"/people/homes/{resident}/group-test")
    look_at(page, "group-test", width, language, theme)
    page.locator("input[name=age][value='60_up']").check()
    page.locator("form button[type=submit]").last.click()
    expect(page.locator("form[action$='/withdraw']")).to_be_visible()
    page.goto("/face-figures")
    expect(page.locator("[data-finding]")).to_have_count(1)
    look_at(page, "face-groups", width, language, theme)
    page.locator("#groups details summary").first.click()
    page.locator("#groups input[name=reason]").fill("摄像头逆光，已加遮光罩")
    page.locator("#groups form button").first.click()
    expect(page.locator("[data-finding]")).to_have_count(0)
    page.goto(f"/people/homes/{resident}/group-test")
    page.locator("form[action$='/withdraw'] button").click()
    expect(page.locator("input[name=age]").first).to_be_visible()
