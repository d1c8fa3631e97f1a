"""An intercom at a lane: its contact or its word opens the door, under a reason of its own, and the rules are asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.lane.inbox import OpenAsked
from models.access.credential import Kind
from models.access.lockdown import Lockdown
from models.values.ids import new_id
from models.wire.events import DecisionMade
from tests.edge.lane.bench import Bench


def _kinds(bench: Bench) -> list[tuple[Kind, str]]:
    return [(one.decision.kind, one.decision.outcome.value) for one in bench.said(DecisionMade)]


@pytest.mark.req("INT-12")
def test_the_contact_opens_once_each_time_it_closes(bench: Bench) -> None:
    bench.contacts(intercom=True)
    bench.contacts(intercom=True)
    assert _kinds(bench) == [(Kind.INTERCOM, "grant")] and len(bench.locks["east-in"].pulses) == 1
    bench.contacts()
    bench.contacts(intercom=True)
    assert len(bench.locks["east-in"].pulses) == 2


@pytest.mark.req("INT-12", "ACC-23")
def test_found_closed_at_start_it_opens_nothing(bench: Bench) -> None:
    bench.start()
    bench.contacts(intercom=True)
    assert bench.locks["east-in"].pulses == []


@pytest.mark.req("INT-12")
def test_its_word_is_a_recognition_that_is_on_disk_before_the_door_moves(bench: Bench) -> None:
    bench.gate.handle(OpenAsked("east-in", Kind.INTERCOM, bench.mono))
    lock = bench.locks["east-in"]
    assert _kinds(bench) == [(Kind.INTERCOM, "grant")] and len(lock.pulses) == 1 and lock.heads[0] > 0


@pytest.mark.req("INT-12")
def test_which_call_it_was_and_who_answered_stands_in_the_record(bench: Bench) -> None:
    said = {"call": "7", "answered_by": "5-2-1102"}
    bench.gate.handle(OpenAsked("east-in", Kind.INTERCOM, bench.mono, said))
    (made,) = bench.said(DecisionMade)
    assert said.items() <= made.decision.detail.items() and len(bench.locks["east-in"].pulses) == 1


@pytest.mark.req("INT-12", "ACC-24")
def test_a_lockdown_holds_for_intercoms(bench: Bench) -> None:
    lane_id, until = bench.lanes["east-in"].lane_id, bench.now() + timedelta(hours=1)
    lockdown = Lockdown(lockdown_id=new_id(), lanes=frozenset({lane_id}), group="guards", until=until)
    bench.rules(more={"lockdowns": (lockdown,)})
    bench.gate.handle(OpenAsked("east-in", Kind.INTERCOM, bench.mono))
    bench.contacts(intercom=True)
    assert bench.decisions() == ["deny lockdown", "deny lockdown"] and bench.locks["east-in"].pulses == []
