"""Two doors at once, asked everything: every reachable state of a pair, interlocked or not; and a crowd at one door."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import cache
from itertools import product
from uuid import UUID

import pytest

from edge.lane.machine import GRANTS_MAX, step
from edge.lane.states import (
    BoardLost,
    Contacts,
    Do,
    DoorLane,
    EndFireHold,
    Grant,
    Granted,
    NotReleased,
    Partner,
    Phase,
    Release,
    ReportPassage,
    Seen,
    Tick,
)
from models.wire.events import Position
from tests.edge.lane.test_machine import CLOSED, FIRE, OPEN, SETTINGS, age, check, names

Pair = tuple[DoorLane, DoorLane]
SECONDS = (0.0, 6.0)
"""At once, or longer than any time limit: in between, a pair does nothing that a single door has not shown."""


@cache
def canonical(lane: DoorLane, now: float) -> DoorLane:
    """As seen from `now`, with the people at this door numbered anew from 1.

    Who was answered and is gone is forgotten here, so that somebody new can come for ever; that the machine remembers
    them is shown in test_machine.py.
    """
    lane = age(lane, now)
    people = tuple(UUID(int=number) for number, _ in enumerate(lane.grants, 1))
    grants = tuple(Grant(person, grant.at) for person, grant in zip(people, lane.grants, strict=True))
    return replace(lane, grants=grants, answered=people)


def fresh(lane: DoorLane) -> UUID:
    return UUID(int=len(lane.grants) + 1)


@cache
def checked(lane: DoorLane, seen: Seen, now: float) -> tuple[DoorLane, tuple[Do, ...]]:
    """One step of one door, itself in order; many pairs share it."""
    after, does = step(lane, seen, now)
    check(lane, seen, after, does)
    return after, does


def see(pair: Pair, door: int, seen: Seen, now: float) -> tuple[Pair, list[tuple[int, Do]]]:
    """One door sees one thing; as the gate does it, the partner hears of it where that changes what it may do."""
    before = pair[door]
    after, does = checked(before, seen, now)
    pair = (after, pair[1]) if door == 0 else (pair[0], after)
    said = [(door, do) for do in does]
    if after.keeps_partner_shut != before.keeps_partner_shut:
        pair, more = see(pair, 1 - door, Partner(after.keeps_partner_shut), now)
        said += more
    return pair, said


@cache
def inputs(lane: DoorLane, most: int, *contacts: Contacts) -> tuple[Seen, ...]:
    """What may happen at a door for which `most` people are let in at once: somebody new comes, the oldest again."""
    people = [Granted(fresh(lane))] if len(lane.grants) < most else []
    again = [NotReleased(lane.grants[0].correlation), Granted(lane.grants[0].correlation)] if lane.grants else []
    return (*contacts, BoardLost(), *people, *again, EndFireHold(), Tick())


def starts() -> list[Pair]:
    """Held for fire from before the start or not, each; and each told of the other."""
    pairs = []
    for phases in product((Phase.STARTING, Phase.FIRE), repeat=2):
        outer, inner = (DoorLane(settings=SETTINGS, phase=phase) for phase in phases)
        told_inner = replace(inner, partner_released=outer.keeps_partner_shut)
        pairs.append((replace(outer, partner_released=inner.keeps_partner_shut), told_inner))
    return pairs


def look(before: Pair, after: Pair, said: list[tuple[int, Do]]) -> None:
    """What must hold of the two together, after every step from every pair of states."""
    released = [door for door, do in said if isinstance(do, Release)]
    assert len(released) <= 1, "one recognition releases one door"
    assert not (after[0].grants and after[1].grants), "never both released"
    for door in (0, 1):
        assert after[door].partner_released == after[1 - door].keeps_partner_shut, "each knows of the other"
    for door in released:
        other = before[1 - door]
        shut = other.position is Position.CLOSED and not other.lets_through
        assert shut or other.phase is Phase.FIRE, "released only beside a door that is shut, or held for fire"


def burns(pair: Pair) -> None:
    """A fire opens both doors from here, whichever board reads it first, and nothing but a person ends it."""
    for first in (0, 1):
        held = pair
        for door in (first, 1 - first):
            held, said = see(held, door, replace(FIRE, closed=pair[door].position is Position.CLOSED), 0.0)
            assert not any(isinstance(do, Release) for _, do in said)
        for lane in held:
            assert lane.holds_open
            for seen in (Granted(UUID(int=99)), BoardLost(), EndFireHold(), Tick(), Partner(True)):
                assert checked(lane, seen, 60.0)[0].holds_open, "while it burns nothing takes the hold back"
            calm, _ = checked(lane, CLOSED, 60.0)
            assert calm.holds_open and not checked(calm, EndFireHold(), 60.0)[0].holds_open


@pytest.mark.req("ACC-18", "ACC-22", "ACC-23")
def test_every_reachable_pair_of_an_interlock_keeps_the_promises() -> None:
    """Door, exit button, fire, board, two people at once and a person ending the fire, at each of the two.

    Times are quantised to 0 s and 6 s, longer than every limit, and each board reads the fire by itself. Tamper, beams
    and turnstiles are left out: a single door is swept with them in test_machine.py. 7960 pairs of states.
    """
    levels = (
        CLOSED,
        OPEN,
        FIRE,
        replace(FIRE, closed=False),
        Contacts(True, True, False),
        Contacts(False, True, False),
    )
    known = set(starts())
    queue = deque(known)
    while queue:
        pair = queue.popleft()
        burns(pair)
        for now, door in product(SECONDS, (0, 1)):
            for seen in inputs(pair[door], 2, *levels):
                after, said = see(pair, door, seen, now)
                look(pair, after, said)
                reached = canonical(after[0], now), canonical(after[1], now)
                if reached not in known:
                    known.add(reached)
                    queue.append(reached)
    assert len(known) > 5000
    for door in (0, 1):
        assert {pair[door].phase for pair in known} == set(Phase), "the sweep must have reached every phase"
        assert {len(pair[door].grants) for pair in known} == {0, 1, 2}


@pytest.mark.req("ACC-19", "ACC-22")
@pytest.mark.parametrize("contact", ["beam", "passed", "timeout"])
def test_every_reachable_crowd_at_one_door_keeps_the_promises(contact: str) -> None:
    """Up to GRANTS_MAX people at once, somebody more who is told no, and beside the door's contact one of the others.

    Times as above; 267 states at a turnstile, 907 with a beam.
    """
    levels = [Contacts(c, False, False, **{contact: x}) for c, x in product((True, False), repeat=2)]
    known = {DoorLane(settings=SETTINGS)}
    queue = deque(known)
    while queue:
        lane = queue.popleft()
        for now, seen in product(SECONDS, inputs(lane, GRANTS_MAX + 1, FIRE, *levels)):
            after, does = checked(lane, seen, now)
            assert len(after.grants) <= GRANTS_MAX, "more than that is a crowd"
            gone = [do.correlation for do in does if isinstance(do, ReportPassage) and do.correlation in names(lane)]
            assert gone == [one for one in names(lane) if one in gone], "told in the order in which they came"
            if len(lane.grants) == GRANTS_MAX and seen == Granted(fresh(lane)):
                assert does == (ReportPassage(fresh(lane), False, "not_released"),)
            reached = canonical(after, now)
            if reached not in known:
                known.add(reached)
                queue.append(reached)
    assert {len(lane.grants) for lane in known} == set(range(GRANTS_MAX + 1))
