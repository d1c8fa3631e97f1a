"""A recorded conversation with a device: text that can be read, kept as a fixture and replayed. Pure.

    {"capture": 1, "simulated": true, "device": "…", "address": "modbus+serial:///…", "recorded": "2026-11-28"}
    {"ms": 0, "asked": "read_inputs", "given": [], "answered": [true, false]}     a call to the driver, when it ended
    {"ms": 0, "sent": "01 02 00 00 00 08 79 cc"}                                  from the node to the device
    {"ms": 4, "heard": "01 02 01 05 61 8b"}                                       from the device to the node
    {"ms": 9, "dropped": "00"}                                                    came, and was thrown away unread
    {"ms": 9, "heard_bytes": 12}                                                  content withheld: only how much

One JSON object a line; `ms` is monotonic time since the recording began. `simulated` says plainly whether a real
device was at the other end. Nothing is saved that was not redacted: `redact` keeps what boards say (levels and
registers), replaces what scanners say letter by letter, and withholds every family that it does not know.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

LINES_MAX = 100_000
VERSION = 1


class Way(StrEnum):
    """Which way bytes went. DROPPED came in and was thrown away unread by the driver."""

    SENT = "sent"
    HEARD = "heard"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Moved:
    """Bytes on the wire. `withheld`: how many there were, where their content is not kept."""

    ms: int
    way: Way
    data: bytes
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One call to the driver and what came of it: a plain value, or {"error": its type}."""

    ms: int
    call: str
    given: tuple[Any, ...]
    answered: Any


Moment = Moved | Asked


@dataclass(frozen=True, slots=True)
class Capture:
    """A whole recording. `address` holds no secret; `device` is what a person called it."""

    simulated: bool
    device: str
    address: str
    recorded: str
    moments: tuple[Moment, ...]


class Secrecy(StrEnum):
    """What may be kept of a family's bytes."""

    OPEN = "open"  # relay and input boards: levels and registers, nothing about people
    TEXT = "text"  # codes as text: replaced sign by sign
    WITHHELD = "withheld"  # anything else: cards, keys, PINs


class CaptureError(ValueError):
    """A text that is no capture. One line: which line, and what was expected."""


def secrecy_of(scheme: str) -> Secrecy:
    """By the address's scheme. A family that nobody thought about is withheld."""
    family = scheme.partition("+")[0]
    return {"modbus": Secrecy.OPEN, "lcus": Secrecy.OPEN, "scanner": Secrecy.TEXT}.get(family, Secrecy.WITHHELD)


def to_text(capture: Capture) -> str:
    """One line a moment."""
    head = {
        "capture": VERSION,
        "simulated": capture.simulated,
        "device": capture.device,
        "address": capture.address,
        "recorded": capture.recorded,
    }
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (head, *map(_line, capture.moments)))


def _line(moment: Moment) -> dict[str, Any]:
    if isinstance(moment, Asked):
        given = list(moment.given)
        return {"ms": moment.ms, "asked": moment.call, "given": given, "answered": moment.answered}
    if moment.withheld:
        return {"ms": moment.ms, f"{moment.way}_bytes": moment.withheld}
    return {"ms": moment.ms, str(moment.way): moment.data.hex(" ")}


def from_text(text: str) -> Capture:
    """The capture in `text`. Raises CaptureError."""
    lines = text.removesuffix("\n").split("\n")  # other line ends may stand within a word
    if len(lines) > LINES_MAX:
        raise CaptureError(f"more than {LINES_MAX} lines")
    try:
        head, *rest = (json.loads(line) for line in lines)
        if head["capture"] != VERSION:
            raise CaptureError(f"line 1: capture is version {VERSION}, not {head['capture']!r}")
        moments = tuple(_moment(number, each) for number, each in enumerate(rest, 2))
        return Capture(
            bool(head["simulated"]), str(head["device"]), str(head["address"]), str(head["recorded"]), moments
        )
    except CaptureError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CaptureError(f"not a capture: {type(error).__name__} {error}") from error


def _moment(number: int, line: dict[str, Any]) -> Moment:
    ms = int(line["ms"])
    if "asked" in line:
        return Asked(ms, str(line["asked"]), tuple(line["given"]), line["answered"])
    for way in Way:
        if way in line:
            return Moved(ms, way, bytes.fromhex(line[way]))
        if f"{way}_bytes" in line:
            return Moved(ms, way, b"", withheld=int(line[f"{way}_bytes"]))
    raise CaptureError(f"line {number}: names none of sent, heard, dropped, asked")


def redact(moments: Iterable[Moment], secrecy: Secrecy, key: bytes) -> tuple[Moment, ...]:
    """Without what belongs to people. The same code becomes the same other code, for one `key` that nobody keeps."""
    told = tuple(moments)
    match secrecy:
        case Secrecy.OPEN:
            return told
        case Secrecy.WITHHELD:
            return tuple(
                replace(m, data=b"", withheld=m.withheld or len(m.data)) if isinstance(m, Moved) else m for m in told
            )
        case Secrecy.TEXT:
            # A code may be split over several reads: each direction is replaced as one stream and cut up again.
            for ways in ((Way.SENT,), (Way.HEARD, Way.DROPPED)):
                told = _replaced(told, ways, key)
            return told


def _replaced(told: Sequence[Moment], ways: tuple[Way, ...], key: bytes) -> tuple[Moment, ...]:
    stream = pseudonym(b"".join(m.data for m in told if isinstance(m, Moved) and m.way in ways), key)
    out: list[Moment] = []
    at = 0
    for moment in told:
        if isinstance(moment, Moved) and moment.way in ways:
            piece = stream[at : at + len(moment.data)]
            at += len(moment.data)
            moment = replace(moment, data=piece)
        out.append(moment)
    return tuple(out)


_CLASSES = (b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz", bytes(range(0x80, 0x100)))
_CLASS_OF = {sign: signs for signs in _CLASSES for sign in signs}


def pseudonym(data: bytes, key: bytes) -> bytes:
    """Each unbroken run of letters, digits and bytes beyond ASCII becomes another of the same shape.

    Punctuation, spaces and control bytes stay: they are what a framing lives by.
    """
    out = bytearray()
    at = 0
    while at < len(data):
        end = at
        while end < len(data) and data[end] in _CLASS_OF:
            end += 1
        if end == at:
            out.append(data[at])
            at += 1
            continue
        run = data[at:end]
        block = b""
        for index, sign in enumerate(run):
            if index % 32 == 0:
                block = hmac.new(key, run + index.to_bytes(4, "big"), hashlib.sha256).digest()
            signs = _CLASS_OF[sign]
            out.append(signs[block[index % 32] % len(signs)])
        at = end
    return bytes(out)
