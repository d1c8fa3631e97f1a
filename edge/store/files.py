"""Files that only the node's own account may read, written whole or not at all."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path


class FileExposed(Exception):
    """A secret file can be read by other accounts. Trying again does not help; a person must look."""


def make_folder(folder: Path) -> None:
    """Make a folder (and those above it) that only this account may enter; an existing one keeps its mode."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_private(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file of mode 0600 that is either wholly there or not there, also after a power cut.

    `replace=False` raises FileExistsError when the file is there already.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            path.hardlink_to(draft)  # unlike a rename, a link never replaces what is there
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a synced file whose name is lost is a lost file."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move_aside(path: Path, now: datetime) -> Path:
    """Move what is damaged, with the -wal and -shm of a database, beside itself, kept as it is; where it lies now.

    The file itself goes last: while it is there, nobody begins a new one.
    """
    kept = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%S.%fZ}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if os.path.lexists(part):
            part.rename(kept.with_name(kept.name + suffix))
    sync_folder(path.parent)
    return kept


def copies_aside(path: Path) -> tuple[Path, ...]:
    """What `move_aside` has moved from `path` and nobody has taken away since, oldest first."""
    return tuple(sorted(path.parent.glob(f"{path.name}.damaged-*Z")))


def refuse_exposed(path: Path) -> None:
    """Raise FileExposed when the group or everybody may read or write the file."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise FileExposed(
            f"{path}: 其他账户可以读取此密钥文件（权限 {mode:04o}）。请执行 chmod 600 并考虑更换密钥。 / "
            f"other accounts can read this key file (mode {mode:04o}). Run chmod 600 on it, and consider whether the "
            "keys must be replaced."
        )
