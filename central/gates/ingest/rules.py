"""What a batch is to the journal that central already has. Pure: a batch and what is known in, its parts out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from models.values.clocks import corrected
from models.wire.envelope import Event, chain_hash, first_break

INT4, INT8 = 2**31 - 1, 2**63 - 1
LEAP_MAX = 1_000_000
"""Numbers that a node may say it lost at once: what a busy gate writes in about three months without a link."""
CLOCK_AHEAD = timedelta(hours=1)
"""By how much the clock of a node whose journal was set aside may be ahead: its numbers begin at that clock's unix
time in milliseconds, above all that a gate ever used."""


class ParkReason(StrEnum):
    """Why an event waits for a person."""

    CHAIN_BROKEN = "chain_broken"
    FORK = "fork"
    LATE_FILL = "late_fill"
    ID_REUSED = "id_reused"
    UNREADABLE = "unreadable"
    CONTROL_CHARACTER = "control_character"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_LANE = "unknown_lane"
    PROJECTION_FAILED = "projection_failed"


UNPROVEN = frozenset({ParkReason.CHAIN_BROKEN, ParkReason.FORK, ParkReason.LATE_FILL})
"""Signed by the node and readable perhaps, but not shown by the chain to be where it claims."""


class ParkState(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands in an event's place and cannot be stored as one. `raw`: all that came, as JSON.

    node_id, hash, event_id, at: as it claims them, None when even that cannot be read.
    """

    node_id: UUID | None
    seq: int
    why: str
    raw: bytes
    hash: bytes | None
    event_id: UUID | None
    at: datetime | None

    @property
    def content(self) -> bytes:
        """By which it is known when it is sent again."""
        return hashlib.sha256(self.raw).digest()


Item = Event | Unreadable


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a journal has come: last sequence number dealt with, the hash to continue, where proof ended (if).

    An empty `head`: the last one could not be read, so that nobody can say what the next must continue.
    """

    acked: int
    head: bytes
    broken_since: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Events between what central has and what came are missing, and the node does not say that it lost them."""

    expected_seq: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """No batch: events of another node, not consecutive, or further than any journal goes ("leap": further than this
    one can have come)."""

    why: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A stretch that the node said it had lost, both ends included, and when."""

    first_seq: int
    last_seq: int
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Sorted:
    """The parts of a batch.

    duplicates: known already, counted only. forked: another content where central has one, or written in a stretch
    after it was given up as lost. late: for such a stretch, and older than that. fresh: the journal goes on.
    unreadable: kept aside whole, wherever they stand. lost: stretch to be noted as lost. now: the standing after all.
    """

    duplicates: int
    forked: tuple[Event, ...]
    late: tuple[Event, ...]
    fresh: tuple[Event, ...]
    unreadable: tuple[Unreadable, ...]
    lost: tuple[int, int] | None
    now: Standing


def happened_at(event: Event, received_at: datetime) -> datetime:
    """When it was by central's clock, as far as the node knew it; never later than it was heard of. A clock that is
    ahead is the node's mistake, and what it says would stay on top of every list, or keep something, until then."""
    return min(corrected(event.at, event.skew_ms), received_at)


def sort_batch(
    node_id: UUID, items: Sequence[Item], lost_before: bool, standing: Standing, known: Mapping[int, frozenset[bytes]],
    given_up: Sequence[GivenUp], received_at: datetime,
) -> Sorted | Gap | Malformed:  # fmt: skip
    """Sort a batch. `known`: for each sequence number up to `standing.acked`, the content hashes central has there.

    A break is remembered in `now.broken_since` and holds for all that follows, over batches, until a person accepts
    it: what comes after a break proves nothing about what came before it.

    Who says that it lost a stretch has numbers above it, and writes in it no more. A record written there since is
    another machine's: two speak as this node, and one of them may have leapt to silence the other.
    """
    if any(item.node_id not in (node_id, None) for item in items):
        return Malformed("another_node")
    if items[-1].seq > INT8:
        return Malformed("out_of_range")
    first = items[0].seq
    if any(item.seq != first + place for place, item in enumerate(items)):
        return Malformed("not_consecutive")
    expected, head, lost = standing.acked + 1, standing.head, None
    if first > expected:
        if not lost_before:
            return Gap(expected)
        if not plausible_leap(expected, first, received_at):
            return Malformed("leap")
        lost, expected = (expected, first - 1), first
        head = items[0].prev if isinstance(items[0], Event) else b""
    duplicates, forked, late, unreadable = 0, [], [], []
    new = [item for item in items if item.seq > standing.acked]
    for item in items:
        there = known.get(item.seq, frozenset())
        if isinstance(item, Unreadable):
            if item.content in there:
                duplicates += 1
            else:
                unreadable.append(item)
        elif item.seq > standing.acked:
            continue
        elif chain_hash(item) in there:
            duplicates += 1
        elif there or _written_since(item, given_up, received_at):
            forked.append(item)
        else:
            late.append(item)
    broken = standing.broken_since
    if broken is None:
        broken = _first_break(new, head)
    now = Standing(new[-1].seq, new[-1].hash or b"", broken) if new else standing
    fresh = tuple(item for item in new if isinstance(item, Event))
    return Sorted(duplicates, tuple(forked), tuple(late), fresh, tuple(unreadable), lost, now)


def plausible_leap(expected: int, first: int, received_at: datetime) -> bool:
    """Whether a journal that is expected to go on at `expected` may go on at `first`: it lost some records, or it was
    set aside. What no leap reaches, nobody can have acknowledged to silence a node for good."""
    return first - expected <= LEAP_MAX or first <= (received_at + CLOCK_AHEAD).timestamp() * 1000


def _written_since(event: Event, given_up: Sequence[GivenUp], received_at: datetime) -> bool:
    at = happened_at(event, received_at)
    return any(one.first_seq <= event.seq <= one.last_seq and at > one.noticed_at for one in given_up)


def _first_break(items: Sequence[Item], head: bytes) -> int | None:
    """What cannot be read proves nothing and breaks nothing: the chain goes on from the hash it claims, if any."""
    for item in items:
        if isinstance(item, Event) and first_break((item,), head or item.prev, item.seq) is not None:
            return item.seq
        head = item.hash or b""
    return None
