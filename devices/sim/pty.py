"""A pseudo-terminal pair: a serial port without hardware. The driver opens `path` as it would /dev/ttyUSB0.

A pty has no baud rate and no modem lines, and its buffer holds about 4 kB. What the simulated device writes while
nobody listens is lost beyond that, as on a real wire.
"""

from __future__ import annotations

import os
import select
import termios
import threading
import tty
from pathlib import Path

from devices.errors import Unreachable

SLICE_S = 0.1
SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)}


class PtyLine:
    """A pair of ends. `path` is for the driver; the object itself is the Transport of the simulated device.

    `link`: also reachable under this path (a symbolic link, replaced if there is one), so that a site file can name
    the device before it exists. The near end stays open here, so that drivers may come and go. `patience_s`: how long
    a write waits for a full buffer to be read.
    """

    def __init__(self, link: Path | None = None, *, patience_s: float = 0.5) -> None:
        self._far, self._near = os.openpty()
        tty.setraw(self._far)
        tty.setraw(self._near)
        os.set_blocking(self._far, False)
        self._patience_s = patience_s
        self._gone = False
        # Held in slices, so that unplugging never pulls the descriptor from under a wait.
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._link = link
        self._name = self.path = os.ttyname(self._near)
        if link is not None:
            link.parent.mkdir(parents=True, exist_ok=True)
            fresh = link.with_name(f"{link.name}.{os.getpid()}")
            fresh.symlink_to(self.path)
            fresh.replace(link)  # at no moment is the name without a device
            self.path = str(link)

    @property
    def baud(self) -> int:
        """The speed that the driver has set, which the bytes do not feel; 0 for one that boards are not sold with."""
        with self._reading:
            self._check()
            return SPEEDS.get(termios.tcgetattr(self._near)[5], 0)

    def read(self, max_bytes: int, timeout_s: float) -> bytes:
        """See Transport."""
        while True:
            with self._reading:
                self._check()
                slice_s = min(timeout_s, SLICE_S)
                if select.select([self._far], [], [], slice_s)[0]:
                    return self._take(max_bytes)
            timeout_s -= slice_s
            if timeout_s <= 0:
                return b""

    def write(self, data: bytes) -> None:
        """See Transport. When the buffer is full and nobody reads, the rest is lost."""
        with self._writing:
            self._check()
            while data and select.select([], [self._far], [], self._patience_s)[1]:
                try:
                    data = data[os.write(self._far, data) :]
                except BlockingIOError:
                    return
                except OSError as error:
                    raise Unreachable(f"the pty is gone: {error}") from error

    def drain(self) -> None:
        """See Transport."""
        while self.read(4096, 0):
            pass

    def close(self) -> None:
        """Unplug: the driver finds its port gone. May be called twice."""
        with self._reading, self._writing:
            if self._gone:
                return
            self._gone = True
            os.close(self._far)
            os.close(self._near)
        if self._link is not None and self._link.is_symlink() and str(self._link.readlink()) == self._name:
            self._link.unlink()  # ours still, and not a successor's

    def _take(self, max_bytes: int) -> bytes:
        try:
            return os.read(self._far, max_bytes)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise Unreachable(f"the pty is gone: {error}") from error

    def _check(self) -> None:
        if self._gone:
            raise Unreachable("the pty is unplugged")
