"""When an order to destroy face data stands, for which node, and what a count of faces means. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

TEMPLATE = "face_template"
"""The kind of mail that a sealed template is."""

KEPT_AFTER_ALL = timedelta(days=30)
"""How long gates are still told after all have confirmed: for a node that comes back with an old disk."""

WARNINGS = (80_000, 95_000)
FILING = 100_000
FILING_DAYS = 30
"""Storing 100,000 people's faces has to be filed within 30 working days (PRIV-11)."""


class PieceState(StrEnum):
    """waiting -> taken | refused | lost: the node's word, LOST where it could not open it and is sent another;
    waiting -> replaced by a newer one of the same maker; OVER: its person withdrew, or agrees at that gate no more, or
    its maker counts no more."""

    WAITING = "waiting"
    TAKEN = "taken"
    REFUSED = "refused"
    LOST = "lost"
    REPLACED = "replaced"
    OVER = "over"


LIVE = frozenset({PieceState.WAITING, PieceState.TAKEN})
"""Of which a node may say that it has it, where it does not say which."""


class Why(StrEnum):
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    MOVED_OUT = "moved_out"
    NO_CONSENT = "no_consent"
    NARROWED = "narrowed"
    """A newer consent is for other gates: it goes at those that were left out, and stays where it still counts."""


@dataclass(frozen=True, slots=True)
class Order:
    """`overtaken_at`: when the person has consented anew since."""

    overtaken_at: datetime | None
    settled_at: datetime | None


def is_told(order: Order, *, confirmed: bool, now: datetime) -> bool:
    """Whether a node is told of the newest order about somebody; `confirmed`: by this node.

    After a new consent only a node that still owes the erasure is told, and until it confirms it is told of no
    consent: what it holds was made under the old one, and what it would then destroy must not be the new one.
    """
    if order.overtaken_at is not None:
        return not confirmed
    return order.settled_at is None or now < order.settled_at + KEPT_AFTER_ALL


def is_told_of_an_old_disk(order: Order, *, confirmed: bool, now: datetime) -> bool:
    """Whether a node that confirmed the newest order about somebody is told of it besides the new consent, so that a
    disk from before it destroys what was made under the old one."""
    if order.overtaken_at is None or not confirmed:
        return False
    return order.settled_at is None or now < max(order.settled_at, order.overtaken_at) + KEPT_AFTER_ALL


def is_earlier_order(
    ordered_at: datetime, settled_at: datetime | None, *, given_at: datetime | None, withdrawn_at: datetime | None
) -> bool:
    """Whether an order is of a time before: given before the newest consent, or settled before that was taken back. It
    says nothing of what is to be destroyed now. `given_at`, `withdrawn_at`: of the newest consent."""
    before_withdrawal = withdrawn_at is not None and settled_at is not None and settled_at < withdrawn_at
    return before_withdrawal or (given_at is not None and ordered_at < given_at)


def is_earlier_receipt(order_id: UUID | None, at: datetime, *, current: UUID | None, since: datetime | None) -> bool:
    """Whether a receipt is of a time before. `current`: the order that holds now; `since`: when the newest consent was
    taken back, or given where it was not, by which a receipt without an order is judged."""
    return order_id != current if order_id is not None else since is not None and at < since


def reached(faces: int) -> int:
    """The highest mark that a count has reached; 0 below the first."""
    return max((mark for mark in (*WARNINGS, FILING) if faces >= mark), default=0)


def working_day_after(day: date, count: int, holidays: Collection[date]) -> date:
    """The `count`th day after `day` that is neither weekend nor holiday. Weekends worked in exchange for a holiday
    are not known here; they would only bring the date forward by as many days as they are."""
    while count:
        day += timedelta(days=1)
        if day.isoweekday() <= 5 and day not in holidays:
            count -= 1
    return day


def stored_now(
    receipts: Iterable[tuple[UUID, UUID, int, str]], words: Collection[str] = ("stored",)
) -> set[tuple[UUID, UUID]]:
    """(node, cardholder) pairs whose last word, by sequence number, is one of these: that a template is stored."""
    last: dict[tuple[UUID, UUID], tuple[int, str]] = {}
    for node, cardholder, seq, what in receipts:
        last[node, cardholder] = max(last.get((node, cardholder), (0, "")), (seq, what))
    return {pair for pair, (_, what) in last.items() if what in words}
