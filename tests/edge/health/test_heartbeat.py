"""What the node says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.clock import Clock
from edge.health.heartbeat import Heartbeat
from edge.journal.journal import Entry, Journal
from edge.store.keys import KeyRing
from edge.sync.letters import Letters
from edge.version import VERSION
from models.values.ids import new_id
from models.wire.events import Scanned

pytestmark = pytest.mark.req("SYNC-18")
T0 = datetime(2026, 11, 23, 0, 41, 7, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    keys = KeyRing.open(tmp_path / "keys")
    opened = Journal.open(tmp_path / "journal.db", new_id(), keys, reserve_bytes=4096)
    yield opened
    opened.close()
    keys.close()


def test_queue_skew_disk_and_version_are_told_as_they_are_now(journal: Journal, tmp_path: Path) -> None:
    clock = Clock(wall=lambda: T0, monotonic=lambda: 5.0)
    letters = Letters(tmp_path / "letters")
    beat = Heartbeat(journal, clock, tmp_path, letters, lambda folder: (0, 2_999_999))
    assert beat() == {"queue": "0", "software": VERSION, "letters": "0", "disk_free_mb": "2"}, (
        "no skew before the first exchange"
    )
    for length in range(3):
        journal.append(Entry(Scanned(why="x", length=length), correlation=new_id()))
    journal.mark_acked(1)
    letters.keep(journal.read(0, 1)[0], "HTTP 422")
    clock.exchanged(5.0, 5.0, T0 + timedelta(milliseconds=250))
    assert beat() == {"queue": "2", "software": VERSION, "letters": "1", "disk_free_mb": "2", "skew_ms": "-250"}


def test_a_disk_that_cannot_be_measured_is_left_out(journal: Journal, tmp_path: Path) -> None:
    assert "disk_free_mb" not in Heartbeat(journal, Clock(), tmp_path / "gone", Letters(tmp_path / "letters"))()
