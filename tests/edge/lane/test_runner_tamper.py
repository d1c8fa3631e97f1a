"""A reader that is opened, torn off or cut from its line is an alarm at its lane, and opens nothing."""

from __future__ import annotations

import pytest

from edge.lane.inbox import DeviceState, ReaderTampered
from models.wire.events import Alarm, AlarmKind
from tests.edge.lane.bench import Bench


@pytest.mark.req("SEC-12")
def test_a_reader_that_is_opened_is_an_alarm_until_it_is_whole_again(bench: Bench) -> None:
    for tampered in (False, True, True, False, True):
        bench.gate.handle(ReaderTampered("east-in", tampered))
    assert bench.alarms(AlarmKind.TAMPER) == [False, True, False]
    assert {alarm.device for alarm in bench.said(Alarm)} == {"reader"}
    assert not bench.locks["east-in"].pulses


@pytest.mark.req("SEC-12")
def test_a_reader_whose_cable_is_cut_is_an_alarm_until_it_answers(bench: Bench) -> None:
    bench.gate.handle(DeviceState("east-in", "reader", "reader 1 is silent for 1.5 s"))
    bench.gate.handle(DeviceState("east-in", "reader", None))
    assert bench.alarms(AlarmKind.DEVICE_FAULT) == [False, True]


@pytest.mark.req("SEC-12", "GUARD-12")
@pytest.mark.parametrize("kind", [AlarmKind.CAMERA_COVERED, AlarmKind.CAMERA_MOVED])
def test_what_a_camera_shows_is_an_alarm_apart_from_its_silence(bench: Bench, kind: AlarmKind) -> None:
    bench.gate.handle(DeviceState("east-in", "camera", None, kind))
    bench.gate.handle(DeviceState("east-in", "camera", "in words", kind))
    bench.gate.handle(DeviceState("east-in", "camera", None))
    assert bench.alarms(kind) == [False] and bench.alarms(AlarmKind.CAMERA_STALE) == []
    bench.gate.handle(DeviceState("east-in", "camera", None, kind))
    assert bench.alarms(kind) == [False, True]
    assert {(alarm.device, alarm.detail) for alarm in bench.said(Alarm) if not alarm.over} == {("camera", "in words")}
