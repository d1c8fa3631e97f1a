"""The key of an OSDP reader's secure channel (SCBK), from a file of its own.

The file holds 32 hexadecimal digits and belongs to the node's account, readable by nobody else (chmod 600). The key
is in no address, site file, repr, error or log. Make one with `openssl rand -hex 16` and give it to the reader with
its maker's tool, on the bench: over the line a new key could be listened to.

NotSetUp: the default key that every reader leaves its factory with (SCBK-D), which protects nothing (SEC-06), and any
key of one byte repeated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from devices.errors import NotSetUp
from devices.private_file import read_private

DEFAULT_KEY = bytes(range(0x30, 0x40))


@dataclass(frozen=True, slots=True)
class OsdpKey:
    """Sixteen bytes that are not the default. Raises NotSetUp. Its repr shows none of them."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != 16:
            raise NotSetUp("an OSDP key is 16 bytes: 32 hexadecimal digits")
        if self.secret == DEFAULT_KEY:
            raise NotSetUp("this is the default key SCBK-D that everybody knows: give the reader a key of its own")
        if len(set(self.secret)) == 1:
            raise NotSetUp("this key is one byte repeated: give the reader a random one (openssl rand -hex 16)")


def read_key(path: str) -> OsdpKey:
    """The key in `path`. Raises Unreachable (no such file), NotSetUp (open to others, or no good key)."""
    text = read_private(path, "key file")
    if not re.fullmatch(r"[0-9A-Fa-f]{32}", text):
        raise NotSetUp(f"key file {path} does not hold 32 hexadecimal digits")
    return OsdpKey(bytes.fromhex(text))
