"""Enrolment photos that somebody chose to leave here, sealed, so that a new face model needs no new ones (PRIV-09).

They lie in the file of the templates, on the node that opened them, and leave it never. Each is sealed under a key of
this person's photos, apart from the key of their template: whoever takes the choice back is known by face as before,
and yet no copy of a photo opens any more, wherever a backup has it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from uuid import UUID, uuid5

from edge.store.database import Database, DatabaseBusy
from edge.store.keys import KeyErased, KeyRing

SCHEMA = """
CREATE TABLE IF NOT EXISTS photos(
    cardholder_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (cardholder_id, number)
) STRICT;
"""


class KeptPhotos:
    """The photos of one file of templates. Whoever writes does so in the transaction of the template's own change."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database, self._keys = database, keys
        with database.lock:
            database.connection.executescript(SCHEMA)

    def holders(self) -> frozenset[UUID]:
        """Everybody of whom a photo lies here, whether it opens or not."""
        with self._database.lock:
            rows = self._database.connection.execute("SELECT DISTINCT cardholder_id FROM photos").fetchall()
        return frozenset(UUID(bytes=raw_id) for (raw_id,) in rows)

    def of(self, cardholder_id: UUID) -> tuple[bytes, ...]:
        """Their files as the phone sent them, in their order; none where their key was erased. Raises SealBroken."""
        with self._database.lock:
            rows = self._database.connection.execute(
                "SELECT number, sealed FROM photos WHERE cardholder_id=? ORDER BY number", (cardholder_id.bytes,)
            ).fetchall()
        try:
            return tuple(self._keys.unseal(sealed, _aad(cardholder_id, number)) for number, sealed in rows)
        except KeyErased:
            return ()

    def seal(self, cardholder_id: UUID, photos: Sequence[bytes]) -> list[bytes]:
        """What `replace` takes. The key of the photos before is destroyed: the new ones have their own."""
        if photos or cardholder_id in self.holders():
            with suppress(DatabaseBusy):  # it is deleted; what a reader keeps from going goes with the next checkpoint
                self._keys.erase(photos_key(cardholder_id))
        return [
            self._keys.seal(photo, _aad(cardholder_id, number), photos_key(cardholder_id))
            for number, photo in enumerate(photos, start=1)
        ]

    def replace(self, db: sqlite3.Connection, cardholder_id: UUID, sealed: Sequence[bytes]) -> bool:
        """Whether there is anything to tell: photos are here now, or were."""
        went = self.delete(db, cardholder_id)
        rows = [(cardholder_id.bytes, number, one) for number, one in enumerate(sealed, start=1)]
        db.executemany("INSERT INTO photos VALUES (?, ?, ?)", rows)
        return went or bool(rows)

    def delete(self, db: sqlite3.Connection, cardholder_id: UUID) -> bool:
        """Take the rows out. True when there were any."""
        return db.execute("DELETE FROM photos WHERE cardholder_id=?", (cardholder_id.bytes,)).rowcount > 0

    def erase_keys(self, cardholder_ids: Iterable[UUID]) -> frozenset[UUID]:
        """Whose photos had a key, which is destroyed. Raises DatabaseBusy."""
        keys = {photos_key(one): one for one in cardholder_ids}
        return frozenset(keys[one] for one in self._keys.erase(*keys))


def photos_key(cardholder_id: UUID) -> UUID:
    """The name under which the key ring has the key of a person's photos."""
    return uuid5(cardholder_id, "photos")


def _aad(cardholder_id: UUID, number: int) -> bytes:
    return b"menting-kept-photo-1" + cardholder_id.bytes + number.to_bytes(1)
