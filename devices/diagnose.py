"""What is wrong with a device, from what happened on its wire: pure, and a closed list that somebody puts in words.

    diagnose_board(error, moments, ...)      a relay or input board was asked something
    diagnose_scan(error, seen, heard)        somebody held a code to a scanner, or a card to a reader
    diagnose_picture(error, age_s, ...)      a camera was looked at

Only what the bytes prove is told: the same silence has many causes, and the words name those to try in order.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pymodbus.framer.rtu import FramerRTU

from devices.capture import Moment, Moved, Way
from devices.errors import AddressError, Busy, Garbled, NotConfirmed, NotSetUp, Refused, Unreachable
from devices.ports import Garbage, GarbageReason, KeyPressed

OLD_PICTURE_S = 3.0  # judgement: the age at which DEVICES' watchdog gives a camera up
DARK_LEVEL = 12.0  # mean of 0 to 255, judgement
HELD_KEYS, LET_GO_S = 8, 1.0  # judgement: so many of one key, never so long apart, are no hand at work
FLAT_SPREAD = 4.0  # standard deviation, judgement: a lens cap or a wall at five centimetres


class Finding(StrEnum):
    """What was found. WORKS stands alone, or before what is to be said of a picture or a code."""

    WORKS = "works"
    SILENT = "silent"
    NOT_LISTENING = "not_listening"
    NO_WAY = "no_way"
    BUSY = "busy"
    NO_PERMISSION = "no_permission"
    NO_PORT = "no_port"
    UNPLUGGED = "unplugged"
    BAD_CRC = "bad_crc"
    NOT_ITS_LANGUAGE = "not_its_language"
    ECHO = "echo"
    NO_ECHO = "no_echo"
    OTHER_UNIT = "other_unit"
    OTHER_ANSWER = "other_answer"
    TWO_DEVICES = "two_devices"
    REFUSES = "refuses"
    NOT_SET_UP = "not_set_up"
    NOT_CONFIRMED = "not_confirmed"
    KEY_HELD = "key_held"
    NO_CODE = "no_code"
    NO_END = "no_end"
    TOO_LONG = "too_long"
    NOT_A_CODE = "not_a_code"
    NO_PICTURE = "no_picture"
    OLD_PICTURE = "old_picture"
    DARK = "dark"
    FLAT = "flat"
    ONLY_SENT = "only_sent"
    MOVED = "moved"
    NOT_MOVED = "not_moved"
    NO_PUSH = "no_push"
    PORT_TAKEN = "port_taken"
    TEXT_SENT = "text_sent"
    TEXT_SEEN = "text_seen"
    TEXT_UNSEEN = "text_unseen"
    ADDRESS = "address"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One finding, and the few facts that its words need (a unit, a count, an exception code)."""

    finding: Finding
    facts: Mapping[str, str] = field(default_factory=dict)


WORKS = Diagnosis(Finding.WORKS)
PROVED = frozenset({Finding.WORKS, Finding.MOVED, Finding.TEXT_SEEN})
"""It does what it is for: by its own answers, or because a person saw or heard it."""


def speaks_rtu(scheme: str) -> bool:
    """Whether what passes on the wire of a board with this scheme is Modbus RTU, as `diagnose_board` reads it."""
    return scheme.startswith("modbus+") and scheme != "modbus+tcp"


def diagnose_told(error: BaseException | None, moved: bool | None) -> Diagnosis:
    """Of a board that answers nothing. That a line can be opened and written to proves no board at its end: `moved` is
    what a person saw or heard after an order, None: nobody has said."""
    if error is not None:
        return diagnose_error(error)
    return Diagnosis({None: Finding.ONLY_SENT, True: Finding.MOVED, False: Finding.NOT_MOVED}[moved])


def diagnose_shown(error: BaseException | None, seen: bool | None) -> Diagnosis:
    """Of a board that shows and speaks, and answers nothing. `seen`: what a person saw or heard of a text, None: nobody
    has said."""
    if error is not None:
        return diagnose_error(error)
    return Diagnosis({None: Finding.TEXT_SENT, True: Finding.TEXT_SEEN, False: Finding.TEXT_UNSEEN}[seen])


def diagnose_error(error: BaseException) -> Diagnosis:
    """What the error alone proves."""
    match error:
        case AddressError():
            return Diagnosis(Finding.ADDRESS, {"text": str(error)})
        case Busy():
            return Diagnosis(Finding.BUSY)
        case NotSetUp():
            return Diagnosis(Finding.NOT_SET_UP, {"text": str(error)})
        case Refused():
            return Diagnosis(Finding.REFUSES, {"text": str(error)})
        case NotConfirmed():
            return Diagnosis(Finding.NOT_CONFIRMED, {"text": str(error)})
        case Garbled():
            return Diagnosis(Finding.NOT_ITS_LANGUAGE)
    match _number(error):
        case errno.EACCES | errno.EPERM:
            return Diagnosis(Finding.NO_PERMISSION)
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return Diagnosis(Finding.NO_PORT)
        case errno.EBUSY:
            return Diagnosis(Finding.BUSY)
        case errno.EADDRINUSE:
            return Diagnosis(Finding.PORT_TAKEN)
        case errno.EIO:
            return Diagnosis(Finding.UNPLUGGED)
        case errno.ECONNREFUSED:
            return Diagnosis(Finding.NOT_LISTENING)
        case errno.EHOSTUNREACH | errno.ENETUNREACH:
            return Diagnosis(Finding.NO_WAY)
    if " is gone" in str(error) or "cable is cut" in str(error):
        return Diagnosis(Finding.UNPLUGGED)
    return Diagnosis(Finding.SILENT if isinstance(error, OSError | Unreachable) else Finding.UNKNOWN)


def diagnose_file(error: BaseException, options: Mapping[str, object]) -> Diagnosis | None:
    """Where not the device but a file that its address names cannot be opened: its key, the card that a panel is
    shown. `options`: those of the address."""
    cause: BaseException | None = error
    for _ in range(8):
        name = next((name for name, value in options.items() if value and value == _file_of(cause)), None)
        if name is not None:
            return Diagnosis(Finding.NOT_SET_UP, {"text": str(error), "field": name})
        cause = cause.__cause__ if cause is not None else None
    return None


def _file_of(error: BaseException | None) -> object:
    return error.filename if isinstance(error, OSError) else None


def _number(error: BaseException | None) -> int | None:
    """The operating system's word, wherever in the chain of causes it stands."""
    for _ in range(8):
        if error is None:
            return None
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__cause__
    return None


def diagnose_board(
    error: BaseException | None, moments: Sequence[Moment], *, unit: int, echo: bool
) -> tuple[Diagnosis, ...]:
    """From everything that passed between node and board. `unit` and `echo` as the address says."""
    found: list[Diagnosis] = []
    wire = [m for m in moments if isinstance(m, Moved)]
    asked = [_Exchange(request, reply) for request, reply in _exchanges(wire)]
    if any(each.echoed for each in asked) and not echo:
        found.append(Diagnosis(Finding.ECHO))
    if echo and asked and not any(each.echoed for each in asked):
        found.append(Diagnosis(Finding.NO_ECHO))
    for each in asked:
        others = sorted({frame.unit for frame in each.frames} - {unit})
        if others:
            found.append(Diagnosis(Finding.OTHER_UNIT, {"unit": ", ".join(map(str, others))}))
        if len([frame for frame in each.frames if frame.unit == unit]) > 1 or (others and each.answers(unit)):
            found.append(Diagnosis(Finding.TWO_DEVICES))
        if error is not None and not others and not each.answers(unit):
            if each.frames:
                found.append(Diagnosis(Finding.OTHER_ANSWER))
            elif each.damaged(unit):
                found.append(Diagnosis(Finding.BAD_CRC))
            elif each.answer:
                found.append(Diagnosis(Finding.NOT_ITS_LANGUAGE, {"bytes": str(len(each.answer))}))
            elif each.echoed:  # the driver saw bytes; none of them were the board's
                found.insert(0, Diagnosis(Finding.SILENT))
    if error is not None:
        told = diagnose_error(error)
        if told.finding not in (Finding.NOT_ITS_LANGUAGE, Finding.UNKNOWN) or not found:
            silent_but_heard = told.finding is Finding.SILENT and any(each.answer for each in asked)
            if not silent_but_heard:
                found.insert(0, told)
    # An answer behind an echo, or beside another's, says nothing of the next: that is not "works".
    return _once(found) or (WORKS,)


def _once(found: Iterable[Diagnosis]) -> tuple[Diagnosis, ...]:
    """Each finding once, the first of its kind, in order."""
    kept: dict[Finding, Diagnosis] = {}
    for each in found:
        kept.setdefault(each.finding, each)
    return tuple(kept.values())


def _exchanges(wire: Sequence[Moved]) -> Iterator[tuple[bytes, bytes]]:
    """Each question with all that came before the next one, read or thrown away."""
    question, reply = b"", b""
    for moved in wire:
        if moved.way is Way.SENT:
            if question:
                yield question, reply
            question, reply = moved.data, b""
        else:
            reply += moved.data
    if question:
        yield question, reply


@dataclass(frozen=True, slots=True)
class _Frame:
    unit: int
    function: int


class _Exchange:
    """One Modbus RTU question and what came back."""

    def __init__(self, request: bytes, reply: bytes) -> None:
        self.request = request
        # A write is answered by repeating it: only twice is then an echo.
        write = len(request) > 1 and request[1] in (5, 6)
        self.echoed = len(request) >= 4 and reply.startswith(request * 2 if write else request)
        self.answer = reply[len(request) :] if self.echoed else reply
        self.frames = tuple(_sound_frames(self.answer))

    def answers(self, unit: int) -> bool:
        """A sound frame of this unit, for the function that was asked."""
        function = self.request[1] if len(self.request) > 1 else 0
        return any(f.unit == unit and f.function & 0x7F == function for f in self.frames)

    def damaged(self, unit: int) -> bool:
        """It begins as the answer should, and its check sum is wrong."""
        start = self.answer.find(self.request[:2]) if len(self.request) > 1 else -1
        return start >= 0 and self.request[0] == unit and len(self.answer) - start >= 5


def _sound_frames(data: bytes) -> Iterator[_Frame]:
    """Answers with a right check sum, one behind the other, noise between them skipped."""
    at = 0
    while at + 5 <= len(data):
        for length in _lengths(data[at:]):
            frame = data[at : at + length]
            if len(frame) == length and FramerRTU.compute_CRC(frame[:-2]) == int.from_bytes(frame[-2:], "big"):
                yield _Frame(frame[0], frame[1])
                at += length
                break
        else:
            at += 1


def _lengths(data: bytes) -> tuple[int, ...]:
    """How long an answer that begins so would be."""
    function = data[1]
    if function & 0x80:
        return (5,)
    if function in (1, 2, 3, 4):
        return (5 + data[2],)
    return (8,) if function in (5, 6, 15, 16) else ()


_GARBAGE = {
    GarbageReason.TOO_LONG: Finding.TOO_LONG,
    GarbageReason.CONTROL: Finding.NOT_A_CODE,
    GarbageReason.NOT_ASCII: Finding.NOT_ITS_LANGUAGE,
    GarbageReason.NOT_FRAMED: Finding.NOT_A_CODE,
    GarbageReason.UNFINISHED: Finding.NO_END,
    GarbageReason.UNENDED: Finding.NO_END,
    GarbageReason.PARITY: Finding.NOT_ITS_LANGUAGE,
    GarbageReason.NOT_CARD: Finding.NOT_A_CODE,
}


def diagnose_scan(
    error: BaseException | None, seen: Sequence[object], heard: int, now: float | None = None, line: bytes = b""
) -> tuple[Diagnosis, ...]:
    """`seen`: what the port returned, scans and garbage; `heard`: how many bytes came on the line; `now`: in the same
    seconds as what was seen, without which no key is called held down; `line`: the last of those bytes."""
    ended = {"ended": heard_end(line)} if line else {}
    found = [_of_garbage(each, ended) for each in seen if isinstance(each, Garbage)]
    if error is not None:
        return _once([diagnose_error(error), *found])
    if now is not None and _key_is_held(seen, now):
        return (Diagnosis(Finding.KEY_HELD),)
    if any(not isinstance(each, Garbage) for each in seen):
        return (WORKS, *_once(found))
    if found:
        return _once(found)
    return (Diagnosis(Finding.NO_END, {"bytes": str(heard)} | ended) if heard else Diagnosis(Finding.NO_CODE),)


def heard_end(line: bytes) -> str:
    """What ended most codes of a line, in the word of a scanner's address; "idle": nothing did."""
    both = line.count(b"\r\n")
    counts = {"crlf": both, "cr": line.count(b"\r") - both, "lf": line.count(b"\n") - both}
    most = max(counts, key=lambda end: counts[end])
    return most if counts[most] else "idle"


def _key_is_held(seen: Sequence[object], now: float) -> bool:
    keys = [each for each in seen[-HELD_KEYS:] if isinstance(each, KeyPressed)]
    ends = [*(each.at for each in keys[1:]), now]
    return (
        len(keys) == HELD_KEYS
        and len({each.key for each in keys}) == 1
        and all(end - each.at < LET_GO_S for each, end in zip(keys, ends, strict=True))
    )


def _of_garbage(garbage: Garbage, ended: Mapping[str, str]) -> Diagnosis:
    return Diagnosis(_GARBAGE[garbage.reason], {"bytes": str(garbage.length), **ended})


def diagnose_picture(
    error: BaseException | None, age_s: float | None, mean: float = 128.0, spread: float = 64.0
) -> tuple[Diagnosis, ...]:
    """`age_s` of the newest picture, None where none came; `mean` and `spread` of its brightness, 0 to 255.

    `error`: the camera's own word for why none comes, which says more than its kind; it names no password.
    """
    if error is not None:
        told = diagnose_error(error)
        plugged = told.finding in (Finding.BUSY, Finding.NO_PERMISSION, Finding.NO_PORT, Finding.ADDRESS)
        return (told if plugged else Diagnosis(Finding.NO_PICTURE, {"text": str(error)}),)
    if age_s is None:
        return (Diagnosis(Finding.NO_PICTURE),)
    if age_s > OLD_PICTURE_S:
        return (Diagnosis(Finding.OLD_PICTURE, {"age": f"{age_s:.0f}"}),)
    if mean < DARK_LEVEL:
        return (WORKS, Diagnosis(Finding.DARK))
    return (WORKS, Diagnosis(Finding.FLAT)) if spread < FLAT_SPREAD else (WORKS,)
