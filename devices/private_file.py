"""A secret in a file of its own: read only where nobody but the node's account can."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from devices.errors import NotSetUp, Unreachable


def read_private(path: str, name: str) -> str:
    """The text in `path`, at most 100 characters; `name` is for errors, which never hold any of it.

    Raises Unreachable (no such file), NotSetUp (open to others, or no ordinary file).
    """
    try:
        # one descriptor for look and read, so that the file cannot be exchanged in between; a link is not followed
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unreachable(f"{name} {path} cannot be opened: {error.strerror}") from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise NotSetUp(f"{name} {path} is no ordinary file")
        if about.st_mode & 0o077 or about.st_uid not in (0, os.geteuid()):
            raise NotSetUp(f"{name} {path} is open to others: chmod 600 {Path(path).name}, owned by the node's account")
        return os.read(descriptor, 100).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)
