"""A guard holds a barrier up, lets it go on and turns a lane round, through its node (LANE-20, LANE-13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.gates.nodes import service as nodes
from central.gates.parking.stays.reads import stays_by_id
from central.gates.parking.stays.tables import StayRow
from central.gates.visits.presence import heard
from central.gates.visits.queries import lane_now
from central.gates.visits.service import Status
from central.gates.visits.views import TurnsNow
from models.access.decision import Outcome
from models.site.topology import Direction
from models.values.ids import new_id
from models.wire.commands import Action
from models.wire.events import LaneDirection, LaneHeld, Passage
from tests.central.gates.nodes.test_fire import audited, person, taken
from tests.central.gates.parking.cars import decided, key_of

MINUTES = 30


@pytest.fixture
def barrier(site):
    node = site.enrol("car-in", vehicles=True)
    meet(site, node)
    return node


def meet(site, node):
    with site.session() as db:
        heard(db, node.id, Status(), node.clock)


def now_at(site, node, at=None):
    with site.session() as db:
        return lane_now(db, node.lane.lane_id, site.community_id, at or node.clock)


@pytest.mark.req("LANE-20")
def test_the_order_goes_down_signed_with_its_minutes_and_stands_in_the_audit(site, barrier):
    guard, now = person(site, "lane.hold"), barrier.clock
    with site.session() as db:
        command_id = nodes.hold_open(db, guard, barrier.lane.lane_id, MINUTES, " 搬家车队 ", now)
    (command,) = taken(site, barrier, now)
    assert (command.command_id, command.action, command.minutes) == (command_id, Action.HOLD_OPEN, MINUTES)
    ((reason, actor_id, after),) = audited(site, "lane.hold")
    assert (reason, actor_id, after["minutes"]) == ("搬家车队", guard.id, MINUTES)
    with site.session() as db:
        nodes.resume(db, guard, barrier.lane.lane_id, "已通过完", now)
        nodes.turn(db, person(site, "lane.turn"), barrier.lane.lane_id, Direction.OUT, "晚高峰", now)
    resumed, turned = taken(site, barrier, now)
    assert (resumed.action, turned.action, turned.direction) == (Action.RESUME, Action.SWITCH_DIRECTION, Direction.OUT)
    assert [len(audited(site, what)) for what in ("lane.resume", "lane.turn")] == [1, 1]


@pytest.mark.req("LANE-20", "SEC-02")
@pytest.mark.parametrize("minutes", [0, 121])
def test_what_cannot_be_is_refused_before_it_is_sent_and_noted(site, barrier, minutes):
    guard, now, lane = person(site, "lane.hold"), barrier.clock, barrier.lane.lane_id
    with site.session() as db, pytest.raises(Invalid):
        nodes.hold_open(db, guard, lane, minutes, "搬家", now)
    with site.session() as db, pytest.raises(Invalid):
        nodes.hold_open(db, guard, lane, MINUTES, " ", now)
    with site.session() as db, pytest.raises(Conflict, match="lane_silent"):
        nodes.hold_open(db, guard, lane, MINUTES, "搬家", now + timedelta(minutes=5))
    with site.session() as db, pytest.raises(Forbidden):
        nodes.hold_open(db, person(site, "lane.open"), lane, MINUTES, "搬家", now)
    assert len(audited(site, "lane.hold_refused")) == 4 and not taken(site, barrier, now)


@pytest.mark.req("LANE-20")
def test_a_door_is_not_held_open_by_anybodys_word(site):
    node = site.enrol("east-in", vehicles=False)
    meet(site, node)
    with site.session() as db, pytest.raises(Conflict, match="no_barrier"):
        nodes.hold_open(db, person(site, "lane.hold"), node.lane.lane_id, MINUTES, "搬家", node.clock)


@pytest.mark.req("LANE-20")
def test_the_lane_says_by_whom_why_until_when_and_how_many_until_it_is_over(site, barrier):
    since = barrier.clock
    held = LaneHeld(held=True, since=since, until=since + timedelta(minutes=30), passed=2, said="搬家车队")
    barrier.write(held)
    site.send(barrier, barrier.batch())
    now = now_at(site, barrier).held
    assert (now.since, now.until, now.passed, now.said, now.for_storm) == (since, held.until, 2, "搬家车队", None)
    assert now_at(site, barrier, held.until).held is None, "a silent node ends it at its hour as well"
    barrier.write(held.model_copy(update={"held": False, "ended": "resumed", "passed": 5}))
    site.send(barrier, barrier.batch())
    assert now_at(site, barrier).held is None


@pytest.mark.req("LANE-13")
def test_a_lane_that_may_be_turned_says_which_way_it_leads(site, barrier):
    assert now_at(site, barrier).leads is None
    barrier.write(LaneDirection(direction=Direction.OUT))
    site.send(barrier, barrier.batch())
    assert now_at(site, barrier).leads is Direction.OUT and now_at(site, barrier).turns is None


@pytest.mark.req("LANE-13")
def test_what_its_timetable_is_about_to_do_is_said_until_it_is_past(site, barrier):
    due, following = barrier.clock, barrier.clock + timedelta(hours=9)
    waits = LaneDirection(
        direction=Direction.IN, due=due, waits="not_empty", next_at=following, next_leads=Direction.IN
    )
    barrier.write(waits)
    site.send(barrier, barrier.batch())
    now = now_at(site, barrier)
    assert now.leads is Direction.IN
    assert now.turns == TurnsNow(due, "not_empty", following, Direction.IN)
    barrier.write(waits.model_copy(update={"direction": Direction.OUT, "waits": None}))
    site.send(barrier, barrier.batch())
    now = now_at(site, barrier)
    assert now.leads is Direction.OUT and now.turns == TurnsNow(None, None, following, Direction.IN)
    assert now_at(site, barrier, following).turns is None, "a silent node's next change may have come"


@pytest.mark.req("LANE-20", "PARK-01")
@pytest.mark.parametrize("held", [True, False])
def test_a_car_that_was_refused_and_drove_past_a_held_arm_has_a_stay_that_begins_and_ends(site, barrier, held):
    """What it owes then is owed like any stay's; without a hold only its way out is known, as of any tailgate."""
    key, entry, out, at = key_of(site), new_id(), new_id(), barrier.clock
    for correlation, direction, hours in ((entry, "in", 0), (out, "out", 3)):
        when = at + timedelta(hours=hours)
        read = decided(key, barrier.lane.lane_id, when, correlation, "川A12345", direction=direction,
                       outcome=Outcome.REFER)  # fmt: skip
        barrier.write(read, correlation, at=when)
        barrier.write(Passage(passed=True, why="loops", held=held), correlation, at=when + timedelta(seconds=9))
    site.send(barrier, barrier.batch(), at + timedelta(hours=4))
    with site.session() as db:
        (stay,) = stays_by_id(db, list(db.scalars(select(StayRow.stay_id))))
    assert (stay.entered_at is not None) is held
    assert stay.left_at is not None
