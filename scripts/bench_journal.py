"""How much of the disk's own speed the journal keeps: our appends against bare SQLite with the same rows and commits.

Bare means: the same table without triggers, rows computed beforehand, one INSERT and one COMMIT (WAL, FULL), nothing
else. Ours adds JSON, AES-GCM, the hash chain, the append-only triggers, the counting of uses and the row of the head.
A round is short and measures each way once, in turn, so that a disk or a machine that slows down slows all of them
down; only the ratios count. `ratio` is the median over rounds, `ratio_of_sums` that of all the time spent, checkpoints
and hiccups included.

    rows = bench_journal(folder)      # a folder on the disk in question, not in memory
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
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


def bench_journal(folder: Path, *, rounds: int = 40, singles: int = 25, groups: int = 4) -> list[Row]:
    """Rows with `what`, `per_second`, `bare_per_second`, `ratio`, `goal`, `met`; and the probe."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        room = Path(made)
        keys = KeyRing.open(room / "keys")
        journal = Journal.open(room / "journal.db", new_id(), keys)
        bare = connect(room / "bare.db")
        bare.execute(_BARE)
        try:
            return _rounds(room, journal, bare, rounds, singles, groups)
        finally:
            bare.close()
            journal.close()
            keys.close()


def _rounds(
    room: Path, journal: Journal, bare: sqlite3.Connection, rounds: int, singles: int, groups: int
) -> list[Row]:
    rates: dict[str, list[float]] = {"ours 1": [], "bare 1": [], "ours 64": [], "bare 64": []}
    probe: list[float] = []
    for _ in range(rounds):
        one, many = grant_entries(singles), [grant_entries(GROUP) for _ in range(groups)]
        before = journal.head()[0]
        rates["ours 1"].append(_rate(singles, partial(_ours, journal, [[entry] for entry in one])))
        rates["ours 64"].append(_rate(groups * GROUP, partial(_ours, journal, many)))
        rows = _rows_of(room / "journal.db", before)
        lone, grouped = [[row] for row in rows[:singles]], _cut(rows[singles:], GROUP)
        rates["bare 1"].append(_rate(singles, partial(_bare, bare, lone)))
        rates["bare 64"].append(_rate(groups * GROUP, partial(_bare, bare, grouped)))
        probe.append(_probe(room / "probe", singles))
    return [
        _compared("one by one", rates["ours 1"], rates["bare 1"]),
        _compared("grouped by 64", rates["ours 64"], rates["bare 64"]),
        {"what": "4 KiB write + fdatasync", "per_second": round(statistics.median(probe), 1)},
    ]


def _compared(what: str, ours: Sequence[float], bare: Sequence[float]) -> Row:
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    return {
        "what": what,
        "per_second": round(statistics.median(ours), 1),
        "bare_per_second": round(statistics.median(bare), 1),
        "ratio": round(ratio, 2),
        "ratio_of_sums": round(sum(1 / b for b in bare) / sum(1 / a for a in ours), 2),
        "goal": GOALS[what],
        "met": ratio >= GOALS[what],
    }


def _ours(journal: Journal, groups: Sequence[Sequence[Entry]]) -> None:
    for group in groups:
        journal.append(*group)


def _bare(db: sqlite3.Connection, groups: Sequence[Sequence[tuple[Any, ...]]]) -> None:
    for group in groups:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(_INSERT, group)
        db.execute("COMMIT")


def _rows_of(path: Path, after_seq: int) -> list[tuple[Any, ...]]:
    """What ours wrote, to be written again by the bare way: the very same bytes."""
    db = connect(path, read_only=True)
    try:
        return db.execute("SELECT * FROM events WHERE seq>? ORDER BY seq", (after_seq,)).fetchall()
    finally:
        db.close()


def _probe(path: Path, count: int) -> float:
    """Syncs per second of a file written in place, 4 KiB each: what the disk itself gives."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(handle, 0, 4096 * 64)
        page = os.urandom(4096)

        def write() -> None:
            for number in range(count):
                os.pwrite(handle, page, 4096 * (number % 64))
                os.fdatasync(handle)

        return _rate(count, write)
    finally:
        os.close(handle)


def _rate(count: int, act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return count / (time.perf_counter() - began)


def _cut(rows: Sequence[tuple[Any, ...]], size: int) -> list[Sequence[tuple[Any, ...]]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
    for row in bench_journal(folder):
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
