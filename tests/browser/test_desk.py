"""The guard at the desk: events arrive by themselves, none is lost, alarms are taken note of, all by keyboard too."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import AlarmKind


@pytest.mark.req("GUARD-02")
def test_an_event_arrives_without_a_reload_and_its_card_is_redrawn_in_place(sit_down, site):
    page = sit_down("guard").page
    page.goto("/")
    expect(page.locator(".truth")).to_have_attribute("data-truth", "live")
    correlation = new_id()
    site.gate.decide(Outcome.GRANT, correlation=correlation, credential_id=site.pass_id)
    site.gate.tell()
    card = page.locator(f"#visit-{correlation}")
    expect(card).to_contain_text("准予通行")
    expect(card).to_contain_text("5-2-202 的访客")
    expect(card.locator(".fact--missing")).to_have_count(3)
    site.gate.pass_through(correlation)
    site.gate.tell()
    expect(card.locator(".fact--done")).to_have_count(5)
    expect(page.locator("#stream > article")).to_have_count(1)
