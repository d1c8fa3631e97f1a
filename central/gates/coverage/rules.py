"""Whether a key point has a reader that works at this moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from models.wire.events import AlarmKind


class PointKind(StrEnum):
    """The points that ACC-02 names. A unit door belongs to a unit; the others to the community."""

    ENTRANCE = "entrance"
    UNIT_DOOR = "unit_door"
    LIFT = "lift"
    GARAGE = "garage"


class Cover(StrEnum):
    """WORKING, or the first thing that stands in the way: what is nearest to the point is asked first."""

    NO_LANE = "no_lane"
    NO_NODE = "no_node"
    SILENT = "silent"
    READER_FAULT = "reader_fault"
    WORKING = "working"


UNITS_OF = (PointKind.UNIT_DOOR, PointKind.LIFT)
"""Kinds that may stand in one unit."""

BEYOND_READING = frozenset({"relay", "lock", "panel"})
"""Devices of a lane that move the door: their faults are alarms of their own, and no reader's."""

_BLIND = frozenset(
    {AlarmKind.DEVICE_FAULT, AlarmKind.CAMERA_STALE, AlarmKind.CAMERA_COVERED, AlarmKind.CAMERA_MOVED, AlarmKind.TAMPER}
)


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """What is known of the lane at a point. `driven`: a node has it. `faults`: readers of it with an open alarm."""

    driven: bool
    online: bool
    faults: tuple[str, ...] = ()


def cover_of(lane: LaneFacts | None) -> Cover:
    """`lane` None: none was named for the point. A silent node is asked for no reader: nobody knows them then."""
    if lane is None:
        return Cover.NO_LANE
    if not lane.driven:
        return Cover.NO_NODE
    if not lane.online:
        return Cover.SILENT
    return Cover.READER_FAULT if lane.faults else Cover.WORKING


def reader_faults(alarms: Iterable[tuple[str, str | None]]) -> tuple[str, ...]:
    """The readers among the open alarms of a lane, (kind, device) each. A reader that was opened may be bypassed."""
    named = {
        device or ("camera" if kind.startswith("camera") else "reader")
        for kind, device in alarms
        if kind in _BLIND and device not in BEYOND_READING and (kind != AlarmKind.TAMPER or device == "reader")
    }
    return tuple(sorted(named))
