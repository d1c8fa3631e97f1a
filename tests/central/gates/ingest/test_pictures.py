"""Event pictures at central: gone when their time is over, held by alarms and incidents, counted (PRIV-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.gates.access import service as access
from central.gates.ingest import queries
from central.gates.ingest.permissions import HOLD_PICTURES, RELEASE_PICTURES
from central.gates.ingest.picture_holds import hold, release, standing_holds
from central.gates.ingest.pictures import keep_picture, picture, report_sweeps, sweep_pictures
from models.access.decision import Outcome
from models.access.pictures import Keeping, Shows
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind
from tests.central.gates.conftest import JPEG, T0

pytestmark = pytest.mark.req("PRIV-08")


@pytest.fixture
def keeper(site):
    grants = (Grant("manager", frozenset({HOLD_PICTURES, RELEASE_PICTURES}), site.community_id),)
    return Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "李经理", grants)


def pictured(site, node, outcome=Outcome.GRANT, shows=Shows.CROP, *, correlation=None, late=timedelta(0), **keep):
    """A decision whose picture central is sent, `late` after it. Its event."""
    event = node.write(node.decision(outcome, picture=True), correlation)
    site.send(node, node.batch(event.seq), event.at + late)
    with site.session() as db:
        keep_picture(db, node.actor, event.event_id, JPEG, allowed=True, now=event.at + late, shows=shows, **keep)
    return event


def left(site, event, now):
    """What central still shows of it, and what still lies in its table."""
    with site.session() as db:
        rows = db.scalar(text("SELECT count(*) FROM event_picture WHERE event_id = :id"), {"id": event.event_id})
        return picture(db, event.event_id, now) is not None, rows == 1


def sweep(site, now):
    with site.session() as db:
        return sweep_pictures(db, now)


@pytest.mark.parametrize(
    ("outcome", "shows", "kept"),
    [
        (Outcome.GRANT, Shows.CROP, timedelta(seconds=60)),
        (Outcome.DENY, Shows.FRAME, timedelta(seconds=60)),
        (Outcome.DENY, Shows.CROP, timedelta(days=7)),
        (Outcome.REFER, Shows.CROP, timedelta(days=7)),
    ],
)
def test_a_picture_is_there_until_its_time_is_over_and_then_its_row_is_gone(site, node, outcome, shows, kept):
    event = pictured(site, node, outcome, shows)
    assert sweep(site, event.at + kept - timedelta(seconds=11)) == 0
    assert left(site, event, event.at + kept - timedelta(seconds=11)) == (True, True)
    assert left(site, event, event.at + kept) == (False, True), "not even while the sweep has not come yet"
    assert sweep(site, event.at + kept) == 1
    assert left(site, event, event.at) == (False, False)


def test_a_picture_that_comes_after_its_time_is_not_kept_at_all(site, node):
    late = pictured(site, node, late=timedelta(minutes=2))
    assert left(site, late, late.at) == (False, False)
    in_time = pictured(site, node, Outcome.DENY, late=timedelta(minutes=2))
    assert left(site, in_time, in_time.at)[1]


def test_a_node_whose_clock_runs_ahead_cannot_make_a_picture_live_longer(site, node):
    now = T0
    event = node.write(node.decision(picture=True), at=now + timedelta(hours=5))
    site.send(node, node.batch(event.seq), now)
    with site.session() as db:
        keep_picture(db, node.actor, event.event_id, JPEG, allowed=True, now=now, shows=Shows.CROP)
    assert sweep(site, now + timedelta(seconds=60)) == 1


def test_shorter_times_count_for_pictures_that_are_here_already(site, node):
    event = pictured(site, node, Outcome.DENY)
    with site.session() as db:
        assert access.change_settings(db, site.actor, site.community_id, picture_refused_days=1).keeping == Keeping(
            refused_days=1
        )
        with pytest.raises(Invalid):
            access.change_settings(db, site.actor, site.community_id, picture_refused_days=8)
        with pytest.raises(Invalid):
            access.change_settings(db, site.actor, site.community_id, picture_passed_s=61)
    assert sweep(site, event.at + timedelta(days=1)) == 1


def test_an_alarm_holds_what_its_lane_saw_in_the_minute_before_and_nothing_else(site, node):
    before = pictured(site, node)
    other = node.write(node.decision(picture=True), lane_id=new_id())
    alarm = node.write(Alarm(alarm=AlarmKind.FORCED), at=before.at + timedelta(seconds=59))
    technical = node.write(Alarm(alarm=AlarmKind.DISK))
    site.send(node, node.batch(other.seq, technical.seq), alarm.at)
    node.clock = alarm.at + timedelta(seconds=1)
    later = pictured(site, node, correlation=new_id())
    assert sweep(site, before.at + timedelta(minutes=5)) == 1, "the one after it"
    assert left(site, before, before.at + timedelta(days=29)) == (True, True)
    assert not left(site, later, later.at)[1]
    with site.session() as db:
        (held,) = standing_holds(db, None, alarm.at)
        assert (held.cause, held.reason, held.alarm_id) == ("alarm", "forced", alarm.event_id)
    assert sweep(site, alarm.at + timedelta(days=30)) == 1, "an alarm's hold ends by itself"


def test_an_alarm_of_the_same_access_holds_a_picture_that_comes_after_it(site, node):
    correlation = new_id()
    event = node.write(node.decision(Outcome.GRANT, picture=True), correlation)
    node.write(Alarm(alarm=AlarmKind.DURESS), correlation)
    site.send(node, node.batch(), T0)
    with site.session() as db:
        keep_picture(db, node.actor, event.event_id, JPEG, allowed=True, now=event.at + timedelta(hours=3))
    assert left(site, event, event.at + timedelta(hours=3)) == (True, True)


def test_an_incident_holds_one_picture_with_a_reason_until_somebody_releases_it(site, node, keeper):
    event = pictured(site, node)
    now = event.at + timedelta(seconds=30)
    with site.session() as db:
        with pytest.raises(Invalid):
            hold(db, keeper, event.event_id, "  ", 30, now)
        with pytest.raises(Invalid):
            hold(db, keeper, event.event_id, "快递柜被撬", 181, now)
        with pytest.raises(NotFound):
            hold(db, site.actor, event.event_id, "没有这个权限", 30, now)
        held = hold(db, keeper, event.event_id, "快递柜被撬", 30, now).id
        assert queries.pictures_kept(db, site.community_id, now).held == 1
    assert sweep(site, now + timedelta(days=20)) == 0
    with site.session() as db:
        with pytest.raises(Invalid):
            release(db, keeper, held, "", now)
        release(db, keeper, held, "派出所已取证", now + timedelta(days=20))
        with pytest.raises(Conflict):
            release(db, keeper, held, "再放一次", now + timedelta(days=20))
    assert sweep(site, now + timedelta(days=20)) == 1
    with site.session() as db:
        told = db.execute(text("SELECT what, reason FROM audit WHERE what LIKE 'picture.%' ORDER BY id")).all()
        assert [tuple(one) for one in told] == [("picture.hold", "快递柜被撬"), ("picture.release", "派出所已取证")]


def test_what_was_deleted_is_counted_and_told_to_the_audit_once_a_day(site, node):
    for outcome in (Outcome.GRANT, Outcome.GRANT, Outcome.DENY):
        pictured(site, node, outcome)
    sweep(site, T0 + timedelta(minutes=2))
    with site.session() as db:
        kept = queries.pictures_kept(db, site.community_id, T0 + timedelta(minutes=2))
        assert (kept.total, kept.held, kept.swept_today, kept.swept_week) == (1, 0, 2, 2)
        assert kept.oldest_at is not None and kept.oldest_at >= T0
        assert report_sweeps(db, T0 + timedelta(minutes=2)) == 0, "the day is not over"
        assert report_sweeps(db, T0 + timedelta(days=1)) == 1
        assert report_sweeps(db, T0 + timedelta(days=1)) == 0
        (after,) = db.scalars(text("SELECT after FROM audit WHERE what = 'picture.sweep'")).all()
        assert after == {"day": "2026-11-23", "passed": 2, "refused": 0}


def test_over_http_a_node_says_what_it_shows_and_a_manager_holds_and_releases(client, login_as, site, node):
    with site.session() as db:
        access.change_settings(db, site.actor, site.community_id, send_pictures=True)
    node.clock = clock.now()
    event = node.write(node.decision(Outcome.DENY, picture=True))
    site.send(node, node.batch())
    target = f"/edge/v1/pictures/{event.event_id}"
    assert node.call(client, "PUT", f"{target}?shows=everything", JPEG).status_code == 422
    assert node.call(client, "PUT", f"{target}?shows=crop", JPEG).status_code == 204
    manager, address = login_as("manager"), f"/api/v1/visits/{event.correlation}/picture/hold"
    assert manager.post(address, json={"reason": ""}).status_code == 422
    held = manager.post(address, json={"reason": "快递柜被撬", "days": 10})
    assert held.status_code == 201 and held.json()["cause"] == "incident"
    kept = manager.get(f"/api/v1/communities/{site.community_id}/pictures-kept").json()
    assert (kept["total"], kept["held"]) == (1, 1)
    assert [one["hold_id"] for one in manager.get("/api/v1/picture-holds").json()["items"]] == [held.json()["hold_id"]]
    gone = manager.post(f"/api/v1/picture-holds/{held.json()['hold_id']}/release", json={"reason": "已取证"})
    assert gone.status_code == 200 and gone.json()["release_reason"] == "已取证"
    assert login_as("guard").get("/api/v1/picture-holds").status_code == 403
    assert manager.get(f"/api/v1/communities/{new_id()}/pictures-kept").status_code == 404


def test_a_picture_is_only_kept_where_the_community_allows_it(site, node):
    event = node.write(node.decision(picture=True))
    site.send(node, node.batch())
    with site.session() as db, pytest.raises(Forbidden):
        keep_picture(db, node.actor, event.event_id, JPEG, allowed=False, now=event.at)
