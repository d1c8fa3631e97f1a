"""`python -m edge.journal`: a person learns in words whether a journal is whole, without any key."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.journal.__main__ import main
from edge.journal.journal import Entry, Journal
from models.values.ids import new_id
from models.wire.events import Position, Sensed


def fill(journal: Journal) -> None:
    for _ in range(5):
        journal.append(Entry(Sensed(position=Position.OPEN), correlation=new_id()))


def test_a_whole_chain_is_told_beside_the_running_node(
    journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(journal)
    assert main([str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "日志链完整" in told and "the chain is whole" in told and journal.head()[1].hex() in told


def test_a_break_is_told_with_its_place(journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(journal)
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute("DROP TRIGGER events_are_never_changed")
        db.execute("UPDATE events SET skew_ms=1 WHERE seq=3")
    db.close()
    assert main([str(tmp_path / "journal.db")]) == 1
    told = capsys.readouterr().out
    assert "第 3 号事件" in told and "breaks at event 3" in told


@pytest.mark.parametrize("content", [b"", b"no database at all" * 400])
def test_what_is_no_journal_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    path = tmp_path / "x.db"
    assert main([str(path)]) == 2
    path.write_bytes(content)
    assert main([str(path)]) == 2
    assert path.read_bytes() == content
    assert capsys.readouterr().out


def test_setting_aside_is_done_only_when_asked_and_never_under_a_running_node(
    journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(journal)
    path = tmp_path / "journal.db"
    assert main([str(path), "--set-aside"]) == 2
    assert path.exists()
    journal.close()
    assert main([str(path), "--set-aside"]) == 0
    assert not path.exists() and list(tmp_path.glob("journal.db.damaged-*"))
    assert "moved to" in capsys.readouterr().out
