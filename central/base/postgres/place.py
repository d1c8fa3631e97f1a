"""Where a database lies, and how it is made.

<place>/data        PostgreSQL's own folder (made aside, then renamed: never half a cluster)
<place>/run         its socket, 0700, when the path is short enough for one
<place>/log         what it wrote
<place>/superuser   the superuser's password, 0600; only roles.py uses it
<place>/lock        held by the central that runs here
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from central.base.postgres.errors import DiskFull, InUse, NotWritable, OtherVersion, explain, of_system
from central.base.postgres.making import make_shared, making_room
from central.base.postgres.programs import MAJOR, Programs, version_of
from central.base.postgres.ways import RELOCATED, Way, choose_way, relocated

log = logging.getLogger(__name__)

SOCKET_PATH_MAX = 107 - len("/.s.PGSQL.5432")
FREE_MIN = 200 * 1024 * 1024
LOG_MAX = 10 * 1024 * 1024
SUPERUSER = "menting_bootstrap"


@dataclass(frozen=True, slots=True)
class Place:
    folder: Path
    way: Way
    programs: Programs

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def password(self) -> str:
        return (self.folder / "superuser").read_text()


def settle(wanted: Path, programs: Programs, way_name: str | None) -> Place:
    """Choose way and folder, and bring both to the state PostgreSQL asks for. Raises `PostgresError` in words."""
    wanted = wanted.resolve()
    way = choose_way(way_name, wanted, programs.root)
    folder = wanted
    if way.name == "uid":
        _make_folder(wanted)
        if relocated(wanted).exists() or not way.reaches(wanted.parent):
            folder = relocated(wanted)
            make_shared(RELOCATED)
            log.warning(
                "the database lies outside its data folder, which its own uid cannot reach",
                extra={"data_folder": str(wanted), "database_folder": str(folder), "uid": way.uid},
            )
        if not way.reaches(programs.postgres):
            programs = _copy_programs(programs, way)
    elif relocated(wanted).exists() and os.geteuid() == 0:
        folder = relocated(wanted)
    _make_folder(folder)
    place = Place(folder, way, programs)
    if os.geteuid() == 0:
        for path in (folder, *(folder / name for name in ("superuser", "log"))):
            if path.exists():
                way.own(path)
        if place.data.exists():
            way.own_tree(place.data)
    elif folder.stat().st_uid != os.geteuid():
        raise NotWritable(
            folder, "它属于另一个账户，请用那个账户启动中心", "it belongs to another account; start central as that one"
        )
    return place


def hold_lock(place: Place) -> BinaryIO:
    """Keep every other central off this folder for as long as the file stays open (`InUse` when there is one)."""
    file = (place.folder / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise InUse(place.folder) from error
    return file


def make_cluster(place: Place, *, sync: bool = True) -> bool:
    """initdb, once. Returns True when a new database was made; refuses one of another major version."""
    version = place.data / "PG_VERSION"
    if version.exists():
        found = version.read_text().strip()
        if found != MAJOR:
            raise OtherVersion(place.data, found, MAJOR)
        return False
    if place.data.exists() and any(place.data.iterdir()):
        raise NotWritable(
            place.data, "里面有别的文件，却没有数据库。请移开它们，或另选数据文件夹；若是恢复备份，请恢复整个文件夹",
            "it holds other files and no database; move them away or choose another data folder, and restore a backup "
            "as a whole",
        )  # fmt: skip
    if shutil.disk_usage(place.folder).free < FREE_MIN:
        raise DiskFull(place.folder)
    password = secrets.token_urlsafe(32)
    with making_room(place.way, place.folder) as (way, room):
        _write_private(way, room / "superuser", password)
        command: list[str | Path] = [
            place.programs.initdb, "-D", room / "data", "-U", SUPERUSER, "-A", "scram-sha-256",
            f"--pwfile={room / 'superuser'}", "-E", "UTF8", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--locale=C", "-k", *([] if sync else ["--no-sync"]),
        ]  # fmt: skip
        with open_log(place) as out:
            since = out.tell()
            done = subprocess.run(
                way.command(command), stdout=out, stderr=out, check=False, cwd=room, **way.popen_options()
            )
        if done.returncode != 0:
            raise explain(
                "数据库没有建成（initdb）", "The database could not be made (initdb)", place.folder, place.log, since
            )
        _write_private(place.way, place.folder / "superuser", password)
        new = place.folder / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        shutil.move(room / "data", new)
    if os.geteuid() == 0:
        place.way.own_tree(new)
    new.rename(place.data)
    return True


def open_log(place: Place) -> BinaryIO:
    """The log, opened to append; one old log is kept when it has grown past `LOG_MAX`."""
    if place.log.exists() and place.log.stat().st_size > LOG_MAX:
        place.log.replace(place.folder / "log.1")
    file = place.log.open("ab")
    place.log.chmod(0o600)
    return file


def socket_folder(place: Place) -> Path:
    """A 0700 folder for the socket: beside the data when the path fits into a socket address, else a short one."""
    run = place.folder / "run"
    if len(os.fsencode(run)) <= SOCKET_PATH_MAX:
        run.mkdir(mode=0o700, exist_ok=True)
    else:
        run = Path(tempfile.mkdtemp(prefix="menting-pg-", dir="/tmp"))  # /tmp: TMPDIR may be long too
    run.chmod(0o700)
    place.way.own(run)
    return run


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise of_system(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotWritable(
            folder,
            "这个账户不能写入，请换一个账户或文件夹",
            "this account may not write it; choose another account or folder",
        )


def _copy_programs(programs: Programs, way: Way) -> Programs:
    """PostgreSQL's programs where its uid can run them (about 36 MB, once per version)."""
    make_shared(RELOCATED)
    target = RELOCATED / f"programs-{version_of(programs)}"
    if not (target / "bin" / "postgres").exists():
        half = Path(tempfile.mkdtemp(prefix="programs-", dir=RELOCATED))
        shutil.copytree(programs.root, half, dirs_exist_ok=True, symlinks=True)
        half.chmod(0o755)
        half.rename(target)
    copied = Programs(target)
    if not way.reaches(copied.postgres):
        raise NotWritable(
            target,
            "复制到那里的程序不能运行，是不是以 noexec 挂载的",
            "the programs copied there cannot be run; is it mounted noexec?",
        )
    return copied


def _write_private(way: Way, path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    way.own(path)
