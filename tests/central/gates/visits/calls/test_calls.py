"""Calls at central: of the journal whatever the order, taken by one person at a time, missed until somebody looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.audit import AuditRow
from central.base.kernel.errors import Conflict, Forbidden, NotFound
from central.base.kernel.permissions import GUARD, of_preset
from central.gates.ingest.projections import projections
from central.gates.visits.calls import deeds
from central.gates.visits.calls.by_phone import ask_by_phone, phone_call_state
from central.gates.visits.calls.rules import LASTS, By, State
from central.gates.visits.calls.tables import LaneCallRow
from central.gates.visits.calls.waiting import calls_waiting, missed_in, waits_in
from central.gates.visits.service import rebuild
from central.gates.visits.standing import standing_now
from central.people.community.queries import lane_of
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import LaneCall, Passage
from tests.browser.gate import seed

SECOND, SKEW = timedelta(seconds=1), timedelta(milliseconds=12)
"""By SKEW its node's clock is ahead of central's."""


@pytest.fixture
def site(parts, database, two_tenants):
    return seed(database.engine, two_tenants.a)


class Booth:
    """Two lanes, and two operators of this community."""

    def __init__(self, site):
        self.site, self.gate, self.now = site, site.gate, clock.now()
        self.lanes = [one.lane_id for one in site.gate.reply.lanes]
        self.wang, self.li = (self.operator(name) for name in ("王强", "李敏"))

    def operator(self, name, community_id=None, permissions=of_preset(GUARD)):
        grants = (Grant("guard", frozenset(permissions), community_id or self.site.community_id),)
        return Actor(self.site.tenant_id, ActorKind.ACCOUNT, new_id(), name, grants)

    def call(self, what="began", call=None, lane=0, ago=timedelta(), by="button", **more):
        call = call or new_id()
        self.gate.write(LaneCall(what=what, by=by, **more), call, lane=lane, at=self.now - ago)
        self.gate.tell()
        return call

    def list(self, later=timedelta()):
        with self.gate.session() as db:
            return [
                (self.lanes.index(one.asks.lane_id), one.asks.state, one.asks.holder.name if one.asks.holder else None)
                for one in waits_in(db, [self.site.community_id], self.now + later)
            ]

    def missed(self, later=timedelta()):
        with self.gate.session() as db:
            return [one.call_id for one in missed_in(db, [self.site.community_id], self.now + later)]

    def does(self, deed, actor, what, later=timedelta(), **more):
        with self.gate.session() as db:
            deed(db, actor, self.lanes[what] if isinstance(what, int) else what, self.now + later, **more)

    def audit(self):
        with self.gate.session() as db:
            rows = db.scalars(select(AuditRow).where(AuditRow.what.startswith("call.")).order_by(AuditRow.at)).all()
            return [(row.what, row.actor_name, row.before) for row in rows]


@pytest.fixture
def booth(site):
    return Booth(site)


@pytest.mark.req("LANE-26")
def test_calls_of_all_lanes_wait_by_time_and_one_operator_takes_each(booth):
    booth.call(lane=1, ago=60 * SECOND)
    booth.call(lane=0, ago=20 * SECOND, by="intercom")
    assert booth.list() == [(1, State.WAITING, None), (0, State.WAITING, None)]
    booth.does(deeds.take, booth.wang, 1, SECOND)
    assert booth.list(SECOND) == [(1, State.TAKEN, "王强"), (0, State.WAITING, None)], "its place stays"
    with pytest.raises(Conflict) as told:
        booth.does(deeds.take, booth.li, 1, 2 * SECOND)
    assert told.value.params == {"name": "王强"}
    with pytest.raises(Conflict):
        booth.does(deeds.done, booth.li, 1, 2 * SECOND)
    booth.does(deeds.take, booth.li, 1, 3 * SECOND, over=True)
    with pytest.raises(Conflict):
        booth.does(deeds.give_back, booth.wang, 1, 4 * SECOND)
    booth.does(deeds.done, booth.li, 1, 5 * SECOND)
    assert booth.list(6 * SECOND) == [(0, State.WAITING, None)]
    assert booth.missed(6 * SECOND) == []
    assert booth.audit() == [
        ("call.take", "王强", None), ("call.take", "李敏", {"taken_by": "王强"}), ("call.done", "李敏", None)
    ]  # fmt: skip


@pytest.mark.req("LANE-26")
def test_a_call_that_ends_unanswered_stays_listed_until_somebody_has_looked(booth):
    call = booth.call(ago=30 * SECOND)
    booth.call("ended", call, ago=5 * SECOND)
    assert booth.list() == [] and booth.missed() == [call]
    silent = booth.call(lane=1, ago=LASTS)
    assert set(booth.missed()) == {call, silent}, "its node was cut off meanwhile"
    booth.does(deeds.look_at_missed, booth.wang, call)
    assert booth.missed() == [silent]
    with booth.gate.session() as db, pytest.raises(NotFound):
        deeds.look_at_missed(db, booth.wang, new_id(), booth.now)


@pytest.mark.req("LANE-26")
def test_a_lane_that_a_person_opened_or_a_call_that_was_answered_is_not_missed(booth):
    call = booth.call(ago=60 * SECOND)
    booth.gate.decide(Outcome.GRANT, at=booth.now - 30 * SECOND, command_id=new_id(), actor_id=booth.wang.id)
    booth.call("ended", call, ago=10 * SECOND)
    spoken = booth.call(lane=1, ago=60 * SECOND, by="intercom")
    booth.call("answered", spoken, lane=1, ago=50 * SECOND, by="intercom", answered_by="post-2")
    assert booth.list() == [(1, State.ANSWERED, None)]
    booth.call("ended", spoken, lane=1, ago=5 * SECOND, by="intercom")
    assert booth.missed() == [] and booth.list() == []


@pytest.mark.req("LANE-26")
def test_who_was_referred_to_a_person_waits_in_the_same_list_until_they_are_let_in(booth):
    refused = booth.gate.decide(Outcome.REFER, Reason.AMBIGUOUS, at=booth.now - 90 * SECOND)
    booth.gate.tell()
    booth.call(lane=1, ago=60 * SECOND)
    assert booth.list() == [(0, State.WAITING, None), (1, State.WAITING, None)]
    with booth.gate.session() as db:
        (first, _) = waits_in(db, [booth.site.community_id], booth.now)
        assert [(one.by, one.visit_id) for one, _ in first.asks.asks] == [(By.CAR, refused.correlation)]
        assert [one.asks.lane_id for one in calls_waiting(db, [booth.site.community_id], booth.now)] == [booth.lanes[1]]
    booth.gate.decide(Outcome.GRANT, at=booth.now)
    booth.gate.tell()
    assert booth.list() == [(1, State.WAITING, None)] and booth.missed(LASTS) != []


@pytest.mark.req("LANE-26")
def test_what_every_page_tells_is_the_calls_that_nobody_has_taken(booth):
    booth.call(ago=SECOND)

    def told(later=timedelta()):
        with booth.gate.session() as db:
            return len(standing_now(db, [booth.site.community_id], booth.now + later).calls)

    assert told() == 1
    booth.does(deeds.take, booth.wang, 0)
    assert told(SECOND) == 0


@pytest.mark.req("LANE-26", "GEN-01")
def test_whatever_the_order_in_which_it_is_told_and_after_a_rebuild_the_rows_are_the_same(booth):
    call = booth.call(ago=40 * SECOND, visit_id=(visit := new_id()))
    booth.call("again", call, ago=20 * SECOND)
    booth.call("answered", call, ago=15 * SECOND, by="intercom", answered_by="post-2")
    booth.call("ended", call, ago=10 * SECOND)
    lone = booth.call("ended", lane=1)
    with booth.gate.session() as db:
        ask_by_phone(db, lane_of(db, booth.lanes[1]), booth.now)

    def rows():
        with booth.gate.session() as db:
            found = db.scalars(select(LaneCallRow).order_by(LaneCallRow.call_id)).all()
            return [
                (one.call_id, one.lane_id, one.by, one.visit_id, one.began_at, one.asked_at, one.ended_at,
                 one.answered_by) for one in found
            ]  # fmt: skip

    before = rows()
    told = next(one for one in before if one[0] == call)
    times = [booth.now - ago * SECOND - SKEW for ago in (40, 20, 10)]
    assert told[1:] == (booth.lanes[0], "button", visit, *times, "post-2")
    assert lone not in {one[0] for one in before}, "nothing is known of how it began"
    assert [one[2] for one in before if one[0] != call] == ["phone"]
    with booth.gate.session() as db:
        rebuild(db, booth.site.community_id, projections)
    assert rows() == before, "and the phone's call, which is in no journal, is there"


@pytest.mark.req("LANE-26")
def test_a_drivers_phone_calls_once_at_a_lane_and_is_over_when_a_car_has_driven_through(booth):
    def presses(later=timedelta()):
        with booth.gate.session() as db:
            ask_by_phone(db, lane_of(db, booth.lanes[1]), booth.now + later)

    def state(later):
        with booth.gate.session() as db:
            return phone_call_state(db, lane_of(db, booth.lanes[1]), booth.now + later)

    for later in (timedelta(), SECOND, 30 * SECOND):
        presses(later)
    assert booth.list(31 * SECOND) == [(1, State.WAITING, None)]
    with booth.gate.session() as db:
        (row,) = db.scalars(select(LaneCallRow))
        assert (row.asked_at - row.began_at) == 30 * SECOND
    booth.does(deeds.take, booth.wang, 1, 40 * SECOND)
    assert state(41 * SECOND) is State.TAKEN
    out = booth.gate.decide(Outcome.GRANT, lane=1, at=booth.now + 50 * SECOND)
    booth.gate.write(Passage(passed=True, why="loops"), out.correlation, lane=1, at=booth.now + 60 * SECOND)
    booth.gate.tell(booth.now + 61 * SECOND)
    assert booth.list(62 * SECOND) == [] and state(62 * SECOND) is None and booth.missed(62 * SECOND) == []


@pytest.mark.req("LANE-26", "SEC-04")
def test_only_who_may_answer_calls_here_takes_one_and_another_company_sees_none(booth, database, two_tenants):
    call = booth.call()
    elsewhere = booth.operator("别处", community_id=new_id())
    reader = booth.operator("只看", permissions={"visit.read"})
    for actor in (elsewhere, reader):
        for deed, what in ((deeds.take, 0), (deeds.done, 0), (deeds.give_back, 0), (deeds.look_at_missed, call)):
            with pytest.raises(Forbidden):
                booth.does(deed, actor, what)
    stranger = seed(database.engine, two_tenants.b)
    with stranger.gate.session() as db:
        assert waits_in(db, [booth.site.community_id, stranger.community_id], booth.now) == []
        with pytest.raises(NotFound):
            deeds.take(db, replace(booth.wang, tenant_id=two_tenants.b), booth.lanes[0], booth.now)
        with pytest.raises(NotFound):
            deeds.look_at_missed(db, booth.wang, call, booth.now)


@pytest.mark.req("LANE-26")
def test_where_nobody_asks_any_more_there_is_nothing_to_take(booth):
    call = booth.call(ago=9 * SECOND)
    booth.call("ended", call)
    with pytest.raises(Conflict) as told:
        booth.does(deeds.take, booth.wang, 0, SECOND)
    assert told.value.key == "calls.over"
