"""A journal that is gone or empty is never begun anew in silence, and one set aside goes on above every used number."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.journal.aside import set_aside
from edge.journal.errors import JournalLost
from edge.journal.journal import Entry, Journal, JournalCorrupt
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.events import Scanned

OpenJournal = Callable[..., Journal]


def gone(folder: Path) -> None:
    for path in folder.glob("journal.db*"):
        if not path.name.endswith(".next"):
            path.unlink()


def gone_at_an_older_node(folder: Path) -> None:
    """One that wrote its mark beside the journal under the journal's own name."""
    gone(folder)
    (folder / "begun-journal.db").rename(folder / "journal.db.begun")


def empty(folder: Path) -> None:
    gone(folder)
    (folder / "journal.db").write_bytes(b"")


def written(open_journal: OpenJournal, count: int = 3) -> Journal:
    journal = open_journal()
    for number in range(count):
        journal.append(Entry(Scanned(why="x", length=number), correlation=new_id()))
    return journal


@pytest.mark.req("SYNC-07")
@pytest.mark.parametrize("lose", [gone, empty, gone_at_an_older_node])
def test_a_journal_that_is_gone_or_empty_is_refused_with_the_way_on(
    open_journal: OpenJournal, tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    written(open_journal).close()
    lose(tmp_path)
    for _ in range(2):
        with pytest.raises(JournalLost, match=r"set-aside --site"):
            open_journal()


@pytest.mark.req("SYNC-07")
def test_after_a_person_has_set_it_aside_numbers_go_on_above_the_used_ones_every_time(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    used = written(open_journal).head()[0]
    for day in range(1, 3):
        open_journal().close()
        gone(tmp_path)
        set_aside(tmp_path / "journal.db", utc_now() + timedelta(days=day))
        first = written(open_journal, 1).head()[0]
        assert first > used
        used = first
    with pytest.raises(JournalLost):
        gone(tmp_path)
        open_journal()


def test_a_journal_from_before_this_mark_is_taken_as_it_is_and_marked(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    written(open_journal).close()
    (tmp_path / "begun-journal.db").unlink()
    assert open_journal().head()[0] == 3
    open_journal().close()
    gone(tmp_path)
    with pytest.raises(JournalLost):
        open_journal()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"after_seq": "x"}', b"\xff"])
def test_a_damaged_note_of_the_last_number_is_told_in_words(
    open_journal: OpenJournal, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "journal.db.next").write_bytes(content)
    with pytest.raises(JournalCorrupt, match="set the journal aside once more"):
        open_journal()


@pytest.mark.parametrize("column", ["correlation=x'0102'", "lane_id=x'03'", "event_id=x''"])
def test_a_damaged_row_is_told_where_it_is_read_and_keeps_nothing_from_starting(
    open_journal: OpenJournal, tmp_path: Path, grant: Callable[..., Any], column: str
) -> None:
    journal = open_journal()
    journal.append(grant(new_id()))
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute("DROP TRIGGER events_are_never_changed")
        db.execute(f"UPDATE events SET {column}")
    db.close()
    journal = open_journal()
    assert len(journal.unfinished()) == (1 if column.startswith("event_id") else 0)
    with pytest.raises(JournalCorrupt, match="event 1 is damaged"):
        journal.read(0, 10)


@pytest.mark.parametrize("claimed", [4, 2**62])
def test_an_acknowledgement_of_events_that_were_never_written_is_not_believed(
    open_journal: OpenJournal, tmp_path: Path, grant: Callable[..., Any], claimed: int, caplog: pytest.LogCaptureFixture
) -> None:
    journal = open_journal()
    journal.append(grant(), grant())
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute("UPDATE chain SET acked_seq=?", (claimed,))
    db.close()
    journal = open_journal()
    assert journal.acked_seq == 2 and f"{claimed}" in caplog.text and "2" in caplog.text
    journal.append(grant(), grant(), grant())
    assert journal.health().unacked == 3 and open_journal().acked_seq == 2, "nor after what came since"
    assert len(caplog.messages) == 1
