"""A gallery of its own beside everybody else's: no entry opens a door or keeps one shut (ACC-30).

An entry is looked out for only while central's signed rules name it and its time is not over. Whatever else lies in the
file is destroyed: its key first, so that no copy of it opens, then its row, and central hears of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from edge.store.keys import KeyRing, SealBroken
from edge.store.templates import Templates
from edge.store.view import RulesView
from edge.verify.face.backend import why_no_search
from edge.verify.face.gallery import Gallery
from edge.verify.face.match import Probe
from edge.verify.face.template import Template, template_from_bytes
from edge.verify.face.thresholds import search_threshold
from models.wire.events import WatchChanged
from models.wire.snapshot import WATCH_GROUP_MAX, WatchEntry


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody looks like an entry. For a person to look at: at the threshold of a search one stranger in some hundreds
    does on a single frame; how many do on several that agree was not measured."""

    entry: WatchEntry
    score: float
    threshold: float


class WatchEntries:
    """The entries of this moment, as `Templates` asks about them. Without rules there are none. Any thread may ask."""

    def __init__(self, rules: Callable[[], RulesView], now: Callable[[], datetime]) -> None:
        """`now` is central's time as the node knows it."""
        self._rules, self._now = rules, now

    def standing(self) -> dict[UUID, WatchEntry] | None:
        """By id; None while there are no rules at all. Never more than WATCH_GROUP_MAX."""
        snapshot, now = self._rules().snapshot, self._now()
        if snapshot is None:
            return None
        return {one.entry_id: one for one in snapshot.watch[:WATCH_GROUP_MAX] if now < one.expires_at}

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in (self.standing() or {})

    def state(self) -> Hashable:
        return frozenset(self.standing() or ())


class WatchGroup:
    """The gallery, and what is kept of it on disk. Safe to share between threads."""

    def __init__(self, templates: Templates, keys: KeyRing, entries: WatchEntries, model: str | None) -> None:
        """`templates`: a file of its own, opened with `entries`. `model` None: no faces are looked at here."""
        self._templates, self._keys, self._entries, self._model = templates, keys, entries, model
        self._lock = threading.Lock()
        self._gallery: Gallery | None = None
        self._gallery_of: object = None
        self._photos_max = 1

    def why_not(self) -> str | None:
        """Why nobody is looked out for here, or None: a model that must not search one to many does not."""
        return "no face models" if self._model is None else why_no_search(self._model)

    def keep(self, entry_id: UUID, template: Template) -> bool:
        """False when the entry does not stand (any more): then nothing is kept."""
        if entry_id not in self._entries:
            return False
        told = WatchChanged(entry_id=entry_id, what="stored")
        self._templates.put(entry_id, template.to_bytes(), template.model, told=told)
        return True

    def get(self, entry_id: UUID) -> tuple[bytes, str] | None:
        """(template, model) of an entry that stands; None when there is none, or none that opens."""
        try:
            return self._templates.get(entry_id)
        except SealBroken:
            return None

    def stands(self, entry_id: UUID) -> bool:
        return entry_id in self._entries

    def erase_over(self) -> int:
        """Destroy every face whose entry ended or expired. Returns how many. Without rules nothing is destroyed, and
        nobody looked out for. Raises DatabaseBusy: try again."""
        standing = self._entries.standing()
        over = self._templates.holders() - standing.keys() if standing is not None else frozenset[UUID]()
        for entry_id in sorted(over):
            self._keys.erase(entry_id)
            self._templates.erase(entry_id, told=partial(_erased, entry_id))
        return len(over)

    def look(self, probe: Probe, frames: int) -> Hit | None:
        """Whether this face, the mean of so many frames, looks like one of the group, by the threshold of a search
        among as many."""
        gallery = self._current()
        nearest = gallery.nearest(probe.vector) if gallery is not None and probe.model == gallery.model else None
        if gallery is None or nearest is None:
            return None
        threshold = search_threshold(gallery.model, len(gallery), self._photos_max, frames)
        entry = (self._entries.standing() or {}).get(nearest.cardholder_id)
        if entry is None or not nearest.score >= threshold:
            return None
        return Hit(entry, nearest.score, threshold)

    def _current(self) -> Gallery | None:
        if self._model is None or self.why_not() is not None:
            return None
        with self._lock:
            state = self._templates.state()
            if self._gallery is None or state != self._gallery_of:
                faces = [
                    (entry_id, template_from_bytes(content, model))
                    for entry_id, content, model in self._templates.all()
                    if model == self._model
                ]
                self._gallery, self._gallery_of = Gallery(self._model, faces), state
                self._photos_max = max((template.photos for _, template in faces), default=1)
            return self._gallery


def _erased(entry_id: UUID, had: bool) -> WatchChanged | None:
    return WatchChanged(entry_id=entry_id, what="erased") if had else None
