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

import serial

from devices.errors import Busy, Unreachable
from devices.transport.descriptor import DescriptorLine

WRITE_TIMEOUT_S = 2.0


class SerialLine(DescriptorLine):
    """An open serial port, 8N1. Raises Unreachable when it cannot be opened, Busy when another program has it."""

    def __init__(self, path: str, *, baud: int) -> None:
        try:
            self._port = serial.Serial(path, baud, timeout=0, write_timeout=WRITE_TIMEOUT_S, exclusive=True)
        except (serial.SerialException, OSError) as error:
            if error.errno in (errno.EAGAIN, errno.EACCES) and "lock" in str(error):
                raise Busy(f"{path} is open in another program") from error
            raise Unreachable(f"{path} cannot be opened: {os.strerror(error.errno or errno.EIO)}") from error
        self._fd: int = self._port.fileno()
        super().__init__(path, self._fd)

    def write(self, data: bytes) -> None:
        """See Transport."""
        self._check()
        try:
            self._port.write(data)
        except (serial.SerialException, OSError, TypeError) as error:  # TypeError: closed under it by another thread
            raise self._gone(error) from error

    def _take(self, max_bytes: int) -> bytes:
        """Ready but empty is how an unplugged adapter reads."""
        try:
            data = os.read(self._fd, max_bytes)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise self._gone(error) from error
        if not data:
            raise Unreachable(f"{self._name} is gone")
        return data

    def _let_go(self) -> None:
        self._port.close()
