"""Where somebody is is forgotten on a person's word, with a reason, by the node that remembers it (ACC-17)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Forbidden, Invalid, NotFound
from central.gates.access.service import add_cardholder, approve_lockdown, request_lockdown, set_zone
from central.gates.nodes import commands, snapshots
from central.gates.nodes import service as nodes
from central.gates.nodes.tables import NodeRow
from central.people.community import service as community
from central.people.community.rules import Tie
from models.access.passback import PassbackMode
from models.values.ids import new_id
from models.wire.commands import Command, CommandLedger, judge
from models.wire.signed import verified
from models.wire.snapshot import Snapshot

pytestmark = pytest.mark.req("ACC-17")


def person(site, *permissions, community_id=None):
    grant = Grant("guard", frozenset(permissions), community_id or site.community_id)
    return Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "李*", (grant,))


@pytest.fixture
def guard(site):
    return person(site, "lane.reset_passback")


@pytest.fixture
def holder(site, node):
    with site.session() as db:
        house = community.add_house(
            db, site.actor, community.add_unit(
                db, site.actor, community.add_building(db, site.actor, site.community_id, "5").id, "2"
            ).id, "1102",
        )  # fmt: skip
        home = community.add_resident(
            db, site.actor, house.id, "张示例", None, Tie.OWNER, starts_at=node.clock - timedelta(days=9)
        )
        return add_cardholder(db, site.actor, site.community_id, home.person_id).id


def taken(site, node):
    with site.session() as db:
        signed = commands.take(db, node.id, node.clock)
    key = bytes.fromhex(node.reply.central_key)
    return [Command.model_validate_json(verified(one, "command", key)) for one in signed]


def test_the_node_is_told_whom_to_forget(site, node, guard, holder):
    with site.session() as db:
        command_id = nodes.reset_passback(db, guard, node.lane.lane_id, holder, " 本人，当面核实 ", node.clock)
    (command,) = taken(site, node)
    assert (command.command_id, command.action, command.subject_id) == (command_id, "reset_passback", holder)
    assert (command.actor_id, command.reason) == (guard.id, "本人，当面核实")
    assert judge(command, node.id, CommandLedger(), node.clock + timedelta(seconds=30)) == "ok"
    assert judge(command, node.id, CommandLedger(), node.clock + timedelta(seconds=31)) == "late"
    with site.session() as db:
        (row,) = db.execute(text("SELECT reason, after FROM audit WHERE what = 'lane.reset_passback'"))
        kept = db.scalar(text("SELECT subject_id FROM command"))
    assert (row.reason, row.after["subject_id"], kept) == ("本人，当面核实", str(holder), holder)


def test_without_a_reason_or_for_nobody_nothing_is_told(site, node, guard, holder):
    with pytest.raises(Invalid), site.session() as db:
        nodes.reset_passback(db, guard, node.lane.lane_id, holder, "  ", node.clock)
    with pytest.raises(NotFound), site.session() as db:
        nodes.reset_passback(db, guard, node.lane.lane_id, new_id(), "本人", node.clock)
    assert taken(site, node) == []
    with site.session() as db:
        refused = db.execute(text("SELECT after FROM audit WHERE what = 'lane.reset_passback_refused'")).all()
    assert sorted(row.after["why"] for row in refused) == ["access.no_cardholder", "nodes.reason_needed"]


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_who_may_not_is_refused(site, other_site, node, holder):
    lane_id = node.lane.lane_id
    for stranger in (person(site, "lane.open"), person(site, "lane.reset_passback", community_id=new_id())):
        with pytest.raises(Forbidden), site.session() as db:
            nodes.reset_passback(db, stranger, lane_id, holder, "本人", node.clock)
    with pytest.raises(NotFound), other_site.session() as db:
        nodes.reset_passback(db, person(other_site, "lane.reset_passback"), lane_id, holder, "本人", node.clock)
    assert taken(site, node) == []


@pytest.mark.req("ACC-24")
def test_a_node_s_signed_snapshot_names_the_zones_and_the_lockdowns(site, node):
    def told():
        with site.session() as db:
            signed = snapshots.newer_than(db, db.get(NodeRow, (node.id)), 0, node.clock)
        return Snapshot.model_validate_json(verified(signed, "snapshot", bytes.fromhex(node.reply.central_key)))

    lanes, until = [node.lane.lane_id], node.clock + timedelta(hours=1)
    with site.session() as db:
        keeper = person(site, "zone.edit", "lockdown.request")
        set_zone(db, keeper, site.community_id, "地库", PassbackMode.TIMED, lanes, minutes=5, now=node.clock)
        asked = request_lockdown(db, keeper, site.community_id, lanes, "staff", until, "演练", now=node.clock).id
    assert [zone.minutes for zone in told().passback] == [5] and told().lockdowns == ()
    with site.session() as db:
        approve_lockdown(db, person(site, "lockdown.approve"), asked, now=node.clock)
    assert [(one.lockdown_id, one.until) for one in told().lockdowns] == [(asked, until)]
