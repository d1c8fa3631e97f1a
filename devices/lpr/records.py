"""What the pushes of all families come down to. Pure; a word of a camera that nobody mapped is kept, never guessed at.

A push proves nothing: every field of it can be forged by whoever reaches the port (S15). Who uses it demands a vehicle
on the loop, and never opens for what was recorded while nobody listened (S14).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from devices.ports import PlateRecord
from models.values.plate import normalised

TEXT_MAX = 40
WORD_MAX = 64
PICTURE_MAX = 2 << 20
JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The camera is there. Its password, which some families send along, was not kept."""

    serial: str


@dataclass(frozen=True, slots=True)
class Other:
    """Something else that the family pushes, by its name: an input that changed, bytes from its serial line."""

    serial: str
    what: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No push of this family. `why` is for the journal, and holds none of what was sent."""

    why: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the lane answers. `opens`: the camera's own relay shall open; `board`: bytes for its serial line; `again`:
    the record was answered before, and is not to come once more."""

    opens: bool = False
    board: bytes = field(default=b"", repr=False)
    again: bool = False


NOTHING = Reply()
TWICE = Reply(again=True)
Pushed = PlateRecord | Heartbeat | Other | Unreadable


def plate_text(said: object, none: tuple[str, ...] = ()) -> str:
    """A plate as text, upper case and without gaps; "" where the camera says in its way that it read none."""
    text = said if isinstance(said, str) else ""
    return "" if text.strip() in none else normalised(printable(text, TEXT_MAX))


def word(said: object, most: int = WORD_MAX) -> str:
    """A code or name as the camera wrote it, in one short line."""
    return printable(str(said), most) if isinstance(said, str | int | float) else ""


def printable(text: str, most: int) -> str:
    """One short line. What cannot be printed becomes `?`: left out, it could make another plate of a forged one."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:most])


def whole(said: object) -> int | None:
    """A number that came as a number or as digits; None for everything else."""
    if isinstance(said, bool) or not isinstance(said, int | str):
        return None
    if isinstance(said, int):
        return said if abs(said) < 10**18 else None
    return int(said) if re.fullmatch(r"-?[0-9]{1,18}", said, re.ASCII) else None


def score(said: object) -> float | None:
    """A camera's 0 to 100 as 0 to 1."""
    value = whole(said)
    return value / 100 if value is not None and 0 <= value <= 100 else None


def device_time(seconds: object, micros: object = 0) -> datetime | None:
    """What the camera's clock said, as seconds since 1970; None where it says nothing sensible."""
    since, rest = whole(seconds), whole(micros) or 0
    if since is None or not 0 < since < 1 << 33 or not 0 <= rest < 1_000_000:
        return None
    return datetime.fromtimestamp(since, UTC).replace(microsecond=rest)


def picture(coded: object, url_safe: bool = False) -> bytes:
    """A JPEG that came in base64; b"" for everything else. `url_safe`: with `-`, `_`, `.` in place of `+`, `/`, `=`."""
    if not isinstance(coded, str) or len(coded) > PICTURE_MAX * 4 // 3 + 4:
        return b""
    text = coded.translate(str.maketrans("-_.", "+/=")) if url_safe else coded
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return jpeg(data)


def jpeg(data: bytes) -> bytes:
    """The bytes, where they begin as a JPEG does. Whether it is whole, a decoder will say."""
    return data if data.startswith(JPEG) and len(data) <= PICTURE_MAX else b""
