"""A guard's command at the lane: once, in time, recorded like any other access; and the end of a fire hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from edge.health.clock import Clock
from edge.lane.inbox import BoardDown, CommandIn, HoldChanged, Note
from edge.sync.client import CentralClient
from edge.sync.downlink import Downlink
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action, Command
from models.wire.commands import Downlink as Told
from models.wire.events import Actuated, AlarmKind, CommandDone, DecisionMade, Passage, Position, Sensed
from models.wire.signed import Signed
from tests.edge.lane.bench import Bench

MakeBench = Callable[..., Bench]


def told(bench: Bench, *signed: Signed) -> None:
    """Central's answer to a poll goes through the real downlink, the real ledger and the real gate."""
    answer = Told(commands=signed, server_time=utc_now())
    client = cast(CentralClient, SimpleNamespace(wait_for_downlink=lambda *_: answer))
    clock = Clock(wall=bench.now)
    downlink = Downlink(
        bench.store, client, clock,
        execute=lambda command: bench.gate.handle(CommandIn(command)),
        record=lambda entry: bench.gate.handle(Note(entry)),
    )  # fmt: skip
    downlink.step()


def fates(bench: Bench) -> list[tuple[str, str]]:
    return [(body.result, body.reason) for body in bench.said(CommandDone)]


@pytest.mark.req("ACC-25", "GEN-01")
def test_a_guard_opens_once_with_name_and_reason_and_a_replay_is_refused(bench: Bench) -> None:
    command = bench.command()
    told(bench, bench.signed(command))
    assert not fates(bench), "done is said when the lock has moved, not when it was asked to"
    bench.confirm()
    bench.walk_through()
    told(bench, bench.signed(command))
    bench.start()
    bench.contacts()
    told(bench, bench.signed(command))
    assert fates(bench) == [("done", "ok"), ("refused", "replayed"), ("refused", "replayed")]
    made = bench.said(DecisionMade)[0]
    assert (made.command_id, made.actor_id, made.said) == (command.command_id, command.actor_id, command.reason)
    correlations = {e.correlation for e, body in bench.events() if isinstance(body, DecisionMade | Passage | Actuated)}
    assert correlations == {command.correlation} and not bench.locks["east-in"].pulses


@pytest.mark.req("ACC-25")
def test_late_reordered_forged_and_foreign_commands_are_refused_and_told(bench: Bench) -> None:
    late = bench.command(issued_at=bench.now() - timedelta(seconds=6))
    older, newer = bench.command(), bench.command()
    forged = bench.signed(bench.command()).model_copy(update={"signature": "A" * 86})
    elsewhere = bench.command(node_id=new_id())
    told(bench, bench.signed(late))
    told(bench, bench.signed(newer))
    bench.confirm()
    for one in (bench.signed(older), forged, bench.signed(elsewhere)):
        told(bench, one)
    assert fates(bench) == [
        ("refused", "late"), ("done", "ok"), ("refused", "replayed"), ("refused", "forged"), ("refused", "wrong_point"),
    ]  # fmt: skip
    assert len(bench.locks["east-in"].pulses) == 1


@pytest.mark.req("ACC-25", "ACC-16")
def test_a_command_that_grew_old_while_the_gate_was_busy_is_refused_as_late(bench: Bench) -> None:
    bench.gate.handle(CommandIn(bench.command(), until=bench.mono - 0.1))
    assert fates(bench) == [("refused", "late")] and not bench.locks["east-in"].pulses


@pytest.mark.req("ACC-25")
def test_a_lock_that_does_not_move_a_silent_board_and_an_unknown_lane_are_refusals(bench: Bench) -> None:
    bench.order(bench.command())
    bench.confirm(fault="NotConfirmed: output 1 reads off")
    bench.gate.handle(BoardDown("east-in", "no answer"))
    bench.order(bench.command())
    bench.order(bench.command(lane_id=new_id()))
    assert fates(bench) == [("refused", "fault"), ("refused", "fault"), ("refused", "wrong_point")]


@pytest.mark.req("ACC-22")
def test_fire_is_held_until_a_person_ends_it_with_a_healthy_input_also_across_restarts(bench: Bench) -> None:
    lock = bench.locks["east-in"]
    bench.contacts(fire=True)
    assert lock.holds == [True]
    bench.order(bench.command(Action.END_FIRE_HOLD))
    assert fates(bench) == [("refused", "fire")] and lock.holds == [True], "it still burns"
    bench.contacts(fire=False)
    bench.order(bench.command(Action.OPEN))
    bench.wait(3600.0)
    bench.start()
    lock = bench.locks["east-in"]
    assert lock.holds == [True], "held before anything is known of the input"
    bench.order(bench.command(Action.END_FIRE_HOLD))
    assert lock.holds == [True], "an input that was not read is not healthy"
    bench.contacts(fire=False)
    bench.order(bench.command(Action.END_FIRE_HOLD))
    assert lock.holds == [True, False] and fates(bench)[-1] == ("done", "ok")
    assert bench.alarms(AlarmKind.FIRE) == [False, True], "the alarm of before the restart is over too"
    bench.start()
    assert not bench.locks["east-in"].holds


@pytest.mark.req("ACC-22")
def test_while_a_lane_is_held_for_fire_central_hears_whether_its_input_is_active_still(bench: Bench) -> None:
    bench.contacts(fire=True)
    bench.contacts(fire=False)
    bench.contacts(fire=False, closed=False)
    told = [(one.position, one.fire) for one in bench.said(Sensed) if one.fire is not None]
    assert told == [(Position.CLOSED, True), (Position.CLOSED, False)]


@pytest.mark.req("ACC-22")
def test_a_hold_that_cannot_be_remembered_holds_all_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge.lane.hold.FireHolds.remember", full)
    bench.contacts(fire=True)
    assert bench.locks["east-in"].holds == [True] and bench.alarms(AlarmKind.DISK) == [False]


@pytest.mark.req("ACC-22", "ACC-23")
def test_a_hold_that_the_board_did_not_confirm_is_a_fault_and_no_success(bench: Bench) -> None:
    bench.contacts(fire=True)
    bench.gate.handle(HoldChanged("east-in", True, "NotConfirmed: output 1 reads off"))
    bench.gate.handle(HoldChanged("east-in", True))
    assert [(one.action, one.confirmed) for one in bench.said(Actuated)] == [("hold_open", False), ("hold_open", True)]
    assert bench.alarms(AlarmKind.DEVICE_FAULT) == [False, True]


def test_a_command_that_this_lane_does_not_know_is_refused(bench: Bench) -> None:
    command = bench.command(Action.LOOK)
    assert isinstance(command, Command)
    bench.order(command)
    assert fates(bench) == [("refused", "not_permitted")]
