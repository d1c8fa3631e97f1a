"""A fire hold is ended by a person, with a reason, through the node that sees the fire input (ACC-22)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.base.kernel.i18n import words_in
from central.gates.nodes import commands, queries
from central.gates.nodes import service as nodes
from central.gates.visits.queries import lanes_now, open_alarms
from central.gates.visits.rules import ANSWER_BESIDE
from central.oversight.console.cards import alarms_said
from models.values.ids import new_id
from models.wire.commands import Command, CommandLedger, judge
from models.wire.events import Alarm, AlarmKind, CommandDone, Position, Sensed
from models.wire.signed import verified

pytestmark = pytest.mark.req("ACC-22")


def person(site, *permissions, role="guard", community=True):
    grant = Grant(role, frozenset(permissions), site.community_id if community else new_id())
    return Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "李*", (grant,))


@pytest.fixture
def guard(site):
    return person(site, "lane.end_fire")


def taken(site, node, now):
    with site.session() as db:
        signed = commands.take(db, node.id, now)
    key = bytes.fromhex(node.reply.central_key)
    return [Command.model_validate_json(verified(one, "command", key)) for one in signed]


def audited(site, what):
    with site.session() as db:
        return db.execute(text("SELECT reason, actor_id, after FROM audit WHERE what = :what"), {"what": what}).all()


def held(site, lane_id, now):
    with site.session() as db:
        return next(lane.fire_held for lane in lanes_now(db, None, now) if lane.lane_id == lane_id)


def test_the_command_reaches_the_node_signed_and_lives_for_half_a_minute(site, node, guard):
    now = node.clock
    with site.session() as db:
        command_id = nodes.end_fire_hold(db, guard, node.lane.lane_id, " 误报，已到场确认 ", now)
    (command,) = taken(site, node, now)
    assert (command.command_id, command.action, command.lane_id) == (command_id, "end_fire_hold", node.lane.lane_id)
    assert (command.actor_id, command.role, command.reason) == (guard.id, "guard", "误报，已到场确认")
    assert judge(command, node.id, CommandLedger(), now + timedelta(seconds=30)) == "ok"
    assert judge(command, node.id, CommandLedger(), now + timedelta(seconds=31)) == "late"
    ((reason, actor_id, after),) = audited(site, "lane.end_fire")
    assert (reason, actor_id, after["command_id"]) == ("误报，已到场确认", guard.id, str(command_id))


@pytest.mark.parametrize(("result", "why"), [("done", "ok"), ("refused", "fire")])
def test_the_node_has_the_last_word(site, node, guard, result, why):
    now = node.clock
    with site.session() as db:
        command_id = nodes.end_fire_hold(db, guard, node.lane.lane_id, "误报", now)
    taken(site, node, now)
    node.write(CommandDone(command_id=command_id, action="end_fire_hold", result=result, reason=why))
    site.send(node, node.batch())
    with site.session() as db:
        seen = queries.command(db, command_id, now)
    assert (seen.state, seen.result_reason) == (result, why)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_without_a_reason_nothing_ends_and_it_is_written_down(site, node, guard, reason):
    with pytest.raises(Invalid), site.session() as db:
        nodes.end_fire_hold(db, guard, node.lane.lane_id, reason, node.clock)
    assert taken(site, node, node.clock) == []
    assert [row.after["why"] for row in audited(site, "lane.end_fire_refused")] == ["nodes.reason_needed"]


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_who_may_not_is_refused(site, other_site, node, guard):
    lane_id, now = node.lane.lane_id, node.clock
    for stranger in (person(site, "lane.open"), person(site, "lane.end_fire", community=False)):
        with pytest.raises(Forbidden), site.session() as db:
            nodes.end_fire_hold(db, stranger, lane_id, "误报", now)
    with pytest.raises(NotFound), other_site.session() as db:
        nodes.end_fire_hold(db, person(other_site, "lane.end_fire"), lane_id, "误报", now)
    assert taken(site, node, now) == []


def test_a_lane_without_a_node_has_nobody_to_tell(site, node, guard):
    with site.session() as db:
        nodes.revoke_node(db, site.actor, node.id, "坏了", node.clock)
    with pytest.raises(Conflict, match="lane_without_node"), site.session() as db:
        nodes.end_fire_hold(db, guard, node.lane.lane_id, "误报", node.clock)


def test_a_lane_is_shown_as_held_until_its_node_says_that_it_is_over(site, guard):
    node = site.enrol("east-in", "east-out")
    east_in, east_out = (lane.lane_id for lane in node.reply.lanes)
    assert not held(site, east_in, node.clock)
    burning = node.write(Alarm(alarm=AlarmKind.FIRE), lane_id=east_in)
    site.send(node, node.batch())
    assert held(site, east_in, node.clock) and not held(site, east_out, node.clock)
    with site.session() as db:
        from central.gates.visits.service import acknowledge_alarm

        acknowledge_alarm(db, site.actor_account, burning.event_id, node.clock)
    assert held(site, east_in, node.clock), "taking note ends no hold"
    node.write(Alarm(alarm=AlarmKind.FIRE, over=True), lane_id=east_in)
    site.send(node, node.batch(2))
    assert not held(site, east_in, node.clock)


def test_who_ended_a_hold_is_known_from_the_nodes_answer_and_from_nothing_else(site, node, guard):
    """Ended by itself at first (the node began anew with a healthy input), then by a person."""
    now, lane_id = node.clock, node.lane.lane_id
    ends = []
    for by_a_person in (False, True):
        node.write(Alarm(alarm=AlarmKind.FIRE), lane_id=lane_id)
        if by_a_person:
            with site.session() as db:
                command_id = nodes.end_fire_hold(db, guard, lane_id, "误报", now)
            taken(site, node, now)
        ends.append(node.write(Alarm(alarm=AlarmKind.FIRE, over=True), lane_id=lane_id).seq)
        if by_a_person:
            node.write(CommandDone(command_id=command_id, action="end_fire_hold", result="done", reason="ok"))
        else:
            for _ in range(ANSWER_BESIDE):
                node.write(Sensed(position=Position.CLOSED), lane_id=lane_id)
    site.send(node, node.batch())
    with site.session() as db:
        alarms = sorted(open_alarms(db, None), key=lambda one: one.over_seq)
        said = alarms_said(db, words_in("zh_CN"), alarms)
    assert [alarm.over_seq for alarm, _ in said] == ends
    assert ["李*" in words.over for _, words in said] == [False, True]


def test_over_http(site, node, login_as):
    path = f"/api/v1/lanes/{node.lane.lane_id}/end-fire"
    for role in ("guard", "manager", "administrator"):
        answer = login_as(role).post(path, json={"reason": "误报，已到场确认"})
        assert answer.status_code == 202, answer.text
        seen = login_as("guard").get(f"/api/v1/commands/{answer.json()['command_id']}").json()
        assert (seen["action"], seen["state"]) == ("end_fire_hold", "waiting")
    assert login_as("guard").post(path, json={}).status_code == 422
    assert [command.action for command in taken(site, node, clock.now())] == ["end_fire_hold"] * 3
    (lane,) = login_as("guard").get("/api/v1/lanes-now").json()["items"]
    assert lane["fire_held"] is False
