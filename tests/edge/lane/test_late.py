"""What waited too long for its turn is decided for nobody."""

from __future__ import annotations

import pytest

from edge.lane.hearing import LATE_S
from edge.lane.inbox import CodeSeen
from models.wire.events import Scanned
from tests.edge.lane.bench import Bench


@pytest.mark.req("ACC-01")
def test_a_code_that_waited_too_long_for_its_turn_is_counted_and_opens_nothing(bench: Bench) -> None:
    """Whoever showed it may have gone. Shown again, it opens."""
    token = bench.authority.a_pass()[1]
    bench.gate.handle(CodeSeen("east-in", token, bench.mono - LATE_S - 0.1))
    assert (bench.decisions(), [(one.why, one.count) for one in bench.said(Scanned)]) == ([], [("backlog", 1)])
    bench.wait(10.0)
    bench.scan(token)
    assert bench.decisions() == ["grant ok"]
