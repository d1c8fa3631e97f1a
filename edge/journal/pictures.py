"""Event pictures: one cropped JPEG per decision, encrypted under the node's key, beside the journal and never in it.

    folder/<event id>.new       waits to be sent
    folder/<event id>.sent      central has it, or the community keeps pictures at the gate
    folder/<event id>.refused   central would not take it; kept for a person to see

The folder is bounded. Room is made by deleting what central has, oldest first, then the oldest that it has not: the
caller is told how many of those were lost. A disk too full for a picture costs the picture, never an event: pictures
leave `floor_bytes` of the disk alone. Ids are UUID version 7, so that their order is that of time.
"""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from edge.store.files import make_folder, write_private
from edge.store.keys import KeyRing, SealBroken

JPEG_MAX = 300_000
FLOOR_BYTES = 64 << 20


class State(StrEnum):
    NEW = "new"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Kept:
    """How keeping went. `why` says in words why a picture was not stored; `lost_unsent` were deleted for room."""

    stored: bool
    lost_unsent: int = 0
    why: str | None = None


@dataclass(slots=True)
class _Known:
    state: State
    size: int


class Pictures:
    """The pictures of one node. Any thread may use it."""

    def __init__(self, folder: Path, keys: KeyRing, max_count: int, max_bytes: int, floor_bytes: int) -> None:
        self._folder, self._keys = folder, keys
        self._max_count, self._max_bytes, self._floor_bytes = max_count, max_bytes, floor_bytes
        self._lock = threading.RLock()
        self._known = _look(folder)

    @classmethod
    def open(
        cls, folder: Path, keys: KeyRing, *, max_count: int = 5000, max_bytes: int = 500_000_000,
        floor_bytes: int = FLOOR_BYTES,
    ) -> Pictures:  # fmt: skip
        """The pictures in `folder`. Drafts that a power cut left behind are removed."""
        make_folder(folder)
        for draft in folder.glob(".*"):
            draft.unlink()
        return cls(folder, keys, max_count, max_bytes, floor_bytes)

    def keep(self, event_id: UUID, jpeg: bytes) -> Kept:
        """Store the picture of an event. A full disk or a picture above 300 kB is an answer, not an exception."""
        if len(jpeg) > JPEG_MAX:
            return Kept(False, why=f"照片过大 / the picture has {len(jpeg)} bytes; {JPEG_MAX} are allowed")
        sealed = self._keys.seal(jpeg, _aad(event_id))
        with self._lock:
            lost = self._make_room(len(sealed))
            if shutil.disk_usage(self._folder).free < self._floor_bytes + len(sealed):
                return Kept(False, lost, "磁盘空间不足，照片未保存 / the disk is too full for pictures")
            try:
                write_private(self._path(event_id, State.NEW), sealed)
            except OSError as error:
                return Kept(
                    False, lost, f"照片写入失败 / the picture could not be written: {os.strerror(error.errno or 0)}"
                )
            self._known[event_id] = _Known(State.NEW, len(sealed))
        return Kept(True, lost)

    def take(self, event_id: UUID) -> bytes | None:
        """The JPEG, or None when there is none any more, or it was torn by a power cut (it is then removed)."""
        with self._lock:
            known = self._known.get(event_id)
            if known is None:
                return None
            try:
                return self._keys.unseal(self._path(event_id, known.state).read_bytes(), _aad(event_id))
            except (SealBroken, FileNotFoundError):
                self._forget(event_id)
                return None

    def pending(self, limit: int) -> tuple[UUID, ...]:
        """Events whose pictures wait to be sent, oldest first."""
        with self._lock:
            return tuple(sorted(i for i, known in self._known.items() if known.state is State.NEW)[:limit])

    def waiting(self) -> int:
        """How many wait to be sent."""
        with self._lock:
            return sum(known.state is State.NEW for known in self._known.values())

    def sent(self, event_id: UUID) -> None:
        """Central has it. It stays at the gate until its room is needed, or its time is over."""
        self._become(event_id, State.SENT)

    def refused(self, event_id: UUID) -> None:
        """Central will not take it: it no longer waits, and is kept for a person to see."""
        self._become(event_id, State.REFUSED)

    def erase(self, event_id: UUID) -> bool:
        """Delete one picture, sent or not. True when there was one."""
        with self._lock:
            return self._forget(event_id)

    def erase_before(self, moment: datetime) -> int:
        """Delete every picture of events older than `moment`, sent or not (retention). Returns how many."""
        with self._lock:
            old = [event_id for event_id in self._known if _made_at(event_id) < moment]
            for event_id in old:
                self._forget(event_id)
        return len(old)

    def give_up_sent(self) -> bool:
        """Delete the oldest picture that central has, to make room for events. False when there is none."""
        with self._lock:
            for event_id in sorted(i for i, known in self._known.items() if known.state is State.SENT)[:1]:
                return self._forget(event_id)
        return False

    def _make_room(self, coming: int) -> int:
        """Delete until the newcomer fits into both bounds; returns how many unsent ones were lost. Holds the lock."""
        lost = 0
        by_age = sorted(self._known, key=lambda i: (self._known[i].state is State.NEW, i))
        size = sum(known.size for known in self._known.values())
        for event_id in by_age:
            if len(self._known) < self._max_count and size + coming <= self._max_bytes:
                break
            lost += self._known[event_id].state is State.NEW
            size -= self._known[event_id].size
            self._forget(event_id)
        return lost

    def _become(self, event_id: UUID, state: State) -> None:
        with self._lock:
            known = self._known.get(event_id)
            if known is not None and known.state is not state:
                self._path(event_id, known.state).replace(self._path(event_id, state))
                known.state = state

    def _forget(self, event_id: UUID) -> bool:
        known = self._known.pop(event_id, None)
        if known is not None:
            self._path(event_id, known.state).unlink(missing_ok=True)
        return known is not None

    def _path(self, event_id: UUID, state: State) -> Path:
        return self._folder / f"{event_id}.{state.value}"


def _look(folder: Path) -> dict[UUID, _Known]:
    """What lies in the folder. Files that are not ours are left alone."""
    known = {}
    for path in folder.iterdir():
        try:
            known[UUID(path.stem)] = _Known(State(path.suffix[1:]), path.stat().st_size)
        except ValueError:
            continue
    return known


def _aad(event_id: UUID) -> bytes:
    return b"menting-picture-1" + event_id.bytes


def _made_at(event_id: UUID) -> datetime:
    """When an id of version 7 was minted, to the millisecond."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)
