"""A watch group of a node, with the rules that stand for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from edge.lane.inbox import Item, Note
from edge.store.keys import KeyRing
from edge.store.templates import Templates
from edge.store.view import RulesView, view_of
from edge.verify.face.backend import SFACE_MODEL
from edge.verify.face.embed import unit
from edge.verify.face.match import Probe
from edge.verify.face.template import Template, template_of
from edge.watch_group.group import WatchEntries, WatchGroup
from edge.watch_group.lookout import Lookout
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import EVENT_BODY, Alarm
from models.wire.snapshot import Snapshot, WatchEntry

NODE, LANE, RESIDENT = UUID(int=11), UUID(int=21), UUID(int=1)
SOUGHT, OTHER = UUID(int=101), UUID(int=102)


class Stand:
    """One node: rules that the test sets, a clock that it moves, both galleries."""

    def __init__(self, folder: Path, model: str | None = SFACE_MODEL):
        self.folder, self.now, self.rules = folder, utc_now(), RulesView()
        self.keys = KeyRing.open(folder / "keys")
        self.entries = WatchEntries(lambda: self.rules, lambda: self.now)
        self.templates = Templates.open(folder / "watch-group.db", self.keys, self.entries)
        self.group = WatchGroup(self.templates, self.keys, self.entries, model)
        self.residents = Templates.open(folder / "templates.db", self.keys)
        self.heard: list[Item] = []

    def told(self, *entries: UUID, lasts: timedelta = timedelta(days=1)) -> None:
        """Central's rules name these."""
        watch = tuple(
            WatchEntry(entry_id=one, number=n, ground="missing", expires_at=self.now + lasts)
            for n, one in enumerate(entries, start=1)
        )
        self.rules = view_of(
            Snapshot(
                tenant_id=new_id(), site_id=new_id(), node_id=NODE, version=self.rules.version + 1,
                issued_at=self.now, expires_at=self.now + timedelta(hours=72), watch=watch,
            )
        )  # fmt: skip

    def lookout(self, mono: Callable[[], float] = lambda: 0.0) -> Lookout:
        return Lookout(LANE, self.group, self.heard.append, mono)

    def alarms(self) -> list[Alarm]:
        bodies = [item.entry.body for item in self.heard if isinstance(item, Note)]
        return [body for body in bodies if isinstance(body, Alarm)]

    def owed(self) -> list[object]:
        return [EVENT_BODY.validate_json(body) for _, body in self.templates.owed()]

    def files(self) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("watch-group.db*")))

    def close(self) -> None:
        self.templates.close()
        self.residents.close()
        self.keys.close()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.close()


def face(seed: int) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=128))


def template(seed: int) -> Template:
    return template_of([face(seed)] * 3, SFACE_MODEL)


def probe(seed: int) -> Probe:
    return Probe(face(seed).astype(np.float32), SFACE_MODEL)
