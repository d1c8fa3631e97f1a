"""Opening again what was lost, patiently.

`Backoff` is pure; `Reopening` is the small shell that a board or scanner thread keeps its device in:

    board = Reopening(lambda: open_relay_board(address))
    try:
        board.get().read_inputs()
    except Unreachable:
        board.lost()        # closed now; the next get() opens it anew, or raises Unreachable until its time has come

Opening switches nothing (S10), so neither losing nor regaining a line moves an output (S7).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

from devices.errors import DeviceError, Unreachable


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first_s` to `most_s`, each shortened by up to `jitter` of itself.

    Jitter only shortens, so that `most_s` holds; it keeps ten cameras behind one switch from returning in step.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    jitter: float = 0.25
    failures: int = 0

    def failed(self) -> Backoff:
        """After one more failure."""
        return replace(self, failures=self.failures + 1)

    def worked(self) -> Backoff:
        """After a success: start over."""
        return replace(self, failures=0)

    def wait_s(self, chance: float) -> float:
        """How long to wait before the next try; `chance` is a random number from 0 to 1. No failure: no wait."""
        if self.failures == 0:
            return 0.0
        doublings = min(self.failures - 1, 32)  # beyond this the cap holds anyway, and the float stays finite
        return min(self.most_s, self.first_s * 2.0**doublings) * (1 - self.jitter * chance)


class Closable(Protocol):
    """Anything with a close."""

    def close(self) -> None:
        """Let go."""


Device = TypeVar("Device", bound=Closable)


class Reopening(Generic[Device]):
    """Holds one device open; after a loss tries again, never sooner than the back-off allows."""

    def __init__(
        self,
        open_device: Callable[[], Device],
        backoff: Backoff | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._open = open_device
        self._backoff = backoff or Backoff()
        self._clock = clock
        self._chance = chance
        self._device: Device | None = None
        self._not_before = 0.0
        self._last: DeviceError | None = None

    def get(self) -> Device:
        """The open device. Raises Unreachable while waiting for the next try, or what opening raised."""
        if self._device is not None:
            return self._device
        wait = self._not_before - self._clock()
        if self._backoff.failures and wait > 0:
            raise Unreachable(f"next try in {wait:.1f} s; last error: {self._last or 'line lost'}")
        try:
            self._device = self._open()
        except DeviceError as error:
            self._count(error)
            raise
        return self._device

    def works(self) -> None:
        """The device has answered: the next loss starts with the shortest wait again."""
        self._backoff = self._backoff.worked()

    def lost(self, why: DeviceError | None = None) -> None:
        """The device has failed: close it and wait before the next try."""
        if self._device is not None:
            self._device.close()
            self._device = None
        self._count(why)

    def close(self) -> None:
        """Close the device, if one is open."""
        if self._device is not None:
            self._device.close()
            self._device = None

    def _count(self, error: DeviceError | None) -> None:
        self._last = error
        self._backoff = self._backoff.failed()
        self._not_before = self._clock() + self._backoff.wait_s(self._chance())
