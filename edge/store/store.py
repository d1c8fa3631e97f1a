"""What central sent down, and what the node must remember between two starts.

snapshot   the signed rules as they came, encrypted under the node's key; their signature is proved again on every
           load, so that a file changed on disk is refused like a forged download. Rules that the disk does not take are
           in force all the same: what they forbid must hold now. A restart begins with those on disk, and asks central
ledger     which commands were judged: durable BEFORE a command may run, so that none runs twice (S8)
attempts   wrong attempts at a point or with a credential; losing the last second of them in a power cut is fine
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic import ValidationError

from edge.store.database import CANNOT_WRITE, Database, DatabaseCorrupt, connect
from edge.store.keys import KeyErased, KeyRing, SealBroken
from edge.store.view import RulesView, view_of
from models.access.attempts import Attempts
from models.access.decision import Reason
from models.wire.commands import Command, CommandLedger
from models.wire.commands import judge as judge_command
from models.wire.signed import Signed, verified
from models.wire.snapshot import Snapshot, SnapshotRefusal
from models.wire.snapshot import judge as judge_snapshot

__all__ = ["RulesView", "Store"]

ATTEMPTS_MAX = 4096  # keys kept: somebody waving random codes must not fill the disk
_AAD = b"menting-snapshot-1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS snapshot(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS ledger(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    content TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS attempts(
    key TEXT PRIMARY KEY,
    content TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class _Unkept:
    """Rules that are in force and not on disk, and why not."""

    signed: Signed
    snapshot: Snapshot
    fault: str


class Store:
    """The node's copy of the rules. Any thread may use it; only one process."""

    def __init__(self, database: Database, node_id: UUID, central_key: bytes, keys: KeyRing) -> None:
        self._database, self._node_id, self._keys = database, node_id, keys
        self.central_key = central_key
        self.before_applying: Callable[[Snapshot], None] = lambda snapshot: None
        """Does what a snapshot wants done first, durably, before it is on disk; what it raises keeps it out. Where it
        cannot write, the snapshot is in force and not on disk, and both are tried again (`keep`)."""
        self._view = RulesView()
        self._unkept: _Unkept | None = None
        self._applying = threading.Lock()
        self.refused_at_open: SnapshotRefusal | None = None
        self._load()
        row = database.connection.execute("SELECT content FROM ledger").fetchone()
        try:
            self._ledger = CommandLedger.model_validate_json(row[0]) if row else CommandLedger()
        except ValidationError as error:  # without it a command could run twice (S8)
            raise DatabaseCorrupt(
                f"{database.path}: 命令记录已损坏。移走 store.db 后，节点会向中心重新获取规则。 / the record of "
                "commands is damaged. Move store.db away and the node asks central for its rules anew."
            ) from error

    @classmethod
    def open(cls, path: Path, node_id: UUID, central_key: bytes, keys: KeyRing) -> Store:
        """The store in the file `path`. `central_key`: 32 bytes Ed25519. Raises DatabaseBusy, DatabaseCorrupt.

        A snapshot that was changed on disk is not used: `refused_at_open` says so, and the rules are empty until
        central sends them again.
        """
        database = Database(path, _SCHEMA)
        try:
            return cls(database, node_id, central_key, keys)
        except BaseException:
            database.close()
            raise

    # -- rules ---------------------------------------------------------------------------------------------------

    def view(self) -> RulesView:
        """The rules of this moment. A view never changes; ask again for newer ones."""
        return self._view

    def apply(self, signed: Signed, now: datetime) -> SnapshotRefusal | None:
        """Put a snapshot in force, wholly or not at all; or say why it is refused.

        It is on disk then, or `unkept` says why it is not.
        """
        read = _read(signed, self.central_key)
        if isinstance(read, SnapshotRefusal):
            return read
        with self._applying:
            refusal = judge_snapshot(read, self._node_id, self._view.version, now)
            if refusal is not None:
                return refusal
            view = view_of(read)
            fault = self._fault_of_keeping(signed, read)
            self._unkept = None if fault is None else _Unkept(signed, read, fault)
            self._view, self.refused_at_open = view, None
        return None

    def keep(self) -> None:
        """Try again to bring to the disk what is in force and not there; `unkept` says what came of it."""
        with self._applying:
            if self._unkept is not None:
                fault = self._fault_of_keeping(self._unkept.signed, self._unkept.snapshot)
                self._unkept = None if fault is None else replace(self._unkept, fault=fault)

    def unkept(self) -> str | None:
        """Why the rules in force are not on disk; None when they are."""
        unkept = self._unkept
        return None if unkept is None else unkept.fault

    def signed(self) -> Signed | None:
        """The snapshot in force as central signed it; None when there is none that can be read."""
        unkept = self._unkept
        if unkept is not None:
            return unkept.signed
        with self._database.lock:
            return _signed_on_disk(self._database.connection, self._keys)

    def _fault_of_keeping(self, signed: Signed, read: Snapshot) -> str | None:
        try:
            self.before_applying(read)
            sealed = self._keys.seal(signed.model_dump_json().encode(), _AAD)
            with self._database.transaction() as db:
                db.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?)", (sealed,))
        except CANNOT_WRITE as error:
            return str(error) or type(error).__name__
        return None

    def _load(self) -> None:
        found = _on_disk(self._database.connection, self._node_id, self.central_key, self._keys)
        if isinstance(found, SnapshotRefusal):
            self.refused_at_open = found
        else:  # expired rules are loaded all the same: what is still allowed when they are old, the policy says
            self._view = found

    # -- commands ------------------------------------------------------------------------------------------------

    def ledger(self) -> CommandLedger:
        return self._ledger

    def judge_and_remember(self, command: Command, central_now: datetime) -> Reason:
        """Judge a command whose signature was verified. OK is said only after the command is remembered on disk.

        A late one is remembered too: a clock set back must not make it young again. Raises one of CANNOT_WRITE where
        the disk does not take it: whoever is told so is told no, so it stays refused should it come again.
        """
        with self._database.lock:
            reason = judge_command(command, self._node_id, self._ledger, central_now)
            if reason in (Reason.OK, Reason.LATE):
                self._ledger = self._ledger.after(command)
                with self._database.transaction() as db:
                    db.execute("INSERT OR REPLACE INTO ledger VALUES (1, ?)", (self._ledger.model_dump_json(),))
            return reason

    # -- wrong attempts ------------------------------------------------------------------------------------------

    def attempts(self, key: str) -> Attempts:
        """The wrong attempts of one point or credential."""
        with self._database.lock:
            row = self._database.connection.execute("SELECT content FROM attempts WHERE key=?", (key,)).fetchone()
        return Attempts.model_validate_json(row[0]) if row else Attempts()

    def save_attempts(self, key: str, attempts: Attempts) -> None:
        """Remember them, without waiting for the disk: a restart finds them, a power cut may not."""
        with self._database.lock:
            self._database.connection.execute("PRAGMA synchronous=NORMAL")
            try:
                with self._database.transaction() as db:
                    db.execute("DELETE FROM attempts WHERE key=?", (key,))
                    if attempts != Attempts():
                        db.execute("INSERT INTO attempts VALUES (?, ?)", (key, attempts.model_dump_json()))
                        db.execute(
                            "DELETE FROM attempts WHERE rowid <= (SELECT max(rowid) FROM attempts) - ?", (ATTEMPTS_MAX,)
                        )
            finally:
                self._database.connection.execute("PRAGMA synchronous=FULL")

    def close(self) -> None:
        self._database.close()


def view_on_disk(path: Path, node_id: UUID, central_key: bytes, keys: KeyRing) -> RulesView:
    """The rules in the store at `path`, read beside the running node; empty when there are none that may be used."""
    if not path.exists():
        return RulesView()
    connection = connect(path, read_only=True)
    try:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'snapshot'").fetchone() is None:
            return RulesView()  # the node is making it at this moment
        found = _on_disk(connection, node_id, central_key, keys)
    finally:
        connection.close()
    return RulesView() if isinstance(found, SnapshotRefusal) else found


def view_in(signed: Signed, node_id: UUID, central_key: bytes, now: datetime) -> RulesView:
    """The rules in a snapshot that nobody keeps; empty when it may not be used."""
    read = _read(signed, central_key)
    if isinstance(read, SnapshotRefusal) or judge_snapshot(read, node_id, 0, now) is not None:
        return RulesView()
    return view_of(read)


def _on_disk(
    connection: sqlite3.Connection, node_id: UUID, central_key: bytes, keys: KeyRing
) -> RulesView | SnapshotRefusal:
    if connection.execute("SELECT 1 FROM snapshot").fetchone() is None:
        return RulesView()
    signed = _signed_on_disk(connection, keys)
    if signed is None:
        return SnapshotRefusal.BAD_SIGNATURE
    read = _read(signed, central_key)
    if isinstance(read, SnapshotRefusal):
        return read
    return view_of(read) if read.node_id == node_id else SnapshotRefusal.WRONG_NODE


def _signed_on_disk(connection: sqlite3.Connection, keys: KeyRing) -> Signed | None:
    row = connection.execute("SELECT sealed FROM snapshot").fetchone()
    try:
        return None if row is None else Signed.model_validate_json(keys.unseal(row[0], _AAD))
    except (SealBroken, KeyErased, ValidationError):
        return None


def _read(signed: Signed, central_key: bytes) -> Snapshot | SnapshotRefusal:
    payload = verified(signed, "snapshot", central_key)
    if payload is None:
        return SnapshotRefusal.BAD_SIGNATURE
    try:
        return Snapshot.model_validate_json(payload)
    except ValidationError:
        return SnapshotRefusal.UNREADABLE
