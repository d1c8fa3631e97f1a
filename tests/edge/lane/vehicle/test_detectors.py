"""Detectors beside a barrier: an e-bike, something on the fire lane; they are told, and move no arm (LANE-27)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.lane.inbox import BoardDown
from edge.lane.states import BesideSettings, Ebikes
from models.site.topology import Direction
from models.wire.events import Alarm, AlarmKind, Position, Sensed
from tests.edge.lane.bench import a_frame
from tests.edge.lane.vehicle.lane_bench import BUSY, LANE, VehicleBench
from tests.edge.lane.vehicle.test_runner import MINE, made


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path)
    yield bench
    bench.close()
    bench.keys.close()


def told(bench: VehicleBench, kind: AlarmKind) -> list[tuple[bool, bool]]:
    """(over, picture) of each alarm of a kind."""
    return [(one.over, one.picture) for one in bench.said(Alarm) if one.alarm is kind]


def counted(bench: VehicleBench) -> list[Position]:
    return [one.position for one in bench.said(Sensed) if one.ebike]


@pytest.mark.req("LANE-27", "PRIV-08")
def test_what_stands_on_the_fire_lane_for_three_minutes_is_an_alarm_with_its_pictures(bench: VehicleBench) -> None:
    bench.rules(pictures=True)
    began, later = a_frame(1), a_frame(2)
    bench.eyes_of_lane.frame = began
    bench.loops(fire_lane=True)
    bench.eyes_of_lane.frame = later
    bench.wait(179)
    assert told(bench, AlarmKind.FIRE_LANE) == []
    bench.wait(2)
    assert told(bench, AlarmKind.FIRE_LANE) == [(False, True)]
    ((event_id, frames),) = bench.kept.of_alarms
    assert frames == (began, later)
    assert event_id in {event.event_id for event, body in bench.events() if isinstance(body, Alarm) and body.picture}
    bench.loops(fire_lane=False)
    bench.wait(11)
    assert told(bench, AlarmKind.FIRE_LANE) == [(False, True), (True, False)] and bench.shell.before is None
    assert not bench.arm.pulses and not bench.arm.holds and not bench.arm.relocked


@pytest.mark.req("LANE-27")
def test_the_time_is_the_lanes_own_setting(bench: VehicleBench) -> None:
    bench.shell.detectors = BesideSettings(ebikes=Ebikes.ALARM, fire_lane_s=30.0)
    bench.loops(fire_lane=True)
    bench.wait(29)
    assert told(bench, AlarmKind.FIRE_LANE) == []
    bench.wait(2)
    assert told(bench, AlarmKind.FIRE_LANE) == [(False, False)], "where no picture may leave, it comes without one"


@pytest.mark.req("LANE-27")
def test_a_car_that_waits_at_the_arm_is_not_on_the_fire_lane_and_one_beside_does_not_keep_cars_out(
    bench: VehicleBench,
) -> None:
    bench.loops(arming=BUSY)
    bench.wait(200)
    assert told(bench, AlarmKind.FIRE_LANE) == []
    bench.loops()
    bench.loops(fire_lane=True, ebike=True)
    bench.wait(200)
    bench.arrive(MINE)
    bench.raised()
    bench.drive_through()
    assert bench.cases()[-1] == "grant permit" and len(bench.arm.pulses) == 1 and bench.arm.relocked == 1


@pytest.mark.req("LANE-27")
def test_an_ebike_is_counted_and_an_alarm_and_at_a_lane_of_their_own_counted_alone(bench: VehicleBench) -> None:
    bench.loops(ebike=True)
    bench.loops(ebike=False)
    bench.wait(11)
    assert told(bench, AlarmKind.EBIKE) == [(False, False), (True, False)] and counted(bench) == [Position.CLOSED]
    bench.shell.detectors = BesideSettings(ebikes=Ebikes.COUNT)
    for _ in range(3):
        bench.loops(ebike=True)
        bench.loops(ebike=False)
        bench.wait(11)
    assert len(counted(bench)) == 4 and len(told(bench, AlarmKind.EBIKE)) == 2


@pytest.mark.req("LANE-27", "ACC-18")
def test_a_detector_that_is_stuck_is_told(bench: VehicleBench) -> None:
    bench.loops(ebike=True)
    bench.wait(302)
    faults = [(one.over, one.device) for one in bench.said(Alarm) if one.alarm is AlarmKind.DEVICE_FAULT]
    assert faults == [(False, "ebike")]


@pytest.mark.req("LANE-27", "ACC-23")
def test_a_silent_board_and_a_restart_end_no_alarm_and_raise_none_twice(bench: VehicleBench) -> None:
    bench.loops(fire_lane=True, ebike=True)
    bench.wait(181)
    bench.gate.handle(BoardDown(LANE, "silent"))
    bench.gate.tick()
    bench.start()
    bench.loops()
    bench.wait(181)
    assert told(bench, AlarmKind.FIRE_LANE) == told(bench, AlarmKind.EBIKE) == [(False, False)]
    bench.start()
    bench.loops(fire_lane=False, ebike=False)
    assert told(bench, AlarmKind.FIRE_LANE) == told(bench, AlarmKind.EBIKE) == [(False, False), (True, False)]


@pytest.mark.req("LANE-27")
@pytest.mark.parametrize("direction", list(Direction))
def test_both_ways(tmp_path: Path, direction: Direction) -> None:
    bench = VehicleBench(tmp_path, direction=direction)
    bench.loops(fire_lane=True, ebike=True)
    bench.wait(181)
    assert told(bench, AlarmKind.FIRE_LANE) == told(bench, AlarmKind.EBIKE) == [(False, False)]
    bench.close()
    bench.keys.close()
