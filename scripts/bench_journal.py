"""How much of the disk's own speed the journal keeps: our appends against bare SQLite with the same rows and commits.

Bare means: the same table without triggers, rows computed beforehand, one INSERT and one COMMIT (WAL, FULL), nothing
else. Ours adds JSON, AES-GCM, the hash chain, the append-only triggers, the counting of uses and the row of the head.
Commit by commit in turn, so that a disk or a machine that slows down slows all of them down; only the ratios count.
`ratio` compares the median commit, `ratio_of_sums` all the time spent, checkpoints and hiccups included. The faster the
disk syncs, the harder the goal: what ours adds is a fixed cost of the processor.

    rows = bench_journal(folder)      # a folder on the disk in question, not in memory
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from edge.journal.journal import Entry, Journal
from edge.store.database import connect
from edge.store.keys import KeyRing
from models.access.credential import Kind
from models.access.decision import Check, Decision, Outcome, Reason
from models.values.ids import new_id
from models.values.time import micros
from models.wire.envelope import Event
from models.wire.events import DecisionMade

GOALS = {"one by one": 0.6, "grouped by 64": 0.25}
GROUP = 64
_BARE = """
CREATE TABLE events(
    seq INTEGER PRIMARY KEY, v INTEGER NOT NULL, event_id BLOB NOT NULL, at_us INTEGER NOT NULL, skew_ms INTEGER,
    correlation BLOB NOT NULL, lane_id BLOB, body TEXT NOT NULL, sealed BLOB, hash BLOB NOT NULL
) STRICT
"""
_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Row = dict[str, Any]


def grant_entries(count: int) -> list[Entry]:
    """Grants of visitors' passes as a lane writes them: eight checks, a token to seal. The heaviest kind of event."""
    now, lane_id, pass_ids = datetime.now(UTC), new_id(), [new_id() for _ in range(50)]
    steps = ("gate", "signature", "revoked", "blocked", "window", "gate_scope", "rules", "uses")
    checks = tuple(Check(step=step, passed=True, reason=Reason.OK) for step in steps)
    entries = []
    for number in range(count):
        decision = Decision(
            outcome=Outcome.GRANT,
            reason=Reason.OK,
            kind=Kind.PASS,
            at=now,
            lane_id=lane_id,
            credential_id=pass_ids[number % 50],
            rules_version=7,
            rules_age_s=60,
            checks=checks,
        )
        body = DecisionMade(decision=decision, seen_at=now, duration_us=900)
        entries.append(Entry(body=body, correlation=new_id(), lane_id=lane_id, at=now, personal=b"MT1:" + b"A" * 170))
    return entries


def bench_journal(folder: Path, *, singles: int = 1200, groups: int = 150) -> list[Row]:
    """Rows with `what`, `per_second`, `bare_per_second`, `ratio`, `ratio_of_sums`, `goal`, `met`; and the probe."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        room = Path(made)
        keys = KeyRing.open(room / "keys")
        journal = Journal.open(room / "journal.db", new_id(), keys)
        bare = connect(room / "bare.db")
        bare.execute(_BARE)
        try:
            one = _in_turn(journal, bare, room, singles, 1)
            many = _in_turn(journal, bare, room, groups, GROUP)
        finally:
            bare.close()
            journal.close()
            keys.close()
    return [_compared("one by one", one), _compared("grouped by 64", many), _synced(one)]


@dataclass(slots=True)
class Times:
    """Seconds of each commit, the same ones in the same places."""

    size: int
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    sync: list[float] = field(default_factory=list)


def _in_turn(journal: Journal, bare: sqlite3.Connection, room: Path, commits: int, size: int) -> Times:
    """One commit of ours, one bare with the rows of ours before it, one sync; who comes first changes each turn."""
    times = Times(size)
    rows = [_row_of(event) for event in journal.append(*grant_entries(size))]
    with _probe(room / "probe") as sync:
        for turn in range(commits):
            entries, written = grant_entries(size), list[Event]()
            ours = partial(_append, journal, entries, written)
            theirs = partial(_insert, bare, rows)
            for act, seconds in ((ours, times.ours), (theirs, times.bare))[:: 1 if turn % 2 == 0 else -1]:
                seconds.append(_seconds(act))
            times.sync.append(_seconds(sync))
            rows = [_row_of(event) for event in written]
    return times


def _append(journal: Journal, entries: Sequence[Entry], written: list[Event]) -> None:
    written.extend(journal.append(*entries))


def _compared(what: str, times: Times) -> Row:
    ours, bare = statistics.median(times.ours), statistics.median(times.bare)
    return {
        "what": what,
        "per_second": round(times.size / ours, 1),
        "bare_per_second": round(times.size / bare, 1),
        "ratio": round(bare / ours, 2),
        "ratio_of_sums": round(sum(times.bare) / sum(times.ours), 2),
        "goal": GOALS[what],
        "met": bare / ours >= GOALS[what],
    }


def _synced(times: Times) -> Row:
    return {"what": "4 KiB write + fdatasync", "per_second": round(1 / statistics.median(times.sync), 1)}


def _insert(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    db.execute("BEGIN IMMEDIATE")
    db.executemany(_INSERT, rows)
    db.execute("COMMIT")


def _row_of(event: Event) -> tuple[Any, ...]:
    """The row that ours wrote, to be written again the bare way: the very same values."""
    return (
        event.seq, event.v, event.event_id.bytes, micros(event.at), event.skew_ms, event.correlation.bytes,
        event.lane_id.bytes if event.lane_id else None, event.body, event.sealed, event.hash,
    )  # fmt: skip


@contextmanager
def _probe(path: Path) -> Iterator[Callable[[], None]]:
    """A function that writes 4 KiB in place and syncs them: what the disk itself gives."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    page = os.urandom(4096)

    def sync() -> None:
        os.pwrite(handle, page, 0)
        os.fdatasync(handle)

    try:
        os.posix_fallocate(handle, 0, 4096)
        yield sync
    finally:
        os.close(handle)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
    for row in bench_journal(folder):
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
