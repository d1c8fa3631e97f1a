"""What stands at the gates, as every page asks for it: fires by lane, alarms that nobody has seen by urgency."""

from __future__ import annotations

import pytest

from central.base.kernel.session import tenant_session
from central.gates.visits.rules import DANGER, Lock, is_of_machines
from central.gates.visits.standing import Standing, standing_now
from models.wire.events import AlarmKind
from tests.browser.gate import seed


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


@pytest.fixture
def stands(database, site):
    def ask(community_id=None):
        with tenant_session(database.engine, site.tenant_id) as db:
            return standing_now(db, [community_id or site.community_id])

    return ask


def test_calm_is_nothing_unseen_and_nothing_held(stands):
    assert stands() == Standing((), {}) and not stands().danger


@pytest.mark.req("ACC-22")
def test_a_fire_holds_its_lane_until_it_is_over_though_somebody_took_note(stands, site, login_as):
    fire = site.gate.alarm(AlarmKind.FIRE, lane=1)
    site.gate.tell()
    lane = site.gate.reply.lanes[1]
    held = {lane.lane_id: lane.name}, {lane.lane_id: Lock.FREE}
    assert stands() == Standing(("fire",), *held)
    guard = login_as("guard", community=site.community_id)
    assert guard.post(f"/alarms/{fire.event_id}/acknowledge").status_code == 200
    assert stands() == Standing((), *held) and stands().danger
    site.gate.alarm(AlarmKind.FIRE, lane=1, over=True)
    site.gate.tell()
    assert stands() == Standing((), {})


def test_what_nobody_has_seen_is_counted_as_the_desk_shows_it_and_only_here(stands, site, database):
    elsewhere = seed(database.engine, site.tenant_id)
    for kind in (AlarmKind.CAMERA_STALE, AlarmKind.FORCED, *[AlarmKind.WRONG_ATTEMPTS] * 3):
        site.gate.alarm(kind)
    site.gate.alarm(AlarmKind.FORCED, over=True)
    site.gate.tell()
    assert stands().unseen == ("wrong_attempts", "camera_stale", "forced")
    assert stands().danger and not Standing(("camera_stale",), {}).danger
    assert stands(elsewhere.community_id) == Standing((), {})


def test_a_fire_of_a_node_that_was_replaced_holds_nothing(stands, site, login_as):
    site.gate.alarm(AlarmKind.FIRE)
    site.gate.tell()
    manager = login_as("manager", community=site.community_id)
    answer = manager.post(f"/nodes/{site.gate.reply.node_id}/revoke", data={"reason": "换了新机器"})
    assert answer.status_code == 303
    assert stands().held == {}


def test_what_has_no_place_in_the_order_of_danger_tells_of_a_machine():
    assert not any(is_of_machines(kind) for kinds in DANGER for kind in kinds)
    assert is_of_machines("camera_stale") and is_of_machines("of the future")
