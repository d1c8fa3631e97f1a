"""The rights of nodes: to see, enrol and revoke them, to open a lane from afar, to end a fire hold, to have a place
forgotten, to calibrate, to hold a barrier up, to turn a lane round."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare
from central.gates.ingest.permissions import READ_NODES

__all__ = [
    "CALIBRATE_FACES",
    "END_FIRE_HOLDS",
    "ENROL_NODES",
    "HOLD_LANES",
    "OPEN_LANES",
    "READ_NODES",
    "RESET_PASSBACK",
    "TURN_LANES",
]

ENROL_NODES = declare("node.enrol", MANAGER)
OPEN_LANES = declare("lane.open", GUARD, MANAGER, refusal="lane.open_refused")
END_FIRE_HOLDS = declare("lane.end_fire", GUARD, MANAGER, refusal="lane.end_fire_refused")
RESET_PASSBACK = declare("lane.reset_passback", GUARD, MANAGER, refusal="lane.reset_passback_refused")
HOLD_LANES = declare("lane.hold", GUARD, MANAGER, refusal="lane.hold_refused")
TURN_LANES = declare("lane.turn", GUARD, MANAGER, refusal="lane.turn_refused")
CALIBRATE_FACES = declare("face.calibrate", MANAGER, refusal="face.calibrate_refused")
