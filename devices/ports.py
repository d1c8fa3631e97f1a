"""The ports: what the edge may rely on, whatever hardware is behind it.

All calls block; a thread per bus, scanner and camera makes them. Times are `time.monotonic()` seconds, so that a
jump of the wall clock neither ages nor rejuvenates anything (invariant S19).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from devices.display.texts import Text
from devices.errors import DeviceError
from models.values.plate import PlateColour

Pixels = npt.NDArray[np.uint8]
"""Height x width x 3, blue-green-red."""


@runtime_checkable
class RelayBoard(Protocol):
    """Outputs and dry contacts of one board. Channels count from 1. There is no toggle, on purpose."""

    @property
    def outputs(self) -> int:
        """How many relays the board has."""

    @property
    def inputs(self) -> int:
        """How many dry contacts the board has."""

    @property
    def timed(self) -> bool:
        """True: the board itself ends a pulse, so that a dead edge cannot leave a relay on."""

    @property
    def reads_back(self) -> bool:
        """False: the board can be told and never asked. That it was told proves nothing (S12): another input must.

        Such a board stands only where a wrong state is safe, and its `read_outputs` raises Refused.
        """

    def pulse(self, channel: int, ms: int) -> None:
        """Switch on for `ms` milliseconds. A timed board: returns once read-back has confirmed the start.

        A board that is not timed: returns after the pulse, when read-back has confirmed the end.
        Raises DeviceError; ValueError for a channel or a length the board does not have.
        """

    def set(self, channel: int, on: bool) -> None:
        """Switch and keep. Returns once read-back has confirmed it (`reads_back`), or once it was sent.

        Raises as `pulse` does.
        """

    def read_outputs(self) -> tuple[bool, ...]:
        """The relays as the board reports them, channel 1 first."""

    def read_inputs(self) -> tuple[bool, ...]:
        """The dry contacts, channel 1 first; True = circuit closed."""

    def close(self) -> None:
        """Let go of the line. Switches nothing. May be called twice."""


@runtime_checkable
class Watched(Protocol):
    """A RelayBoard behind which something else drives the door, and which hears whether that is still there."""

    def silence(self) -> DeviceError | None:
        """What is wrong there although the contacts can be read; None: nothing. Waits for nothing, raises nothing."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One code as it was presented. `text` is printable ASCII, 1 to 512 characters."""

    text: str
    at: float


class GarbageReason(StrEnum):
    """Why bytes on a scanner's or reader's line are neither code nor card."""

    TOO_LONG = "too_long"
    CONTROL = "control"
    NOT_ASCII = "not_ascii"
    NOT_FRAMED = "not_framed"
    UNFINISHED = "unfinished"
    UNENDED = "unended"
    PARITY = "parity"
    NOT_CARD = "not_card"


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that are no code: counted and shown, never guessed at. The bytes themselves are not kept."""

    reason: GarbageReason
    length: int
    at: float


@runtime_checkable
class Scanner(Protocol):
    """Something that reads codes. The same code within two seconds comes once."""

    def read(self, timeout_s: float) -> Scan | Garbage | None:
        """The next code or garbage; None after `timeout_s` without either. Raises Unreachable."""

    def close(self) -> None:
        """Let go of the line. May be called twice."""


@dataclass(frozen=True, slots=True)
class CardRead:
    """One card held to a reader. The three together name it: 26 and 34 bit readings of one card differ in number.

    `weak`: only an identifier was read, which anybody can copy (Wiegand, plain UID); False where the reader's line is
    sealed and the card proved itself. `facility` is None where the format has none.
    """

    format: str
    facility: int | None
    number: int
    at: float
    weak: bool = True


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One key of a keypad: 0 to 9, `*` or `#`. No repr shows which: a key may belong to a PIN."""

    key: str = field(repr=False)
    at: float


@dataclass(frozen=True, slots=True)
class ReaderTamper:
    """The reader was opened or torn off (`tampered`), or is whole again."""

    tampered: bool
    at: float


ReaderEvent = CardRead | KeyPressed | ReaderTamper | Garbage


class Signal(StrEnum):
    """What a reader shows the person in front of it. Under duress it shows what it always shows (S18)."""

    GRANTED = "granted"
    REFUSED = "refused"
    WAITING = "waiting"
    IDLE = "idle"


@runtime_checkable
class Reader(Protocol):
    """Something that reads cards, keys or both. The same card within two seconds comes once."""

    def read(self, timeout_s: float) -> ReaderEvent | None:
        """The next thing that happened; None after `timeout_s` without one. Raises Unreachable, Refused."""

    def signal(self, signal: Signal) -> None:
        """Light and sound. A reader that has neither ignores it. Raises Unreachable."""

    def close(self) -> None:
        """Let go of the line. May be called twice."""


@runtime_checkable
class Display(Protocol):
    """A board at a lane that shows and speaks one text of a closed list. Whether anybody sees it cannot be known."""

    def show(self, text: Text) -> None:
        """Show and speak it. Raises Unreachable when the line is gone."""

    def close(self) -> None:
        """Let go of the line. May be called twice."""


@dataclass(frozen=True, slots=True)
class PlateRecord:
    """One vehicle as a camera that reads plates says it: its word, which anybody could have forged.

    serial, record: the camera's own number, and its number for this record; together they tell a record sent twice.
    text: upper case without gaps, "" where none was read. The codes are as the camera wrote them; `colour` is mapped.
    score: 0 to 1. taken_at: by the camera's clock. stored: recorded while nobody answered. opened: the camera opened by
    itself, from a list of its own.
    """

    serial: str
    record: str
    text: str
    colour: PlateColour
    colour_code: str
    kind_code: str
    trigger_code: str
    score: float | None
    taken_at: datetime | None
    stored: bool = False
    fake: bool = False
    opened: bool = False
    picture: bytes = field(default=b"", repr=False)
    crop: bytes = field(default=b"", repr=False)


class PushTrouble(StrEnum):
    """Why a push was not taken."""

    STRANGER = "stranger"
    WRONG_PATH = "wrong_path"
    WRONG_SERIAL = "wrong_serial"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    UNREADABLE = "unreadable"
    TWICE = "twice"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class PushRefused:
    """Pushes that were not taken, for one reason and from one address, `count` of them since the last such word."""

    why: PushTrouble
    peer: str
    count: int
    at: float


@dataclass(frozen=True, slots=True, eq=False)
class Push:
    """A record that waits for its answer. `at`: when it had arrived, monotonic."""

    record: PlateRecord
    at: float


@runtime_checkable
class PlateCamera(Protocol):
    """A camera that reads plates itself and pushes them. Each record comes once."""

    def read(self, timeout_s: float) -> Push | PushRefused | None:
        """The next record, or word of what was not taken; None after `timeout_s`. Raises Unreachable: cannot listen."""

    def answer(self, push: Push, opens: bool = False, board: bytes = b"") -> bool:
        """Tell the camera that its record is kept. False: too late, it will send it again.

        `opens` has an effect only where the camera's relay moves the arm (`gate=camera`), never for a stored record.
        `board`: bytes for a lane board at the camera's serial line.
        """

    def silent_s(self) -> float:
        """Seconds since the camera was heard of, a heartbeat being enough; infinity before the first word."""

    def close(self) -> None:
        """Stop listening. May be called twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. `seq` grows by at least one from frame to frame; a gap means frames were skipped."""

    pixels: Pixels
    taken_at: float
    seq: int


@runtime_checkable
class Camera(Protocol):
    """Something that looks. Only ever the newest frame; old ones are skipped, never queued."""

    def read(self, timeout_s: float) -> Frame | None:
        """A frame newer than the last one returned; None after `timeout_s` without one."""

    def age_s(self) -> float:
        """Seconds since the newest frame was taken; infinity before the first."""

    @property
    def error(self) -> DeviceError | None:
        """Why the last `read` had no frame; None where it had one, or where nothing is known."""

    def close(self) -> None:
        """Stop looking. May be called twice."""
