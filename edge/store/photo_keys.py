"""The keys that phones seal photos to, and other nodes templates: a new one each hour, destroyed when nothing sealed to
it can be on the way. Each secret makes both, a P-256 key and an X25519 key (edge/enrolment), and takes both with it.

    made --told to central--> phones and nodes seal to it --an hour--> the next one is told --an hour--> destroyed

Central keeps a sealed photo for an hour at most, but its write-ahead log and its backups keep what it deleted. So a key
lives little longer than the mail: whoever finds both, the old ciphertext there and this node's keys, opens nothing.
A key stays while central knows no later one: what waited while the node was away still opens. It is fetched before the
later one is told; a template that comes too late all the same is asked for again. A node that looks at no faces (any
more) tells no later one: there the last goes two hours after it was made, when central hands it out no longer.

The secret itself is a key of the key ring under a name that lies here; destroyed as a person's key is.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from edge.store.database import Database, DatabaseBusy
from edge.store.keys import KeyRing
from models.values.ids import new_id

OFFERED_FOR = timedelta(hours=1)
ON_THE_WAY = timedelta(hours=1)
"""How long central keeps photos that no node fetched (PHOTOS_LIFE there)."""
_NEVER = -1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS photo_keys(
    name BLOB PRIMARY KEY,
    made_ms INTEGER NOT NULL,
    replaced_ms INTEGER
) STRICT, WITHOUT ROWID;
"""


class PhotoKeys:
    """Any thread may use it. `at` is central's time as the node knows it."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database, self._keys = database, keys
        with database.lock:
            database.connection.executescript(_SCHEMA)

    def newest(self, at: datetime) -> bytes:
        """32 secret bytes: what photos are to be sealed to now. Made anew when the last is an hour old, or of a time
        that has not come yet."""
        with self._database.lock:
            row = self._database.connection.execute(
                "SELECT name FROM photo_keys WHERE replaced_ms IS NULL AND made_ms>? AND made_ms<=? "
                "ORDER BY made_ms DESC, name DESC",
                (_ms(at - OFFERED_FOR), _ms(at)),
            ).fetchone()
            if row is None:
                row = (new_id().bytes,)
                with self._database.transaction() as db:
                    db.execute("INSERT INTO photo_keys VALUES (?, ?, NULL)", (*row, _ms(at)))
        return self._keys.person_key(UUID(bytes=row[0]))

    def told(self, secret: bytes, at: datetime) -> None:
        """Central knows this one: nothing new is sealed to the others."""
        with self._database.transaction() as db:
            for name, replaced_ms in db.execute("SELECT name, replaced_ms FROM photo_keys").fetchall():
                if replaced_ms is None and self._keys.person_key(UUID(bytes=name)) != secret:
                    db.execute("UPDATE photo_keys SET replaced_ms=? WHERE name=?", (_ms(at), name))

    def all(self) -> tuple[bytes, ...]:
        """Every key that a photo on the way may be sealed to."""
        with self._database.lock:
            rows = self._database.connection.execute("SELECT name FROM photo_keys ORDER BY made_ms").fetchall()
        return tuple(self._keys.person_key(UUID(bytes=name)) for (name,) in rows)

    def destroy_over(self, at: datetime, *, tells_no_more: bool = False) -> int:
        """Destroy those that were replaced an hour ago. Returns how many. What a reader keeps from going is tried
        again. `tells_no_more`: no later key comes in place of the last one, so that it goes by its own age."""
        told_until = _ms(at - OFFERED_FOR - ON_THE_WAY) if tells_no_more else _NEVER
        with self._database.lock:
            rows = self._database.connection.execute(
                "SELECT name FROM photo_keys WHERE replaced_ms<=? OR made_ms<=?", (_ms(at - ON_THE_WAY), told_until)
            ).fetchall()
        if not rows:
            return 0
        with suppress(DatabaseBusy):
            self._keys.erase(*(UUID(bytes=name) for (name,) in rows))
            with self._database.transaction() as db:
                db.executemany("DELETE FROM photo_keys WHERE name=?", rows)
            return len(rows)
        return 0


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
