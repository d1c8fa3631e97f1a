"""E-bikes and the fire lane at central: counted by lane and day, alarms with what the camera saw."""

from __future__ import annotations

from datetime import timedelta

import pytest

from central.base.kernel import clock
from central.base.kernel.actor import system
from central.gates.coverage.rules import PointKind
from central.gates.coverage.service import set_point
from central.gates.ingest.projections import projections
from central.gates.visits import queries
from central.gates.visits.ebikes import ebikes_by_day
from central.gates.visits.service import rebuild
from models.values.time import site_day
from models.wire.events import Alarm, AlarmKind, Position, Sensed
from tests.central.gates.ingest.test_routes import JPEG, allow_pictures, put

HTML = {"accept": "text/html"}
DAY = timedelta(days=1)


@pytest.mark.req("LANE-27")
def test_they_are_counted_by_lane_and_day_and_once_each(site, node):
    now = node.clock
    for ago in (timedelta(), timedelta(), DAY, 5 * DAY):
        node.write(Sensed(position=Position.CLOSED, ebike=True), at=now - ago)
    node.write(Sensed(position=Position.OPEN), at=now)
    site.send(node, node.batch())
    lane, today = node.reply.lanes[0].lane_id, site_day(now)
    for again in (False, True):
        with site.session() as db:
            if again:
                rebuild(db, site.community_id, projections)
            counted = ebikes_by_day(db, site.community_id, now)
            assert counted == {(lane, today): 2, (lane, today - DAY): 1}
            assert ebikes_by_day(db, site.community_id, now, days=7)[lane, today - 5 * DAY] == 1


@pytest.mark.req("LANE-27", "PRIV-08")
def test_an_alarm_brings_its_picture_which_only_who_may_see_visits_sees(client, login_as, site, node):
    node.clock = clock.now()
    allow_pictures(site)
    plain = node.write(Alarm(alarm=AlarmKind.EBIKE))
    shown = node.write(Alarm(alarm=AlarmKind.FIRE_LANE, picture=True))
    site.send(node, node.batch())
    assert put(client, node, plain.event_id).status_code == 403, "not announced"
    assert put(client, node, shown.event_id).status_code == 204
    with site.session() as db:
        assert {one.kind: one.own_picture for one in queries.open_alarms(db, None)} == {
            "ebike": False, "fire_lane": True
        }  # fmt: skip
    guard = login_as("guard")
    answer = guard.get(f"/api/v1/alarms/{shown.event_id}/picture.jpg")
    assert (answer.content, answer.headers["cache-control"]) == (JPEG, "no-store")
    assert guard.get(f"/api/v1/alarms/{plain.event_id}/picture.jpg").status_code == 404
    assert "data-own-picture" in guard.get("/", headers=HTML).text
    assert client.get(f"/api/v1/alarms/{shown.event_id}/picture.jpg").status_code == 401


@pytest.mark.req("LANE-27", "PRIV-08")
def test_its_picture_stays_as_long_as_the_alarm_holds_it(client, site, node):
    node.clock = clock.now() - timedelta(minutes=10)
    allow_pictures(site)
    shown = node.write(Alarm(alarm=AlarmKind.FIRE_LANE, picture=True))
    site.send(node, node.batch())
    assert put(client, node, shown.event_id).status_code == 204
    with site.session() as db:
        assert queries.open_alarms(db, None)[0].own_picture


@pytest.mark.req("LANE-27", "ADMIN-14")
def test_the_page_of_key_points_says_how_many_came(login_as, site, node, monkeypatch):
    now = node.clock
    monkeypatch.setattr(clock, "now", lambda: now)
    node.write(Sensed(position=Position.CLOSED, ebike=True), at=now)
    site.send(node, node.batch())
    with site.session() as db:
        set_point(
            db, system(site.tenant_id, "test", ["point.edit"]), site.community_id, PointKind.GARAGE, "地库口", now=now,
            lane_id=node.reply.lanes[0].lane_id,
        )  # fmt: skip
    guard = login_as("guard")
    for language, said in (("zh_CN", "电动车：今天 1 辆，昨天 0 辆"), ("en", "E-bikes: 1 today, 0 yesterday")):
        guard.cookies.set("menting_lang", language)
        assert said in guard.get(f"/points?community={site.community_id}", headers=HTML).text
