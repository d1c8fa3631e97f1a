"""Whether a node is alone: never before its first poll was answered, failed, or took too long."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from edge.parking import FIRST_POLL_S, Parking
from edge.sync.status import LinkState

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def parking() -> tuple[Parking, LinkState, list[float]]:
    clock, link = [100.0], LinkState(lambda: NOW)
    made = Parking(lambda: clock[0])
    downlink: Any = SimpleNamespace(status=link.status)
    made.downlink = downlink
    return made, link, clock


@pytest.mark.req("PARK-14")
def test_a_node_that_has_just_started_waits_for_its_first_poll_but_not_for_long() -> None:
    made, _, clock = parking()
    assert not made.alone()
    clock[0] += FIRST_POLL_S + 0.1
    assert made.alone(), "whoever stands at the exit is not kept there by a central that says nothing"


@pytest.mark.req("PARK-14")
def test_the_first_polls_outcome_decides_at_once() -> None:
    made, link, _ = parking()
    link.went_wrong(OSError("nobody there"))
    assert made.alone()
    link.went_well()
    assert not made.alone()
    link.went_wrong(OSError("gone"))
    assert made.alone()


def test_before_there_is_a_downlink_the_same_seconds_count() -> None:
    clock = [0.0]
    made = Parking(lambda: clock[0])
    assert not made.alone()
    clock[0] = FIRST_POLL_S + 1
    assert made.alone()
