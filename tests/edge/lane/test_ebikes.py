"""A lane with detectors beside it: who is let in while an e-bike stands there, what is counted, which pictures stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.lane.states import Ebikes, Settings
from models.site.topology import Direction
from models.wire.events import Alarm, AlarmKind, Sensed
from tests.edge.lane.bench import Bench, a_frame

MakeBench = Callable[..., Bench]


def told(bench: Bench, kind: AlarmKind) -> list[tuple[bool, bool]]:
    """(over, picture) of each alarm of a kind."""
    return [(one.over, one.picture) for one in bench.said(Alarm) if one.alarm is kind]


def counted(bench: Bench) -> int:
    return sum(one.ebike is True for one in bench.said(Sensed))


@pytest.mark.req("LANE-27")
def test_nobody_is_let_in_with_an_ebike_and_everybody_once_it_is_gone(bench: Bench) -> None:
    bench.contacts(ebike=True)
    bench.scan(bench.authority.a_pass()[1])
    assert bench.decisions() == ["deny ebike"] and not bench.locks["east-in"].pulses
    assert told(bench, AlarmKind.EBIKE) == [(False, False)] and counted(bench) == 1
    bench.contacts()
    bench.wait(11.0)
    bench.scan(bench.authority.a_pass()[1])
    assert bench.decisions() == ["deny ebike", "grant ok"]
    assert told(bench, AlarmKind.EBIKE) == [(False, False), (True, False)]


@pytest.mark.req("LANE-27", "ACC-18")
def test_a_stuck_detector_is_told_and_lets_people_in_again(bench: Bench) -> None:
    def faults() -> list[tuple[bool, str | None]]:
        return [(one.over, one.device) for one in bench.said(Alarm) if one.alarm is AlarmKind.DEVICE_FAULT]

    bench.contacts(ebike=True)
    bench.wait(295.0)
    bench.scan(bench.authority.a_pass()[1])
    assert bench.decisions() == ["deny ebike"] and faults() == []
    bench.wait(3.0)
    bench.wait(3.0)
    assert faults() == [(False, "ebike")]
    bench.scan(bench.authority.a_pass()[1])
    assert bench.decisions() == ["deny ebike", "grant ok"]
    bench.contacts()
    bench.wait(11.0)
    assert faults() == [(False, "ebike"), (True, "ebike")]


@pytest.mark.req("LANE-27", "ACC-23")
def test_nobody_is_kept_inside_by_one(make_bench: MakeBench) -> None:
    bench = make_bench(direction=Direction.OUT)
    bench.contacts(ebike=True)
    bench.scan(bench.authority.a_pass()[1])
    bench.contacts(ebike=True, pressed=True)
    assert bench.decisions() == ["grant ok", "grant ok"]


@pytest.mark.req("LANE-27")
def test_a_lane_of_their_own_counts_them_and_lets_them_in(bench: Bench) -> None:
    shell = bench.gate.lane("east-in")
    shell.door = type(shell.door)(settings=Settings(ebikes=Ebikes.COUNT), phase=shell.door.phase)
    for _ in range(3):
        bench.contacts(ebike=True)
        bench.scan(bench.authority.a_pass()[1])
        bench.contacts()
        bench.wait(15.0)
    assert counted(bench) == 3 and told(bench, AlarmKind.EBIKE) == []
    assert bench.decisions() == ["grant ok"] * 3


@pytest.mark.req("LANE-27", "PRIV-08")
def test_an_occupied_fire_lane_keeps_how_it_began_and_how_it_was(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    bench.rules(pictures=True)
    bench.contacts()
    began, later = a_frame(1), a_frame(2)
    bench.eyes["east-in"].frame = began
    bench.contacts(fire_lane=True)
    bench.eyes["east-in"].frame = later
    bench.wait(179.0)
    assert told(bench, AlarmKind.FIRE_LANE) == []
    bench.wait(2.0)
    assert told(bench, AlarmKind.FIRE_LANE) == [(False, True)]
    ((event_id, frames),) = bench.kept.of_alarms
    assert frames == (began, later)
    assert event_id in {event.event_id for event, body in bench.events() if isinstance(body, Alarm) and body.picture}
    bench.contacts()
    bench.wait(11.0)
    assert told(bench, AlarmKind.FIRE_LANE) == [(False, True), (True, False)]
    assert bench.gate.lane("east-in").before is None


@pytest.mark.req("LANE-27", "PRIV-08")
def test_where_no_picture_may_leave_the_alarm_comes_without_one(make_bench: MakeBench) -> None:
    bench = make_bench(eyes=True)
    bench.eyes["east-in"].frame = a_frame()
    bench.contacts(ebike=True)
    assert told(bench, AlarmKind.EBIKE) == [(False, False)] and bench.kept.of_alarms == []
