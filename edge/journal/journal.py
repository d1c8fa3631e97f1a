"""The journal: what happened at this gate, on disk before anything moves, in one unbroken chain.

`append` returns when its events are on the disk. Callers that arrive while a commit is running are committed together
by the first of them to get the disk (leader and followers), so that many lanes cost one sync and not many.

    journal = Journal.open(folder / "journal.db", node_id, keys)
    decided, = journal.append(Entry(DecisionMade(...), correlation=recognition_id, lane_id=lane_id))

A full disk (S20, SYNC-13): what `free_first` gives up goes first (pictures that were sent), then events that central
has acknowledged, oldest first. Events that central lacks are never dropped; when only they are left, it is JournalFull.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from edge.journal import uses
from edge.journal.begin import JournalHealth, chain_of, refuse_lost
from edge.journal.commit import GroupCommit, Ticket
from edge.journal.entry import Entry, personal_aad, prepare
from edge.journal.errors import (
    JournalBusy,
    JournalCorrupt,
    JournalError,
    JournalFault,
    JournalForeign,
    JournalFull,
    RowDamaged,
    fault_of,
    says_full,
)
from edge.journal.reserve import RESERVE_BYTES, Reserve
from edge.journal.table import (
    COLUMNS,
    INSERT,
    SCHEMA,
    Chain,
    event_of,
    event_with,
    hash_before,
    read_chain,
    remains_of,
    tag_of,
)
from edge.journal.uses import Said, Unfinished
from edge.journal.verify import Break, Progress, first_break
from edge.store.database import Database, DatabaseBusy, DatabaseCorrupt, connect
from edge.store.keys import KeyRing
from models.values.clocks import following, moved
from models.values.time import EPOCH, micros, utc_now
from models.wire.envelope import WIRE_VERSION, Event, link

__all__ = [
    "Entry", "Journal", "JournalBusy", "JournalCorrupt", "JournalError", "JournalFault", "JournalForeign",
    "JournalFull", "JournalHealth", "Unfinished",
]  # fmt: skip

_DROP_STEP = 500
_LOOKED_BACK = 50_000  # a node that never reached central for longer has written later than any of them
_COUNT_EVERY = 256  # events between two updates of the table of uses
_TAG = "journal-chain"
NEWEST = """
SELECT CAST(body AS BLOB), correlation, lane_id, at_us, skew_ms FROM events
WHERE seq > (SELECT max(seq) FROM events) - ? ORDER BY seq
"""


class Journal:
    """One node's journal. Any thread may use it; only one process."""

    def __init__(
        self, database: Database, chain: Chain, keys: KeyRing, *, now: Callable[[], datetime],
        skew_ms: Callable[[], int | None], reserve_bytes: int,
    ) -> None:  # fmt: skip
        self._database, self._db = database, database.connection
        self._keys, self._now, self._skew_ms = keys, now, skew_ms
        self._tag_key = keys.derive(_TAG)
        self._uses = uses.find_uses(self._db, chain.counted_to, chain.replay_from)
        self._node_id = chain.node_id
        self._seq, self._hash, self._acked = chain.head_seq, chain.head_hash, chain.acked_seq
        self._base_seq, self._base_hash = chain.base_seq, chain.base_hash
        self._reader = connect(database.path)
        self._reader.execute("PRAGMA query_only=ON")
        self._read_lock = threading.Lock()
        self._commits = GroupCommit(self._write, self._make_room)
        self._disk = self._commits.disk
        self._news = threading.Condition()
        self._reserve = Reserve(database.path.with_name(database.path.name + ".reserve"), reserve_bytes)
        self._reserve.fill()
        self._db.execute(f"PRAGMA wal_autocheckpoint={self._reserve.log_pages}")
        self._dropped = 0
        self.free_first: Callable[[], bool] = lambda: False
        """Gives up something cheaper than an event when the disk is full; False when there is nothing (SYNC-13)."""
        self._is_open, self._is_in_doubt = True, False

    @classmethod
    def open(
        cls, path: Path, node_id: UUID, keys: KeyRing, *, now: Callable[[], datetime] = utc_now,
        skew_ms: Callable[[], int | None] = lambda: None, reserve_bytes: int = RESERVE_BYTES,
    ) -> Journal:  # fmt: skip
        """The journal in the file `path`, begun when there is none.

        Raises JournalBusy, JournalCorrupt (the file is left as it was found), JournalLost, JournalForeign.
        """
        refuse_lost(path)
        try:
            database = Database(path, SCHEMA + uses.SCHEMA, secure_delete=False)
        except DatabaseBusy as error:
            raise JournalBusy(str(error)) from error
        except DatabaseCorrupt as error:
            raise JournalCorrupt(str(error)) from error
        try:
            chain = chain_of(database, node_id, keys.derive(_TAG))
            return cls(database, chain, keys, now=now, skew_ms=skew_ms, reserve_bytes=reserve_bytes)
        except BaseException:
            database.close()
            raise

    # -- writing -------------------------------------------------------------------------------------------------

    def append(self, *entries: Entry) -> tuple[Event, ...]:
        """Write the entries, all or none, and return them as events once they are on the disk.

        Raises JournalFull, JournalFault, JournalCorrupt, EntryTooLarge; then none of these entries is in the journal.
        """
        if not entries:
            return ()
        skew_ms = self._skew_ms()
        return self._commits.submit(tuple(prepare(entry, self._keys, self._now, skew_ms) for entry in entries))

    def _write(self, group: Sequence[Ticket]) -> None:
        """One transaction for the whole group. Raises a JournalError and leaves everything as it was."""
        if self._is_in_doubt:
            self._look_again()
        events: list[list[Event]] = []
        rows = []
        said = []
        seq, prev, node_id = self._seq, self._hash, self._node_id
        for ticket in group:
            mine: list[Event] = []
            for p in ticket.prepared:
                seq += 1
                hash_ = link(
                    WIRE_VERSION, node_id, seq, p.event_id, p.at, p.skew_ms, p.correlation, p.lane_id, p.body,
                    p.sealed, prev,
                )  # fmt: skip
                correlation, lane_id = p.correlation.bytes, p.lane_id.bytes if p.lane_id else None
                rows.append((
                    seq, WIRE_VERSION, p.event_id.bytes, micros(p.at), p.skew_ms, correlation, lane_id, p.body,
                    p.sealed, hash_,
                ))  # fmt: skip
                mine.append(event_with(
                    v=WIRE_VERSION, node_id=node_id, seq=seq, event_id=p.event_id, at=p.at, skew_ms=p.skew_ms,
                    correlation=p.correlation, lane_id=p.lane_id, body=p.body, sealed=p.sealed, prev=prev, hash=hash_,
                ))  # fmt: skip
                if p.note is not None:
                    said.append(Said(p.note, seq, correlation, lane_id))
                prev = hash_
            events.append(mine)
        tag = tag_of(self._tag_key, self._base_seq, self._base_hash, seq, prev)
        change, due = self._uses.plan(said), self._seq - self._uses.counted_to >= _COUNT_EVERY
        with self._transaction() as db:
            if due:
                self._uses.write(db, self._seq)
            db.executemany(INSERT, rows)
            db.execute("UPDATE chain SET head_seq=?, head_hash=?, tag=?", (seq, prev, tag))
        with self._news:
            if due:
                self._uses.written(self._seq)
            self._seq, self._hash = seq, prev
            self._uses.make(change)
            self._news.notify_all()
        for ticket, mine in zip(group, events, strict=True):
            ticket.events = tuple(mine)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, with the journal's own errors. The caller holds the disk."""
        if not self._is_open:
            raise JournalFault("日志已关闭。 / the journal is closed.")
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        except BaseException as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            failure = fault_of(error, self._database.path)
            if not isinstance(failure, JournalFull):
                self._is_in_doubt = True
            if failure is None:
                raise
            raise failure from error

    def _look_again(self) -> None:
        """After a commit that failed in an unknown way, the database says where the chain stands, not our memory."""
        try:
            chain = read_chain(self._db)
            assert chain is not None
            found = uses.find_uses(self._db, chain.counted_to, chain.replay_from)
        except sqlite3.Error as error:
            raise fault_of(error, self._database.path) from error
        self._base_seq, self._base_hash, self._acked = chain.base_seq, chain.base_hash, chain.acked_seq
        with self._news:
            self._seq, self._hash, self._uses = chain.head_seq, chain.head_hash, found
        self._is_in_doubt = False

    def _make_room(self) -> Iterator[None]:
        """Each step frees a little more; ends when only events that central lacks are left. Holds the disk."""
        self._manoeuvre(lambda: 0)
        yield
        while self.free_first():
            yield
        while self._manoeuvre(self._drop_some):
            yield

    def _manoeuvre(self, act: Callable[[], int]) -> int:
        """Empty the log, do something, empty the log again, with the reserve freed for as long as that takes."""
        self._reserve.release()
        self._carry_over()
        try:
            return act()
        finally:
            self._carry_over()
            self._reserve.refill(self._db.execute("PRAGMA freelist_count").fetchone()[0])

    def _drop_some(self) -> int:
        """Drop the oldest acked events, as many at once as there is room for: dropping writes each page it empties."""
        step = _DROP_STEP
        while step and self._acked > self._base_seq:
            try:
                return self._drop(min(self._acked, self._base_seq + step))
            except JournalFull:
                step //= 2
        return 0

    def _carry_over(self) -> None:
        """Empty the write-ahead log into the file, so that its room is free. On a full disk that may fail: then not."""
        try:
            self._database.empty_wal()
        except sqlite3.OperationalError as error:
            if not says_full(error):
                raise fault_of(error, self._database.path) from error

    # -- what central has ----------------------------------------------------------------------------------------

    @property
    def acked_seq(self) -> int:
        """Everything up to here is durable at central, or kept aside (`edge.sync.letters`)."""
        return self._acked

    def mark_acked(self, seq: int) -> None:
        """Central has everything up to `seq`, or it is kept aside. Never goes back, never beyond the head."""
        with self._disk:
            seq = min(seq, self._seq)
            if seq > self._acked:
                try:
                    self._write_acked(seq)
                except JournalFull:
                    self._manoeuvre(lambda: self._write_acked(seq))
            self._reserve.fill()

    def _write_acked(self, seq: int) -> int:
        with self._transaction() as db:
            db.execute("UPDATE chain SET acked_seq=?", (seq,))
        self._acked = seq
        return seq

    def drop_acked(self, keep: int) -> int:
        """Give up the oldest events that central has, but never one of the newest `keep`. Returns how many."""
        dropped = 0
        while True:
            with self._disk:
                target = min(self._acked, self._seq - keep)
                step = self._drop(min(target, self._base_seq + _DROP_STEP))
            if not step:
                return dropped
            dropped += step

    def _drop(self, up_to: int) -> int:
        """Move the base to `up_to`, remembering the hash that the first kept event continues. Holds the disk."""
        if up_to <= self._base_seq:
            return 0
        row = self._db.execute("SELECT hash FROM events WHERE seq=?", (up_to,)).fetchone()
        if row is None:
            raise JournalCorrupt(f"事件 {up_to} 缺失，链已断。 / event {up_to} is missing: the chain is broken there.")
        base_hash = bytes(row[0])
        tag = tag_of(self._tag_key, up_to, base_hash, self._seq, self._hash)
        with self._transaction() as db:
            db.execute("UPDATE chain SET base_seq=?, base_hash=?, tag=?", (up_to, base_hash, tag))
            self._uses.write(db, self._seq, forgetting=up_to)
            dropped = db.execute("DELETE FROM events WHERE seq<=?", (up_to,)).rowcount
        self._base_seq, self._base_hash = up_to, base_hash
        with self._news:
            self._uses.written(self._seq, forgetting=up_to)
        self._dropped += dropped
        return dropped

    # -- reading -------------------------------------------------------------------------------------------------

    def head(self) -> tuple[int, bytes]:
        """(seq, hash) of the last event; (0, genesis) before the first."""
        with self._news:
            return self._seq, self._hash

    def read(self, after_seq: int, limit: int) -> tuple[Event, ...]:
        """Events above `after_seq`, oldest first, at most `limit`. Those dropped are simply not among them.

        They end before a row that is damaged; raises RowDamaged when that is the first.
        """
        with self._reading() as db:
            query = f"SELECT {COLUMNS} FROM events WHERE seq>? ORDER BY seq LIMIT ?"  # noqa: S608 - a constant
            rows = db.execute(query, (after_seq, limit)).fetchall()
            chain = read_chain(db)
            if not rows or chain is None:
                return ()
            events: list[Event] = []
            for row in rows:
                follows = bool(events) and events[-1].seq == row[0] - 1
                prev = events[-1].hash if follows else hash_before(db, chain, row[0])
                try:
                    events.append(event_of(row, self._node_id, prev))
                except (ValueError, OverflowError) as error:
                    if events:
                        break
                    raise RowDamaged(
                        f"{self._database.path}: 事件 {row[0]} 已损坏。 / event {row[0]} is damaged",
                        row[0],
                        remains_of(row),
                    ) from error
        return tuple(events)

    def personal_of(self, event: Event) -> bytes | None:
        """What was sealed into an event, or None when there was nothing. Raises KeyErased, SealBroken."""
        return None if event.sealed is None else self._keys.unseal(event.sealed, personal_aad(event.event_id))

    def uses_of(self, pass_id: UUID) -> int:
        """How often this pass has opened a way that somebody went through, or may have."""
        with self._news, self._reading() as db:
            return self._uses.of(db, pass_id)

    def now(self) -> datetime:
        """The clock that this journal's events carry: the node's own."""
        return self._now()

    def latest(self) -> datetime | None:
        """The instant of the newest events, by central's clock as far as it was known; None for an empty journal."""
        query = "SELECT at_us, skew_ms FROM events WHERE seq > (SELECT max(seq) FROM events) - ? ORDER BY seq"
        at = None
        with self._reading() as db:
            for at_us, skew_ms in db.execute(query, (_LOOKED_BACK,)):
                at = following(at, moved(EPOCH, timedelta(microseconds=at_us)), skew_ms)
        return at

    def newest(self, limit: int) -> list[tuple[bytes, UUID, UUID | None, datetime, int | None]]:
        """(body, correlation, lane, at, skew) of the newest events that are here, oldest of them first; unproved."""
        with self._reading() as db:
            rows = db.execute(NEWEST, (limit,)).fetchall()
        return [
            (
                body,
                UUID(bytes=correlation),
                UUID(bytes=lane) if lane else None,
                EPOCH + timedelta(microseconds=at),
                skew,
            )
            for body, correlation, lane, at, skew in rows
        ]

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Grants of which the journal does not say how they ended, oldest first: asked after a restart."""
        with self._news:
            return self._uses.unfinished()

    def wait_for_news(self, after_seq: int, timeout_s: float) -> bool:
        """True as soon as there is an event above `after_seq`; False when the time is over."""
        with self._news:
            return self._news.wait_for(lambda: self._seq > after_seq, timeout_s)

    def verify(self, on_progress: Progress | None = None) -> int | None:
        """The seq of the first break of the whole chain, or None. Writing goes on meanwhile."""
        found = self.check(on_progress)
        return found.seq if found else None

    def check(self, on_progress: Progress | None = None) -> Break | None:
        """As `verify`, with the reason."""
        connection = connect(self._database.path, read_only=True)
        try:
            return first_break(connection, self._tag_key, on_progress)
        finally:
            connection.close()

    def size(self) -> int:
        """Bytes on disk: the file and its write-ahead log."""
        path = self._database.path
        parts = (path, path.with_name(path.name + "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())

    def health(self) -> JournalHealth:
        return JournalHealth(
            size_bytes=self.size(),
            events=self._seq - self._base_seq,
            unacked=self._seq - self._acked,
            reserve=self._reserve.is_there,
            dropped=self._dropped,
        )

    def close(self) -> None:
        with self._disk, self._read_lock:
            if self._is_open:
                self._is_open = False
                self._reader.close()
                self._database.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One snapshot of the database, beside the writer."""
        with self._read_lock:
            if not self._is_open:
                raise JournalFault("日志已关闭。 / the journal is closed.")
            try:
                self._reader.execute("BEGIN")
                try:
                    yield self._reader
                finally:
                    self._reader.execute("ROLLBACK")
            except DatabaseCorrupt as error:
                raise JournalCorrupt(str(error)) from error
            except sqlite3.Error as error:
                raise JournalFault(
                    f"{self._database.path}: 读取失败（{error}）。 / reading failed ({error})."
                ) from error
