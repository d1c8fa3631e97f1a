"""Every flip, delete, cut and reorder of a row is found, and the first broken place is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.journal.journal import Entry, Journal
from edge.journal.verify import Why
from models.values.ids import new_id
from models.wire.envelope import link
from models.wire.events import Position, Sensed

COUNT = 12
COLUMNS = ["v", "event_id", "at_us", "skew_ms", "correlation", "lane_id", "body", "sealed", "hash"]
OpenJournal = Callable[..., Journal]


@pytest.fixture
def full(open_journal: OpenJournal) -> OpenJournal:
    """A journal of COUNT events, closed; call it to open it again."""
    journal = open_journal(skew_ms=lambda: 40)
    for _ in range(COUNT):
        journal.append(
            Entry(Sensed(position=Position.OPEN), correlation=new_id(), lane_id=new_id(), personal=b"somebody")
        )
    assert journal.verify() is None
    journal.close()
    return open_journal


@contextmanager
def a_hand_in_the_file(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the file open, who has taken the triggers away; what is done is undone afterwards."""
    with sqlite3.connect(path) as db:
        triggers = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type='trigger'")]
        for name in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
    db.close()


def flipped(value: Any, bit: int) -> Any:
    """The value with one bit changed."""
    if isinstance(value, int):
        return value ^ (1 << bit % 40)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[bit // 8 % len(raw)] ^= 1 << (bit % 7)  # never the top bit: text must stay text for SQLite
    return raw.decode() if isinstance(value, str) else bytes(raw)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seq=st.integers(1, COUNT), column=st.sampled_from(COLUMNS), bit=st.integers(0, 4000))
def test_a_flipped_bit_is_found(full: OpenJournal, tmp_path: Path, seq: int, column: str, bit: int) -> None:
    path = tmp_path / "journal.db"
    with a_hand_in_the_file(path) as db:
        before = db.execute(f"SELECT {column} FROM events WHERE seq=?", (seq,)).fetchone()[0]
        db.execute(f"UPDATE events SET {column}=? WHERE seq=?", (flipped(before, bit), seq))
    journal = full()
    assert journal.verify() == seq
    journal.close()
    with a_hand_in_the_file(path) as db:
        db.execute(f"UPDATE events SET {column}=? WHERE seq=?", (before, seq))
    journal = full()
    assert journal.verify() is None
    journal.close()


@pytest.mark.parametrize("seq", range(1, COUNT + 1))
def test_a_deleted_row_is_found(full: OpenJournal, tmp_path: Path, seq: int) -> None:
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        db.execute("DELETE FROM events WHERE seq=?", (seq,))
    found = full().check()
    assert found is not None and found.seq == seq
    assert found.why is (Why.CUT if seq == COUNT else Why.MISSING)
    assert found.words


@pytest.mark.parametrize("from_seq", [1, 5, COUNT])
def test_a_cut_tail_is_found(full: OpenJournal, tmp_path: Path, from_seq: int) -> None:
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        db.execute("DELETE FROM events WHERE seq>=?", (from_seq,))
    assert full().verify() == from_seq


def test_a_cut_tail_is_found_even_when_the_head_was_rewritten_to_match(full: OpenJournal, tmp_path: Path) -> None:
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        db.execute("DELETE FROM events WHERE seq>5")
        db.execute("UPDATE chain SET head_seq=5, head_hash=(SELECT hash FROM events WHERE seq=5)")
    found = full().check()
    assert found is not None and found.seq == 6 and found.why is Why.HEAD


def test_a_cut_front_is_found_even_when_the_base_was_moved_to_match(full: OpenJournal, tmp_path: Path) -> None:
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        db.execute("UPDATE chain SET base_seq=3, base_hash=(SELECT hash FROM events WHERE seq=3)")
        db.execute("DELETE FROM events WHERE seq<=3")
    found = full().check()
    assert found is not None and found.why is Why.HEAD


@pytest.mark.parametrize(("one", "other"), [(1, 2), (4, 9), (COUNT - 1, COUNT)])
def test_two_rows_exchanged_are_found(full: OpenJournal, tmp_path: Path, one: int, other: int) -> None:
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        for old, new in ((one, -1), (other, one), (-1, other)):
            db.execute("UPDATE events SET seq=? WHERE seq=?", (new, old))
    assert full().verify() == one


def test_a_row_added_beyond_the_head_is_found(full: OpenJournal, tmp_path: Path) -> None:
    """Even one that continues the chain correctly: the head was tagged by the node, and says where it ends."""
    journal = full()
    last = journal.read(COUNT - 1, 1)[0]
    journal.close()
    forged = link(1, last.node_id, COUNT + 1, last.event_id, last.at, 0, last.correlation, None, "{}", None, last.hash)
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        db.execute(
            "INSERT INTO events SELECT seq + 1, v, event_id, at_us, 0, correlation, NULL, '{}', NULL, ? FROM events "
            "WHERE seq=?",
            (forged, COUNT),
        )
    found = full().check()
    assert found is not None and found.seq == COUNT + 1 and found.why is Why.BEYOND


def test_a_rewritten_history_is_found_although_every_link_is_right(full: OpenJournal, tmp_path: Path) -> None:
    """Somebody computes all hashes anew after a change, head included; only the node's key is not theirs."""
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        journal_rows = db.execute("SELECT max(seq) FROM events").fetchone()
        assert journal_rows == (COUNT,)
    journal = full()
    events = journal.read(0, COUNT)
    journal.close()
    prev = events[3].prev
    with a_hand_in_the_file(tmp_path / "journal.db") as db:
        for event in events[3:]:
            body = event.body.replace("open", "closed") if event.seq == 4 else event.body
            prev = link(
                1, event.node_id, event.seq, event.event_id, event.at, event.skew_ms, event.correlation, event.lane_id,
                body, event.sealed, prev,
            )  # fmt: skip
            db.execute("UPDATE events SET body=?, hash=? WHERE seq=?", (body, prev, event.seq))
        db.execute("UPDATE chain SET head_hash=?", (prev,))
    found = full().check()
    assert found is not None and found.why is Why.HEAD


def test_progress_is_told(journal: Journal) -> None:
    journal.append(*(Entry(Sensed(position=Position.OPEN), correlation=new_id()) for _ in range(4100)))
    told: list[tuple[int, int]] = []
    assert journal.verify(lambda done, total: told.append((done, total))) is None
    assert told == [(2000, 4100), (4000, 4100), (4100, 4100)]
