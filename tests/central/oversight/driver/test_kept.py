"""What happened is kept: of events, stays, money and receipts nothing is gone a year later, whatever work runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from central.base.kernel import clock
from tests.central.oversight.driver.test_driver_pages import HTML, ordered, ticket_for, way_of

KEPT = (
    "journal_event",
    "visit",
    "alarm",
    "stay",
    "stay_change",
    "stay_fact",
    "payment",
    "ledger_entry",
    "receipt",
    "audit",
)


def counted(site):
    with site.gate.session() as db:
        return {one: db.scalar(text(f"SELECT count(*) FROM {one}")) for one in KEPT}


@pytest.mark.req("PARK-27")
def test_no_timed_work_deletes_what_happened_within_a_year(client, lot, site, parts, monkeypatch):
    lot.enter()
    order = ordered(client, ticket_for(client, lot), 700)
    client.post(way_of(client.get(order, headers=HTML)), headers=HTML)
    client.post(f"{order}/receipt", headers=HTML)
    lot.is_let_out()
    before = counted(site)
    assert all(before[one] for one in KEPT if one != "alarm"), before
    at = clock.now() + timedelta(days=366)
    monkeypatch.setattr(clock, "now", lambda: at)
    for name in parts.jobs._work:
        parts.jobs.run_now(name)
    parts.dispatcher.drain()
    after = counted(site)
    assert all(after[one] >= before[one] for one in KEPT), (before, after)


@pytest.mark.req("PARK-27", "SYNC-10")
def test_the_application_itself_may_not_delete_an_event_or_a_posting(site):
    with site.gate.session() as db:
        for table in ("journal_event", "payment", "ledger_entry", "receipt", "audit"):
            assert not db.scalar(text("SELECT has_table_privilege(current_user, :table, 'DELETE')"), {"table": table})
