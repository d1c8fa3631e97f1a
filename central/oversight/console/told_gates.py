"""Which nodes know of a change: each said with its last poll which rules it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from central.gates.nodes.queries import NodeView


@dataclass(frozen=True, slots=True)
class Told:
    """The nodes that know, and those that do not yet. Who is silent learns it first thing when it comes back."""

    known: tuple[NodeView, ...]
    waiting: tuple[NodeView, ...]

    @property
    def all(self) -> int:
        return len(self.known) + len(self.waiting)


def told_of(nodes: Sequence[NodeView], version: int) -> Told:
    here = [node for node in nodes if node.revoked_at is None]
    known = tuple(node for node in here if node.rules_version is not None and node.rules_version >= version)
    return Told(known, tuple(node for node in here if node not in known))
