"""What central told of the car park: kept on disk, each stay sealed under the node's key, and whole in memory.

Central signs each telling; once taken, a row proves itself by its seal, which binds it to its stay. What the disk does
not take counts all the same and is told again after a restart, since the number on disk is then the older one.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from edge.store.database import CANNOT_WRITE, Database, DatabaseCorrupt
from edge.store.keys import KeyErased, KeyRing, SealBroken
from models.parking.inside import Told
from models.wire.signed import Signed, verified
from models.wire.snapshot import SnapshotRefusal
from models.wire.stays import EndedStay, LotTold, Owed, StaysTold, ToldStay, judge_stays

_INSIDE, _OWED, _DENIED = 1, 2, 3
_SCHEMA = """
CREATE TABLE IF NOT EXISTS told(
    stay_id BLOB PRIMARY KEY,
    what INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ended(
    stay_id BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lot(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    said TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS upto(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL,
    heard_seq INTEGER NOT NULL
) STRICT;
"""

log = logging.getLogger(__name__)


class ToldStays:
    """Any thread may use it; only one process."""

    def __init__(self, database: Database, node_id: UUID, central_key: bytes, keys: KeyRing) -> None:
        self._database, self._node_id, self._central_key, self._keys = database, node_id, central_key, keys
        self._taking = threading.Lock()
        self._told = self._kept = self._load()

    @classmethod
    def open(cls, path: Path, node_id: UUID, central_key: bytes, keys: KeyRing) -> ToldStays:
        """Raises DatabaseBusy, DatabaseCorrupt."""
        database = Database(path, _SCHEMA)
        try:
            return cls(database, node_id, central_key, keys)
        except BaseException:
            database.close()
            raise

    def told(self) -> Told:
        """As it is at this moment; never changes afterwards."""
        return self._told

    def take(self, signed: Signed) -> SnapshotRefusal | None:
        """Take one telling wholly or not at all, or say why it is refused."""
        payload = verified(signed, "stays", self._central_key)
        if payload is None:
            return SnapshotRefusal.BAD_SIGNATURE
        try:
            news = StaysTold.model_validate_json(payload)
        except ValidationError:
            return SnapshotRefusal.UNREADABLE
        with self._taking:
            refused = judge_stays(news, self._node_id, self._told.number)
            if refused is not None:
                return refused
            self._told = self._told.after(news)
            try:
                self._keep(self._kept, self._told)
            except CANNOT_WRITE as error:  # the next telling brings this one to the disk along with itself
                log.error("what central told of the car park is not on disk: %s", error)
            else:
                self._kept = self._told
        return None

    def close(self) -> None:
        self._database.close()

    def _keep(self, before: Told, now: Told) -> None:
        """Only what differs: a full lot is told once, and then car by car."""
        gone = {*before.stays, *before.owed, *before.denied} - {*now.stays, *now.owed, *now.denied}
        rows = [(key.bytes, _INSIDE, self._seal(one)) for key, one in now.stays.items() if before.stays.get(key) != one]
        for what, had, has in ((_OWED, before.owed, now.owed), (_DENIED, before.denied, now.denied)):
            rows += [(key.bytes, what, self._seal(one)) for key, one in has.items() if had.get(key) != one]
        with self._database.transaction() as db:
            db.executemany("DELETE FROM told WHERE stay_id=?", [(key.bytes,) for key in gone])
            db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?)", rows)
            left = [(key.bytes,) for key in before.ended if key not in now.ended]
            db.executemany("DELETE FROM ended WHERE stay_id=?", left)
            ended = [(key.bytes, self._seal(one)) for key, one in now.ended.items() if before.ended.get(key) != one]
            db.executemany("INSERT OR REPLACE INTO ended VALUES (?, ?)", ended)
            db.execute("INSERT OR REPLACE INTO upto VALUES (1, ?, ?)", (now.number, now.heard_seq))
            db.execute("DELETE FROM lot")
            if now.lot is not None:
                db.execute("INSERT INTO lot VALUES (1, ?)", (now.lot.model_dump_json(),))

    def _seal(self, one: ToldStay | Owed | EndedStay) -> bytes:
        return self._keys.seal(one.model_dump_json().encode(), _bound(one.stay_id))

    def _load(self) -> Told:
        """Raises DatabaseCorrupt for rows that do not open: then all of it is told anew."""
        with self._database.lock:
            upto = self._database.connection.execute("SELECT number, heard_seq FROM upto").fetchone()
            rows = self._database.connection.execute("SELECT stay_id, what, sealed FROM told").fetchall()
            left = self._database.connection.execute("SELECT stay_id, 0, sealed FROM ended").fetchall()
            places = self._database.connection.execute("SELECT said FROM lot").fetchone()
        if upto is None:
            return Told()
        stays, owed, denied = dict[UUID, ToldStay](), dict[UUID, Owed](), dict[UUID, Owed]()
        ended = dict[UUID, EndedStay]()
        for raw_id, what, sealed in (*rows, *left):
            try:
                stay_id = UUID(bytes=raw_id)
                text = self._keys.unseal(sealed, _bound(stay_id))
                if what == _INSIDE:
                    stays[stay_id] = ToldStay.model_validate_json(text)
                elif not what:
                    ended[stay_id] = EndedStay.model_validate_json(text)
                else:
                    (denied if what == _DENIED else owed)[stay_id] = Owed.model_validate_json(text)
            except (SealBroken, KeyErased, ValueError) as error:
                raise DatabaseCorrupt(
                    f"{self._database.path}: 车辆记录打不开。 / a stay in it cannot be opened ({type(error).__name__})."
                ) from error
        return Told(upto[0], upto[1], stays, owed, denied, _lot(self._database.path, places), ended)


def _lot(path: Path, row: tuple[str] | None) -> LotTold | None:
    try:
        return LotTold.model_validate_json(row[0]) if row is not None else None
    except ValueError as error:
        raise DatabaseCorrupt(f"{path}: 车位数读不出。 / the number of places cannot be read.") from error


def _bound(stay_id: UUID) -> bytes:
    return b"menting-told-stay-1" + stay_id.bytes
