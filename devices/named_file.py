"""A file that a person names is read up to a bound: /dev/zero never ends, and a pipe that nobody fills never begins."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_named(path: Path, most: int) -> bytes:
    """What is in `path`, an ordinary file of at most `most` bytes. Raises OSError, which says what is wrong."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Not an ordinary file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(most + 1)  # asked of the file and not of its size, which may grow in between
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content
