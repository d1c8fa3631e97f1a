"""The key of an OSDP reader's secure channel (SCBK), from a file of its own.

The file holds 32 hexadecimal digits and belongs to the node's account, readable by nobody else (chmod 600). The key
is in no address, site file, repr, error or log. Make one with `openssl rand -hex 16` and give it to the reader with
its maker's tool, on the bench: over the line a new key could be listened to.

Refused: the default key that every reader leaves its factory with (SCBK-D), which protects nothing (SEC-06), and any
key of one byte repeated.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from devices.errors import Refused, Unreachable

DEFAULT_KEY = bytes(range(0x30, 0x40))


@dataclass(frozen=True, slots=True)
class OsdpKey:
    """Sixteen bytes that are not the default. Raises Refused. Its repr shows none of them."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != 16:
            raise Refused("an OSDP key is 16 bytes: 32 hexadecimal digits")
        if self.secret == DEFAULT_KEY:
            raise Refused("this is the default key SCBK-D that everybody knows: give the reader a key of its own")
        if len(set(self.secret)) == 1:
            raise Refused("this key is one byte repeated: give the reader a random one (openssl rand -hex 16)")


def read_key(path: str) -> OsdpKey:
    """The key in `path`. Raises Unreachable (no such file), Refused (open to others, or no good key)."""
    try:
        # one descriptor for look and read, so that the file cannot be exchanged in between; a link is not followed
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unreachable(f"key file {path} cannot be opened: {error.strerror}") from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise Refused(f"key file {path} is no ordinary file")
        if about.st_mode & 0o077 or about.st_uid not in (0, os.geteuid()):
            raise Refused(
                f"key file {path} is open to others: chmod 600 {Path(path).name}, owned by the node's account"
            )
        text = os.read(descriptor, 100).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        raise Refused(f"key file {path} does not hold 32 hexadecimal digits")
    return OsdpKey(bytes.fromhex(text))
