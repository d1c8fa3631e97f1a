"""Killed, or without power: what was acknowledged is there, and the chain is whole."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from edge.journal.journal import Journal
from edge.store.keys import KeyRing

OpenJournal = Callable[..., Journal]

WRITER = """
import os, sys
from pathlib import Path
from uuid import UUID
from edge.journal.journal import Entry, Journal
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.events import Position, Sensed

folder, count = Path(sys.argv[1]), int(sys.argv[3])
journal = Journal.open(folder / "journal.db", UUID(sys.argv[2]), KeyRing.open(folder / "keys"), reserve_bytes=4096)
os.write(1, b"ready\\n")
while count != 0:
    for event in journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id(), personal=b"x")):
        os.write(1, b"ACK %d\\n" % event.seq)
    count -= 1
"""
ROOT = Path(__file__).parents[3]


def writer(folder: Path, node_id: UUID, count: int) -> list[str]:
    return [sys.executable, "-c", WRITER, str(folder), str(node_id), str(count)]


@pytest.mark.req("SYNC-06")
def test_a_killed_writer_loses_nothing_it_acknowledged(tmp_path: Path, node_id: UUID, keys: KeyRing) -> None:
    chance, acked = random.Random(6), 0
    for _ in range(8):
        child = subprocess.Popen(writer(tmp_path, node_id, -1), stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout is not None
        kill_at = acked + chance.randint(0, 60)
        for told in child.stdout:
            if told.startswith("ACK"):
                acked = int(told.split()[1])
            if acked >= kill_at:
                break
        os.kill(child.pid, signal.SIGKILL)
        for told in child.stdout:  # what it still said before it died counts as well; a torn last line does not
            if found := re.fullmatch(r"ACK (\d+)\n", told):
                acked = int(found[1])
        child.wait()
        child.stdout.close()
        journal = Journal.open(tmp_path / "journal.db", node_id, keys, reserve_bytes=4096)
        seqs = [event.seq for event in journal.read(0, 100_000)]
        assert seqs == list(range(1, len(seqs) + 1)) and len(seqs) >= acked
        assert journal.verify() is None
        acked = len(seqs)
        journal.close()
    assert acked > 0


@pytest.mark.req("SYNC-06")
def test_every_acknowledged_append_was_synced_before(tmp_path: Path, node_id: UUID, keys: KeyRing) -> None:
    """The system calls of a short writer: after an event's last write to the log comes a sync, then its ACK."""
    calls = traced(tmp_path, node_id, count=12)
    log_handles: set[str] = set()
    unsynced = acks = writes = 0
    for line in calls:
        if opened := re.search(r'openat\(.*"([^"]*)".*= (\d+)$', line):
            (log_handles.add if opened[1].endswith("journal.db-wal") else log_handles.discard)(opened[2])
        elif wrote := re.search(r"pwrite64\((\d+),", line):
            if wrote[1] in log_handles:
                unsynced, writes = unsynced + 1, writes + 1
        elif synced := re.search(r"f(?:data)?sync\((\d+)\)\s*= 0", line):
            if synced[1] in log_handles:
                unsynced = 0
        elif 'write(1, "ACK' in line:
            acks += 1
            assert unsynced == 0, f"acknowledged before it was synced: {line}"
            assert writes > 0, f"acknowledged without a write of its own: {line}"
            writes = 0
    assert acks == 12 and log_handles


def traced(folder: Path, node_id: UUID, count: int) -> list[str]:
    """The writer's system calls on files, in order. Skips where strace is absent, fails there on CI."""
    trace = folder / "trace"
    calls = "trace=openat,pwrite64,write,fsync,fdatasync"
    command = ["strace", "-f", "-s", "64", "-e", calls, "-o", str(trace), *writer(folder, node_id, count)]
    if shutil.which("strace") is None:
        absent("strace is not installed")
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if run.returncode != 0 and "PTRACE" in run.stderr:
        absent(f"tracing is not permitted here: {run.stderr.strip()}")
    assert run.returncode == 0, run.stderr
    return trace.read_text().splitlines()


def absent(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)
