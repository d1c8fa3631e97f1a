"""An explanation counts the entries that were made, as the lane's node counts them (ACC-05)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.ids import new_id
from models.wire.events import Actuated, Passage
from tests.central.people.town import build_town

pytestmark = pytest.mark.req("ACC-05")
API = "/api/v1"


@pytest.fixture
def town(site):
    return build_town(site.engine, site.tenant_id, "门庭花园")


@pytest.fixture
def gate(site, town):
    """The town's gate, with nodes to come; a node at its lane."""
    return replace(site, community_id=town.community, gate_id=town.gate)


@pytest.fixture
def node(gate, town):
    made = gate.enrol("east-in")
    assert made.lane.lane_id == town.lane
    made.clock = town.now
    return made


def entry(node, town, ended=None, pass_id=None, **decided):
    """A decision about the town's visitor pass, and how it ended."""
    correlation, body = new_id(), node.decision(Outcome.GRANT)
    decision = body.decision.model_copy(update={"credential_id": pass_id or town.visitor_pass} | decided)
    node.write(body.model_copy(update={"decision": decision}), correlation)
    if ended is not None:
        node.write(Actuated(action="release", confirmed=True, latency_us=1), correlation)
        node.write(Passage(passed=ended == "door_cycle", why=ended), correlation)


def explained(client, town, at=None):
    ask = {"pass_id": str(town.visitor_pass), "lane_id": str(town.lane)} | ({"at": at.isoformat()} if at else {})
    answer = client.get(f"{API}/explain", params=ask)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return told["uses_known"], told["uses_before"], told["decision"]["reason"]


def test_one_entry_uses_up_a_pass_for_one(gate, town, node, login_as):
    guard = login_as("guard")
    assert explained(guard, town) == (True, 0, "ok")
    entry(node, town, "door_cycle")
    gate.send(node, node.batch())
    assert explained(guard, town, node.clock + timedelta(seconds=1)) == (True, 1, "used_up")
    assert explained(guard, town, town.now) == (True, 0, "ok"), "before it, it was not used"


@pytest.mark.parametrize(
    ("ended", "counted"),
    [
        ("door_cycle", 1),
        (None, 1),
        ("restart", 1),
        ("fire", 1),
        ("not_sensed", 1),
        ("board_silent", 1),
        ("timeout", 0),
        ("not_released", 0),
    ],
)
def test_a_grant_nobody_used_is_given_back_and_no_other(gate, town, node, login_as, ended, counted):
    """The same as edge/journal/uses.py counts."""
    entry(node, town, ended)
    gate.send(node, node.batch())
    assert explained(login_as("guard"), town, node.clock + timedelta(seconds=1))[1] == counted


def test_what_is_no_use_of_this_pass_is_not_counted(gate, town, node, login_as):
    entry(node, town, "door_cycle", pass_id=new_id())
    entry(node, town, outcome=Outcome.DENY, reason=Reason.EXPIRED)
    entry(node, town, "door_cycle", reason=Reason.FIRE)
    entry(node, town, "door_cycle", kind=Kind.FACE)
    entry(node, town, "door_cycle", inputs={"direction": "out"})
    gate.send(node, node.batch())
    other = gate.enrol("west-in")
    other.clock = town.now
    entry(other, town, "door_cycle")
    gate.send(other, other.batch())
    assert explained(login_as("guard"), town, node.clock + timedelta(seconds=9)) == (True, 0, "ok")


def test_ways_of_ending_are_known_here():
    """A new way for a grant to end must be sorted into given back or not."""
    assert set(Passage.model_fields["why"].annotation.__args__) == {
        "door_cycle", "timeout", "not_released", "not_sensed", "board_silent", "restart", "fire",
        "loops", "backed_out", "no_passage", "no_vehicle", "expired", "replaced",
    }  # fmt: skip
