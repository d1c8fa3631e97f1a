"""Face templates: 128 numbers per person who agreed, made on this node and sealed under that person's key.

The row is bound to its cardholder and its model: a template moved to another row does not open, and one made by another
model is never compared. Erasing the person's key (`KeyRing.erase`) makes a template unreadable wherever it was copied;
`erase` here takes the row itself out of the file as well. Photos that somebody let the node keep (kept_photos.py) lie
in the same file, so that they come and go in one transaction with what they are of.

What changes here is told to central: the event is written beside the change, in its transaction, and waits in `owed`
until the journal has it. A technician's command cannot write the journal of a running node, and a power cut between
the two would otherwise lose a receipt.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from edge.store.database import Database, DatabaseBusy, DatabaseCorrupt, corruption_named
from edge.store.kept_photos import KeptPhotos
from edge.store.keys import KeyErased, KeyRing
from edge.store.photo_keys import PhotoKeys
from models.values.ids import new_id, unix_ms
from models.wire.events import HeldPicture, PhotosKept, TemplateErased, TemplateStored, WatchChanged
from models.wire.snapshot import Erasure

TEMPLATE_BYTES_MAX = 4096  # float32[128] and a short header take 514; a photo would not fit
_SCHEMA = """
CREATE TABLE IF NOT EXISTS templates(
    cardholder_id BLOB PRIMARY KEY,
    model TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owed(
    note_id BLOB PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erasures(
    order_id BLOB PRIMARY KEY,
    cardholder_id BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS last_erasure(
    cardholder_id BLOB PRIMARY KEY,
    ordered_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sources(
    digest BLOB PRIMARY KEY,
    cardholder_id BLOB NOT NULL,
    used_up INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


class ErasureOrdered(Exception):
    """Central has ordered this person's face data destroyed; a template made meanwhile is not kept."""


class Consents(Protocol):
    """Whom those who compare may ask about. `state` differs when the answer for somebody may."""

    def __contains__(self, cardholder_id: object) -> bool: ...

    def state(self) -> Hashable: ...


class Templates:
    """The gallery on disk. Any thread may use it, and a technician's command beside the running node.

    With `consents`, `get` and `all` know of those people only: for whoever compares, nobody else has a template. Only
    the search for one face under two names looks at everybody.
    """

    def __init__(self, database: Database, keys: KeyRing, consents: Consents | None = None) -> None:
        self._database, self._keys, self._consents = database, keys, consents
        self.photos = KeptPhotos(database, keys)
        self.photo_keys = PhotoKeys(database, keys)

    @classmethod
    def open(cls, path: Path, keys: KeyRing, consents: Consents | None = None) -> Templates:
        """The templates in the file `path`. Raises DatabaseBusy, DatabaseCorrupt."""
        return cls(Database(path, _SCHEMA, shared=True), keys, consents)

    def put(
        self, cardholder_id: UUID, template: bytes, model: str, *, told: TemplateStored | WatchChanged | None = None,
        photos: Sequence[bytes] = (), sources: Sequence[bytes] = (), since: datetime | None = None,
    ) -> None:  # fmt: skip
        """Keep a person's template in place of an older one, which is overwritten on the disk as an erased one is.

        `model` names the model and rule that made it. `photos`: those it was made of, where the person chose that they
        stay; photos of an earlier enrolment go, with their key, whatever comes in their place. `sources`: digests of
        the sealed photos it was made of, remembered for good.

        `told` will be in the journal, and so will what became of photos. Raises ErasureOrdered, also when the order
        came while the template was made; with `since` (central's time) also for one that was given after it and is told
        no more, because the person agreed anew meanwhile.
        """
        if not 0 < len(template) <= TEMPLATE_BYTES_MAX:
            raise ValueError(f"a template has 1 to {TEMPLATE_BYTES_MAX} bytes, not {len(template)}")
        sealed = self._keys.seal(template, _aad(cardholder_id, model), cardholder_id)
        sealed_photos = self.photos.seal(cardholder_id, photos)
        with self._database.transaction() as db:
            if db.execute("SELECT 1 FROM erasures WHERE cardholder_id=?", (cardholder_id.bytes,)).fetchone():
                raise ErasureOrdered(f"the face data of {cardholder_id} was ordered away")
            if since is not None and self.was_erased_since(cardholder_id, since):
                raise ErasureOrdered(f"the face data of {cardholder_id} was ordered away, though they agree again")
            replaced = _delete(db, cardholder_id)
            db.execute("INSERT INTO templates VALUES (?, ?, ?)", (cardholder_id.bytes, model, sealed))
            db.executemany(
                "INSERT OR REPLACE INTO sources VALUES (?, ?, 0)", [(one, cardholder_id.bytes) for one in sources]
            )
            if told is not None:
                _owe(db, new_id(), told)
            if self.photos.replace(db, cardholder_id, sealed_photos):
                _owe(db, new_id(), PhotosKept(cardholder_id=cardholder_id, photos=len(photos)))
        if replaced:
            # What a reader keeps from going now goes with the next checkpoint; the new template stands either way.
            self._database.empty_wal()

    def put_anew(self, cardholder_id: UUID, template: bytes, model: str, *, told: TemplateStored) -> bool:
        """In place of the template that an earlier model made of the same photos, which stay. False when there is none
        (any more): somebody was erased meanwhile, or enrolled with new photos."""
        sealed = self._keys.seal(template, _aad(cardholder_id, model), cardholder_id)
        with self._database.transaction() as db:
            earlier = db.execute(
                "DELETE FROM templates WHERE cardholder_id=? AND model!=?", (cardholder_id.bytes, model)
            ).rowcount
            if earlier:
                db.execute("INSERT INTO templates VALUES (?, ?, ?)", (cardholder_id.bytes, model, sealed))
                _owe(db, new_id(), told)
        if earlier:
            self._database.empty_wal()
        return earlier > 0

    def get(self, cardholder_id: UUID) -> tuple[bytes, str] | None:
        """(template, model); None when there is none or the person's key was erased. Raises SealBroken."""
        if self._consents is not None and cardholder_id not in self._consents:
            return None
        with self._database.lock:
            row = self._database.connection.execute(
                "SELECT model, sealed FROM templates WHERE cardholder_id=?", (cardholder_id.bytes,)
            ).fetchone()
        if row is None:
            return None
        opened = self._open(cardholder_id, row[0], row[1])
        return (opened, row[0]) if opened is not None else None

    def all(self) -> tuple[tuple[UUID, bytes, str], ...]:
        """(cardholder, template, model) of everybody whose template can be opened, in the order of their ids."""
        return self._opened(lambda one: self._consents is None or one in self._consents)

    def everybody(self) -> tuple[tuple[UUID, bytes, str], ...]:
        """The same with those who are compared with nobody now: they were asked to agree to a newer text, and their
        face is theirs all the same. For whoever looks for one face under two names, and decides nothing else by it."""
        return self._opened(lambda one: True)

    def _opened(self, of: Callable[[UUID], bool]) -> tuple[tuple[UUID, bytes, str], ...]:
        with self._database.lock:
            rows = self._database.connection.execute(
                "SELECT cardholder_id, model, sealed FROM templates ORDER BY cardholder_id"
            ).fetchall()
        found = []
        for raw_id, model, sealed in rows:
            cardholder_id = UUID(bytes=raw_id)
            template = self._open(cardholder_id, model, sealed) if of(cardholder_id) else None
            if template is not None:
                found.append((cardholder_id, template, model))
        return tuple(found)

    def holders(self) -> frozenset[UUID]:
        """Everybody with a row here, whether it opens or not, and whatever they agreed to."""
        with self._database.lock:
            rows = self._database.connection.execute("SELECT cardholder_id FROM templates").fetchall()
        return frozenset(UUID(bytes=raw_id) for (raw_id,) in rows)

    def of_other_models(self, model: str) -> frozenset[UUID]:
        """Whose template here another model than this one made, whether it opens or not."""
        with self._database.lock:
            rows = self._database.connection.execute(
                "SELECT cardholder_id FROM templates WHERE model!=?", (model,)
            ).fetchall()
        return frozenset(UUID(bytes=raw_id) for (raw_id,) in rows)

    def erase(
        self, cardholder_id: UUID, *, told: Callable[[bool], TemplateErased | WatchChanged | None] = lambda had: None
    ) -> bool:
        """Take a person's template and photos out of the file, overwritten. True when there was a template.

        Raises DatabaseBusy.

        `told(had_template)` will be in the journal.
        """
        with self._database.lock:
            with self._database.transaction() as db:
                erased = _delete(db, cardholder_id)
                self.photos.delete(db, cardholder_id)
                body = told(erased)
                if body is not None:
                    _owe(db, new_id(), body)
            self._leave_no_trace()
        return erased

    def erase_photos(self, cardholder_ids: Iterable[UUID]) -> None:
        """Destroy kept photos alone: the template stays, and the journal will have it. Raises DatabaseBusy.

        Their key first, so that no copy opens wherever it lies.
        """
        people = sorted(cardholder_ids)
        if not people:
            return
        with self._database.lock:
            self.photos.erase_keys(people)
            with self._database.transaction() as db:
                for cardholder_id in people:
                    if self.photos.delete(db, cardholder_id):
                        _owe(db, new_id(), PhotosKept(cardholder_id=cardholder_id, photos=0))
            self._leave_no_trace()

    # -- what central orders -------------------------------------------------------------------------------------

    def erasures(self) -> frozenset[UUID]:
        """The orders that were carried out here and that central still tells of."""
        with self._database.lock:
            rows = self._database.connection.execute("SELECT order_id FROM erasures").fetchall()
        return frozenset(UUID(bytes=raw_id) for (raw_id,) in rows)

    def erase_ordered(
        self, orders: Iterable[Erasure], places: Mapping[UUID, Collection[str]], again: Collection[UUID] = (),
        overtaken: Collection[Erasure] = (), *,
        held: Mapping[UUID, tuple[HeldPicture, ...]] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """Carry out orders: templates gone, the orders remembered, a receipt of each owed to the journal, all at once.

        places: by cardholder, where else something was destroyed already. again: orders of which the journal has a
        receipt. overtaken: further orders, after which a template may be put at once; their receipt has a name of its
        own, since central has one under the order's from the disk that was here before. held: by cardholder, the event
        pictures that stay. Raises DatabaseBusy.
        """
        with self._database.lock:
            with self._database.transaction() as db:
                for order in (*orders, *overtaken):
                    raw = (order.order_id.bytes, order.cardholder_id.bytes)
                    known = db.execute("SELECT 1 FROM erasures WHERE order_id=?", raw[:1]).fetchone() is not None
                    had = _delete(db, order.cardholder_id)
                    pictured = self.photos.delete(db, order.cardholder_id)
                    if order not in overtaken:
                        db.execute("INSERT OR REPLACE INTO erasures VALUES (?, ?)", raw)
                    db.execute(
                        "INSERT INTO last_erasure VALUES (?, ?) ON CONFLICT(cardholder_id) "
                        "DO UPDATE SET ordered_ms=max(ordered_ms, excluded.ordered_ms)",
                        (order.cardholder_id.bytes, unix_ms(order.order_id)),
                    )
                    body = TemplateErased(
                        cardholder_id=order.cardholder_id, order_id=order.order_id, had_template=had,
                        places=named(had, pictured, sorted(places.get(order.cardholder_id, ()))),
                        held=held.get(order.cardholder_id, ()),
                    )  # fmt: skip
                    told_before = known or order.order_id in again or order in overtaken
                    _owe(db, new_id() if told_before else order.order_id, body)
            self._leave_no_trace()

    def forget_erasures(self, still_told: Collection[UUID]) -> None:
        """Orders that central no longer tells of: the person may be enrolled again."""
        gone = self.erasures() - set(still_told)
        if gone:
            with self._database.transaction() as db:
                db.executemany("DELETE FROM erasures WHERE order_id=?", [(order_id.bytes,) for order_id in gone])

    def carried_out(self, order: Erasure) -> bool:
        """Whether this file has carried out that order, or a later one about the same person. What it holds of them was
        then made since: nothing was kept while the order was told."""
        ordered_at = datetime.fromtimestamp(unix_ms(order.order_id) / 1000, UTC)
        return self.was_erased_since(order.cardholder_id, ordered_at)

    def was_erased_since(self, cardholder_id: UUID, at: datetime | None) -> bool:
        """Whether this person's erasure was ordered after `at`; None is before everything. The order's own time, by
        central's clock: a node that was away carries it out after the person enrolled anew."""
        with self._database.lock:
            row = self._database.connection.execute(
                "SELECT ordered_ms FROM last_erasure WHERE cardholder_id=?", (cardholder_id.bytes,)
            ).fetchone()
        return row is not None and (at is None or at.timestamp() * 1000 <= row[0])

    def were_used_up(self, sources: Iterable[bytes]) -> bool:
        """Whether a template was made of one of these sealed photos that has been erased or replaced since. While it
        is here, making it again changes nothing: central may not have heard the first answer."""
        with self._database.lock:
            asked = self._database.connection.execute
            found = [asked("SELECT used_up FROM sources WHERE digest=?", (one,)).fetchone() for one in sources]
        return any(row is not None and row[0] for row in found)

    # -- what the journal must get -------------------------------------------------------------------------------

    def owed(self) -> tuple[tuple[UUID, str], ...]:
        """(id, body) of events that the journal does not have for certain, oldest first."""
        with self._database.lock:
            rows = self._database.connection.execute("SELECT note_id, body FROM owed ORDER BY note_id").fetchall()
        return tuple((UUID(bytes=raw_id), body) for raw_id, body in rows)

    def told(self, note_ids: Iterable[UUID]) -> None:
        """The journal has these."""
        with self._database.transaction() as db:
            db.executemany("DELETE FROM owed WHERE note_id=?", [(note_id.bytes,) for note_id in note_ids])

    def check(self) -> None:
        """Raises DatabaseCorrupt when the file is damaged anywhere, not only where opening it looks."""
        path = self._database.path
        with self._database.lock, corruption_named(path):
            found = self._database.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DatabaseCorrupt(f"{path}: 数据库文件已损坏（{found}）。 / the database file is damaged ({found}).")

    def state(self) -> object:
        """Differs from an earlier answer when `all` might: something was put or erased, or somebody agreed or not."""
        return self._database.state(), self._consents.state() if self._consents is not None else None

    def close(self) -> None:
        self._database.close()

    def _leave_no_trace(self) -> None:
        if not self._database.empty_wal():
            raise DatabaseBusy(
                f"{self._database.path}: 模板已删除，但旧副本仍在 -wal 文件中，请再试一次。 / it is deleted, but "
                "an old copy is still in the -wal file because somebody is reading it. Do it once more."
            )

    def _open(self, cardholder_id: UUID, model: str, sealed: bytes) -> bytes | None:
        try:
            return self._keys.unseal(sealed, _aad(cardholder_id, model))
        except KeyErased:
            return None


def _delete(db: sqlite3.Connection, cardholder_id: UUID) -> bool:
    db.execute("UPDATE sources SET used_up=1 WHERE cardholder_id=?", (cardholder_id.bytes,))
    return db.execute("DELETE FROM templates WHERE cardholder_id=?", (cardholder_id.bytes,)).rowcount > 0


def named(template: bool, photos: bool, elsewhere: Iterable[str]) -> tuple[str, ...]:
    """The places of a receipt: those of this file that held something, then the others."""
    return (*(("template",) if template else ()), *(("photos",) if photos else ()), *elsewhere)


def _owe(
    db: sqlite3.Connection, note_id: UUID, body: TemplateStored | TemplateErased | WatchChanged | PhotosKept
) -> None:
    """The note's id becomes the event's correlation, by which it is found again after a crash."""
    db.execute("INSERT OR IGNORE INTO owed VALUES (?, ?)", (note_id.bytes, body.model_dump_json()))


def _aad(cardholder_id: UUID, model: str) -> bytes:
    return b"menting-template-1" + cardholder_id.bytes + model.encode()
