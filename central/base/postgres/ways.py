"""As whom PostgreSQL runs. It refuses to be root, so there are three ways:

    plain      we are an ordinary user: as ourselves
    namespace  we are root and may make user namespaces: as root outside, as uid 1000 inside. No account, no copy
    uid        we are root without namespaces: as a uid of its own that no account has, with copies it can reach

No account is made and no mode of a folder that is not ours is changed. A uid of its own may be unable to reach the
data folder (below a 0700 home, say); then the database lies below `RELOCATED`, which is said in the log.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RELOCATED = Path("/var/lib/menting-pg")
UID_FIRST = 54_321
UID_COUNT = 1_000
SHARED_UIDS = frozenset({0, 65_534})
"""Never used: root, and nobody, whose uid every other nobody shares. The range lies between accounts and the latter."""
NAMESPACE_UID = 1000
UNSHARE = ("unshare", "--user", f"--map-user={NAMESPACE_UID}", f"--map-group={NAMESPACE_UID}")


@dataclass(frozen=True, slots=True)
class Way:
    """name: plain, namespace or uid. uid: who owns the files, seen from outside."""

    name: str
    uid: int
    prefix: tuple[str, ...] = ()

    def command(self, arguments: Sequence[str | Path]) -> list[str]:
        return [*self.prefix, *(str(argument) for argument in arguments)]

    def popen_options(self) -> dict[str, Any]:
        """Options for subprocess: the uid to become, and nothing of our own environment but what is needed."""
        options: dict[str, Any] = {
            "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            "stdin": subprocess.DEVNULL,
        }
        if self.name == "uid":
            options |= {"user": self.uid, "group": self.uid, "extra_groups": [], "umask": 0o077}
        return options

    def reaches(self, path: Path, *, mode: str = "-x") -> bool:
        """True when PostgreSQL, run this way, may enter (or read) `path`."""
        done = subprocess.run(
            self.command(["test", mode, path]), stderr=subprocess.DEVNULL, check=False, cwd="/", **self.popen_options()
        )
        return done.returncode == 0

    def own(self, path: Path) -> None:
        """Give a file or folder of ours to the uid PostgreSQL runs as (nothing to do when that is us)."""
        if path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.uid if self.name == "uid" else os.getegid())

    def own_tree(self, folder: Path) -> None:
        """The same for a folder and everything in it: after a change of way, for PostgreSQL insists on owning it."""
        if folder.stat().st_uid == self.uid:  # the folder itself is given last, so it speaks for the rest
            return
        group = self.uid if self.name == "uid" else os.getegid()
        for base, folders, files in os.walk(folder, topdown=False):
            for name in (*folders, *files):
                os.chown(Path(base, name), self.uid, group, follow_symlinks=False)
        os.chown(folder, self.uid, group)


def choose_way(wanted: str | None, place: Path, programs_root: Path) -> Way:
    """The way for this process and this folder; `wanted` forces one (tests, and people who know)."""
    if os.geteuid() != 0:
        return Way("plain", os.geteuid())
    namespace = Way("namespace", 0, UNSHARE)
    if wanted == "namespace":
        return namespace
    own_uid = Way("uid", free_uid(place))
    if wanted == "uid":
        return own_uid
    works = shutil.which(UNSHARE[0]) is not None and namespace.reaches(Path("/"))
    if works and namespace.reaches(_nearest(place)) and namespace.reaches(programs_root / "bin" / "postgres"):
        return namespace
    return own_uid


def free_uid(place: Path) -> int:
    """A uid derived from the folder, the same at each start, that no account has."""
    start = int.from_bytes(hashlib.sha256(str(place).encode()).digest()[:4]) % UID_COUNT
    for step in range(UID_COUNT):
        uid = UID_FIRST + (start + step) % UID_COUNT
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid
    raise OSError(f"every uid from {UID_FIRST} to {UID_FIRST + UID_COUNT - 1} has an account")


def relocated(place: Path) -> Path:
    """Where the database of `place` lies when its own uid cannot reach it there."""
    return RELOCATED / hashlib.sha256(str(place).encode()).hexdigest()[:16]


def _nearest(path: Path) -> Path:
    """The nearest folder above (or at) `path` that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
