"""Who is inside, as one gate knows it: what central has told, and what the gate saw itself since. Pure.

Central's word counts up to the line of the gate's journal that it had heard; what the journal said later comes on top,
in its order. So a gate prices alone while central is away, and nothing counts twice when it is back: an entry that
central has told already changes nothing, and an exit ends no stay that began after it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from models.parking.bookings import Inside
from models.parking.earlier import LOOKED_BACK, before
from models.wire.stays import EndedStay, LotTold, Owed, StaysTold, ToldStay


class Told(NamedTuple):
    """What central has told by now. heard_seq: up to which line of the gate's journal it had heard then."""

    number: int = 0
    heard_seq: int = 0
    stays: Mapping[UUID, ToldStay] = {}  # replaced, never changed
    owed: Mapping[UUID, Owed] = {}
    denied: Mapping[UUID, Owed] = {}
    lot: LotTold | None = None
    ended: Mapping[UUID, EndedStay] = {}

    def after(self, news: StaysTold) -> "Told":
        """With one more telling, which `judge_stays` has let through."""
        told: tuple[ToldStay | Owed, ...] = (*news.stays, *news.owed, *news.denied)
        named = {one.plate for one in told}
        changed = {one.stay_id for one in (*told, *news.ended)} | news.gone

        def still(debts: Mapping[UUID, Owed]) -> dict[UUID, Owed]:
            left = debts.items() if news.after else ()
            return {key: one for key, one in left if key not in changed and one.plate not in named}

        before = {key: one for key, one in self.stays.items() if news.after and key not in changed}
        return Told(
            news.number, news.heard_seq, before | {one.stay_id: one for one in news.stays},
            still(self.owed) | {one.stay_id: one for one in news.owed},
            still(self.denied) | {one.stay_id: one for one in news.denied}, news.lot,
            _lately({key: one for key, one in self.ended.items() if news.after and key not in changed}, news.ended),
        )  # fmt: skip

    def owed_on(self, plate: str) -> int:
        """Fen."""
        return _sum_of(self.owed, plate)

    def denied_on(self, plate: str) -> int:
        """Fen of debts that somebody denies, and nobody has looked at."""
        return _sum_of(self.denied, plate)

    def owed_since(self, plate: str) -> datetime | None:
        """Since when it owes what it owes longest; None where nobody told."""
        return _since_of(self.owed, plate)

    def denied_since(self, plate: str) -> datetime | None:
        return _since_of(self.denied, plate)


def _lately(kept: Mapping[UUID, EndedStay], news: Sequence[EndedStay]) -> dict[UUID, EndedStay]:
    """Those that a car which comes now can be priced by: within a day before the one that left last."""
    found = {**kept, **{one.stay_id: one for one in news}}
    last = max((one.left_at for one in found.values()), default=None)
    return {key: one for key, one in found.items() if last is None or last - one.left_at <= LOOKED_BACK}


def _sum_of(debts: Mapping[UUID, Owed], plate: str) -> int:
    return sum(one.fen for one in debts.values() if one.plate == plate)


def _since_of(debts: Mapping[UUID, Owed], plate: str) -> datetime | None:
    since = (one.since for one in debts.values() if one.plate == plate)
    return min((one for one in since if one is not None), default=None)


class DroveIn(NamedTuple):
    """seq: the line of the journal."""

    seq: int
    stay: ToldStay


class DroveOut(NamedTuple):
    """owed: fen that it was let out without paying, while central was away. ended: its stay, as the next one of its
    plate is priced by it; None where nothing was charged, or no tariff asks."""

    seq: int
    plate: str
    at: datetime
    owed: int = 0
    ended: EndedStay | None = None


Own = DroveIn | DroveOut


class Left(NamedTuple):
    """A stay that the gate saw end, and of which central has not told yet that it did."""

    stay: ToldStay
    at: datetime


class Cars(NamedTuple):
    """left: for how long they stood on a bay counts for the others of that bay (`bays.py`)."""

    inside: Mapping[str, ToldStay] = {}  # by the plate's text; replaced, never changed
    left: tuple[Left, ...] = ()

    def stays_of(self, plate: str) -> list[Inside]:
        """Those of this plate, here and gone, of which the gate knows."""
        here = self.inside.get(plate)
        gone = [Inside(one.stay.entered_at, one.at) for one in self.left if one.stay.plate == plate]
        return gone if here is None else [*gone, Inside(here.entered_at)]

    def after(self, fact: Own) -> "Cars":
        """One more fact of the gate's own."""
        found = dict(self.inside)
        left = _take(found, fact)
        return Cars(found, self.left if left is None else (*self.left, left))


def cars(told: Iterable[ToldStay], own: Sequence[Own], heard_seq: int) -> Cars:
    """own: in the order of the journal."""
    found = {one.plate: one for one in sorted(told, key=lambda one: one.entered_at)}
    taken = [_take(found, fact) for fact in own if fact.seq > heard_seq]
    return Cars(found, tuple(one for one in taken if one is not None))


def places_since(lot: LotTold, own: Iterable[Own], heard_seq: int, own_place: Callable[[Own], bool]) -> LotTold:
    """How many places are free by central's word and what this gate saw since. own_place: whether a coming takes, or a
    going frees, one of its owners' own (`second_car.own_place`), as long as there are any left."""
    free, left = lot.free, lot.own
    for fact in own:
        if fact.seq <= heard_seq:
            continue
        comes = isinstance(fact, DroveIn)
        if own_place(fact) and (left > 0 or not comes):
            left += -1 if comes else 1
        else:
            free = max(0, free - 1) if comes else free + 1
    return lot.model_copy(update={"free": free, "own": left})


def kept_since(lot: LotTold, kept: Collection[UUID]) -> LotTold:
    """With the places that are kept for bookings now (`kept`, by this gate's clock and what it saw) instead of those
    that were as central spoke."""
    now = frozenset(kept)
    free = lot.free - lot.short + len(lot.booked - now) - len(now - lot.booked)
    return lot.model_copy(update={"free": max(0, free), "short": max(0, -free), "booked": now})


def places_left(lot: LotTold) -> int:
    """For how many more cars there is a place; 0: the lot is full, which it may be with some left (PARK-20)."""
    return max(0, lot.free - lot.full_at)


def owed_since(own: Iterable[Own], plate: str) -> int:
    """Fen that a plate left owing by the gate's own word, on top of what central told."""
    return sum(one.owed for one in own if isinstance(one, DroveOut) and one.plate == plate)


def ended_before(told: Told, own: Iterable[Own], plate: str, entered: datetime) -> tuple[EndedStay, ...]:
    """Stays of this plate that ended before one which begins now: by central's word, and what the gate saw since."""
    mine = [one.ended for one in own if isinstance(one, DroveOut) and one.ended is not None]
    known = {one.stay_id: one for one in (*told.ended.values(), *mine) if one.plate == plate}
    return before(known.values(), entered)


def _take(found: dict[str, ToldStay], fact: Own) -> Left | None:
    """The stay that it ends. Who comes in again left unseen, nobody knows when: it took nobody's bay, as central has
    it."""
    match fact:
        case DroveIn(_, stay):
            there = found.get(stay.plate)
            if there is None or (there.stay_id != stay.stay_id and there.entered_at <= stay.entered_at):
                found[stay.plate] = stay
        case DroveOut(_, plate, at):
            there = found.get(plate)
            if there is not None and there.entered_at <= at:
                return Left(found.pop(plate), at)
    return None
