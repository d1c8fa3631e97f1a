"""The byte transport: what a codec's bytes travel on. Blocking, one user at a time."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """A wire with two directions and no frames: bytes may arrive split, joined, late or damaged."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """Whatever has arrived, at most `max_bytes`, as soon as there is any; b"" after `timeout_s` of silence.

        Raises Unreachable when the line is gone or closed.
        """

    def write(self, data: bytes) -> None:
        """Send all of it, or raise Unreachable. That it was sent says nothing about anybody having heard it."""

    def drain(self) -> None:
        """Throw away what has arrived and was not read. Raises Unreachable when the line is gone."""

    def close(self) -> None:
        """Let go of the line. May be called twice."""
