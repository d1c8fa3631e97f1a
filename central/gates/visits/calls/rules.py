"""What a call is at this moment, and which comes next. Pure.

    WAITING ─somebody takes it→ TAKEN ─they are done, or the car has gone→ OVER
       │  └─answered at the intercom→ ANSWERED ─they hung up→ OVER
       └─it ends, or LASTS goes by, and nobody was there→ MISSED ─somebody looks→ OVER

A car that stands at a lane and was referred to a person waits like a call, and is never missed: it has backed out. Who
asks again after somebody was done waits anew, since then; before that the wait counts from the first press.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from central.gates.ingest.queries import Recorded
from models.wire.events import LaneCall

LASTS = timedelta(minutes=10)
"""So long after it was asked, or taken, a call that nothing ended goes on: its node may have been cut off since."""
KINDS = ("call",)
EVENTS_MAX = 100


class By(StrEnum):
    """What asks: a button or the intercom of the lane, a driver's phone, or a car that stands there."""

    BUTTON = "button"
    INTERCOM = "intercom"
    PHONE = "phone"
    CAR = "car"


class What(StrEnum):
    """What a person did about it."""

    TOOK = "took"
    LEFT = "left"
    DONE = "done"
    SEEN = "seen"


class State(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    ANSWERED = "answered"
    OVER = "over"
    MISSED = "missed"


class Deed(NamedTuple):
    what: What
    at: datetime
    account_id: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts of one call, or of one car that waits. `opened_at`: when a person opened its lane since."""

    subject_id: UUID
    by: By
    began_at: datetime
    asked_at: datetime
    ended_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    opened_at: datetime | None = None
    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """`since`: from when the wait counts. `holder`: who has it."""

    state: State
    since: datetime
    holder: Deed | None = None


@dataclass(frozen=True, slots=True)
class LaneAsks:
    """All that asks at one lane now: one driver who presses, rings and stands there is one."""

    lane_id: UUID
    asks: tuple[tuple[Asked, Now], ...]

    @property
    def since(self) -> datetime:
        return min(now.since for _, now in self.asks)

    @property
    def holder(self) -> Deed | None:
        held = [now.holder for _, now in self.asks if now.state is State.TAKEN and now.holder is not None]
        return min(held, key=lambda one: one.at, default=None)

    @property
    def state(self) -> State:
        if self.holder is not None:
            return State.TAKEN
        if any(now.state is State.WAITING and asked.by is not By.CAR for asked, now in self.asks):
            return State.WAITING
        answered = any(now.state is State.ANSWERED for _, now in self.asks)
        return State.ANSWERED if answered else State.WAITING

    @property
    def calls(self) -> bool:
        """Whether somebody asks, and does not only stand there."""
        return any(asked.by is not By.CAR for asked, _ in self.asks)


def now_of(asked: Asked, deeds: Iterable[Deed], now: datetime) -> Now:
    holder: Deed | None = None
    served: datetime | None = None
    for one in sorted(deeds, key=lambda one: one.at):
        holder = one if one.what is What.TOOK else None
        if one.what in (What.DONE, What.SEEN):
            served = one.at
    since = asked.began_at if served is None else asked.asked_at
    lapses = max(asked.asked_at, holder.at if holder is not None else asked.asked_at) + LASTS
    over = asked.ended_at is not None or now >= lapses
    if holder is not None:
        return Now(State.OVER if over else State.TAKEN, since, holder)
    if served is not None and served >= asked.asked_at:
        return Now(State.OVER, since)
    if asked.answered_at is not None and asked.answered_at >= asked.asked_at:
        return Now(State.OVER if over else State.ANSWERED, since)
    if not over:
        return Now(State.WAITING, since)
    opened = asked.opened_at is not None and asked.opened_at >= asked.asked_at
    return Now(State.OVER if opened or asked.by is By.CAR else State.MISSED, since)


def in_order(lanes: Iterable[LaneAsks]) -> list[LaneAsks]:
    """Who waits longest first, whoever has taken it: nothing moves in the list because somebody took something."""
    return sorted(lanes, key=lambda one: (one.since, one.lane_id))


def next_of(lanes: Sequence[LaneAsks]) -> LaneAsks | None:
    """Whom to take now: who waits longest of those whom nobody has taken."""
    return next((one for one in in_order(lanes) if one.state is State.WAITING), None)


def folded(told: Sequence[Recorded]) -> dict[str, Any] | None:
    """The columns of the call that these events of one node and one correlation amount to, in whatever order they came;
    None where the beginning is not there yet."""
    said = [(one, one.body) for one in sorted(told, key=lambda one: one.event.seq)]
    calls = [(one, body) for one, body in said if isinstance(body, LaneCall)]
    presses = [(one, body) for one, body in calls if body.what in ("began", "again")]
    if not presses or presses[0][0].event.lane_id is None:
        return None
    (first, began), (last, _) = presses[0], presses[-1]
    answers = [(one, body) for one, body in calls if body.what == "answered"]
    ends = [one.happened_at for one, body in calls if body.what == "ended"]
    about = [body.visit_id for _, body in presses if body.visit_id is not None]
    return {
        "community_id": first.community_id,
        "lane_id": first.event.lane_id,
        "by": began.by,
        "visit_id": about[-1] if about else None,
        "began_at": first.happened_at,
        "asked_at": max(last.happened_at, first.happened_at),
        "ended_at": ends[0] if ends else None,
        "answered_at": answers[-1][0].happened_at if answers else None,
        "answered_by": answers[-1][1].answered_by if answers else None,
    }
