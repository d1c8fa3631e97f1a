"""The rights of nodes: to see, enrol and revoke them, to open a lane from afar, to end a fire hold, to have a place
forgotten, to calibrate."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare
from central.gates.ingest.permissions import READ_NODES

__all__ = ["CALIBRATE_FACES", "END_FIRE_HOLDS", "ENROL_NODES", "OPEN_LANES", "READ_NODES", "RESET_PASSBACK"]

ENROL_NODES = declare("node.enrol", MANAGER)
OPEN_LANES = declare("lane.open", GUARD, MANAGER, refusal="lane.open_refused")
END_FIRE_HOLDS = declare("lane.end_fire", GUARD, MANAGER, refusal="lane.end_fire_refused")
RESET_PASSBACK = declare("lane.reset_passback", GUARD, MANAGER, refusal="lane.reset_passback_refused")
CALIBRATE_FACES = declare("face.calibrate", MANAGER, refusal="face.calibrate_refused")
