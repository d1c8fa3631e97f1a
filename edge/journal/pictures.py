"""Event pictures: one cropped JPEG per decision, beside the journal and never in it. Sealed under the key of the person
whom the decision names, or the node's own where it names nobody.

    folder/<event id>.<about>.new       waits to be sent
    folder/<event id>.<about>.sent      central has it
    folder/<event id>.<about>.refused   central would not take it; kept for a person to see

`about` says what `models.access.pictures` judges by and whose it is, as crop-deny-nobody, frame-grant-<cardholder> or
crop-refer-held-<cardholder>: held by an alarm. So somebody's are found whatever became of the journal. An erasure takes
them at once, but for what is held: that is sealed anew under the node's own key, since the person's goes, and ends by
itself. A file that does not say whose it is comes from an older version: the journal is then asked.

`sweep` deletes what is past its time, sent or not (PRIV-08); what central has is past its time a minute after the
decision, since central keeps it by the same rule and holds it for alarms. A file without `about` counts as a frame of
somebody let through: the shortest time there is.

The folder is bounded. Room is made by deleting what central has, oldest first, then the oldest that it has not: the
caller is told how many of those were lost. A disk too full for a picture costs the picture, never an event: pictures
leave `floor_bytes` of the disk alone. Ids are UUID version 7, so that their order is that of time.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from edge.journal.about import Decided
from edge.store.database import DatabaseFault
from edge.store.erasing import Left
from edge.store.files import make_folder, write_private
from edge.store.keys import KeyErased, KeyFault, KeyRing, SealBroken
from models.access.decision import Outcome
from models.access.pictures import ALARM_REACH, HELD_FOR, Fate, Keeping, Pictured, Shows, judge
from models.values.ids import new_id
from models.wire.events import HELD_TOLD_MAX, HeldPicture

JPEG_MAX = 300_000
FLOOR_BYTES = 64 << 20
NOTHING_KNOWN = Pictured()
NOBODY = "nobody"


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
    about: Pictured
    held: bool
    holder: UUID | None
    said: bool
    """Whether the file says whose it is, be it nobody's."""

    @property
    def name(self) -> str:
        words = [self.about.shows.value, self.about.outcome.value, *(("held",) if self.held else ())]
        if self.said:
            words.append(self.holder.hex if self.holder is not None else NOBODY)
        return f"{'-'.join(words)}.{self.state.value}"


class Pictures:
    """The pictures of one node. Any thread may use it."""

    def __init__(self, folder: Path, keys: KeyRing, max_count: int, max_bytes: int, floor_bytes: int) -> None:
        self._folder, self._keys = folder, keys
        self._max_count, self._max_bytes, self._floor_bytes = max_count, max_bytes, floor_bytes
        self._lock = threading.RLock()
        self._known = _look(folder)
        self._erased: dict[UUID, UUID] = {}
        """Person -> an id of when they were erased: what was decided before it is kept no more when it comes now."""
        self._alarms: tuple[datetime, ...] = ()

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

    @classmethod
    def beside(cls, folder: Path, keys: KeyRing) -> Pictures:
        """Those of a node that may be running, for whoever erases: its drafts are left alone, and nothing is kept."""
        return cls(folder, keys, 0, 0, 0)

    def keep(
        self, event_id: UUID, jpeg: bytes, about: Pictured = NOTHING_KNOWN, *, held: bool = False,
        holder: UUID | None = None,
    ) -> Kept:  # fmt: skip
        """Store the picture of an event. A full disk or a picture above 300 kB is an answer, not an exception; so is
        one of somebody whose pictures were erased while it was made.

        held: an alarm was raised with its decision, so that it outlives its time until central has it. holder: whom
        the decision names.
        """
        if len(jpeg) > JPEG_MAX:
            return Kept(False, why=f"照片过大 / the picture has {len(jpeg)} bytes; {JPEG_MAX} are allowed")
        with self._lock:
            erased = holder is not None and holder in self._erased and event_id < self._erased[holder]
            held = held or (erased and self._is_near(event_id))
            if erased and not held:
                return Kept(False, why="此人的照片已按要求销毁 / this person's pictures were ordered away")
            try:
                sealed = self._keys.seal(jpeg, _aad(event_id), None if erased else holder)
            except (sqlite3.Error, DatabaseFault, KeyFault) as error:  # a new person's key is written before it is used
                return Kept(False, why=f"照片无法加密，未保存（{error}） / the picture cannot be sealed: {error}")
            lost = self._make_room(len(sealed))
            if shutil.disk_usage(self._folder).free < self._floor_bytes + len(sealed):
                return Kept(False, lost, "磁盘空间不足，照片未保存 / the disk is too full for pictures")
            known = _Known(State.NEW, len(sealed), about, held, holder, said=True)
            try:
                write_private(self._path(event_id, known), sealed)
            except OSError as error:
                return Kept(
                    False, lost, f"照片写入失败 / the picture could not be written: {os.strerror(error.errno or 0)}"
                )
            self._known[event_id] = known
        return Kept(True, lost)

    def take(self, event_id: UUID) -> bytes | None:
        """The JPEG, or None when there is none any more, or it was torn by a power cut (it is then removed)."""
        with self._lock:
            known = self._known.get(event_id)
            if known is None:
                return None
            try:
                return self._keys.unseal(self._path(event_id, known).read_bytes(), _aad(event_id))
            except (KeyErased, KeyFault, SealBroken, FileNotFoundError):
                self._forget(event_id)
                return None

    def about(self, event_id: UUID) -> Pictured:
        """What a picture shows and of which decision it is."""
        with self._lock:
            known = self._known.get(event_id)
            return NOTHING_KNOWN if known is None else known.about

    def pending(self, limit: int) -> tuple[UUID, ...]:
        """Events whose pictures wait to be sent, oldest first."""
        with self._lock:
            return tuple(sorted(i for i, known in self._known.items() if known.state is State.NEW)[:limit])

    def waiting(self) -> int:
        """How many wait to be sent."""
        with self._lock:
            return sum(known.state is State.NEW for known in self._known.values())

    def sent(self, event_id: UUID) -> None:
        """Central has it. What is left of its minute it stays at the gate, where nothing else needs its room."""
        self._become(event_id, State.SENT)

    def refused(self, event_id: UUID) -> None:
        """Central will not take it: it no longer waits, and is kept for a person to see."""
        self._become(event_id, State.REFUSED)

    def erase(self, event_id: UUID) -> bool:
        """Delete one picture, sent or not. True when there was one."""
        with self._lock:
            return self._forget(event_id)

    def erase_people(self, people: Collection[UUID], decided: Decided, now: datetime) -> dict[UUID, Left]:
        """Destroy what there is of these people, and what is still to come of decisions until now, but for what an
        alarm holds; what became of each one's.

        `decided`: what the journal says, which knows of an alarm before the file of a picture does. Of a file that does
        not say whose it is, and whose decision no journal has any more, nobody can say that it is not theirs: it goes,
        or is told as held.
        """
        with self._lock:
            self._alarms = tuple(decided.alarms)
            lost = {i for i, known in self._known.items() if not known.said and i not in decided.known}
            found: dict[UUID, Left] = {}
            for person in people:
                self._erased[person] = new_id()
                named = {i for i, known in self._known.items() if known.holder == person}
                found[person] = self._erase_of({*named, *lost, *decided.about.get(person, ())}, now)
        return found

    def _erase_of(self, event_ids: Collection[UUID], now: datetime) -> Left:
        destroyed, held = 0, []
        for event_id in sorted(event_ids):
            known = self._known.get(event_id)
            if known is None:
                continue
            if not known.held and self._is_near(event_id):
                self._rename(event_id, known, held=True)
            if _is_held(event_id, known, now) and self._seal_anew(event_id, known):
                held.append(HeldPicture(event_id=event_id, until=_made_at(event_id) + HELD_FOR))
            else:
                destroyed += self._forget(event_id)
        return Left(destroyed, tuple(held[-HELD_TOLD_MAX:]))

    def _seal_anew(self, event_id: UUID, known: _Known) -> bool:
        """Under the node's own key. False when it opens no more. A power cut leaves the one or the other."""
        jpeg = self.take(event_id)
        if jpeg is None:
            return False
        write_private(self._path(event_id, known), self._keys.seal(jpeg, _aad(event_id)))
        return True

    def _is_near(self, event_id: UUID) -> bool:
        """Whether an alarm that the last erasure knew of holds what was decided then."""
        made_at = _made_at(event_id)
        return any(at - ALARM_REACH <= made_at <= at for at in self._alarms)

    def hold(self, since: datetime, until: datetime) -> int:
        """An alarm has come: whatever was decided between these two is held now. Returns how many."""
        with self._lock:
            near = [i for i, known in self._known.items() if not known.held and since <= _made_at(i) <= until]
            for event_id in near:
                self._rename(event_id, self._known[event_id], held=True)
        return len(near)

    def sweep(self, now: datetime, keeping: Keeping, early: timedelta = timedelta(0)) -> int:
        """Delete every picture whose time is over, or will be when this is asked again. Returns how many."""
        with self._lock:
            old = [event_id for event_id, known in self._known.items() if _over(event_id, known, now, keeping, early)]
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
                self._rename(event_id, known, state=state)

    def _rename(self, event_id: UUID, known: _Known, *, held: bool = False, state: State | None = None) -> None:
        before = self._path(event_id, known)
        known.held, known.state = known.held or held, state or known.state
        before.replace(self._path(event_id, known))

    def _forget(self, event_id: UUID) -> bool:
        known = self._known.pop(event_id, None)
        if known is not None:
            self._path(event_id, known).unlink(missing_ok=True)
        return known is not None

    def _path(self, event_id: UUID, known: _Known) -> Path:
        return self._folder / f"{event_id}.{known.name}"


def _over(event_id: UUID, known: _Known, now: datetime, keeping: Keeping, early: timedelta) -> bool:
    about = NOTHING_KNOWN if known.state is State.SENT else known.about
    held = _is_held(event_id, known, now)
    return judge(about, keeping, _made_at(event_id), now, held=held, early=early) is Fate.DELETE


def _is_held(event_id: UUID, known: _Known, now: datetime) -> bool:
    """What central has, it holds itself."""
    return known.held and known.state is not State.SENT and abs(now - _made_at(event_id)) < HELD_FOR


def _look(folder: Path) -> dict[UUID, _Known]:
    """What lies in the folder. Files that are not ours are left alone."""
    known = {}
    for path in folder.iterdir():
        name, _, rest = path.name.partition(".")
        about, _, state = rest.rpartition(".")
        try:
            event_id, one = UUID(name), _Known(State(state), path.stat().st_size, *_about(about))
        except (ValueError, FileNotFoundError):  # gone meanwhile, where it is looked at beside a running node
            continue
        if path.name != f"{event_id}.{one.name}":  # as an older version named it
            path.replace(folder / f"{event_id}.{one.name}")
        known[event_id] = one
    return known


def _about(words: str) -> tuple[Pictured, bool, UUID | None, bool]:
    """What a file's name says of its picture: what it shows, whether it is held, whose it is, and whether it says so.
    ValueError: it is none of ours."""
    if not words:
        return NOTHING_KNOWN, False, None, False
    shows, outcome, *more = words.split("-")
    held, whose = "held" in more, [word for word in more if word != "held"]
    holder = UUID(whose[0]) if whose and whose[0] != NOBODY else None
    return Pictured(shows=Shows(shows), outcome=Outcome(outcome)), held, holder, bool(whose)


def _aad(event_id: UUID) -> bytes:
    return b"menting-picture-1" + event_id.bytes


def _made_at(event_id: UUID) -> datetime:
    """When an id of version 7 was minted, to the millisecond."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)
