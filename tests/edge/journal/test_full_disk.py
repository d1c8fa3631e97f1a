"""The disk is full: decisions go on as long as anything that central already has can be given up (S20)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.journal.journal import Entry, Journal, JournalFull
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.events import NodeNews

OpenJournal = Callable[..., Journal]


def line(size: int = 900) -> Entry:
    return Entry(NodeNews(what="started", detail={"x": "y" * size}), correlation=new_id())


def no_more_room(journal: Journal) -> None:
    """From now on the file may not grow: SQLite answers SQLITE_FULL as on a full disk."""
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count={pages}")


def fill_until_full(journal: Journal) -> int:
    for count in range(10_000):
        try:
            journal.append(line())
        except JournalFull:
            return count
    raise AssertionError("the disk never filled")


def test_what_central_lacks_is_never_dropped(journal: Journal) -> None:
    for _ in range(60):
        journal.append(line())
    no_more_room(journal)
    fill_until_full(journal)
    head = journal.head()
    with pytest.raises(JournalFull, match="磁盘已满"):
        journal.append(line())
    assert journal.head() == head and journal.read(0, 1)[0].seq == 1
    assert len(journal.read(0, 10_000)) == head[0]
    assert journal.verify() is None and journal.health().dropped == 0


def test_acked_events_make_room_oldest_first(journal: Journal) -> None:
    for _ in range(1200):
        journal.append(line())
    no_more_room(journal)
    fill_until_full(journal)
    journal.mark_acked(1100)
    (event,) = journal.append(line())
    kept = journal.read(0, 10_000)
    assert kept[0].seq == 501 and kept[-1] == event  # one step was enough, and the rest stayed
    assert journal.health().dropped == 500
    assert [e.seq for e in kept] == list(range(501, event.seq + 1)) and journal.verify() is None


def test_cheaper_things_are_given_up_before_events(journal: Journal) -> None:
    for _ in range(60):
        journal.append(line())
    no_more_room(journal)
    fill_until_full(journal)
    journal.mark_acked(journal.head()[0])
    given: list[int] = []

    def give_up() -> bool:
        given.append(1)
        if len(given) == 3:
            journal._db.execute("PRAGMA max_page_count=1000000")
        return True

    journal.free_first = give_up
    journal.append(line())
    assert len(given) == 3 and journal.health().dropped == 0


def test_one_that_does_not_fit_does_not_take_others_with_it(journal: Journal) -> None:
    for _ in range(60):
        journal.append(line())
    no_more_room(journal)
    with pytest.raises(JournalFull):
        journal.append(*(line(15_000) for _ in range(8)))
    (event,) = journal.append(line(1))
    assert event.seq == 61 and journal.verify() is None


def test_the_chain_goes_on_once_there_is_room(journal: Journal) -> None:
    for _ in range(60):
        journal.append(line())
    no_more_room(journal)
    fill_until_full(journal)
    journal._db.execute("PRAGMA max_page_count=1000000")
    journal.append(line())
    assert [e.seq for e in journal.read(0, 10_000)] == list(range(1, journal.head()[0] + 1))
    assert journal.verify() is None


def test_the_reserve_is_there_again_after_every_manoeuvre(journal: Journal, tmp_path: Path) -> None:
    reserve = tmp_path / "journal.db.reserve"
    assert reserve.stat().st_size == 4096 and journal.health().reserve
    for _ in range(600):
        journal.append(line())
    no_more_room(journal)
    fill_until_full(journal)
    assert reserve.exists()
    journal.mark_acked(600)
    journal.append(line())
    assert reserve.exists() and journal.health().dropped == 500


WORDS = st.lists(st.sampled_from(["append", "append", "ack", "ack some", "full", "room"]), min_size=4, max_size=16)


@settings(max_examples=15, deadline=None)
@given(words=WORDS)
def test_s20_whatever_fills_and_frees_the_disk_nothing_that_central_lacks_is_lost(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        keys = KeyRing.open(Path(name) / "keys")
        journal = Journal.open(Path(name) / "journal.db", new_id(), keys, reserve_bytes=4096)
        acked, written = 0, 0
        try:
            for word in words:
                match word:
                    case "append":
                        for _ in range(60):
                            try:
                                written = journal.append(line(1500))[0].seq
                            except JournalFull:
                                break
                    case "ack" | "ack some":
                        acked = written if word == "ack" else max(acked, written // 2)
                        journal.mark_acked(acked)
                    case "full":
                        no_more_room(journal)
                    case "room":
                        journal._db.execute("PRAGMA max_page_count=1000000")
                kept = [event.seq for event in journal.read(0, 1_000_000)]
                assert kept == list(range(written - len(kept) + 1, written + 1)), "the oldest first, and no gap"
                assert not kept or kept[0] <= acked + 1, "only what central has"
                assert len(kept) >= written - acked and journal.verify() is None
        finally:
            journal.close()
            keys.close()


ON_A_SMALL_DISK = """
import json, sys, subprocess
from pathlib import Path
folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", folder], check=True)
sys.path.insert(0, sys.argv[2])
from edge.journal.journal import Entry, Journal, JournalFull
from edge.store.keys import KeyRing
from models.values.ids import new_id
from models.wire.events import NodeNews

keys = KeyRing.open(folder / "keys")
journal = Journal.open(folder / "journal.db", new_id(), keys, reserve_bytes=200_000)
line = lambda: Entry(NodeNews(what="started", detail={"x": "y" * 900}), correlation=new_id())
told = {"reserve": journal.health().reserve, "rounds": []}
written = 0
for _ in range(4):
    before = journal.health().dropped
    try:
        for _ in range(10_000):
            journal.append(line())
            written += 1
    except JournalFull:
        pass
    kept = [event.seq for event in journal.read(0, 10_000)]
    after_full = {"head": journal.head()[0], "written": written, "broken": journal.verify(), "last": kept[-1]}
    after_full["dropped_unacked"] = kept[0] > journal.acked_seq + 1
    journal.mark_acked(journal.head()[0] - 20)
    for _ in range(300):
        journal.append(line())
        written += 1
    after_full["dropped"] = journal.health().dropped - before
    after_full["dropped_unacked"] |= journal.read(0, 1)[0].seq > journal.acked_seq + 1
    after_full["broken"] = after_full["broken"] or journal.verify()
    told["rounds"].append(after_full)
print(json.dumps(told))
"""


def test_on_a_file_system_that_is_really_full(tmp_path: Path) -> None:
    """1.5 MB in a name space of its own: filled to the last byte, acknowledged, and filled again, four times."""
    where = tmp_path / "small"
    where.mkdir()
    probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", where], capture_output=True, text=True)
    if probe.returncode != 0:
        if os.environ.get("CI") == "true":
            pytest.fail(f"user name spaces are needed here: {probe.stderr}")
        pytest.skip(f"no user name spaces: {probe.stderr.strip()}")
    root = Path(__file__).parents[3]
    run = subprocess.run(
        ["unshare", "-rm", sys.executable, "-c", ON_A_SMALL_DISK, where, root], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["reserve"]
    for one in told["rounds"]:
        assert one["head"] == one["written"] == one["last"], "acknowledged and not there, or there and not acknowledged"
        assert one["broken"] is None
        assert one["dropped"] > 0, "with acknowledged events to give up, decisions go on"
        assert not one["dropped_unacked"], "an event that central lacks was dropped"
