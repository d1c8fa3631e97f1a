"""Is the picture alive? Pure: frames and `now` in, a verdict out.

A camera fails in two ways that no library reports: it stops delivering (measured: a frozen RTSP server was noticed
after 4 to 6 s with time-outs of 2 s, because time-outs inside the packages multiply), and it delivers the same picture
for ever. So the age of the newest frame and its content are watched here, independently of who reads it.

    watch = Watch(started_at=now)
    watch = watch.saw(content_hash(frame.pixels), frame.taken_at)
    watch.verdict(now, Limits())        # Health.OK | STALE | FROZEN
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum

from devices.ports import Pixels


class Health(StrEnum):
    """What the watchdog says."""

    OK = "ok"
    STALE = "stale"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Limits:
    """`stale_s`: no frame for that long. `frozen_s`: equal frames for that long; None = a still picture is fine."""

    stale_s: float = 3.0
    frozen_s: float | None = 10.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered between frames. All times are monotonic seconds."""

    started_at: float
    seen_at: float | None = None
    content: bytes | None = None
    same_since: float | None = None

    def saw(self, content: bytes, taken_at: float) -> Watch:
        """After a frame. A frame older than the last one seen changes nothing."""
        if self.seen_at is not None and taken_at < self.seen_at:
            return self
        if content == self.content:
            return replace(self, seen_at=taken_at)
        return replace(self, seen_at=taken_at, content=content, same_since=taken_at)

    def verdict(self, now: float, limits: Limits) -> Health:
        """How it stands now. Before the first frame the age counts from the start."""
        newest = self.started_at if self.seen_at is None else self.seen_at
        if now - newest >= limits.stale_s:
            return Health.STALE
        if limits.frozen_s is not None and self.same_since is not None and newest - self.same_since >= limits.frozen_s:
            return Health.FROZEN
        return Health.OK


def content_hash(pixels: Pixels) -> bytes:
    """A short digest of every fourth pixel each way: a live sensor's noise changes it from frame to frame."""
    return hashlib.blake2b(pixels[::4, ::4].tobytes(), digest_size=16).digest()
