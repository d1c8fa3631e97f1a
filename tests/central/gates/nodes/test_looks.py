"""Whoever is shown a face is written down: each person, once for each time they open it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from central.base.kernel import clock
from central.base.kernel.audit import VIEWING_GAP
from central.gates.ingest.pictures import keep_picture
from central.gates.nodes import commands, remote
from models.access.decision import Outcome
from models.access.pictures import Shows
from tests.central.gates.conftest import JPEG

pytestmark = pytest.mark.req("SEC-02", "PRIV-10")


def looks(site, what):
    with site.session() as db:
        query = text("SELECT actor_id, subject_id, community_id FROM audit WHERE what = :what ORDER BY id")
        return [tuple(one) for one in db.execute(query, {"what": what})]


def test_a_colleague_who_is_shown_a_live_picture_that_another_asked_for_is_written_down_once(
    client, login_as, site, node
):
    guard, colleague = login_as("guard"), login_as("manager")
    lane = node.lane.lane_id
    assert guard.post(f"/api/v1/lanes/{lane}/look").status_code == 202
    with site.session() as db:
        commands.take(db, node.id, clock.now())
    assert node.call(client, "PUT", f"/edge/v1/lanes/{lane}/live", JPEG).status_code == 204
    for who in (colleague, colleague, guard):
        shown = who.get(f"/api/v1/lanes/{lane}/live.jpg")
        assert (shown.status_code, shown.content) == (200, JPEG)
    told = looks(site, "lane.look")
    assert [one[1:] for one in told] == [(str(lane), site.community_id)] * 2 and len({one[0] for one in told}) == 2


def test_who_finds_no_live_picture_has_looked_at_nobody(login_as, site, node):
    assert login_as("guard").get(f"/api/v1/lanes/{node.lane.lane_id}/live.jpg").status_code == 404
    assert looks(site, "lane.look") == []


def test_who_only_takes_live_pictures_is_written_down_again_after_a_while(site, node, login_as):
    lane, now = node.lane.lane_id, clock.now()
    who = site.actor_account
    with site.session() as db:
        remote.request_look(db, site.actor_account, lane, now)
        commands.take(db, node.id, now)
        remote.keep_live_picture(db, node.actor, lane, JPEG, now)
    for later in (timedelta(0), timedelta(seconds=40)):
        with site.session() as db:
            assert remote.look_at_live(db, who, lane, now + later) == (JPEG, now)
    assert [one[0] for one in looks(site, "lane.look")][1:] == [who.id]
    later = now + VIEWING_GAP + timedelta(minutes=1)
    with site.session() as db:
        remote.request_look(db, site.actor_account, lane, later)
        commands.take(db, node.id, later)
        remote.keep_live_picture(db, node.actor, lane, JPEG, later)
        remote.look_at_live(db, who, lane, later)
    assert [one[0] for one in looks(site, "lane.look")].count(who.id) == 2


def test_each_who_opens_the_picture_of_a_visit_is_written_down_once(login_as, site, node):
    node.clock = clock.now()
    events = [node.write(node.decision(Outcome.DENY, picture=True)) for _ in range(2)]
    site.send(node, node.batch())
    with site.session() as db:
        for event in events:
            keep_picture(db, node.actor, event.event_id, JPEG, allowed=True, now=event.at, shows=Shows.CROP)
    guard, manager = login_as("guard"), login_as("manager")
    first, second = (f"/api/v1/visits/{one.correlation}/picture.jpg" for one in events)
    for who, which in ((guard, first), (guard, first), (manager, first), (guard, second)):
        assert who.get(which).content == JPEG
    told = looks(site, "picture.look")
    visits = [str(one.correlation) for one in events]
    assert [one[1:] for one in told] == [(visit, site.community_id) for visit in (visits[0], visits[0], visits[1])]
    assert told[0][0] == told[2][0] != told[1][0]


def test_who_may_not_see_a_picture_or_finds_none_has_looked_at_nobody(login_as, site, node):
    node.clock = clock.now()
    event = node.write(node.decision(Outcome.DENY, picture=True))
    site.send(node, node.batch())
    assert login_as("guard").get(f"/api/v1/visits/{event.correlation}/picture.jpg").status_code == 404
    assert looks(site, "picture.look") == []
