"""What an intercom, or the exchange it calls through, says of its calls. Pure.

    POST /intercom/CODE?event=begin&call=ID          somebody rings
    POST /intercom/CODE?call=ID&answered=WHO         whoever answered asks for the door; both may be left out
    POST /intercom/CODE?event=answer&call=ID&answered=WHO    the call was answered; answered may be left out
    POST /intercom/CODE?event=end&call=ID            they hung up

Central is told of each (`what_is_told`): who watches the lanes sees that somebody rings, and who answered. The proof
of a request covers its whole path (`digest.py`), so that neither can be changed on the way. Both stand in the
record of the opening. WHO is a unit, a post or an extension: no name is asked for, and PHONE_DIGITS digits or more are
taken for a telephone's number and not accepted. Where the site file says `calls = true`, a door is asked for in a call
that was begun and has not ended, or not at all; one that nobody ended is over after CALL_S.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import parse_qsl
from uuid import UUID

from models.values.ids import new_id
from models.wire.events import CallWhat

CALL_S = 300.0
PHONE_DIGITS = 7

_CALL = re.compile(r"[A-Za-z0-9._@:+-]{1,64}")
_WHO = re.compile(r"[A-Za-z0-9._-]{1,24}")


class Event(StrEnum):
    """What is said; OPEN needs no word."""

    OPEN = "open"
    BEGIN = "begin"
    ANSWER = "answer"
    END = "end"


@dataclass(frozen=True, slots=True)
class Said:
    """One request, before anybody has looked whether it may be made. `answered`: who answered the call."""

    lane: str
    event: Event = Event.OPEN
    call: str | None = None
    answered: str | None = field(default=None, repr=False)

    @property
    def detail(self) -> dict[str, str]:
        """The same for the record of the decision."""
        told = {"call": self.call, "answered_by": self.answered}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Call:
    """A call in progress, since when in monotonic seconds. `call_id`: under which it is told."""

    name: str
    since: float
    call_id: UUID = field(default_factory=new_id, compare=False)


def read(uri: str) -> Said | None:
    """What a path says; None for one that is not written as above, to the letter."""
    path, _, query = uri.partition("?")
    lane = path.removeprefix("/intercom/")
    if path == lane:
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=3) if query else []
    except ValueError:
        return None
    told = dict(pairs)
    if len(told) != len(pairs) or not told.keys() <= {"event", "call", "answered"}:
        return None
    event, call, answered = told.get("event", Event.OPEN), told.get("call"), told.get("answered")
    if event not in set(Event) or (call is not None and not _CALL.fullmatch(call)):
        return None
    if answered is not None and (
        not _WHO.fullmatch(answered) or sum(sign.isdigit() for sign in answered) >= PHONE_DIGITS
    ):
        return None
    if event != Event.OPEN and call is None:
        return None
    if answered is not None and event not in (Event.OPEN, Event.ANSWER):
        return None
    return Said(lane, Event(event), call, answered)


def after(call: Call | None, said: Said, now: float) -> Call | None:
    """The call in progress once this was said: a new one takes the place of one that nobody ended."""
    match said.event:
        case Event.BEGIN:
            rings_on = call is not None and in_progress(call, said, now)
            return replace(call, since=now) if call is not None and rings_on else Call(said.call or "", now)
        case Event.END:
            return None if call is None or call.name == said.call else call
        case _:
            return call


def what_is_told(before: Call | None, call: Call | None, said: Said, now: float) -> tuple[tuple[Call, CallWhat], ...]:
    """What of it central is told, of which call. `before`, `call`: in progress until this was said, and since."""
    if (call and call.call_id) != (before and before.call_id):
        over: tuple[tuple[Call, CallWhat], ...] = ((before, "ended"),) if before is not None else ()
        return (*over, (call, "began")) if call is not None else over
    answers = said.event is Event.ANSWER or (said.event is Event.OPEN and said.answered is not None)
    return ((call, "answered"),) if call is not None and answers and in_progress(call, said, now) else ()


def in_progress(call: Call | None, said: Said, now: float) -> bool:
    """Whether the door is asked for in the call that is in progress."""
    return call is not None and call.name == said.call and now - call.since < CALL_S
