"""The rights of ingest: to see the state of nodes and their journals, and to decide about parked events."""

from __future__ import annotations

from central.base.kernel.permissions import GUARD, MANAGER, declare

READ_NODES = declare("node.read", GUARD, MANAGER)
RESOLVE_PARKED = declare("parked.resolve", MANAGER)
HOLD_PICTURES = declare("picture.hold", GUARD, MANAGER)
RELEASE_PICTURES = declare("picture.release", MANAGER)
"""To let a picture go that somebody, or an alarm, holds: it is then deleted."""
