"""Records hang together by their own links, whatever they were parked for and in whatever order they came."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.gates.ingest.strands import Waiting, strands

T0 = datetime(2026, 11, 23, tzinfo=UTC)


def chain(machine: int, first: int, count: int, forked: list[bool]) -> list[Waiting]:
    prev, made = b"shared", []
    for place in range(count):
        here = hashlib.sha256(prev + bytes([machine])).digest()
        at = T0 + timedelta(seconds=place, milliseconds=machine)
        made.append(Waiting(UUID(int=machine * 1000 + place), first + place, prev, here, forked[place], False, at, at))
        prev = here
    return made


@pytest.mark.req("SYNC-07")
@given(data=st.data(), first=st.integers(1, 50))
def test_the_records_of_each_machine_are_one_strand(data, first):
    """Which of two records took the number is chance; two machines beside each other are told apart all the same."""
    lengths = data.draw(st.lists(st.integers(1, 8), min_size=1, max_size=3))
    machines = []
    for machine, count in enumerate(lengths):
        forked = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
        machines.append(chain(machine, first, count, forked))
    machines[0][0] = Waiting(*(*_values(machines[0][0])[:4], True, *_values(machines[0][0])[5:]))
    mixed = data.draw(st.permutations([one for machine in machines for one in machine]))
    found = strands(mixed)
    assert sorted(tuple(one.parked_id for one in strand.records) for strand in found) == sorted(
        tuple(one.parked_id for one in machine) for machine in machines
    )
    assert {strand.last_seq for strand in found} == {first + count - 1 for count in lengths}


def _values(one: Waiting) -> tuple[object, ...]:
    return tuple(getattr(one, name) for name in Waiting.__slots__)


@pytest.mark.req("SYNC-07")
def test_a_chain_that_only_broke_is_one_strand_however_often():
    whole = chain(1, 4, 2, [False] * 2) + chain(2, 9, 3, [False] * 3)
    (strand,) = strands(whole[::-1])
    assert (strand.first_seq, strand.last_seq, len(strand.records)) == (4, 11, 5)
    assert strands([]) == ()
