"""A charge by contract (无感支付), pure: a channel takes a fee off an account that its holder has bound to a plate.

    looking ──a contract is open──▶ wanted ──accepted──▶ accepted ──success──▶ paid
       │                              │  ▲                  │
       └──no contract──▶ none         │  └─no answer: the   └──failed──▶ failed
                                      │    same once more
                                      ├──refused──▶ refused            none, refused, failed: the fee stands as ever
                                      └──the car waits no more──▶ unsure: it is asked about, never charged again

One number serves one stay, whatever is heard and in whatever order: only `wanted` charges, and what has left it never
comes back to it. A success counts whenever it comes, once; a late one meets what else was paid for the stay, and what
is too much goes back as any other payment that is.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

WAITED_MAX = timedelta(seconds=45)
"""For so long after it came to the exit a car is taken to stand there still, and is charged."""
AGAIN_AFTER = timedelta(seconds=5)


class Contract(StrEnum):
    """What a channel says of a plate. UNKNOWN: it did not answer. BLOCKED: there is one, which pays nothing now."""

    OPEN = "open"
    NONE = "none"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class Charge(StrEnum):
    LOOKING = "looking"
    NONE = "none"
    WANTED = "wanted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNSURE = "unsure"
    PAID = "paid"
    FAILED = "failed"


LIVE = frozenset({Charge.LOOKING, Charge.WANTED, Charge.ACCEPTED, Charge.UNSURE})
"""Something is still to be asked of these."""
OPEN_ORDER = frozenset({Charge.WANTED, Charge.ACCEPTED, Charge.UNSURE})


class Heard(StrEnum):
    """HAS_CONTRACT, NO_CONTRACT: of a plate. TIME_OVER: the car waits no more, or the channel was asked for days."""

    HAS_CONTRACT = "has_contract"
    NO_CONTRACT = "no_contract"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    AWAY = "away"
    SUCCESS = "success"
    FAILED = "failed"
    TIME_OVER = "time_over"


class Then(StrEnum):
    """What follows. LIFT: gates take the fee for paid. STANDS: they no longer do. BOOK: the money counts."""

    LIFT = "lift"
    STANDS = "stands"
    BOOK = "book"


class Stepped(NamedTuple):
    state: Charge
    then: tuple[Then, ...] = ()


def step(state: Charge, heard: Heard) -> Stepped:
    """The charge after a word, and what follows of it. The same word again changes nothing."""
    match state, heard:
        case Charge.PAID, _:
            return Stepped(state)
        case ((Charge.LOOKING | Charge.NONE), Heard.SUCCESS):
            return Stepped(state)  # nothing was charged: whatever that is, it is none of this
        case _, Heard.SUCCESS:
            return Stepped(Charge.PAID, (Then.BOOK,))
        case Charge.LOOKING, Heard.HAS_CONTRACT:
            return Stepped(Charge.WANTED)
        case Charge.LOOKING, Heard.NO_CONTRACT | Heard.TIME_OVER:
            return Stepped(Charge.NONE)
        case ((Charge.WANTED | Charge.UNSURE), Heard.ACCEPTED):
            return Stepped(Charge.ACCEPTED, (Then.LIFT,))
        case Charge.WANTED, Heard.REFUSED:
            return Stepped(Charge.REFUSED)
        case Charge.WANTED, Heard.TIME_OVER:
            return Stepped(Charge.UNSURE)
        case ((Charge.WANTED | Charge.UNSURE), Heard.FAILED):
            return Stepped(Charge.FAILED)
        case Charge.UNSURE, Heard.REFUSED | Heard.TIME_OVER:
            return Stepped(Charge.FAILED)
        case Charge.ACCEPTED, Heard.FAILED | Heard.TIME_OVER:
            return Stepped(Charge.FAILED, (Then.STANDS,))
        case _:
            return Stepped(state)


def first_open(said: dict[str, Contract]) -> tuple[str, Heard | None]:
    """Which channel charges, and what was heard of the plate: the first that has an open contract. None: one that did
    not answer may have one, so that it is asked again."""
    for name in sorted(said):
        if said[name] is Contract.OPEN:
            return name, Heard.HAS_CONTRACT
    return "", None if Contract.UNKNOWN in said.values() else Heard.NO_CONTRACT
