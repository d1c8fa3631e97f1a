"""What a keyboard-wedge scanner types. Pure: key events in, bytes out, as if it were a serial scanner.

    struct input_event, native layout, 24 bytes on 64-bit Linux:   seconds  microseconds  type  code  value
                                                                     long      long        u16   u16   s32
    type 1 = key; value 1 down, 0 up, 2 repeat      type 0 code 3 = SYN_DROPPED: events were lost

A scan code names a place on the keyboard, not a letter; here it means the letter of a US keyboard, which is how such
readers are delivered. The shift state is tracked from the shift keys themselves. Enter becomes CR, Backspace 08.

Whatever has no letter here (Ctrl, Alt, Caps Lock, function keys, a loss of events) becomes SUB, 1A: a control byte,
for which the whole code is refused. No letter is ever dropped from the middle, because half a pass must never look
like another pass. A key that is held down counts once: repeats (value 2) are the keyboard's own and are ignored.

Layout and numbers: linux/input.h and linux/input-event-codes.h; the event's size and the shift and Enter keys were
measured (DEVICES 6.2), the repeat was not, and no real reader was tried.
"""

from __future__ import annotations

import struct

EVENT = struct.Struct("@llHHi")
SUB = b"\x1a"
ENTER, KEYPAD_ENTER = 28, 96
KEY, SYN, SYN_DROPPED = 1, 0, 3
_SHIFTS = frozenset({42, 54})
_SILENT = frozenset({69})  # Num Lock: some keypads press it before each number

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
_PLAIN = {first + at: letter.encode() for first, plain, _ in _ROWS for at, letter in enumerate(plain)}
_SHIFTED = {first + at: letter.encode() for first, _, shifted in _ROWS for at, letter in enumerate(shifted)}
_NUMBERS = {71 + at: letter.encode() for at, letter in enumerate("789-456+1230.")} | {55: b"*", 98: b"/"}
_EITHER = {**_NUMBERS, 57: b" ", 14: b"\x08", ENTER: b"\r", KEYPAD_ENTER: b"\r"}


class KeyDecoder:
    """Collects events. Feed it what arrives, in pieces of any size; it never raises."""

    def __init__(self) -> None:
        self._rest = b""
        self._shifts: set[int] = set()

    def feed(self, data: bytes) -> bytes:
        """What these events type. At most one byte for each event."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        return b"".join(self._typed(kind, code, value) for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]))

    def _typed(self, kind: int, code: int, value: int) -> bytes:
        if kind == SYN and code == SYN_DROPPED:
            self._shifts.clear()  # which keys are down now is not known
            return SUB
        if kind != KEY:
            return b""
        if code in _SHIFTS:
            (self._shifts.add if value else self._shifts.discard)(code)
            return b""
        if value != 1 or code in _SILENT:
            return b""
        return _EITHER.get(code) or (_SHIFTED if self._shifts else _PLAIN).get(code) or SUB


def strokes(text: str) -> bytes:
    """The events of a keyboard that types `text` and nothing after it: for simulators. Raises ValueError."""
    events = bytearray()
    for letter in text:
        wanted = letter.encode()
        code, shift = _stroke(wanted)
        if shift:
            events += _press(42, 1)
        events += _press(code, 1) + _press(code, 0)
        if shift:
            events += _press(42, 0)
    return bytes(events)


def _stroke(wanted: bytes) -> tuple[int, bool]:
    for table, shift in ((_PLAIN, False), (_SHIFTED, True), ({ENTER: b"\r", 57: b" ", 14: b"\x08"}, False)):
        for code, letter in table.items():
            if letter == wanted:
                return code, shift
    raise ValueError(f"no key types {wanted!r}")


def _press(code: int, value: int) -> bytes:
    return EVENT.pack(0, 0, KEY, code, value) + EVENT.pack(0, 0, SYN, 0, 0)
