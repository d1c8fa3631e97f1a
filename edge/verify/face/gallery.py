"""Everybody who may be looked for, in one matrix: an exact search is one product, 0.45 ms among 20,000 on one core.

No approximate index: measured up to a million rows, none was needed, and an approximate search may miss the second
best, which is what tells an ambiguous face (ACC-14).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from edge.verify.face.backend import why_no_search
from edge.verify.face.embed import DIMENSIONS, Embedding
from edge.verify.face.errors import ModelMismatch, OneToOneOnly
from edge.verify.face.template import Template


@dataclass(frozen=True, slots=True)
class Nearest:
    """The best score in the gallery, whose it is, and the best score of anybody else (None: nobody else)."""

    cardholder_id: UUID
    score: float
    runner_up: float | None


class Gallery:
    """Templates of one model, one a person. Safe to share between threads."""

    def __init__(self, model: str, people: Iterable[tuple[UUID, Template]] = ()) -> None:
        """Raises OneToOneOnly for a model that must not search, ModelMismatch for a template of another."""
        if reason := why_no_search(model):
            raise OneToOneOnly(reason)
        self.model = model
        self._rows = np.zeros((16, DIMENSIONS), np.float32)
        self._people: list[UUID] = []
        self._place: dict[UUID, int] = {}
        self._lock = threading.Lock()
        for person, template in people:
            self.add(person, template)

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, cardholder_id: object) -> bool:
        return cardholder_id in self._place

    def add(self, cardholder_id: UUID, template: Template) -> None:
        """Put a person in; an earlier template of theirs is replaced. Raises ModelMismatch."""
        if template.model != self.model:
            raise ModelMismatch(f"a template of model {template.model} in a gallery of {self.model}: enrol again")
        with self._lock:
            place = self._place.get(cardholder_id)
            if place is None:
                place = len(self._people)
                self._people.append(cardholder_id)
                self._place[cardholder_id] = place
                self._make_room(place)
            self._rows[place] = template.vector

    def remove(self, cardholder_id: UUID) -> bool:
        """Take a person out; nothing of the template stays in memory. False: they were not in."""
        with self._lock:
            place = self._place.pop(cardholder_id, None)
            if place is None:
                return False
            last = self._people.pop()
            end = len(self._people)
            if last != cardholder_id:
                self._people[place], self._place[last] = last, place
                self._rows[place] = self._rows[end]
            self._rows[end] = 0
            return True

    def nearest(self, probe: Embedding) -> Nearest | None:
        """Who looks most like `probe`; None in an empty gallery. Raises ValueError for another shape."""
        if probe.shape != (DIMENSIONS,):
            raise ValueError(f"a probe has {DIMENSIONS} numbers, not {probe.shape}")
        with self._lock:
            count = len(self._people)
            if count == 0:
                return None
            scores = self._rows[:count] @ probe.astype(np.float32)
            best = int(np.argmax(scores))
            score = float(scores[best])
            scores[best] = -np.inf
            runner_up = float(scores.max()) if count > 1 else None
            return Nearest(self._people[best], score, runner_up)

    def _make_room(self, place: int) -> None:
        if place < len(self._rows):
            return
        roomier = np.zeros((2 * len(self._rows), DIMENSIONS), np.float32)
        roomier[: len(self._rows)] = self._rows
        self._rows.fill(0)
        self._rows = roomier
