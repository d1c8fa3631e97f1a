"""Opening a lane from afar: role, reason, fresh nonce, live picture, seconds to live, once (ACC-25)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, Grant
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.gates.nodes import commands, queries, remote
from central.gates.nodes import service as nodes
from central.gates.nodes.tables import CommandRow
from central.people.community.queries import lane_of
from models.values.ids import new_id
from models.wire.commands import Action, Command, CommandLedger, judge
from models.wire.events import CommandDone
from models.wire.signed import verified

pytestmark = pytest.mark.req("ACC-25")

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20 + b"\xff\xd9"


@pytest.fixture
def guard(site):
    grant = Grant("guard", frozenset({"lane.open"}), site.community_id)
    return Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "李*", (grant,))


@pytest.fixture
def now(node):
    return node.clock


def show(site, node, guard, now):
    """A look that was asked for, taken and answered; returns what the guard's page got."""
    with site.session() as db:
        nodes.request_look(db, guard, node.lane.lane_id, now)
        commands.take(db, node.id, now)
        remote.keep_live_picture(db, node.actor, node.lane.lane_id, JPEG, now)
    with site.session() as db:
        jpeg, taken_at = nodes.live_picture(db, node.lane.lane_id, now)
        assert jpeg == JPEG
        return nodes.new_nonce(db, guard, node.lane.lane_id, now), taken_at


def opened(site, node, guard, nonce, looked_at, now, reason="快递"):
    with site.session() as db:
        return nodes.open_lane(db, guard, node.lane.lane_id, reason, nonce, looked_at, now)


def taken(site, node, now):
    """What the node's poll takes down, verified with the key it was told when it enrolled."""
    with site.session() as db:
        signed = commands.take(db, node.id, now)
    key = bytes.fromhex(node.reply.central_key)
    return [Command.model_validate_json(verified(one, "command", key)) for one in signed]


def refusals(site):
    with site.session() as db:
        return list(db.scalars(text("SELECT after->>'why' FROM audit WHERE what = 'lane.open_refused' ORDER BY id")))


def test_look_then_open_reaches_the_node_signed_and_short_lived(site, node, guard, now):
    nonce, looked_at = show(site, node, guard, now)
    correlation = opened(site, node, guard, nonce, looked_at, now)
    (command,) = taken(site, node, now)
    assert (command.correlation, command.nonce, command.actor_id, command.role) == (
        correlation, nonce, guard.id, "guard",
    )  # fmt: skip
    assert command.ttl_s <= 5 and command.action == "open" and command.reason == "快递"
    ledger = CommandLedger(highest=1)
    assert judge(command, node.id, ledger, now) == "ok"
    assert judge(command, node.id, ledger, now + timedelta(seconds=6)) == "late"
    assert judge(command, node.id, ledger.after(command), now) == "replayed"
    assert taken(site, node, now) == [], "handed out once"
    with site.session() as db:
        row = db.execute(text("SELECT reason, actor_id, after FROM audit WHERE what = 'lane.open'")).one()
        assert (row.reason, row.actor_id, row.after["looked_at"]) == ("快递", guard.id, looked_at.isoformat())


def test_a_nonce_opens_once(site, node, guard, now):
    nonce, looked_at = show(site, node, guard, now)
    opened(site, node, guard, nonce, looked_at, now)
    with pytest.raises(Conflict, match="nonce_used"):
        opened(site, node, guard, nonce, looked_at, now)
    assert refusals(site) == ["nodes.nonce_used"]


def test_one_nonce_from_six_threads_opens_once(site, node, guard, now):
    nonce, looked_at = show(site, node, guard, now)

    def attempt(_):
        try:
            return opened(site, node, guard, nonce, looked_at, now) is not None
        except Conflict:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == [False] * 5 + [True]
    assert len(taken(site, node, now)) == 1


@pytest.mark.parametrize(
    ("spoil", "error", "why"),
    [
        (lambda call: call | {"reason": "  "}, Invalid, "nodes.reason_needed"),
        (lambda call: call | {"nonce": "n" * 32}, Conflict, "nodes.nonce_used"),
        (lambda call: call | {"looked_at": None}, Conflict, "nodes.look_first"),
        (lambda call: call | {"looked_at": call["looked_at"] - timedelta(seconds=1)}, Conflict, "nodes.look_again"),
        (lambda call: call | {"now": call["now"] + timedelta(seconds=31)}, Conflict, "nodes.look_first"),
        (lambda call: call | {"now": call["now"] + timedelta(seconds=61)}, Conflict, "nodes.nonce_used"),
    ],
)
def test_without_one_of_the_conditions_nothing_opens_and_it_is_written_down(site, node, guard, now, spoil, error, why):
    nonce, looked_at = show(site, node, guard, now)
    call = spoil({"nonce": nonce, "looked_at": looked_at, "now": now, "reason": "快递"})
    with pytest.raises(error):
        opened(site, node, guard, **call)
    assert taken(site, node, now) == []
    assert refusals(site) == [why]


def test_a_picture_that_a_colleague_asked_for_keeps_nobody_from_opening(site, node, guard, now):
    """The newest picture is another one each second while somebody else has the same lane's page open."""
    nonce, looked_at = show(site, node, guard, now)
    colleague, later = replace(guard, id=new_id(), name="王*"), now + timedelta(seconds=2)
    theirs, newer = show(site, node, colleague, later)
    assert newer == later
    assert opened(site, node, guard, nonce, looked_at, later)
    with pytest.raises(Conflict, match="look_again"):
        opened(site, node, colleague, theirs, looked_at, later)


def test_a_nonce_does_not_make_its_picture_younger(site, node, guard, now):
    nonce, looked_at = show(site, node, guard, now)
    late = now + timedelta(seconds=31)
    show(site, node, replace(guard, id=new_id()), late)
    with pytest.raises(Conflict, match="look_first"):
        opened(site, node, guard, nonce, looked_at, late)


def test_a_nonce_from_before_the_first_picture_opens_for_the_newest_one(site, node, guard, now):
    with site.session() as db:
        nonce = nodes.new_nonce(db, guard, node.lane.lane_id, now)
    _, looked_at = show(site, node, guard, now + timedelta(seconds=1))
    assert opened(site, node, guard, nonce, looked_at, now + timedelta(seconds=1))


def test_whoever_looks_while_a_look_is_under_way_is_answered_with_it(site, node, guard):
    """304 looks of one guard within seconds were 304 signed commands, and each drew a picture."""
    colleague, now = replace(guard, id=new_id(), name="王*"), clock.now() + timedelta(seconds=1)

    def look(second, who=guard):
        with site.session() as db:
            return nodes.request_look(db, who, node.lane.lane_id, now + timedelta(seconds=second))

    first = look(0)
    assert {look(0.1), look(0.2, colleague), look(20)} == {first}, "it still waits for the node"
    with site.session() as db:
        assert len(commands.take(db, node.id, now + timedelta(seconds=20))) == 1
        remote.keep_live_picture(db, node.actor, node.lane.lane_id, JPEG, now + timedelta(seconds=21))
    assert {look(21.1), look(21.9, colleague)} == {first}, "its picture is less than a second old"
    second = look(22.1, colleague)
    assert second != first
    taken(site, node, now + timedelta(seconds=22.2))
    assert look(22.9) == second, "the picture may be on its way"
    assert look(23.2) != second, "and a camera that did not answer is asked again"
    with site.session() as db:
        told = list(db.scalars(text("SELECT actor_name FROM audit WHERE what = 'lane.look' ORDER BY id")))
    assert told == ["李*", "王*"], "each who looked is written down, whose command it ever was"


def test_twenty_who_look_at_once_ask_the_node_once(site, node, guard, now):
    def look(_):
        with site.session() as db:
            return nodes.request_look(db, guard, node.lane.lane_id, now)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(look, range(20)))) == 1
    assert len(taken(site, node, now)) == 1


def test_no_picture_no_opening(site, node, guard, now):
    with site.session() as db:
        nonce = nodes.new_nonce(db, guard, node.lane.lane_id, now)
    with pytest.raises(Conflict, match="look_first"):
        opened(site, node, guard, nonce, now, now)


def test_another_guard_s_nonce_or_one_for_another_lane_opens_nothing(site, guard, now):
    node = site.enrol("east-in", "east-out")
    nonce, looked_at = show(site, node, guard, now)
    colleague = Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "王*", guard.grants)
    with pytest.raises(Conflict, match="nonce_used"):
        opened(site, node, colleague, nonce, looked_at, now)
    with pytest.raises(Conflict, match="nonce_used"), site.session() as db:
        nodes.open_lane(db, guard, node.reply.lanes[1].lane_id, "快递", nonce, looked_at, now)


@pytest.mark.req("SEC-04", "ADMIN-02")
def test_who_may_not_open_there_is_refused(site, other_site, node, guard, now):
    nonce, looked_at = show(site, node, guard, now)
    nobody = Actor(site.tenant_id, ActorKind.ACCOUNT, new_id(), "x", (Grant("guard", frozenset({"visit.read"})),))
    with pytest.raises(Forbidden):
        opened(site, node, nobody, nonce, looked_at, now)
    with pytest.raises(NotFound), other_site.session() as db:
        nodes.open_lane(db, other_site.actor, node.lane.lane_id, "快递", nonce, looked_at, now)
    with pytest.raises(NotFound), other_site.session() as db:
        nodes.request_look(db, other_site.actor, node.lane.lane_id, now)
    with other_site.session() as db:
        assert nodes.live_picture(db, node.lane.lane_id, now) is None


def test_the_audit_has_one_row_for_each_viewing_however_often_its_picture_is_renewed(site, node, guard, now):
    colleague = replace(guard, id=new_id(), name="王*")
    looks = [(guard, second) for second in (0, 15, 134, 253, 374)] + [(colleague, 20)]
    for who, second in sorted(looks, key=lambda look: look[1]):
        with site.session() as db:
            nodes.request_look(db, who, node.lane.lane_id, now + timedelta(seconds=second))
        taken(site, node, now + timedelta(seconds=second))
    with site.session() as db:
        told = list(db.scalars(text("SELECT actor_name FROM audit WHERE what = 'lane.look' ORDER BY id")))
    assert told == ["李*", "王*", "李*"], "374 comes more than two minutes after 253"


@pytest.mark.req("SYNC-14")
def test_numbers_grow_without_gap_or_repeat_from_many_threads(site, node, guard, now):
    def give(_):
        with site.session() as db:
            commands.give(db, guard, "guard", lane_of(db, node.lane.lane_id), Action.LOOK, "x", new_id().hex, now)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(give, range(40)))
    assert [command.number for command in taken(site, node, now)] == list(range(1, 41))


@pytest.mark.req("SYNC-14")
def test_what_nobody_fetched_in_time_is_expired_at_once_and_never_sent(site, node, guard, now):
    nonce, looked_at = show(site, node, guard, now)
    opened(site, node, guard, nonce, looked_at, now)
    late = now + timedelta(seconds=5)
    with site.session() as db:
        shown = queries.commands_of_lane(db, node.lane.lane_id, late)
        assert sorted(one.state for one in shown) == ["expired", "sent"]
    assert taken(site, node, late) == []
    with site.session() as db:
        assert commands.expire(db, late) == 1
        states = db.scalars(select(CommandRow.state).order_by(CommandRow.number)).all()
        assert states == ["sent", "expired"]


@pytest.mark.req("SYNC-14")
@pytest.mark.parametrize(("result", "reason"), [("done", "ok"), ("refused", "late")])
def test_the_fate_of_a_command_is_told_by_the_node(site, node, guard, now, result, reason):
    nonce, looked_at = show(site, node, guard, now)
    opened(site, node, guard, nonce, looked_at, now)
    (command,) = taken(site, node, now)
    node.write(CommandDone(command_id=command.command_id, action="open", result=result, reason=reason))
    node.write(CommandDone(command_id=command.command_id, action="open", result="refused", reason="replayed"))
    site.send(node, node.batch())
    with site.session() as db:
        view = queries.command(db, command.command_id, now + timedelta(hours=1))
        assert (view.state, view.result_reason) == (result, reason)


@pytest.mark.req("SYNC-10")
def test_a_node_cannot_report_on_a_command_it_was_not_given(site, node, guard, now):
    other = site.enrol("west-in")
    nonce, looked_at = show(site, node, guard, now)
    opened(site, node, guard, nonce, looked_at, now)
    (command,) = taken(site, node, now)
    other.write(CommandDone(command_id=command.command_id, action="open", result="done"))
    receipt = site.send(other, other.batch())
    assert [one.reason for one in receipt.parked] == ["projection_failed"]
    with site.session() as db:
        assert queries.command(db, command.command_id, now).state == "sent"


def test_a_live_picture_comes_only_when_somebody_looks(site, node, guard, now):
    with pytest.raises(Forbidden, match="nobody_looks"), site.session() as db:
        remote.keep_live_picture(db, node.actor, node.lane.lane_id, JPEG, now)
    with site.session() as db:
        nodes.request_look(db, guard, node.lane.lane_id, now)
        commands.take(db, node.id, now)
    other = site.enrol("west-in")
    with pytest.raises(Forbidden), site.session() as db:
        remote.keep_live_picture(db, other.actor, node.lane.lane_id, JPEG, now)
    with pytest.raises(Forbidden, match="nobody_looks"), site.session() as db:
        remote.keep_live_picture(db, node.actor, node.lane.lane_id, JPEG, now + timedelta(seconds=61))
    with pytest.raises(Invalid), site.session() as db:
        remote.keep_live_picture(db, node.actor, node.lane.lane_id, b"GIF89a" + bytes(50), now)


def test_a_live_picture_is_sealed_and_gone_after_two_minutes(site, node, guard, now, database):
    show(site, node, guard, now)
    with site.session() as db:
        assert b"picture" not in db.scalar(text("SELECT sealed FROM live_picture"))
        assert db.scalar(text("SELECT relpersistence FROM pg_class WHERE relname = 'live_picture'")) in ("u", b"u")
        late = now + timedelta(minutes=2)
        assert nodes.live_picture(db, node.lane.lane_id, late) is None
        remote.sweep_remote(db, late)
        assert db.scalar(text("SELECT count(*) FROM live_picture")) == 0
