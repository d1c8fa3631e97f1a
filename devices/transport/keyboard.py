"""A keyboard that is a scanner or a reader, as a Transport: what it types arrives as bytes.

It is opened by the id that the site file names, and by nothing else: no list of keyboards is ever looked through, and
a keyboard that somebody plugs in is not opened (SEC-11). It is grabbed, so that what it types reaches no console.
"""

from __future__ import annotations

import errno
import os
import select
import time
from collections.abc import Callable
from typing import Protocol

from devices.errors import Busy, Refused, Unreachable
from devices.transport.keys import ENTER, EVENT, KEY, KEYPAD_ENTER, KeyDecoder

SLICE_S = 0.2  # how soon a read notices that another thread has closed the device
EVENTS_A_READ = 64


class Events(Protocol):
    """Where the events come from: the part of a Transport that a keyboard has."""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""

    def close(self) -> None:
        """See Transport."""


class Keyboard:
    """A Transport that can only be read."""

    def __init__(self, events: Events, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._events = events
        self._clock = clock
        self._decoder = KeyDecoder()
        self._typed = b""

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""
        deadline = self._clock() + timeout_s
        while not self._typed:
            left = deadline - self._clock()
            self._typed = self._decoder.feed(self._events.read(EVENT.size * EVENTS_A_READ, max(0.0, left)))
            if left <= 0:
                break
        taken, self._typed = self._typed[:max_bytes], self._typed[max_bytes:]
        return taken

    def write(self, data: bytes) -> None:
        """See Transport; a keyboard hears nothing."""
        raise Unreachable("a keyboard cannot be written to")

    def drain(self) -> None:
        """See Transport."""
        while data := self._events.read(EVENT.size * EVENTS_A_READ, 0):
            self._decoder.feed(data)  # the shift keys are where they are, drained or not
        self._typed = b""

    def close(self) -> None:
        """See Transport."""
        self._events.close()


class EventFile:
    """The events of one open descriptor. `name` is for errors."""

    def __init__(self, fd: int, name: str) -> None:
        os.set_blocking(fd, False)
        self._fd, self._name = fd, name
        self._closed = False

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport. Raises Unreachable when it was unplugged."""
        deadline = time.monotonic() + timeout_s
        while True:
            if self._closed:
                raise Unreachable(f"{self._name} is closed")
            left = max(0.0, deadline - time.monotonic())
            try:
                if select.select([self._fd], [], [], min(left, SLICE_S))[0]:
                    return self._take(max_bytes)
            except (OSError, ValueError) as error:
                raise Unreachable(f"{self._name} is gone: {error}") from error
            if left <= SLICE_S:
                return b""

    def close(self) -> None:
        """See Transport. May be called twice."""
        if not self._closed:
            self._closed = True
            os.close(self._fd)

    def _take(self, max_bytes: int) -> bytes:
        try:
            data = os.read(self._fd, max_bytes)
        except BlockingIOError:
            return b""
        if not data:
            raise Unreachable(f"{self._name} is gone")
        return data


def open_keyboard(path: str) -> Keyboard:
    """Open and grab the keyboard at `path`. Raises Unreachable, Busy (grabbed already), Refused (no keyboard)."""
    import evdev

    try:
        device = evdev.InputDevice(path, readonly=True)
    except (OSError, ValueError) as error:
        raise Unreachable(f"{path} cannot be opened: {error}") from error
    try:
        if not {ENTER, KEYPAD_ENTER} & set(device.capabilities().get(KEY, ())):
            raise Refused(f"{path} has no Enter key: it is no keyboard, and no reader either")
        device.grab()
        return Keyboard(EventFile(os.dup(device.fd), path))  # the grab belongs to the open file, which both share
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise Busy(f"{path} is grabbed by another program") from error
        raise Unreachable(f"{path} is gone: {error}") from error
    finally:
        device.close()
