"""What is said of a board that was not heard yet, and of a lock that is another panel's."""

from __future__ import annotations

import pytest

from edge.lane.inbox import BoardDown, Pulsed
from models.access.decision import Reason
from models.wire.events import Actuated, DecisionMade
from tests.edge.lane.bench import Bench


@pytest.mark.req("ACC-04")
def test_before_the_board_was_heard_a_refusal_says_that_the_node_is_starting_and_afterwards_that_the_board_is_silent(
    bench: Bench,
) -> None:
    bench.start()
    assert bench.gate.lane("east-in").starting
    bench.scan(bench.authority.a_pass()[1])
    bench.gate.handle(BoardDown("east-in", "Unreachable: unit 1 did not answer within 0.3 s"))
    bench.scan(bench.authority.a_pass()[1])
    bench.contacts()
    assert not bench.gate.lane("east-in").starting
    refused = [one.decision for one in bench.said(DecisionMade)]
    assert [(one.reason, one.detail["device"]) for one in refused] == [
        (Reason.FAULT, "starting"), (Reason.FAULT, "relay")
    ]  # fmt: skip
    assert not bench.locks["east-in"].pulses


@pytest.mark.req("INT-07")
def test_where_a_panel_drives_the_lock_the_record_says_that_the_panel_was_told_and_claims_no_release(
    bench: Bench,
) -> None:
    bench.gate.lane("east-in").panel = True
    bench.scan(bench.authority.a_pass()[1])
    (correlation,) = bench.locks["east-in"].pulses
    bench.gate.handle(Pulsed("east-in", correlation, None, bench.mono, seen=False))
    assert [(one.told, one.confirmed, one.fault) for one in bench.said(Actuated)] == [("panel", False, None)]
