"""Where initdb runs. It insists on an account for its uid (the server does not), and a uid of its own has none.

So on that way it runs, for its one second, as one of the machine's idle system accounts, in a fresh 0700 folder of
its own; afterwards everything is given to the uid that the server runs as. On the other ways a uid without an account
borrows the name of one (`central/base/initdb_account.py`).
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central.base.initdb_account import in_front_of_initdb, no_account
from central.base.postgres.errors import NoAccount, NotWritable
from central.base.postgres.ways import NAMESPACE_UID, RELOCATED, SHARED_UIDS, Way

IDLE_ACCOUNTS = ("games", "bin", "sync", "lp", "news", "uucp", "daemon")


@contextmanager
def making_room(way: Way, folder: Path) -> Iterator[tuple[Way, Path]]:
    """The way to run initdb, and an empty folder for it, removed afterwards whatever happened. Raises NoAccount."""
    if way.name != "uid":
        helper = _with_a_name(way)
        room = Path(tempfile.mkdtemp(prefix="new-", dir=folder))
    else:
        make_shared(RELOCATED)
        room = Path(tempfile.mkdtemp(prefix="new-", dir=RELOCATED))
        helper = Way("uid", _idle_uid(folder))
        helper.own(room)
    try:
        yield helper, room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _with_a_name(way: Way) -> Way:
    """`way`, under which initdb finds an account for the uid that it sees."""
    seen = NAMESPACE_UID if way.name == "namespace" else way.uid
    named = in_front_of_initdb(seen)
    if named is None:
        raise NoAccount(no_account(os.geteuid()))
    return Way(way.name, way.uid, named) if named else way


def make_shared(folder: Path) -> None:
    """A folder of our own that others may pass through, not list."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)


def _idle_uid(folder: Path) -> int:
    """The uid of a system account as which nothing runs at present."""
    busy = {path.stat().st_uid for path in Path("/proc").iterdir() if path.name.isdecimal() and path.exists()}
    for name in IDLE_ACCOUNTS:
        try:
            uid = pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
        if uid not in SHARED_UIDS and uid not in busy:
            return uid
    names = ", ".join(IDLE_ACCOUNTS)
    raise NotWritable(
        folder, f"没有空闲的系统账户（{names} 之一）可以用来建数据库，请以普通用户启动中心",
        f"no idle system account (one of {names}) can make the database; start central as an ordinary user",
    )  # fmt: skip
