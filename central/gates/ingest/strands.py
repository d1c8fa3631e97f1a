"""Which of the records that wait hang together, by their own links. Pure.

When two machines speak as one node, or a node goes on from an old copy of its disk, central has two records for one
number. Which came first says nothing of which is genuine: it takes the number, the other is parked as a fork, and soon
after the chain breaks and both machines' records are parked for that. What tells them apart is the chain itself: each
record names the hash of the one before it, so that those of one machine hang together as one strand, whatever they were
parked for. A person who knows which machine stands at the gate decides about strands, not about records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """A parked record as far as this is concerned. `hash` is what it claims, since that is what the next one names."""

    parked_id: UUID
    seq: int
    prev: bytes
    hash: bytes
    forked: bool
    alarm: bool
    happened_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Strand:
    """Records of one machine, in its own order. Named by its first: what comes later hangs on behind."""

    records: tuple[Waiting, ...]

    @property
    def strand_id(self) -> UUID:
        return self.records[0].parked_id

    @property
    def first_seq(self) -> int:
        return self.records[0].seq

    @property
    def last_seq(self) -> int:
        return self.records[-1].seq

    @property
    def alarms(self) -> int:
        return sum(one.alarm for one in self.records)

    @property
    def from_at(self) -> datetime:
        return self.records[0].happened_at

    @property
    def until_at(self) -> datetime:
        """When its last record happened, by central's clock: whoever has just used the gate finds it here."""
        return self.records[-1].happened_at


def strands(waiting: Sequence[Waiting]) -> tuple[Strand, ...]:
    """In the order of their first numbers.

    Where no number was taken twice there was one machine only, and all that waits behind its broken chain is one
    strand, however often it is broken.
    """
    ordered = sorted(waiting, key=lambda one: (one.seq, one.received_at, one.parked_id))
    if not any(one.forked for one in ordered):
        return (Strand(tuple(ordered)),) if ordered else ()
    found: list[list[Waiting]] = []
    ends: dict[tuple[int, bytes], list[Waiting]] = {}
    for one in ordered:
        strand = ends.pop((one.seq, one.prev), None)
        if strand is None:
            strand = []
            found.append(strand)
        strand.append(one)
        ends[one.seq + 1, one.hash] = strand
    return tuple(Strand(tuple(records)) for records in found)
