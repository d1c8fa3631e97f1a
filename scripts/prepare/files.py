"""Files that are either whole or not there: written beside their place, synced, then renamed into it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from importlib import metadata
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Atomic on POSIX. Two set-ups at once both succeed, and the last one's file stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        beside.chmod(0o644)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()


def carried(distribution: str, ending: str) -> Path:
    """The one file of an installed distribution whose path ends so. Its code is never imported.

    Raises FileNotFoundError, in words, when the distribution or the file is not there.
    """
    try:
        listed = metadata.files(distribution) or []
    except metadata.PackageNotFoundError as gone:
        raise FileNotFoundError(f"the package {distribution} is not installed; requirements.lock names it") from gone
    found = [Path(str(file.locate())) for file in listed if file.as_posix().endswith(ending)]
    if len(found) != 1 or not found[0].is_file():
        raise FileNotFoundError(f"the package {distribution} does not carry exactly one …{ending}")
    return found[0]
