"""Where and when a pass opens, told ahead: what the lane's own policy will say at each of its gates."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from central.base.kernel.actor import Actor, ActorKind
from central.gates.access import service
from central.people.community.service import add_gate, add_lane
from central.people.consent import service as consent
from central.people.consent.rules import Channel
from models.access.credential import Kind, Window
from models.access.decision import Reason
from models.access.policy import Effect
from models.access.schedule import ALWAYS, Span
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import SITE_TZ, day_begins, site_day
from tests.central.people.town import HOUR

WORK_HOURS = (Span(days=frozenset(range(1, 9)), start_minute=8 * 60, end_minute=18 * 60),)
DAY = timedelta(days=1)


def guest(db, town, window, gates=None, uses=1):
    return service.issue_visitor_pass(
        db, town.actor, town.house, "王示例", None, gates, window, uses, now=town.now
    ).pass_id


def somebody(town):
    return Actor(town.tenant_id, ActorKind.ACCOUNT, new_id(), "某人", town.actor.grants)


def agreed_until(db, town, until):
    """The resident agreed; then came a newer text, from which on what was agreed to counts no more."""
    consent.note_age(db, town.actor, town.resident, date(1980, 5, 1), now=town.now)
    for old_until in (town.now, until):
        text = consent.publish_text(
            db, town.actor, town.community, "同意", "I agree", old_until=old_until, lasts_days=9, now=town.now
        )
        if old_until == town.now:
            consent.give_consent(db, town.actor, town.resident, text.id, Channel.DESK, now=town.now)


def only_lane(ahead):
    ((gate,),) = [ahead.gates]
    (lane,) = gate.lanes
    return lane


def told(lane):
    return [(one.start, one.end, one.refused.reason if one.refused else Reason.OK) for one in lane.stretches]


@pytest.mark.req("ACC-05", "VIS-05")
def test_a_pass_that_every_question_lets_through_opens_for_its_whole_window(town):
    with town.session() as db:
        ahead = service.where_opens(db, town.visitor_pass, town.now)
    assert told(only_lane(ahead)) == [(ahead.start, ahead.end, Reason.OK)]
    assert not ahead.opens_nowhere


@pytest.mark.req("ACC-05")
def test_without_a_rule_it_opens_nowhere_and_the_question_that_fails_is_named(town):
    with town.session() as db:
        service.retire_rule(db, town.actor, town.rule, now=town.now)
        ahead = service.where_opens(db, town.visitor_pass, town.now + timedelta(seconds=1))
    (stretch,) = only_lane(ahead).stretches
    assert stretch.refused is not None and (stretch.refused.step, stretch.refused.reason) == ("rules", Reason.NO_RULE)
    assert ahead.opens_nowhere


@pytest.mark.req("ACC-03", "ACC-05")
def test_over_days_the_hours_of_a_rule_are_told_day_by_day(town):
    day = site_day(town.now) + DAY
    with town.session() as db:
        service.retire_rule(db, town.actor, town.rule, now=town.now)
        service.add_rule(
            db, town.actor, town.community, "白天", Effect.ALLOW, ["visitor"], now=town.now, schedule=WORK_HOURS
        )
        window = Window(start=day_begins(day, 12 * 60), end=day_begins(day + DAY, 12 * 60))
        ahead = service.where_opens(db, guest(db, town, window), town.now + timedelta(seconds=1))
        night = Window(start=day_begins(day, 20 * 60), end=day_begins(day, 22 * 60))
        at_night = service.where_opens(db, guest(db, town, night), town.now + timedelta(seconds=1))
    assert told(only_lane(ahead)) == [
        (window.start, day_begins(day, 18 * 60), Reason.OK),
        (day_begins(day, 18 * 60), day_begins(day + DAY, 8 * 60), Reason.WRONG_TIME),
        (day_begins(day + DAY, 8 * 60), window.end, Reason.OK),
    ]
    assert not ahead.opens_nowhere
    assert at_night.opens_nowhere
    assert [reason for _, _, reason in told(only_lane(at_night))] == [Reason.WRONG_TIME]


@pytest.mark.req("ACC-01")
def test_a_lane_that_takes_no_passes_is_no_way_in(town):
    with town.session() as db:
        service.set_kinds(db, town.actor, town.community, town.lane, {Kind.CARD: ALWAYS})
        ahead = service.where_opens(db, town.visitor_pass, town.now)
        explained = service.explain_pass(db, town.visitor_pass, town.lane, town.now)
        who = service.who_may(db, town.lane, town.now, 5)
    (stretch,) = only_lane(ahead).stretches
    assert stretch.refused is not None and (stretch.refused.step, stretch.refused.reason) == ("kind", Reason.NO_RULE)
    assert ahead.opens_nowhere
    assert explained.decision.reason is Reason.NO_RULE and list(who.counts) == [("deny", "no_rule")]


@pytest.mark.req("ACC-05")
def test_a_lockdown_ends_at_its_hour_and_the_pass_opens_after_it(town):
    ends = town.now + HOUR
    with town.session() as db:
        asked = service.request_lockdown(
            db, somebody(town), town.community, [town.lane], "staff", ends, "演习", now=town.now
        )
        before = service.where_opens(db, town.visitor_pass, town.now)
        service.approve_lockdown(db, somebody(town), asked.id, now=town.now)
        ahead = service.where_opens(db, town.visitor_pass, town.now)
        explained = [
            service.explain_pass(db, town.visitor_pass, town.lane, at).decision.reason for at in (town.now, ends)
        ]
    assert [reason for _, _, reason in told(only_lane(before))] == [Reason.OK]
    assert [(end, reason) for _, end, reason in told(only_lane(ahead))] == [
        (ends, Reason.LOCKDOWN), (ahead.end, Reason.OK),
    ]  # fmt: skip
    assert explained == [Reason.LOCKDOWN, Reason.OK]


def test_only_the_gates_of_the_pass_are_asked_and_one_without_lanes_is_named(town):
    with town.session() as db:
        empty = add_gate(db, town.actor, town.community, "南门", 2)
        add_gate(db, town.actor, town.community, "西门", 3)
        ahead = service.where_opens(db, guest(db, town, town.window(), [2]), town.now)
        assert [(gate.name, gate.lanes) for gate in ahead.gates] == [("南门", ())] and ahead.opens_nowhere
        add_lane(db, town.actor, empty.id, "south-out", "南门出", Direction.OUT)
        out = service.where_opens(db, guest(db, town, town.window(), [2]), town.now)
    assert [stretch.opens for stretch in only_lane(out).stretches] == [True]
    assert out.opens_nowhere, "a way out is no way in"


@pytest.mark.req("VIS-07")
def test_entries_that_are_used_up_are_no_way_in(town):
    with town.session() as db:
        ahead = service.where_opens(db, town.visitor_pass, town.now, uses_before={town.lane: 1})
    assert [reason for _, _, reason in told(only_lane(ahead))] == [Reason.USED_UP]


@pytest.mark.req("ACC-05")
def test_a_second_look_is_a_way_in_for_a_resident_and_none_for_a_visitor(town):
    with town.session() as db:
        service.add_rule(
            db, town.actor, town.community, "夜里", Effect.SECOND_FACTOR, ["visitor", "resident"], now=town.now
        )
        resident, visitor = (
            service.where_opens(db, one, town.now + timedelta(seconds=1))
            for one in (town.resident_pass, town.visitor_pass)
        )
    assert not resident.opens_nowhere and visitor.opens_nowhere


@pytest.mark.req("ACC-07", "PRIV-02")
def test_where_a_face_is_wanted_the_pass_alone_opens_from_the_end_of_the_consent_on(town):
    until = town.now + 2 * HOUR
    with town.session() as db:
        service.add_rule(db, town.actor, town.community, "双重", Effect.SECOND_FACTOR, ["resident"], now=town.now)
        agreed_until(db, town, until)
        ahead = service.where_opens(db, town.resident_pass, town.now + timedelta(seconds=1))
    assert [(end, reason) for _, end, reason in told(only_lane(ahead))] == [
        (until, Reason.SECOND_FACTOR), (ahead.end, Reason.OK),
    ]  # fmt: skip


@pytest.mark.req("ACC-06")
def test_a_block_of_the_household_ends_within_a_residents_pass(town):
    until = town.now + 2 * HOUR
    with town.session() as db:
        service.add_rule(db, town.actor, town.community, "住户", Effect.ALLOW, ["resident"], now=town.now)
        service.block_household(db, town.actor, town.house, until, "核实", now=town.now)
        ahead = service.where_opens(db, town.resident_pass, town.now + timedelta(seconds=1))
    assert [(end, reason) for _, end, reason in told(only_lane(ahead))] == [
        (until, Reason.HOUSEHOLD_BLOCKED), (ahead.end, Reason.OK),
    ]  # fmt: skip


def test_a_pass_that_is_over_is_asked_about_no_more(town):
    with town.session() as db:
        ahead = service.where_opens(db, town.visitor_pass, town.now + 5 * HOUR)
    assert ahead.gates == () and ahead.opens_nowhere


@pytest.mark.req("ACC-05")
def test_every_stretch_says_what_the_policy_says_at_each_of_its_minutes(town):
    """A year's holiday, a span over midnight, a rule that ends: nothing changes inside a stretch."""
    tomorrow = site_day(town.now) + DAY
    nights = (Span(days=frozenset({tomorrow.isoweekday()}), start_minute=22 * 60, end_minute=6 * 60),)
    with town.session() as db:
        service.retire_rule(db, town.actor, town.rule, now=town.now)
        service.add_rule(db, town.actor, town.community, "夜", Effect.ALLOW, ["visitor"], now=town.now, schedule=nights)
        service.add_rule(
            db, town.actor, town.community, "短期", Effect.ALLOW, ["visitor"], now=town.now, schedule=WORK_HOURS,
            valid_until=datetime.combine(tomorrow + 2 * DAY, datetime.min.time(), SITE_TZ).replace(hour=9, minute=30),
        )  # fmt: skip
        service.add_holiday(db, town.actor, town.community, tomorrow + DAY, "校庆")
        asked = guest(db, town, Window(start=day_begins(tomorrow), end=day_begins(tomorrow + 3 * DAY)))
        lane = only_lane(service.where_opens(db, asked, town.now + timedelta(seconds=1)))
        for stretch in lane.stretches:
            at = stretch.start
            while at < stretch.end:
                said = service.explain_pass(db, asked, town.lane, at).decision.reason
                assert said is (stretch.refused.reason if stretch.refused else Reason.OK), at
                at += 3 * HOUR
    assert len(lane.stretches) > 3
