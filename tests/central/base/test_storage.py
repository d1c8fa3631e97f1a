"""A central that can keep nothing says so, on every page and to a watchdog, and goes on by itself once it can."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from central.base.kernel import clock
from central.base.kernel.storage import FULL_MB, LOW_MB, STANDS_FOR, Room, Storage

Usage = namedtuple("Usage", "total used free")
FULL = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file'; END $$"
NO_ROOM_FOR_ME = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '57014'; END $$"


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch):
    """Says how many MB the disk of the data folder has."""
    left = {"mb": 10 * LOW_MB}
    real = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(*real(path)[:2], left["mb"] << 20))
    return left


def error_of(engine, statement: str) -> DBAPIError:
    with engine.connect() as connection, pytest.raises(DBAPIError) as raised:
        connection.execute(text(statement))
    return raised.value


@pytest.mark.parametrize(
    ("mb", "room"), [(LOW_MB, Room.ENOUGH), (LOW_MB - 1, Room.LOW), (FULL_MB, Room.LOW), (FULL_MB - 1, Room.FULL)]
)
def test_the_disk_is_looked_at_before_it_is_full(free, tmp_path: Path, mb, room):
    free["mb"] = mb
    assert Storage(tmp_path).state(clock.now()).room is room


def test_what_the_database_could_not_write_stands_for_a_while_and_no_other_error_does(free, database, tmp_path):
    storage, now = Storage(tmp_path), clock.now()
    storage.refused(error_of(database.engine, NO_ROOM_FOR_ME), now)
    assert storage.state(now).room is Room.ENOUGH
    storage.refused(error_of(database.engine, FULL), now)
    assert storage.state(now + STANDS_FOR - timedelta(seconds=1)).room is Room.FULL
    assert storage.state(now + STANDS_FOR).room is Room.ENOUGH
