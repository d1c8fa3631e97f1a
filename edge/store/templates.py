"""Face templates: 128 numbers per person who agreed, made on this node and sealed under that person's key.

The row is bound to its cardholder and its model: a template moved to another row does not open, and one made by another
model is never compared. Erasing the person's key (`KeyRing.erase`) makes a template unreadable wherever it was copied;
`erase` here takes the row itself out of the file as well.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from edge.store.database import Database, DatabaseBusy, DatabaseCorrupt, corruption_named
from edge.store.keys import KeyErased, KeyRing

TEMPLATE_BYTES_MAX = 4096  # float32[128] and a short header take 514; a photo would not fit
_SCHEMA = """
CREATE TABLE IF NOT EXISTS templates(
    cardholder_id BLOB PRIMARY KEY,
    model TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""


class Templates:
    """The gallery on disk. Any thread may use it, and a technician's command beside the running node."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database, self._keys = database, keys

    @classmethod
    def open(cls, path: Path, keys: KeyRing) -> Templates:
        """The templates in the file `path`. Raises DatabaseBusy, DatabaseCorrupt."""
        return cls(Database(path, _SCHEMA, shared=True), keys)

    def put(self, cardholder_id: UUID, template: bytes, model: str) -> None:
        """Keep a person's template in place of an older one. `model` names the model and rule that made it."""
        if not 0 < len(template) <= TEMPLATE_BYTES_MAX:
            raise ValueError(f"a template has 1 to {TEMPLATE_BYTES_MAX} bytes, not {len(template)}")
        sealed = self._keys.seal(template, _aad(cardholder_id, model), cardholder_id)
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO templates VALUES (?, ?, ?)", (cardholder_id.bytes, model, sealed))

    def get(self, cardholder_id: UUID) -> tuple[bytes, str] | None:
        """(template, model); None when there is none or the person's key was erased. Raises SealBroken."""
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
        with self._database.lock:
            rows = self._database.connection.execute(
                "SELECT cardholder_id, model, sealed FROM templates ORDER BY cardholder_id"
            ).fetchall()
        found = []
        for raw_id, model, sealed in rows:
            cardholder_id = UUID(bytes=raw_id)
            template = self._open(cardholder_id, model, sealed)
            if template is not None:
                found.append((cardholder_id, template, model))
        return tuple(found)

    def erase(self, cardholder_id: UUID) -> bool:
        """Take a person's template out of the file, overwritten. True when there was one. Raises DatabaseBusy."""
        with self._database.lock:
            with self._database.transaction() as db:
                erased = db.execute("DELETE FROM templates WHERE cardholder_id=?", (cardholder_id.bytes,)).rowcount
            if not self._database.empty_wal():
                raise DatabaseBusy(
                    f"{self._database.path}: 模板已删除，但旧副本仍在 -wal 文件中，请再试一次。 / it is deleted, but "
                    "an old copy is still in the -wal file because somebody is reading it. Do it once more."
                )
        return erased > 0

    def check(self) -> None:
        """Raises DatabaseCorrupt when the file is damaged anywhere, not only where opening it looks."""
        path = self._database.path
        with self._database.lock, corruption_named(path):
            found = self._database.connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise DatabaseCorrupt(f"{path}: 数据库文件已损坏（{found}）。 / the database file is damaged ({found}).")

    def state(self) -> object:
        """Differs from an earlier answer when a template was put or erased since, by this process or another."""
        return self._database.state()

    def close(self) -> None:
        self._database.close()

    def _open(self, cardholder_id: UUID, model: str, sealed: bytes) -> bytes | None:
        try:
            return self._keys.unseal(sealed, _aad(cardholder_id, model))
        except KeyErased:
            return None


def _aad(cardholder_id: UUID, model: str) -> bytes:
    return b"menting-template-1" + cardholder_id.bytes + model.encode()
