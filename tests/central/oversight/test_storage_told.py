"""A disk that is full, as people and watchdogs are told of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

import central.app
from central.base.kernel import clock
from central.base.kernel.storage import LOW_MB, STANDS_FOR
from tests.central.base.test_storage import FULL, free

__all__ = ["free"]
HTML = {"accept": "text/html"}


@pytest.mark.req("GUARD-02")
def test_a_full_disk_is_told_above_every_page_and_to_a_watchdog(free, client, login_as, monkeypatch):
    guard = login_as("guard")
    assert "data-store" not in guard.get("/", headers=HTML).text
    free["mb"] = LOW_MB - 1
    assert f"只剩 {LOW_MB - 1} MB" in guard.get("/alarms/told", headers=HTML).text
    assert client.get("/health").status_code == 200
    free["mb"] = 10 * LOW_MB
    with monkeypatch.context() as patched:
        patched.setattr(central.app, "text", lambda _: text(FULL))
        assert client.get("/health").status_code == 503
    for page in ("/", "/alarms/told", "/desk/cards?card=lane:0198c0de-0000-7000-8000-000000000000"):
        said = guard.get(page, headers=HTML).text
        assert 'data-store="full"' in said and "新的告警和通行现在看不到" in said, page
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "full")
    later = clock.now() + STANDS_FOR
    monkeypatch.setattr(clock, "now", lambda: later)
    assert client.get("/health").json()["status"] == "ok"
    assert "data-store" not in guard.get("/alarms/told", headers=HTML).text
