"""skeleton: being filled now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from edge.health.clock import Clock
from edge.store.keys import KeyRing
from models.site.topology import Lane
from models.values.frozen import WireValue
from models.values.time import Instant
from models.wire.commands import EnrolLane


class Node(WireValue):
    """node.json"""

    node_id: UUID
    site_id: UUID
    tenant_id: UUID
    central_key: str
    central_url: str
    name: str
    lanes: tuple[Lane, ...]
    enrolled_at: Instant


def load_node(path: Path) -> Node:
    raise NotImplementedError


def enrol(
    path: Path,
    central_url: str,
    token: str,
    name: str,
    version: str,
    lanes: Sequence[EnrolLane],
    keys: KeyRing,
    clock: Clock,
) -> Node:
    raise NotImplementedError
