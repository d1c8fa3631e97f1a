"""A camera behind any decoder: a reader thread takes every frame and keeps the newest only.

A decoder's own queue would show the gate as it was seconds ago. When the source fails it is opened again with back-off
(0.5 s doubling to 30 s, with jitter); meanwhile `read` returns None, `age_s` grows, `error` says why, and the watchdog
above decides. What trying again does not heal (a wrong password) waits the longest wait at once: cameras lock an
account that is tried wrongly again and again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

from devices.errors import DeviceError, Unreachable
from devices.ports import Frame, Pixels
from devices.transport.reopen import Backoff

CLOSE_WAIT_S = 6.0  # a native read in progress ends by its own time-out; after this the daemon thread is left behind


class Source(Protocol):
    """Pictures one after the other, from the moment it is open."""

    def read(self) -> Pixels | None:
        """The next picture, blocking; None when there are no more. Raises DeviceError."""

    def close(self) -> None:
        """Let go."""


class NewestFrame:
    """A Camera that reads `source()` in a thread. `name` is what errors may say: never with a password in it.

    `source` raises DeviceError when it cannot be opened. `pace_s`: wait that long between frames (files play at their
    own speed). `again`: open again when it ends.
    """

    def __init__(
        self,
        source: Callable[[], Source],
        name: str,
        *,
        pace_s: float = 0.0,
        again: bool = True,
        backoff: Backoff | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._name = name
        self._pace_s = pace_s
        self._again = again
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._returned = 0
        self.error: DeviceError | None = None
        """See Camera."""
        self._thread = threading.Thread(target=self._run, name=f"camera {name}", daemon=True)
        self._thread.start()

    def read(self, timeout_s: float) -> Frame | None:
        """See Camera. Raises Unreachable only when closed."""
        with self._changed:
            self._changed.wait_for(self._fresh, timeout_s)
            if self._stop.is_set():
                raise Unreachable(f"{self._name} is closed")
            if not self._fresh() or self._newest is None:
                return None
            self._returned = self._newest.seq
            return self._newest

    def age_s(self) -> float:
        """See Camera."""
        newest = self._newest
        return float("inf") if newest is None else self._clock() - newest.taken_at

    def close(self) -> None:
        """See Camera."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_WAIT_S)

    def _fresh(self) -> bool:
        return self._stop.is_set() or (self._newest is not None and self._newest.seq > self._returned)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._play()
            except DeviceError as error:
                self.error = error
            if not self._again:
                return
            if self.error is not None:
                self._backoff = self._backoff.failed()
                wait_s = self._backoff.wait_s(random.random())  # noqa: S311 - jitter, not a secret
                self._stop.wait(wait_s if self.error.retry_helps else self._backoff.most_s)

    def _play(self) -> None:
        """Open once and read until it ends or fails."""
        source = self._source()
        try:
            frames = 0
            while not self._stop.is_set() and (pixels := source.read()) is not None:
                frames += 1
                self._show(pixels)
                if self._pace_s:
                    self._stop.wait(self._pace_s)
        finally:
            source.close()
        # A source that never gave a frame, or one that should not end, has failed; a file has just ended.
        if not self._stop.is_set() and (frames == 0 or not self._pace_s):
            raise Unreachable(f"{self._name} stopped delivering")

    def _show(self, pixels: Pixels) -> None:
        with self._changed:
            seq = 1 if self._newest is None else self._newest.seq + 1
            self._newest = Frame(pixels, self._clock(), seq)
            self.error = None
            self._backoff = self._backoff.worked()
            self._changed.notify_all()
