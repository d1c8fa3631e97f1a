"""The embedded PostgreSQL: three ways to run it, killed and recovered, never two on one folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from central.base.postgres import EmbeddedPostgres
from central.base.postgres.errors import InUse
from central.base.postgres.place import SUPERUSER
from central.base.postgres.supervisor import FOR_TESTS
from central.base.postgres.ways import RELOCATED, UNSHARE, free_uid, relocated

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).resolve().parents[4]
DEADLINE_S = 60
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def can_unshare() -> bool:
    return shutil.which("unshare") is not None and subprocess.run([*UNSHARE, "true"], check=False).returncode == 0


WAYS = (["namespace", "uid"] if can_unshare() else ["uid"]) if ROOT else ["plain"]
"""Those this account can take; the plain way of root is in a process of its own, below."""


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.02)


@pytest.fixture
def home(fast_parent) -> Iterator[Path]:
    """A home folder that only its owner may enter."""
    folder = Path(tempfile.mkdtemp(prefix="menting-home-", dir=fast_parent))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    yield folder
    for place in (folder / "site" / "postgres", folder / "postgres"):
        shutil.rmtree(relocated(place.resolve()), ignore_errors=True)
    shutil.rmtree(folder)
    with suppress(OSError):  # made for a uid of its own, and empty again
        RELOCATED.rmdir()


def embedded(folder: Path, way: str | None = None) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, way=way, settings=FOR_TESTS | DURABLE, sync=False)


def ask(postgres: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(postgres.superuser_dsn(), autocommit=True) as connection:
        cursor = connection.execute(query)
        return None if cursor.description is None else cursor.fetchone()[0]


def accounts() -> str:
    return Path("/etc/passwd").read_text()


@pytest.mark.req("SEC-06")
@pytest.mark.parametrize("way", WAYS)
def test_runs_below_a_private_home_and_keeps_it_private(home, way):
    before = accounts()
    data = home / "site"
    data.mkdir(mode=0o700)
    postgres = embedded(data / "postgres", way)
    postgres.start()
    try:
        assert postgres.place.way.name == way
        assert ask(postgres, "SELECT current_user") == SUPERUSER
        assert ask(postgres, "SHOW server_version").startswith("18.")
        assert ask(postgres, "SHOW data_checksums") == "on"
        assert ask(postgres, "SHOW listen_addresses") == ""
        assert ask(postgres, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == 0
        assert (
            ask(postgres, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'postgres'")
            == "bC.UTF-8"
        )
        assert process_uid(postgres.pid) == postgres.place.way.uid
        socket_folder = Path(psycopg.conninfo.conninfo_to_dict(postgres.superuser_dsn())["host"])
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((postgres.place.folder / "superuser").stat().st_mode) == 0o600
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(postgres.dsn(SUPERUSER, "guess", "postgres"))
    finally:
        postgres.stop()
    assert accounts() == before, "an account was made"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700, "a parent folder was opened"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def process_uid(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Uid:")).split()[2])


ORDINARY = """
import os, sys
from pathlib import Path
import psycopg
from central.base.postgres import EmbeddedPostgres
from central.base.postgres.supervisor import FOR_TESTS
try:
    psycopg.connect("host=/nowhere")
except psycopg.OperationalError:
    pass
if os.geteuid() == 0:
    uid, gid = int(sys.argv[2]), int(sys.argv[3])
    os.setgroups([]), os.setgid(gid), os.setuid(uid)
p = EmbeddedPostgres(Path(sys.argv[1]) / "postgres", settings=FOR_TESTS, sync=False)
p.start()
with psycopg.connect(p.superuser_dsn()) as connection:
    print(p.place.way.name, os.geteuid(), p.place.folder, connection.execute("SELECT 6*7").fetchone()[0])
p.stop()
"""


def test_an_ordinary_user_runs_it_plainly(fast_parent):
    """In a process that becomes a system account once its modules are loaded (they may lie below root's home)."""
    account = pwd.getpwnam("games") if ROOT else pwd.getpwuid(os.geteuid())
    home = Path(tempfile.mkdtemp(prefix="menting-user-", dir=fast_parent))
    try:
        if ROOT:
            os.chown(home, account.pw_uid, account.pw_gid)
        done = subprocess.run(
            [sys.executable, "-c", ORDINARY, home, str(account.pw_uid), str(account.pw_gid)],
            cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == ["plain", str(account.pw_uid), str(home / "postgres"), "42"]
        assert (home / "postgres" / "data").stat().st_uid == account.pw_uid
    finally:
        shutil.rmtree(home)


@pytest.mark.skipif(not ROOT, reason="only root may become a uid that has no account")
def test_a_uid_without_an_account_runs_it_or_is_told_what_to_do(fast_parent):
    """As in a container that was started with `--user 20000`: initdb borrows a name where that is allowed."""
    home = Path(tempfile.mkdtemp(prefix="menting-user-", dir=fast_parent))
    uid = free_uid(home)
    try:
        os.chown(home, uid, uid)
        done = subprocess.run(
            [sys.executable, "-c", ORDINARY, home, str(uid), str(uid)],
            cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:  # no user namespaces here
            assert f"useradd --uid {uid}" in done.stderr and "initdb" in done.stderr
            return
        assert done.stdout.split() == ["plain", str(uid), str(home / "postgres"), "42"]
        assert (home / "postgres" / "data").stat().st_uid == uid
    finally:
        shutil.rmtree(home)


@pytest.fixture
def running_postgres(home) -> Iterator[EmbeddedPostgres]:
    postgres = embedded(home / "postgres")
    postgres.start()
    yield postgres
    postgres.stop()


def test_a_killed_postmaster_is_started_again_with_what_was_committed(running_postgres):
    ask(running_postgres, "CREATE TABLE kept AS SELECT 7 AS n")
    killed = running_postgres.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: running_postgres.pid != killed and running_postgres.up.is_set(), "started again")
    assert ask(running_postgres, "SELECT n FROM kept") == 7


def test_a_child_that_outlives_its_postmaster_does_not_keep_the_next_one_from_starting(running_postgres):
    """It cannot notice the death (here because it is stopped; else because it waits for a lock nobody will give)."""
    connection = psycopg.connect(running_postgres.superuser_dsn())
    child = connection.info.backend_pid
    os.kill(child, signal.SIGSTOP)
    killed = running_postgres.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: running_postgres.pid != killed and running_postgres.up.is_set(), "started again")
    assert zombie(child)
    assert ask(running_postgres, "SELECT 1") == 1
    connection.close()


def test_two_on_one_folder_are_refused_in_words(running_postgres):
    second = embedded(running_postgres.place.folder)
    with pytest.raises(InUse, match="Another central is running"):
        second.start()
    assert ask(running_postgres, "SELECT 1") == 1


CENTRAL = """
import signal, sys, threading
from pathlib import Path
from central.base.postgres import EmbeddedPostgres
from central.base.postgres.supervisor import FOR_TESTS
p = EmbeddedPostgres(Path(sys.argv[1]), settings=FOR_TESTS | {"fsync": "on"}, sync=False)
p.start()
print(p.pid, flush=True)
threading.Event().wait()
"""


def test_the_postgres_of_a_killed_central_is_stopped_before_the_next_starts(home):
    folder = home / "postgres"
    central = subprocess.Popen(
        [sys.executable, "-c", CENTRAL, folder], cwd=PROJECT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    orphan = int(central.stdout.readline())
    central.kill()
    central.wait()
    central.stdout.close()
    os.kill(orphan, 0)  # it lives on
    postgres = embedded(folder)
    postgres.start()
    try:
        assert postgres.pid != orphan
        until(lambda: not Path(f"/proc/{orphan}").exists() or zombie(orphan), "the orphan is gone")
        assert ask(postgres, "SELECT 1") == 1
    finally:
        postgres.stop()


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(home):
    """After a power cut the number may belong to any process: here to this very test."""
    folder = home / "postgres"
    postgres = embedded(folder)
    postgres.start()
    place = postgres.place
    postgres.stop()
    (place.data / "postmaster.pid").write_text(f"{os.getpid()}\n{place.data}\n0\n5432\n\n\n")
    if ROOT:
        place.way.own(place.data / "postmaster.pid")
    again = embedded(folder)
    again.start()
    try:
        assert ask(again, "SELECT 1") == 1
    finally:
        again.stop()


def test_stop_ends_it_even_with_a_transaction_open(running_postgres):
    pid = running_postgres.pid
    connection = psycopg.connect(running_postgres.superuser_dsn())
    connection.execute("SELECT 1")
    running_postgres.stop()
    assert zombie(pid)
    connection.close()


@pytest.mark.parametrize("length", [10, 150], ids=["short path", "path longer than a socket address"])
def test_the_socket_path_fits(home, length):
    folder = home / ("x" * length)
    postgres = embedded(folder / "postgres")
    postgres.start()
    socket_folder = Path(psycopg.conninfo.conninfo_to_dict(postgres.superuser_dsn())["host"])
    try:
        assert ask(postgres, "SELECT 1") == 1
        assert len(str(socket_folder / ".s.PGSQL.5432")) < 108
    finally:
        postgres.stop()
    shutil.rmtree(relocated((folder / "postgres").resolve()), ignore_errors=True)
    assert not socket_folder.exists() or socket_folder.is_relative_to(folder)


@pytest.mark.skipif(not ROOT or not can_unshare(), reason="needs two ways on one machine")
def test_a_change_of_way_keeps_the_data(home):
    """Namespaces were forbidden between two starts, or allowed again."""
    home.chmod(0o755)
    folder = home / "postgres"
    for way, expected in (("namespace", None), ("uid", 7), ("namespace", 7)):
        postgres = embedded(folder, way)
        postgres.start()
        try:
            if expected is None:
                ask(postgres, "CREATE TABLE kept AS SELECT 7 AS n")
            assert ask(postgres, "SELECT n FROM kept") == 7
            assert process_uid(postgres.pid) == postgres.place.way.uid
        finally:
            postgres.stop()


def test_many_wait_for_a_start_that_is_told_to_stop(home):
    """Stopping during the pause after a death ends the watcher too: nothing is left running."""
    others = set(threading.enumerate())  # another test's cluster may have its own watcher
    postgres = embedded(home / "postgres")
    postgres.start()
    os.kill(postgres.pid, signal.SIGKILL)
    until(lambda: not postgres.up.is_set(), "its death was noticed")
    postgres.stop()
    assert "postgres-watch" not in {thread.name for thread in set(threading.enumerate()) - others}
    assert zombie(postgres.pid)
