"""What detectors beside a barrier saw, told: an e-bike, something on the fire lane (LANE-27; edge/lane/beside.py).

The arm's machine hears nothing of them: what stands beside the lane neither raises nor keeps an arm.
"""

from edge.lane.beside import Beside, Told
from edge.lane.beside_seen import look_before, raise_seen
from edge.lane.hanging import watch_detector
from edge.lane.record import Recorder
from edge.lane.shell import Pictures
from edge.lane.states import Over, Raise, ReportEbike
from edge.lane.vehicle.shell import VehicleShell
from models.wire.events import Sensed
from models.wire.snapshot import Snapshot


def tell_beside(
    record: Recorder, pictures: Pictures, shell: VehicleShell, beside: Beside, does: Told, snapshot: Snapshot | None
) -> None:
    """The detectors are `beside` now, and `does` is to be told of that."""
    was, shell.beside = shell.beside, beside
    for do in does:
        match do:
            case ReportEbike():
                record.say(Sensed(position=shell.position, ebike=True), shell.code)
            case Raise(alarm):
                raise_seen(record, pictures, shell, alarm, snapshot)
            case Over(alarm):
                record.end_alarm(alarm, shell.code)
    look_before(shell, was.fire_lane, beside.fire_lane)
    if shell.vehicle.heard_at is not None:
        watch_detector(record, shell.code, beside.ebike)
