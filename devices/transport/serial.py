"""A serial port as a Transport.

pyserial opens and configures the port, exclusively: two programs on one bus answer each other's questions (the lock
holds among those that ask for it, as every opener here does). Reading uses the file descriptor itself, because
pyserial's own read waits for *all* bytes asked for, and a bus wants whatever has come.

Unplugged adapters show as EIO, an empty read or a vanished descriptor: all become Unreachable, after which this
object is of no more use and a new one must be opened (`reopen.py`).
"""

from __future__ import annotations

import errno
import os
import select
import time

import serial

from devices.errors import Busy, Unreachable

WRITE_TIMEOUT_S = 2.0
SLICE_S = 0.2  # how soon a read notices that another thread has closed the line
DRAIN_MAX = 65536  # a chattering line must not keep a drain busy for ever


class SerialLine:
    """An open serial port, 8N1. Raises Unreachable when it cannot be opened, Busy when another program has it."""

    def __init__(self, path: str, *, baud: int) -> None:
        self._path = path
        self._closed = False
        try:
            self._port = serial.Serial(path, baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
        except (serial.SerialException, OSError) as error:
            if error.errno in (errno.EAGAIN, errno.EACCES) and "lock" in str(error):
                raise Busy(f"{path} is open in another program") from error
            raise Unreachable(f"{path} cannot be opened: {os.strerror(error.errno or errno.EIO)}") from error
        self._fd: int = self._port.fileno()

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""
        deadline = time.monotonic() + timeout_s
        while True:
            remaining = max(0.0, deadline - time.monotonic())
            if self._ready(min(remaining, SLICE_S)):
                return self._take(max_bytes)
            if remaining <= SLICE_S:
                return b""

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._check()
        try:
            self._port.write(data)
        except (serial.SerialException, OSError, TypeError) as error:  # TypeError: closed under it by another thread
            raise self._gone(error) from error

    def drain(self) -> None:
        """See Transport."""
        dropped = 0
        while dropped < DRAIN_MAX and self._ready(0):
            dropped += len(self._take(4096))

    def close(self) -> None:
        """See Transport."""
        self._closed = True
        self._port.close()

    def _ready(self, timeout_s: float) -> bool:
        self._check()
        try:
            return bool(select.select([self._fd], [], [], timeout_s)[0])
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _take(self, max_bytes: int) -> bytes:
        """What lies ready. Ready but empty is how an unplugged adapter reads."""
        self._check()
        try:
            data = os.read(self._fd, max_bytes)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            raise Unreachable(f"{self._path} is gone")
        return data

    def _check(self) -> None:
        if self._closed:
            raise Unreachable(f"{self._path} is closed")

    def _gone(self, error: Exception) -> Unreachable:
        return Unreachable(f"{self._path} is gone: {error}")
