"""Alarms stand until somebody has seen them, or until they are over, whichever their kind asks for."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Forbidden, NotFound
from central.gates.ingest.projections import projections
from central.gates.visits import queries
from central.gates.visits.alarms import alarms_with_seen, raise_alarm, standing
from central.gates.visits.rules import (
    ANSWER_BESIDE,
    DANGER,
    LONG,
    MOMENTARY,
    STAYS_UNTIL_SEEN,
    STAYS_WHEN_LONG,
    ended_by_command,
    needs_a_person,
    stands_in_red,
    urgency,
)
from central.gates.visits.service import acknowledge_alarm, rebuild
from central.gates.visits.tables import AlarmRow, AlarmSeenRow
from models.values.ids import new_id
from models.wire.events import Alarm, AlarmKind, Position, Sensed

AT = datetime(2026, 11, 23, tzinfo=UTC)
CENTRAL = [
    "node_offline",
    "node_claims",
    "node_replayed",
    "node_twice",
    "template_claimed",
    "many_claimed",
    "sent_in_vain",
    "bay_fuel_car",
    "bay_charged",
    "chain_broken",
    "fork",
    "events_lost",
    "events_dropped",
    "tailgate_repeated",
]
KINDS = [kind.value for kind in AlarmKind] + CENTRAL


@pytest.mark.parametrize(
    ("kind", "over", "seen", "stands"),
    [
        ("forced", False, False, True),
        ("forced", True, False, True),
        ("forced", True, True, False),
        ("forced", False, True, True),
        ("camera_stale", True, False, False),
        ("camera_stale", False, True, True),
        ("camera_covered", True, False, True),
        ("camera_moved", True, True, False),
        ("wrong_attempts", False, False, True),
        ("wrong_attempts", False, True, False),
        ("node_offline", True, False, False),
        ("duress", False, False, True),
        ("duress", False, True, False),
    ],
)
def test_when_an_alarm_needs_a_person(kind, over, seen, stands):
    assert needs_a_person(kind, AT, AT if over else None, AT if seen else None) is stands


@pytest.mark.req("GUARD-02")
def test_a_node_that_was_away_long_is_not_forgotten_when_it_comes_back():
    """Who was on his rounds meanwhile learns that nobody could pass."""
    back, blink = AT + LONG, AT + LONG - timedelta(seconds=1)
    for kind in STAYS_WHEN_LONG:
        assert needs_a_person(kind, AT, back, None) and not needs_a_person(kind, AT, back, back)
        assert not needs_a_person(kind, AT, blink, None)


def test_under_a_fire_what_endangers_somebody_comes_before_what_is_only_older():
    """The order in which the key A takes note; all of these stand at once, the least urgent has waited longest."""
    waiting = [
        ("camera_stale", None, None), ("tailgate", None, None), ("held_open", None, None), ("tamper", None, None),
        ("forced", None, None), ("fire", None, None), ("duress", None, None),
    ]  # fmt: skip
    assert sorted(waiting, key=lambda one: urgency(*one)) == waiting[::-1]
    assert urgency("fire", None, AT) > urgency("camera_stale", None, None), "seen comes after all that nobody has seen"
    assert urgency("fire", AT, None) > urgency("duress", None, None), "burnt out, it holds up nothing more urgent"


def test_what_goes_on_is_seen_before_what_is_over_however_dangerous_that_was():
    asked = [
        ("forced", None, None), ("held_open", None, None), ("camera_stale", None, None), ("forced", AT, None),
        ("held_open", AT, None), ("fire", AT, None), ("forced", None, AT), ("camera_stale", AT, AT),
    ]  # fmt: skip
    heard = asked[::-1]
    assert sorted(heard, key=lambda one: urgency(*one)) == asked


def test_a_door_broken_open_stays_red_until_somebody_knows_though_it_fell_shut():
    assert stands_in_red("forced", AT, None) and not stands_in_red("forced", AT, AT)
    assert stands_in_red("held_open", None, AT) and not stands_in_red("held_open", AT, None)


def test_every_kind_has_its_place_once():
    named = [kind for kinds in DANGER for kind in kinds]
    assert len(named) == len(set(named)) and set(named) <= set(KINDS)
    assert {urgency(kind, None, None)[2] for kind in KINDS} == set(range(len(DANGER) + 1))


def test_only_an_end_that_a_nodes_answer_follows_at_once_was_a_persons():
    assert [ended_by_command(100, answer) for answer in (99, 100, 101, 100 + ANSWER_BESIDE)] == [
        False,
        False,
        True,
        True,
    ]
    assert not ended_by_command(100, 101 + ANSWER_BESIDE)


def test_the_database_asks_the_same_question(site, node):
    with site.session() as db:
        for kind, over, seen in itertools.product(KINDS, (None, AT, AT + LONG), (None, AT)):
            alarm_id = new_id()
            db.add(
                AlarmRow(
                    alarm_id=alarm_id, community_id=site.community_id, origin="node", kind=kind, node_id=node.id,
                    raised_at=AT, over_at=over,
                )
            )  # fmt: skip
            if seen:
                db.add(AlarmSeenRow(alarm_id=alarm_id, at=seen, name="x"))
        db.flush()
        chosen = {row[0].alarm_id for row in db.execute(alarms_with_seen().where(standing()))}
        for alarm, seen in db.execute(alarms_with_seen()):
            stands = needs_a_person(alarm.kind, alarm.raised_at, alarm.over_at, seen.at if seen else None)
            assert (alarm.alarm_id in chosen) is stands, alarm.kind
    assert set(KINDS) >= STAYS_UNTIL_SEEN >= MOMENTARY


def test_a_forced_door_is_acknowledged_by_name_and_audited(site, node):
    raised = node.write(Alarm(alarm=AlarmKind.FORCED))
    node.write(Alarm(alarm=AlarmKind.FORCED, over=True))
    site.send(node, node.batch())
    guard = Actor(
        site.tenant_id, ActorKind.ACCOUNT, new_id(), "李*",
        (Grant("guard", frozenset({"alarm.acknowledge"}), site.community_id),),
    )  # fmt: skip
    with site.session() as db:
        (alarm,) = queries.open_alarms(db, [site.community_id])
        assert (alarm.alarm_id, alarm.lane_name, alarm.raised_at) == (raised.event_id, "east-in", raised.at)
        assert alarm.over_at is not None
        acknowledge_alarm(db, guard, alarm.alarm_id, AT)
        acknowledge_alarm(db, site.actor_account, alarm.alarm_id, AT)
        assert queries.open_alarms(db, None) == []
        kept = queries.alarm(db, alarm.alarm_id)
        assert (kept.acknowledged_by, kept.acknowledged_at) == ("李*", AT)
    with site.session() as db:
        told = db.execute(text("SELECT actor_name FROM audit WHERE what = 'alarm.acknowledge'")).all()
        assert [tuple(row) for row in told] == [("李*",)]


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_nobody_acknowledges_elsewhere(site, other_site, node):
    raised = node.write(Alarm(alarm=AlarmKind.FORCED))
    site.send(node, node.batch())
    stranger = Actor(
        site.tenant_id, ActorKind.ACCOUNT, new_id(), "x",
        (Grant("guard", frozenset({"alarm.acknowledge"}), site.gate_id),),
    )  # fmt: skip
    with pytest.raises(Forbidden), site.session() as db:
        acknowledge_alarm(db, stranger, raised.event_id, AT)
    with pytest.raises(NotFound), other_site.session() as db:
        acknowledge_alarm(db, other_site.actor, raised.event_id, AT)


def wrong_tries(site, node, count, lane=0):
    told = [
        node.write(Alarm(alarm=AlarmKind.WRONG_ATTEMPTS, detail="5"), lane_id=node.reply.lanes[lane].lane_id)
        for _ in range(count)
    ]
    site.send(node, node.batch())
    return told


def shown(site):
    with site.session() as db:
        return {
            (one.lane_name, one.kind): (one.alarm_id, one.times, one.last_at) for one in queries.open_alarms(db, None)
        }


def test_what_only_repeats_is_one_alarm_for_each_lane_and_begins_anew_once_seen(site):
    node = site.enrol("east-in", "east-out")
    told, elsewhere = wrong_tries(site, node, 8), wrong_tries(site, node, 1, lane=1)
    forced = [node.write(Alarm(alarm=AlarmKind.FORCED)) for _ in range(2)]
    site.send(node, node.batch())
    cards = shown(site)
    assert cards["east-in", "wrong_attempts"] == (told[0].event_id, 8, told[-1].at)
    assert cards["east-out", "wrong_attempts"] == (elsewhere[0].event_id, 1, elsewhere[0].at)
    with site.session() as db:
        kinds = [one.alarm_id for one in queries.open_alarms(db, None) if one.kind == "forced"]
        assert set(kinds) == {one.event_id for one in forced}
        acknowledge_alarm(db, site.actor_account, told[0].event_id, AT)
    assert ("east-in", "wrong_attempts") not in shown(site) and ("east-out", "wrong_attempts") in shown(site)
    (again,) = wrong_tries(site, node, 1)
    assert shown(site)["east-in", "wrong_attempts"] == (again.event_id, 1, again.at)
    with site.session() as db:
        told_of = db.execute(text("SELECT after ->> 'times' FROM audit WHERE what = 'alarm.acknowledge'")).all()
        assert [tuple(row) for row in told_of] == [("8",)]
        rebuild(db, site.community_id, projections)
    assert shown(site)["east-in", "wrong_attempts"] == (again.event_id, 1, again.at)


@pytest.mark.req("ACC-22", "GUARD-02")
def test_of_the_lanes_that_one_fire_opened_that_where_it_was_seen_is_named_and_comes_first(site):
    node = site.enrol("east-in", "east-out")
    for lane in (1, 0):  # the neighbour's word may come first
        fire = Alarm(alarm=AlarmKind.FIRE, detail="east-in of-a-later-day")
        node.write(fire, lane_id=node.reply.lanes[lane].lane_id)
    site.send(node, node.batch())
    with site.session() as db:
        cards = sorted(queries.open_alarms(db, [site.community_id]), key=lambda one: one.place)
    assert [(one.lane_name, one.fire_here, one.fire_elsewhere) for one in cards] == [
        ("east-in", True, ()), ("east-out", False, ("东门 · east-in",)),
    ]  # fmt: skip


def test_central_s_alarm_of_one_kind_is_raised_once_and_again_after_it_was_seen(site, node):
    def raised(detail):
        with site.session() as db:
            raise_alarm(db, node.id, site.community_id, "fork", detail, AT)
            return [(one.alarm_id, one.detail) for one in queries.open_alarms(db, None)]

    ((first, _),) = raised("1–2")
    ((again, detail),) = raised("3–4")
    assert (again, detail) == (first, "1–2, 3–4")
    with site.session() as db:
        acknowledge_alarm(db, site.actor_account, first, AT)
    ((second, _),) = raised("5–6")
    assert second != first


def test_central_s_alarm_can_be_raised_as_often_as_it_likes_on_one_connection(site, node):
    """From the sixth time on PostgreSQL may plan the statement without its values, and must still find the index."""
    with site.session() as db:
        for number in range(25):
            raise_alarm(db, node.id, site.community_id, "fork", str(number), AT)
        assert len(queries.open_alarms(db, None)) == 1


def test_a_lane_shows_what_its_contact_says_and_its_last_visit(site, node):
    with site.session() as db:
        (lane,) = queries.lanes_now(db, None, AT)
        assert (lane.position, lane.last_visit, lane.node_id) == ("unknown", None, node.id)
    events = node.visit()
    node.write(Sensed(position=Position.OPEN))
    held = node.write(Alarm(alarm=AlarmKind.HELD_OPEN))
    site.send(node, node.batch())
    with site.session() as db:
        (lane,) = queries.lanes_now(db, [site.community_id], AT)
        assert (lane.position, lane.last_visit.visit_id) == ("open", events[0].correlation)
        assert [alarm.alarm_id for alarm in lane.alarms] == [held.event_id]
        assert queries.lanes_now(db, [], AT) == []


def test_the_word_of_a_replaced_node_does_not_hide_its_spare_s(site, node):
    """The old node's events come late; its clock was ahead, too."""
    node.write(Sensed(position=Position.OPEN), at=AT.replace(year=2027))
    spare = site.enrol("east-in")
    spare.write(Sensed(position=Position.CLOSED))
    site.send(spare, spare.batch())
    site.send(node, node.batch())
    with site.session() as db:
        (lane,) = queries.lanes_now(db, None, AT)
        assert (lane.position, lane.node_id) == ("closed", spare.id)


def test_visits_come_in_pages_newest_first(site, node):
    told = [node.write(node.decision()) for _ in range(7)]
    site.send(node, node.batch())
    newest = [event.correlation for event in reversed(told)]
    with site.session() as db:
        first = queries.recent(db, None, 3)
        second = queries.recent(db, [site.community_id], 3, before=first[-1].visit_id)
        assert [view.visit_id for view in (*first, *second)] == newest[:6]
        assert queries.recent(db, [], 3) == []
        assert db.scalars(select(AlarmRow)).all() == []


@pytest.mark.req("ACC-19")
def test_who_is_followed_three_times_in_a_day_is_for_a_person_to_look_into(site, node):
    """Made anew from the journal it is the same alarm; a stranger's tailgates count for themselves."""
    mine, strangers = new_id(), new_id()
    start = node.clock

    def followed(credential, hours):
        node.clock = start + timedelta(hours=hours)
        correlation = new_id()
        made = node.decision()
        theirs = made.decision.model_copy(update={"credential_id": credential})
        node.write(made.model_copy(update={"decision": theirs}), correlation)
        node.write(Alarm(alarm=AlarmKind.TAILGATE), correlation)

    def repeated():
        with site.session() as db:
            query = select(AlarmRow.alarm_id).where(AlarmRow.kind == "tailgate_repeated")
            return list(db.scalars(query))

    for credential, hours in ((mine, 0), (strangers, 1), (mine, 2), (mine, 25)):
        followed(credential, hours)
    node.write(Alarm(alarm=AlarmKind.TAILGATE))  # whom they followed is not known
    site.send(node, node.batch())
    assert repeated() == [], "not within one day"
    followed(mine, 25.5)
    site.send(node, node.batch(first=node.journal[-1].seq - 1))
    once = repeated()
    assert len(once) == 1
    with site.session() as db:
        rebuild(db, site.community_id, projections)
    assert repeated() == once
