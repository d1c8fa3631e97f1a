"""Orders and what channels say of them, pure.

    open ──paid──▶ paid          void, expired ──paid after all──▶ paid, unless another order of its subject was
      │                                                            paid since: then the money goes back
      ├──the fee grew, or cash was taken──▶ void                   paid ──paid again──▶ paid: the money goes back
      └──its time is over──▶ expired

What an order asks never changes: who owes more by now is asked by a new one.

What goes back goes by the channel it came by, under a number that stays the same however often it is asked:

    requested ──now it is asked──▶ sent ──the channel says so──▶ done        sent: the channel may have it already,
        ▲  │                        │ │                                      so that it is asked of again, never dropped
        │  └─owed no more─▶ dropped │ └──refused, another amount, or no such channel for days──▶ failed
        │                           │                                     failed ──a person: once more──▶ requested
        └────────not now────────────┘                                     failed ──given by other means──▶ dropped

A channel that has one for days and says no end of it is asked about it for as long as it takes, and a person is told:
who has looked at the channel's own page asks once more, takes it out of its hands (failed), or gives it (dropped).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

ORDER_LIFE = timedelta(minutes=5)
"""For so long what is asked stands, as long as WeChat's own address of a payment is good for."""
FRESH = timedelta(minutes=5)
"""A signed word that is older, or from later, is not listened to: it may have been kept to be sent again."""
NUMBER_MAX = 64
CASH = "cash"
BY_CONTRACT = "stay_contract"
"""The kind of subject of an order that a channel charges by a contract of the plate (contracts.py)."""
ASKED_AFTER = timedelta(minutes=2)
"""A notice comes within seconds. An order that nobody has spoken of for so long is asked about."""
GIVEN_UP = timedelta(days=3)
"""For so long after an order's end a channel that does not answer is asked: nothing can be paid for it by then."""
PAUSE_FIRST, PAUSE_MOST = timedelta(minutes=1), timedelta(hours=6)
SILENT_AFTER = timedelta(days=2)
"""A channel gives back within hours. Who looks at its own page after so long finds what became of it."""
REFUNDED = "payment.refunded"
"""The news that money went back, by its channel or by hand: {"community_id", "subject_ids"}."""
TRIES_MAX = 40
"""Some nine days of asking. Then a person is to look at it."""


class OrderState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    EXPIRED = "expired"


class Seen(StrEnum):
    """What happens to an order. PAID_SINCE: as PAID, and another order of its subject was paid since it was asked."""

    PAID = "paid"
    PAID_SINCE = "paid_since"
    REPLACED = "replaced"
    TIME_OVER = "time_over"


class Verdict(StrEnum):
    """What became of a channel's word. The first two count; of the next two the money goes back."""

    TAKEN = "taken"
    LATE = "late"
    SECOND = "second"
    WRONG_AMOUNT = "wrong_amount"
    DUPLICATE = "duplicate"
    NO_ORDER = "no_order"
    CONTRADICTS = "contradicts"


COUNTS = frozenset({Verdict.TAKEN, Verdict.LATE})
GOES_BACK = frozenset({Verdict.SECOND, Verdict.WRONG_AMOUNT})


class Unfit(StrEnum):
    """Why a channel's word was not listened to."""

    UNREADABLE = "unreadable"
    UNKNOWN_KEY = "unknown_key"
    STALE = "stale"
    FORGED = "forged"
    OTHER_MERCHANT = "other_merchant"
    NOT_PAID = "not_paid"


class Standing(StrEnum):
    """What a channel answers of an order that is not paid. UNKNOWN: it has none of this number, or none yet."""

    UNPAID = "unpaid"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class RefundState(StrEnum):
    REQUESTED = "requested"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"


LIVE = frozenset({RefundState.REQUESTED, RefundState.SENT})


class Said(StrEnum):
    """What a channel answers of a refund. ACCEPTED: it is under way; LATER: not accepted, asking again may help."""

    ACCEPTED = "accepted"
    DONE = "done"
    LATER = "later"
    REFUSED = "refused"
    AWAY = "away"
    CONTRADICTS = "contradicts"
    NO_CHANNEL = "no_channel"
    WITHDRAWN = "withdrawn"
    """Nobody's answer: a person found that the channel does not have it."""


class Notice(NamedTuple):
    """A channel's word that an order was paid, once its signature was found right. `number`: the channel's own."""

    number: str
    order_number: str
    amount_fen: int
    paid_at: datetime


class Failed(NamedTuple):
    """A channel's word, rightly signed, that a charge by contract did not go through."""

    order_number: str


class Part(NamedTuple):
    """What an order pays for: a subject, and the account in the ledger that is credited."""

    subject_id: UUID
    community_id: UUID
    account_kind: str
    account_ref: str
    fen: int

    def stored(self) -> dict[str, object]:
        return {
            "subject_id": str(self.subject_id), "community_id": str(self.community_id), "kind": self.account_kind,
            "ref": self.account_ref, "fen": self.fen,
        }  # fmt: skip


def step(state: OrderState, seen: Seen) -> tuple[OrderState, Verdict | None]:
    """The order afterwards, and what becomes of the money where some came."""
    match state, seen:
        case OrderState.OPEN, Seen.PAID | Seen.PAID_SINCE:
            return OrderState.PAID, Verdict.TAKEN
        case OrderState.OPEN, Seen.REPLACED:
            return OrderState.VOID, None
        case OrderState.OPEN, Seen.TIME_OVER:
            return OrderState.EXPIRED, None
        case ((OrderState.VOID | OrderState.EXPIRED), Seen.PAID):
            return OrderState.PAID, Verdict.LATE
        case _, Seen.PAID | Seen.PAID_SINCE:
            return state, Verdict.SECOND
        case _:
            return state, None


def refund_step(state: RefundState, said: Said, tries: int) -> RefundState:
    """The refund after an answer, the `tries`-th. What may have been accepted is never taken for refused by silence;
    but where its channel is no more nobody will ever answer, and a person is to find out what it did."""
    if state is not RefundState.SENT:
        return state
    match said:
        case Said.DONE:
            return RefundState.DONE
        case Said.REFUSED | Said.CONTRADICTS:
            return RefundState.FAILED
        case Said.LATER:
            return RefundState.REQUESTED if tries < TRIES_MAX else RefundState.FAILED
        case Said.NO_CHANNEL:
            return state if tries < TRIES_MAX else RefundState.FAILED
        case _:
            return state


def is_silent(state: RefundState, sent_at: datetime, now: datetime) -> bool:
    """Whether a channel has had it for so long that a person is to find out what it did."""
    return state is RefundState.SENT and now - sent_at >= SILENT_AFTER


def ways_back(due_fen: int, came: Sequence[tuple[UUID, int]]) -> list[tuple[UUID, int]]:
    """By which payments so much goes back: the last that came first, none with more than it has left. What remains came
    in cash, or was never ours to send."""
    found = []
    for payment_id, left in reversed(came):
        fen = min(due_fen, left)
        if fen > 0:
            found.append((payment_id, fen))
            due_fen -= fen
    return found


def pause(tries: int) -> timedelta:
    """Until it is asked again: twice as long each time."""
    return min(PAUSE_FIRST * 2 ** min(tries, 20), PAUSE_MOST)


def is_fresh(said_at: datetime, now: datetime, within: timedelta = FRESH) -> bool:
    return abs(now - said_at) <= within


def as_yuan(fen: int) -> str:
    """12.00 of 1200, as Alipay writes it."""
    return f"{fen // 100}.{fen % 100:02d}"


def fen_of_yuan(text: str) -> int | None:
    """1200 of "12.00"; None of what is no sum."""
    yuan, _, rest = text.partition(".")
    if not (yuan.isascii() and yuan.isdigit() and len(yuan) <= 9 and len(rest) <= 2 and (not rest or rest.isdigit())):
        return None
    return int(yuan) * 100 + int(rest.ljust(2, "0"))
