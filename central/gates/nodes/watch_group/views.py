"""What pages and programs are shown of the watch group: words and instants, never a face."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from central.gates.nodes.watch_group.rules import EntryState


@dataclass(frozen=True, slots=True)
class AtNode:
    """What a gate's node said last of an entry's face. `revoked`: no gate any more; people destroy its disk."""

    node: str
    what: str
    at: datetime
    revoked: bool


@dataclass(frozen=True, slots=True)
class EntryView:
    entry_id: UUID
    community_id: UUID
    number: int
    label: str
    ground: str
    document: str
    asked_by: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    state: EntryState
    problems: tuple[dict[str, object], ...]
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None
    nodes: tuple[AtNode, ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """A community's watch group. `standing` of at most `faces_max`."""

    faces_max: int
    standing: int
    entries: tuple[EntryView, ...]
