"""Central's answers, each read up to the length that its route can have: whoever answers in central's place, or a
central that went wrong, fills no node's memory.

Nothing is asked for compressed, and nothing compressed is unpacked: a few kilobytes of that could be gigabytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from edge.sync.errors import Garbled, TooLong
from models.wire.faces import PHOTOS_MAX, SEALED_PHOTO_MAX

MB = 1_000_000
RULES_MAX = 64 * MB
"""Of the long poll: rules for 10,000 people are about 2 MB, beside the commands and the car park's news."""
MAIL_MAX = 8 * MB + 3 * PHOTOS_MAX * SEALED_PHOTO_MAX
"""Of faces by mail: the photos of two people as base64, a hundred templates, and the keys of the site's nodes."""
OTHERWISE_MAX = MB
ROUTES = {
    "/edge/v1/downlink": RULES_MAX,
    "/edge/v1/faces/mail": MAIL_MAX,
    "/edge/v1/watch-group/mail": MAIL_MAX,
}
REFUSAL_MAX = 64_000
"""Of everything that is no 2xx: a problem in a few lines."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, wholly read."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def most_of(target: str, *, success: bool) -> int:
    """How many bytes an answer may have to what was asked, with or without a query."""
    return ROUTES.get(target.partition("?")[0], OTHERWISE_MAX) if success else REFUSAL_MAX


def heard(response: httpx.Response, target: str) -> Heard:
    """Read an answer and hang up. Raises TooLong and Garbled, and what httpx raises."""
    most = most_of(target, success=response.is_success)
    try:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Garbled(
                "中心的回答被压缩了，节点不解压。请关掉两者之间代理的压缩 / central's answer is compressed, which the "
                "node does not unpack; switch compression off at the proxy in between"
            )
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > most:
                raise TooLong(target.partition("?")[0], most)
        return Heard(response.status_code, response.headers, bytes(content))
    finally:
        response.close()
