"""Face templates: 128 numbers per person who agreed, made on this node and sealed under that person's key.

The row is bound to its cardholder and its model: a template moved to another row does not open, and one made by another
model is never compared. Erasing the person's key (`KeyRing.erase`) makes a template unreadable wherever it was copied;
`erase` here takes the row itself out of the file as well.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from edge.store.database import Database
from edge.store.keys import KeyErased, KeyRing

TEMPLATE_BYTES = 128 * 4  # float32[128], as both face backends give
_SCHEMA = """
CREATE TABLE IF NOT EXISTS templates(
    cardholder_id BLOB PRIMARY KEY,
    model TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""


class Templates:
    """The gallery on disk. Any thread may use it; only one process."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database, self._keys = database, keys

    @classmethod
    def open(cls, path: Path, keys: KeyRing) -> Templates:
        """The templates in the file `path`. Raises DatabaseBusy, DatabaseCorrupt."""
        return cls(Database(path, _SCHEMA), keys)

    def put(self, cardholder_id: UUID, template: bytes, model: str) -> None:
        """Keep a person's template in place of an older one. `model` names the model and rule that made it."""
        if len(template) != TEMPLATE_BYTES:
            raise ValueError(f"a template has {TEMPLATE_BYTES} bytes (float32[128]), not {len(template)}")
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
        """Take a person's template out of the file, overwritten. True when there was one."""
        with self._database.lock:
            with self._database.transaction() as db:
                erased = db.execute("DELETE FROM templates WHERE cardholder_id=?", (cardholder_id.bytes,)).rowcount
            self._database.empty_wal()
        return bool(erased)

    def close(self) -> None:
        self._database.close()

    def _open(self, cardholder_id: UUID, model: str, sealed: bytes) -> bytes | None:
        try:
            return self._keys.unseal(sealed, _aad(cardholder_id, model))
        except KeyErased:
            return None


def _aad(cardholder_id: UUID, model: str) -> bytes:
    return b"menting-template-1" + cardholder_id.bytes + model.encode()
