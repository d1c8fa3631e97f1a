"""What a batch is to the journal that central already has. Pure: a batch and what is known in, its parts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from models.wire.envelope import Event, chain_hash, first_break

_INT4, _INT8 = 2**31 - 1, 2**63 - 1


class ParkReason(StrEnum):
    """Why an event waits for a person."""

    CHAIN_BROKEN = "chain_broken"
    FORK = "fork"
    LATE_FILL = "late_fill"
    ID_REUSED = "id_reused"
    UNREADABLE = "unreadable"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_LANE = "unknown_lane"
    PROJECTION_FAILED = "projection_failed"


class ParkState(StrEnum):
    OPEN = "open"
    RELEASED = "released"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a journal has come: last sequence number dealt with, the hash to continue, where proof ended (if)."""

    acked: int
    head: bytes
    broken_since: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Events between what central has and what came are missing, and the node does not say that it lost them."""

    expected_seq: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """No batch: events of another node, not consecutive, or with numbers that no journal has."""

    why: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """The parts of a batch.

    duplicates: known already, counted only. forked: another content where central has one. late: for a stretch that
    was given up as lost. fresh: the journal goes on. lost: stretch to be noted as lost. now: the standing after all.
    """

    duplicates: int
    forked: tuple[Event, ...]
    late: tuple[Event, ...]
    fresh: tuple[Event, ...]
    lost: tuple[int, int] | None
    now: Standing


def sort_batch(
    node_id: UUID, events: Sequence[Event], lost_before: bool, standing: Standing, known: Mapping[int, frozenset[bytes]]
) -> Sorted | Gap | Malformed:
    """Sort a batch. `known`: for each sequence number up to `standing.acked`, the content hashes central has there.

    A break is remembered in `now.broken_since` and holds for all that follows, over batches, until a person accepts
    it: what comes after a break proves nothing about what came before it.
    """
    if any(event.node_id != node_id for event in events):
        return Malformed("another_node")
    if any(event.seq > _INT8 or event.v > _INT4 or abs(event.skew_ms or 0) > _INT8 for event in events):
        return Malformed("out_of_range")
    first = events[0].seq
    if any(event.seq != first + place for place, event in enumerate(events)):
        return Malformed("not_consecutive")
    expected, head, lost = standing.acked + 1, standing.head, None
    if first > expected:
        if not lost_before:
            return Gap(expected)
        lost, expected, head = (expected, first - 1), first, events[0].prev
    old = [event for event in events if event.seq < expected and event.seq <= standing.acked]
    fresh = tuple(events[len(old) :])
    duplicates, forked, late = 0, [], []
    for event in old:
        there = known.get(event.seq, frozenset())
        if chain_hash(event) in there:
            duplicates += 1
        elif there:
            forked.append(event)
        else:
            late.append(event)
    broken = standing.broken_since
    if broken is None and fresh:
        broken = first_break(fresh, head, expected)
    now = Standing(fresh[-1].seq, fresh[-1].hash, broken) if fresh else standing
    return Sorted(duplicates, tuple(forked), tuple(late), fresh, lost, now)
