"""The journal: gapless, chained, append-only, one commit for many callers, honest about what it cannot do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.journal.aside import set_aside
from edge.journal.errors import EntryTooLarge
from edge.journal.journal import (
    Entry,
    Journal,
    JournalBusy,
    JournalCorrupt,
    JournalFault,
    JournalForeign,
)
from edge.store.keys import KeyErased, KeyRing, SealBroken
from models.values.ids import new_id
from models.values.text import control_in_json
from models.wire.envelope import Event, first_break, genesis
from models.wire.events import EVENT_BODY, Alarm, AlarmKind, NodeNews, Passage, Position, Scanned, Sensed

OpenJournal = Callable[..., Journal]

bodies = st.one_of(
    st.builds(Sensed, position=st.sampled_from(Position)),
    st.builds(Passage, passed=st.booleans(), open_ms=st.none() | st.integers(0, 10**6)),
    st.builds(Scanned, why=st.text(max_size=40), length=st.integers(0, 10**6)),
    st.builds(NodeNews, what=st.just("started"), detail=st.dictionaries(st.text(max_size=9), st.text(max_size=99))),
)
entries = st.builds(
    Entry,
    body=bodies,
    correlation=st.uuids(),
    lane_id=st.none() | st.uuids(),
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
    personal=st.none() | st.binary(max_size=200),
    person_id=st.none() | st.uuids(),
)


@pytest.mark.req("SYNC-07")
@settings(max_examples=25, deadline=None)
@given(groups=st.lists(st.lists(entries, min_size=1, max_size=6), max_size=8))
def test_whatever_is_appended_forms_one_gapless_chain(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[Entry]]
) -> None:
    folder, node_id = tmp_path_factory.mktemp("node"), new_id()
    keys = KeyRing.open(folder / "keys")
    journal = Journal.open(folder / "journal.db", node_id, keys, reserve_bytes=4096)
    written: list[Event] = []
    for group in groups:
        written += journal.append(*group)
    journal.close()
    journal = Journal.open(folder / "journal.db", node_id, keys, reserve_bytes=4096)  # as after a restart
    try:
        read = [event for start in range(0, len(written), 3) for event in journal.read(start, 3)]
        assert read == written
        assert [event.seq for event in read] == list(range(1, len(written) + 1))
        assert first_break(read, genesis(node_id), 1) is None
        assert journal.verify() is None
        assert journal.head() == ((written[-1].seq, written[-1].hash) if written else (0, genesis(node_id)))
        sent = [entry for group in groups for entry in group]
        assert [journal.personal_of(event) for event in read] == [entry.personal for entry in sent]
        assert [Event.model_validate_json(event.model_dump_json()) for event in read] == written
    finally:
        journal.close()
        keys.close()


def test_the_events_returned_equal_validated_ones(journal: Journal) -> None:
    (event,) = journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id(), personal=b"a token"))
    built = Event(**event.model_dump())
    assert event == built
    assert event.model_fields_set == built.model_fields_set


def test_callers_who_wait_together_are_committed_together(journal: Journal) -> None:
    commits: list[str] = []
    journal._db.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    results: list[tuple[Event, ...]] = []

    def write(number: int) -> None:
        body = Scanned(why=str(number), length=number)
        results.append(journal.append(Entry(body, correlation=new_id()), Entry(body, correlation=new_id())))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    with journal._commits.disk:  # the disk is busy: all of them queue up behind it
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while len(journal._commits._queue) < len(threads) and time.monotonic() < deadline:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert len(commits) == 1
    for mine in results:  # each caller got its own events back, side by side
        assert mine[0].body == mine[1].body and mine[1].seq == mine[0].seq + 1
    assert sorted(event.seq for mine in results for event in mine) == list(range(1, 25))
    assert journal.verify() is None


def test_many_threads_leave_no_gap(journal: Journal) -> None:
    seen: list[int] = []

    def write() -> None:
        for _ in range(25):
            seen.extend(event.seq for event in journal.append(Entry(Scanned(why="x", length=1), correlation=new_id())))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 201))
    assert journal.verify() is None


def test_order_is_kept_when_the_clock_jumps_back(open_journal: OpenJournal) -> None:
    times = iter(datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(hours=jump) for jump in (0, 1, -1, 0))
    journal = open_journal(now=lambda: next(times), skew_ms=lambda: -3_600_000)
    for _ in range(4):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    read = journal.read(0, 10)
    assert [event.seq for event in read] == [1, 2, 3, 4]
    assert [event.at.hour for event in read] == [12, 13, 11, 12]
    assert {event.skew_ms for event in read} == {-3_600_000}
    assert journal.verify() is None


@pytest.mark.req("GEN-02")
def test_the_latest_instant_is_the_newest_by_centrals_clock_as_far_as_it_was_known(open_journal: OpenJournal) -> None:
    start = datetime(2026, 11, 20, 8, tzinfo=UTC)
    clock: dict[str, Any] = {"at": start, "skew_ms": None}
    journal = open_journal(now=lambda: clock["at"], skew_ms=lambda: clock["skew_ms"])
    assert journal.latest() is None
    told = []
    for days, skew_ms in ((0, None), (-900, None), (400, None), (2, 86_400_000), (-900, None), (3, None)):
        clock.update(at=start + timedelta(days=days), skew_ms=skew_ms)
        journal.append(Entry(Sensed(position=Position.OPEN), new_id()))
        latest = journal.latest()
        assert latest is not None
        told.append((latest - start).days)
    assert told == [0, 0, 400, 1, 1, 3]


def test_an_erased_person_cannot_be_read_and_the_chain_still_proves_itself(journal: Journal, keys: KeyRing) -> None:
    person, other = new_id(), new_id()
    mine, theirs = journal.append(
        Entry(Sensed(position=Position.OPEN), correlation=new_id(), personal=b"name", person_id=person),
        Entry(Sensed(position=Position.OPEN), correlation=new_id(), personal=b"other", person_id=other),
    )
    assert journal.personal_of(mine) == b"name"
    keys.erase(person)
    with pytest.raises(KeyErased):
        journal.personal_of(mine)
    assert journal.personal_of(theirs) == b"other"
    assert journal.verify() is None


def test_a_sealed_part_opens_only_in_its_own_event(journal: Journal) -> None:
    one, two = journal.append(
        *(Entry(Sensed(position=Position.OPEN), correlation=new_id(), personal=b"x") for _ in range(2))
    )
    with pytest.raises(SealBroken):
        journal.personal_of(one.model_copy(update={"sealed": two.sealed}))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body='{}' WHERE seq=1",
        "DELETE FROM events WHERE seq=2",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT seq, v, event_id, 0, skew_ms, correlation, lane_id, body, sealed, hash "
        "FROM events WHERE seq=1",
        "UPDATE chain SET base_seq=2",
        "DELETE FROM chain",
    ],
)
def test_the_database_itself_refuses_every_change(journal: Journal, statement: str) -> None:
    for _ in range(3):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    with pytest.raises(sqlite3.IntegrityError):
        journal._db.execute(statement)
    assert journal.verify() is None


def test_only_what_central_has_is_dropped_and_the_rest_still_proves_itself(
    journal: Journal, open_journal: OpenJournal
) -> None:
    for _ in range(20):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    assert journal.drop_acked(keep=0) == 0
    journal.mark_acked(15)
    journal.mark_acked(3)  # a late answer takes nothing back
    assert journal.acked_seq == 15
    assert journal.drop_acked(keep=10) == 10
    assert [event.seq for event in journal.read(0, 3)] == [11, 12, 13]
    assert journal.drop_acked(keep=0) == 5
    journal = open_journal()
    first = journal.read(0, 1)[0]
    assert first.seq == 16 and first.is_intact() and journal.verify() is None
    assert journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))[0].seq == 21
    assert journal.acked_seq == 15


def test_acknowledging_goes_no_further_than_the_head(journal: Journal) -> None:
    journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    journal.mark_acked(99)
    assert journal.acked_seq == 1


def test_waiting_ends_with_news(journal: Journal) -> None:
    assert not journal.wait_for_news(0, 0.0)
    waiting = threading.Thread(target=lambda: heard.append(journal.wait_for_news(0, 60)))
    heard: list[bool] = []
    waiting.start()
    journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    waiting.join(60)
    assert heard == [True]


def test_what_the_wire_cannot_carry_is_refused_before_anything_is_written(journal: Journal) -> None:
    large = NodeNews(what="started", detail={"x": "y" * 16_000})
    with pytest.raises(EntryTooLarge):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()), Entry(large, correlation=new_id()))
    naive = datetime.now(UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id(), at=naive))
    assert journal.head()[0] == 0


def test_a_devices_own_words_are_written_without_their_control_characters(journal: Journal) -> None:
    """Central takes none (SEC-08): what a driver said in three lines is told in one."""
    told = Alarm(alarm=AlarmKind.DEVICE_FAULT, device="board\x00", detail="no answer\nretry \\\\n\x1b[1m")
    (event,) = journal.append(Entry(told, correlation=new_id()))
    body = EVENT_BODY.validate_json(event.body)
    assert (body.device, body.detail) == ("board\ufffd", "no answer\ufffdretry \\\\n\ufffd[1m")
    assert journal.verify() is None and control_in_json(event.body) is None


def test_a_second_process_is_refused_in_words(journal: Journal, tmp_path: Path, node_id: UUID) -> None:
    code = (
        "import sys; from uuid import UUID; from pathlib import Path\n"
        "from edge.journal.journal import Journal, JournalBusy; from edge.store.keys import KeyRing\n"
        "folder = Path(sys.argv[1])\n"
        "try: Journal.open(folder / 'journal.db', UUID(sys.argv[2]), KeyRing.open(folder / 'keys'))\n"
        "except JournalBusy as error: print('busy:', error)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), str(node_id)], capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("busy: ") and "another process" in told.stdout


def test_the_same_process_cannot_open_it_twice(journal: Journal, tmp_path: Path, node_id: UUID, keys: KeyRing) -> None:
    with pytest.raises(JournalBusy):
        Journal.open(tmp_path / "journal.db", node_id, keys)
    journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))  # and the first is none the worse


def test_another_nodes_journal_is_refused(journal: Journal, tmp_path: Path, keys: KeyRing) -> None:
    journal.close()
    with pytest.raises(JournalForeign):
        Journal.open(tmp_path / "journal.db", new_id(), keys)


def test_a_damaged_file_is_refused_and_kept_as_it_is(
    journal: Journal, tmp_path: Path, node_id: UUID, keys: KeyRing
) -> None:
    journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    journal.close()
    path = tmp_path / "journal.db"
    damaged = b"no database" * 1000
    path.write_bytes(damaged)
    for _ in range(2):  # a supervisor that starts the node again changes nothing
        with pytest.raises(JournalCorrupt, match="kept as it is"):
            Journal.open(path, node_id, keys)
        assert path.read_bytes() == damaged
    kept = set_aside(path, datetime(2026, 11, 20, 8, tzinfo=UTC))
    assert kept.read_bytes() == damaged and not path.exists()
    anew = Journal.open(path, node_id, keys, reserve_bytes=4096)
    try:
        (event,) = anew.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
        assert event.seq > 1_700_000_000_000  # above every number the old one may have used
        assert event.prev == genesis(node_id) and anew.verify() is None
    finally:
        anew.close()


def test_a_closed_journal_says_so(journal: Journal) -> None:
    journal.close()
    journal.close()
    with pytest.raises(JournalFault):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    with pytest.raises(JournalFault):
        journal.read(0, 1)


def test_after_a_commit_of_unknown_outcome_the_database_is_asked_where_the_chain_stands(journal: Journal) -> None:
    """An interrupt between commit and memory must not let the next event take a place that is taken."""
    journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    journal._seq, journal._hash = 0, genesis(journal._node_id)  # memory that missed a commit
    with pytest.raises(JournalFault):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))
    assert journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))[0].seq == 2
    assert journal.verify() is None


def test_a_hundred_thousand_events_fit_into_a_hundred_megabytes(journal: Journal, grant: Callable[..., Entry]) -> None:
    """Of SYNC-12: measured on 400 accesses of four records each, then scaled."""
    for _ in range(400):
        correlation = new_id()
        journal.append(
            grant(new_id(), correlation),
            Entry(Sensed(position=Position.OPEN), correlation=correlation, lane_id=new_id()),
            Entry(Sensed(position=Position.CLOSED), correlation=correlation, lane_id=new_id()),
            Entry(Passage(passed=True, open_ms=2000), correlation=correlation, lane_id=new_id()),
        )
    journal._database.empty_wal()
    assert journal.size() / 1600 * 100_000 <= 100_000_000
