"""What a vehicle lane tells the guard about itself beside its cars: what is over since a start, loops, a clock, and
that somebody there asks for a person."""

from __future__ import annotations

from datetime import datetime

from devices.ports import Push
from edge.lane.record import Recorder
from edge.lane.vehicle.call import heard
from edge.lane.vehicle.camera_clock import CLOCK_S, CameraClock
from edge.lane.vehicle.loops import LOOPS, watched
from edge.lane.vehicle.shell import VehicleShell
from edge.lane.vehicle.states import Arm, Loop, Phase
from models.values.ids import new_id
from models.wire.events import AlarmKind, LaneCall

CLOCK_WELL_S = 600.0
"""For so long no push may have been off: one that says now this time and now that makes no two lines a push."""


def end_those_of_before(record: Recorder, shell: VehicleShell) -> None:
    """What was raised before a restart, and what the lane itself now says is over. Mostly there is nothing."""
    lane = shell.vehicle
    if not lane.fire and lane.phase is not Phase.FIRE:
        record.end_alarm(AlarmKind.FIRE, shell.code)
    if lane.arm is Arm.DOWN and not lane.lift:
        record.end_alarm(AlarmKind.FORCED, shell.code, "arm")
    if lane.arm in (Arm.DOWN, Arm.UP) and not lane.stuck:
        record.end_alarm(AlarmKind.DEVICE_FAULT, shell.code, "arm")
    for kind, beside in ((AlarmKind.EBIKE, shell.beside.ebike), (AlarmKind.FIRE_LANE, shell.beside.fire_lane)):
        if beside.since is None:
            record.end_alarm(kind, shell.code)


def watch_loops(record: Recorder, shell: VehicleShell, mono: float) -> None:
    """A loop that lies is told of; the arm goes by what it says all the same (S1)."""
    shell.loops = watched(shell.loops, shell.vehicle, mono)
    faulty = shell.loops.faulty(mono)
    for name in LOOPS:
        if name in faulty:
            record.raise_alarm(AlarmKind.DEVICE_FAULT, shell.code, f"loop_{name}", faulty[name])
        else:
            record.end_alarm(AlarmKind.DEVICE_FAULT, shell.code, f"loop_{name}")


def watch_clock(record: Recorder, shell: VehicleShell, push: Push, now: datetime, mono: float) -> float | None:
    """A camera that says another time than this node. What it has stored is of earlier, and says nothing about that.

    How long after it was taken the push came; None: its clock is far off, and nobody knows. Without a time: 0.
    """
    if push.record.stored or push.record.taken_at is None:
        return 0.0
    behind = (now - push.record.taken_at).total_seconds() - (mono - push.at)
    clock = shell.clocks.get(push.record.serial, CameraClock()).after(push.at, behind)
    shell.clocks[push.record.serial] = clock
    if abs(behind) > CLOCK_S:
        shell.clock_off_at = mono
        record.raise_alarm(AlarmKind.DEVICE_FAULT, shell.code, "plate_clock", f"clock off: {-behind:+.0f} s")
    elif shell.clock_off_at is None or mono - shell.clock_off_at > CLOCK_WELL_S:
        record.end_alarm(AlarmKind.DEVICE_FAULT, shell.code, "plate_clock")
    return clock.late_s(behind)


def hear_call(record: Recorder, shell: VehicleShell, pressed: bool, mono: float) -> None:
    """The button beside the lane. It moves nothing: a person at central is told, and sees who stands there."""
    lane, before = shell.vehicle, shell.calling
    car = lane.arming is Loop.OCCUPIED or not lane.clear
    shell.calling, what = heard(before, pressed, car, mono, new_id())
    call_id = shell.calling.call_id or before.call_id
    if what is not None and call_id is not None:
        about = shell.waiting.correlation if shell.waiting is not None else None
        record.say(LaneCall(what=what, by="button", visit_id=about), shell.code, call_id)
