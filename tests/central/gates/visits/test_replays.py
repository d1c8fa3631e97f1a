"""A node's request that somebody sends again is refused, and seen: one alarm, however many come (SEC-08)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from central.base.identity.replays import TELL_EVERY, Replays
from central.base.kernel.i18n import words_in
from central.gates.visits.alarms import acknowledge_alarm
from central.gates.visits.queries import open_alarms
from central.gates.visits.tables import AlarmRow, ReviewRow
from central.oversight.console.phrases import alarm_said
from models.values.ids import new_id

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_first_is_told_at_once_and_a_flood_together():
    replays, tenant, one, other = Replays(), new_id(), new_id(), new_id()
    assert [replays.note(tenant, one, "", NOW) for _ in range(4)] == [1, 0, 0, 0]
    assert replays.note(tenant, other, "", NOW) == 1
    assert replays.note(tenant, one, "", NOW + TELL_EVERY) == 4
    assert replays.note(tenant, one, "", NOW - timedelta(days=1)) == 1, "a clock set back silences nothing"


def test_the_rest_of_a_burst_waits_for_no_other_replay_and_is_told_once():
    replays, tenant, node = Replays(), new_id(), new_id()
    for source in ("192.0.2.7", "192.0.2.8", "192.0.2.9"):
        replays.note(tenant, node, source, NOW)
    soon, late = NOW + TELL_EVERY / 2, NOW + TELL_EVERY
    assert replays.due(tenant, soon) == [] == replays.due(new_id(), late)
    assert replays.due(tenant, late) == [(node, 2, "192.0.2.9")]
    assert replays.due(tenant, late + TELL_EVERY) == []
    assert replays.note(tenant, node, "", late + TELL_EVERY / 2) == 0, "told a moment ago"


@pytest.mark.req("SEC-08", "SEC-10")
def test_a_replay_is_refused_and_shown_once_with_its_count(site, node, client, parts, counting, monkeypatch):
    now = datetime.now(UTC)
    monkeypatch.setattr("central.base.kernel.clock.now", lambda: now)
    target = "/edge/v1/downlink?snapshot=0&wait=0"
    headers = node.headers("GET", target)
    assert client.get(target, headers=headers).status_code == 200
    with site.session() as db:
        before = counting(db, ReviewRow)
    for _ in range(20):
        refused = client.get(target, headers=headers)
        assert (refused.status_code, refused.json()["detail"]) == (401, words_in("zh_CN")("identity.node_replay"))
    with site.session() as db:
        (alarm,) = open_alarms(db, [site.community_id])
        assert (alarm.kind, alarm.node_id, alarm.detail) == ("node_replayed", node.id, "1 testclient 东门")
        assert counting(db, ReviewRow) == before + 1, "no desk is drawn anew twenty times"
    parts.jobs.run_now("visits.tell_replays")
    with site.session() as db:
        assert open_alarms(db, None)[0].detail == "1 testclient 东门", "not yet"
    now += TELL_EVERY
    for _ in range(2):
        parts.jobs.run_now("visits.tell_replays")
    with site.session() as db:
        assert open_alarms(db, None)[0].detail == "20 testclient 东门", "though none came after the burst"
        parts.on_replay(db, node.id, 19, "192.0.2.7", NOW)
        (alarm,) = open_alarms(db, [site.community_id])
        said = alarm_said(words_in("en"), alarm)
        assert alarm.detail == "39 192.0.2.7 东门" and said.detail == "东门: at least 39 times, last from 192.0.2.7"
        assert "revoke the node" in said.now
        acknowledge_alarm(db, site.actor_account, alarm.alarm_id, NOW)
    with site.session() as db:
        assert open_alarms(db, None) == []
        parts.on_replay(db, node.id, 1, "192.0.2.7", NOW)
        assert len(list(db.scalars(select(AlarmRow)))) == 2, "after it was seen, the next is a new one"


@pytest.mark.req("SEC-08")
def test_what_was_never_signed_by_the_node_raises_nothing(site, node, client):
    """Else anybody could make the desk ring: a copied header over another body, or another address."""
    target = "/edge/v1/downlink?snapshot=0&wait=0"
    headers = node.headers("GET", target)
    assert client.get(target, headers=headers).status_code == 200
    assert client.get("/edge/v1/downlink?snapshot=1&wait=0", headers=headers).status_code == 401
    stale = node.headers("GET", target, at=datetime(2020, 1, 1, tzinfo=UTC))
    assert client.get(target, headers=stale).status_code == 401
    with site.session() as db:
        assert open_alarms(db, None) == []
