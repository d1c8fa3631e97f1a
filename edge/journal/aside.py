"""Setting a damaged journal aside, on a person's word. Never done silently: a new chain is a fact to be explained.

A new journal of the same node must not count from 1 again: central knows those numbers as other events and would take
the new ones for repeats. It therefore begins above every number ever used, at the unix time in milliseconds: no gate
makes an event per millisecond of its life.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from edge.journal.errors import JournalCorrupt
from edge.store.database import Owner
from edge.store.files import move_aside, sync_folder, write_private


def set_aside(path: Path, now: datetime) -> Path:
    """Move the journal (with its -wal and -shm) beside itself and return where it is now. Raises DatabaseBusy.

    One that is gone already is set aside too: then only a new chain is allowed. The next `Journal.open` begins it. Tell
    central and the guard: the events inside were perhaps never sent.
    """
    owner = Owner(path)
    try:
        write_private(_next_file(path), json.dumps({"after_seq": int(now.timestamp() * 1000)}).encode())
        kept = move_aside(path, now)
        for marker in (older_begun_file(path), begun_file(path)):  # last: from here on a new chain may begin
            marker.unlink(missing_ok=True)
        sync_folder(path.parent)
    finally:
        owner.release()
    return kept


def first_seq_after_aside(path: Path) -> int:
    """What the base of a new journal at `path` is: 0, or above what a journal set aside may have used."""
    try:
        told = json.loads(_next_file(path).read_bytes())
        return int(told["after_seq"])
    except FileNotFoundError:
        return 0
    except (ValueError, TypeError, KeyError) as error:
        raise JournalCorrupt(
            f"{_next_file(path)}: 文件已损坏，请再执行一次 set-aside。 / is damaged; set the journal aside once more."
        ) from error


def begun_file(path: Path) -> Path:
    """The file whose being there says that the journal at `path` was begun, and not set aside since.

    Its name begins otherwise than the journal's, so that whoever removes `journal.db*` does not remove it too.
    """
    return path.with_name("begun-" + path.name)


def older_begun_file(path: Path) -> Path:
    """Where nodes wrote it before; it says the same."""
    return path.with_name(path.name + ".begun")


def _next_file(path: Path) -> Path:
    return path.with_name(path.name + ".next")
