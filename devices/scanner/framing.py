"""Where one code ends and the next begins. Pure: bytes and `now` in, codes and garbage out; never raises.

    [STX 02] code, printable ASCII 20..7E, 1 to 512 [ETX 03] end

    end = cr 0D | lf 0A | crlf 0D 0A | idle (no terminator: a gap of `idle_s` ends the code)

Scanners are configured by printed codes and get reconfigured by accident, so these are settings of the site file
(DEVICES 6.1, INT-06). What lies between two ends is one code or one garbage, whole: nothing is cut to fit, and no
character is dropped from the middle, because half a pass must never look like another pass. Only CR and LF around a
code are shed (a reader set to CRLF in front of a line set to CR). Spaces are kept: they belong to the base45
alphabet. Empty codes say nothing and are not reported.

Without a terminator, bytes older than `unfinished_s` are given up as garbage, so that noise in the afternoon is not
glued in front of the code of the evening. A line that goes on and on without its end is told every UNENDED_S, or first
after SLOW_S while it is short enough for a code: until the end comes no code is read, and whatever then ends it is
garbage too. Memory is bounded: of a line beyond 512 bytes only its length is kept.

The result does not depend on how the bytes were cut on their way (save for `idle`, where gaps are the point).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from devices.ports import Garbage, GarbageReason, Scan

CODE_MAX = 512
UNENDED_S = 2.0
SLOW_S = 20.0  # a scanner that types needs up to 16 ms for a character, 8 s for the longest code
STX, ETX = b"\x02", b"\x03"
_FRAME_MAX = CODE_MAX + 6  # STX, ETX, and a stray CR LF on either side


class End(StrEnum):
    """What ends a code."""

    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    IDLE = "idle"

    @property
    def terminator(self) -> bytes:
        """The bytes that end a code; none for IDLE."""
        return {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "idle": b""}[self.value]


@dataclass(frozen=True, slots=True)
class Framing:
    """How one scanner is set. `stx`: each code must stand between STX and ETX."""

    end: End = End.CR
    idle_s: float = 0.05
    stx: bool = False
    unfinished_s: float = 1.0


class Framer:
    """Collects bytes. Feed it what arrives, and `tick` it while nothing does."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._line = bytearray()
        self._length = 0  # of the line, also where its bytes were no longer kept
        self._last_at = 0.0
        self._began_at = 0.0  # of the line, or when it was last told that it has no end
        self._unended = False  # told already: whatever ends it is the rest of a line that was given up

    def feed(self, data: bytes, now: float) -> list[Scan | Garbage]:
        """Everything that `data` completes. `now`: monotonic seconds, when it arrived."""
        found = self.tick(now)
        if not data:
            return found
        self._last_at = now
        terminator = self._framing.end.terminator
        if not terminator:
            self._keep(data, now)
        else:
            found.extend(self._cut(data, terminator, now))
        found.extend(self._without_end(now))
        return found

    def tick(self, now: float) -> list[Scan | Garbage]:
        """What silence completes: the code of an `idle` line, or an unfinished one that is given up."""
        idle = self._framing.end is End.IDLE
        patience_s = self._framing.idle_s if idle else self._framing.unfinished_s
        if not (self._length or self._unended) or now - self._last_at < patience_s:
            return []
        if idle or self._unended:
            return list(self._finish(self._last_at))
        garbage = Garbage(GarbageReason.UNFINISHED, self._length, self._last_at)
        stray_end = self._length == len(self._line) and not self._line.strip(b"\r\n")
        self._clear()
        return [] if stray_end else [garbage]

    @property
    def held(self) -> int:
        """How many bytes are kept; never more than a little over CODE_MAX."""
        return len(self._line)

    def _cut(self, data: bytes, terminator: bytes, now: float) -> Iterator[Scan | Garbage]:
        last = terminator[-1:]
        start = 0
        while (at := data.find(last, start)) >= 0:
            self._keep(data[start : at + 1], now)
            start = at + 1
            if self._tail(len(terminator)) == terminator:
                yield from self._finish(now)
        if start < len(data):
            self._keep(data[start:], now)

    def _without_end(self, now: float) -> list[Scan | Garbage]:
        """Bytes have come for so long, and no end: what came until now is told, and what follows belongs to it."""
        code_yet = self._length == len(self._line) and not self._unended
        if not self._length or now - self._began_at < (SLOW_S if code_yet else UNENDED_S):
            return []
        garbage = Garbage(GarbageReason.UNENDED, self._length, now)
        self._line, self._length = self._line[-2:], 0  # where a two-byte terminator may be arriving
        self._began_at, self._unended = now, True
        return [garbage]

    def _keep(self, data: bytes, now: float) -> None:
        if not (self._length or self._unended):
            self._began_at = now
        self._length += len(data)
        self._line += data
        if len(self._line) > _FRAME_MAX:
            # Too long to be a code: only the tail is kept, where a two-byte terminator may be arriving.
            self._line = self._line[-2:]

    def _tail(self, count: int) -> bytes:
        return bytes(self._line[-count:])

    def _finish(self, at: float) -> Iterator[Scan | Garbage]:
        """The line is complete: one code, one garbage, or nothing."""
        line, length, unended = bytes(self._line), self._length, self._unended
        self._clear()
        if unended:
            if length:
                yield Garbage(GarbageReason.UNENDED, length, at)
            return
        if length > len(line):
            yield Garbage(GarbageReason.TOO_LONG, length, at)
            return
        code = line.strip(b"\r\n")
        if not code:
            return
        if self._framing.stx:
            if not (code.startswith(STX) and code.endswith(ETX) and len(code) > 1):
                yield Garbage(GarbageReason.NOT_FRAMED, length, at)
                return
            code = code[1:-1]
        reason = _fault(code)
        if reason is not None:
            yield Garbage(reason, length, at)
        elif code:
            yield Scan(code.decode("ascii"), at)

    def _clear(self) -> None:
        self._line.clear()
        self._length, self._unended = 0, False


def _fault(code: bytes) -> GarbageReason | None:
    """Why this is no code; None when it is one."""
    if len(code) > CODE_MAX:
        return GarbageReason.TOO_LONG
    if any(byte >= 0x80 for byte in code):
        return GarbageReason.NOT_ASCII
    if any(byte < 0x20 or byte == 0x7F for byte in code):
        return GarbageReason.CONTROL
    return None


class Repeats:
    """A code held in front of a scanner is read again and again: it counts once (INT-06).

    A code counts again when it was out of sight for `window_s`; every sighting in between prolongs that. A handful
    of codes is remembered, so that two phones held side by side do not count in turns.
    """

    REMEMBERED_MAX = 16

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        self._seen: dict[str, float] = {}  # text -> last sighting, oldest first

    def fresh(self, text: str, now: float) -> bool:
        """True when this sighting counts."""
        last = self._seen.pop(text, None)
        self._seen[text] = now
        while len(self._seen) > self.REMEMBERED_MAX:
            del self._seen[next(iter(self._seen))]
        return last is None or now - last >= self._window_s
