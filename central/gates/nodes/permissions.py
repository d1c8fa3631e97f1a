"""The rights of nodes: to see them, to enrol and revoke them, to open a lane from afar, to end a fire hold."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare
from central.gates.ingest.permissions import READ_NODES

__all__ = ["END_FIRE_HOLDS", "ENROL_NODES", "OPEN_LANES", "READ_NODES"]

ENROL_NODES = declare("node.enrol", MANAGER)
OPEN_LANES = declare("lane.open", GUARD, MANAGER)
END_FIRE_HOLDS = declare("lane.end_fire", GUARD, MANAGER)
