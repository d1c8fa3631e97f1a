"""A code scanner at the other end of the wire: it sends codes as they are presented, and rubbish on demand."""

from __future__ import annotations

import random

from devices.transport.port import Transport

TERMINATORS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "idle": b""}


class ScannerSim:
    """Sends on `wire`. `end` is cr, lf, crlf or idle; with `stx` each code stands between STX and ETX."""

    def __init__(self, wire: Transport, *, end: str = "cr", stx: bool = False) -> None:
        self._wire = wire
        self._end = TERMINATORS[end]
        self._stx = stx

    def present(self, code: str) -> None:
        """Somebody holds a code in front of it."""
        self.send(code.encode())

    def send(self, body: bytes) -> None:
        """These bytes as one code, well or badly made, with the terminator."""
        self._wire.write((b"\x02" + body + b"\x03" if self._stx else body) + self._end)

    def send_raw(self, data: bytes) -> None:
        """Exactly these bytes: half a code, or noise."""
        self._wire.write(data)

    def send_control(self) -> None:
        """A code with an escape sequence in it, as somebody would try to reach a terminal."""
        self.send(b"AB\x1b[2J\x00CD")

    def send_foreign(self) -> None:
        """A code that is not ASCII."""
        self.send("门庭".encode())

    def send_flood(self, length: int = 10_240) -> None:
        """One far too long code."""
        self.send(b"9" * length)

    def send_noise(self, length: int = 64, seed: int = 0) -> None:
        """Reproducible noise without a terminator in it."""
        chosen = random.Random(seed)
        self._wire.write(bytes(chosen.choice(range(0x80, 0x100)) for _ in range(length)))
