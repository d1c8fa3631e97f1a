"""Past a held arm a car is read, decided about and gone in any order: its passage is always its own visit."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest

from edge.lane.inbox import PlatesVoted
from edge.lane.vehicle.states import Loop
from edge.verify.plate.vote import Vote
from models.site.topology import Direction
from models.values.plate import PlateColour
from models.wire.commands import Action
from models.wire.events import DecisionMade, Passage
from tests.edge.lane.bench import a_frame
from tests.edge.lane.vehicle.lane_bench import BUSY, FREE, LANE, VehicleBench
from tests.edge.lane.vehicle.test_paying import made, stay
from tests.edge.lane.vehicle.test_storm import storm

LONG = ((BUSY, FREE, FREE), (BUSY, BUSY, FREE), (FREE, BUSY, FREE), (FREE, BUSY, BUSY), (FREE, FREE, BUSY))
SHORT = ((BUSY, FREE, FREE), (FREE, FREE, FREE), (FREE, BUSY, FREE), (FREE, BUSY, BUSY), (FREE, FREE, BUSY))
"""The loops under a car that is longer than they lie apart, and under one that is on none of them for a moment."""
GONE = (FREE, FREE, FREE)
NUMBERS = iter(range(100, 1000))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path)
    yield bench
    bench.close()
    bench.keys.close()


def plate() -> str:
    return f"川A7{next(NUMBERS)}8"


def decisions(bench: VehicleBench, since: int) -> list[UUID]:
    return [event.correlation for event, body in bench.events() if event.seq > since and isinstance(body, DecisionMade)]


def passages(bench: VehicleBench, since: int) -> list[tuple[UUID, bool]]:
    told = [(event, body) for event, body in bench.events() if event.seq > since and isinstance(body, Passage)]
    return [(event.correlation, body.held) for event, body in told if body.passed]


def is_out(bench: VehicleBench, text: str) -> bool:
    """With what it was asked for, by the gate's own account."""
    bench.stays.catch_up()
    fen = int(bench.said(DecisionMade)[-1].decision.detail["due_fen"])
    account = bench.stays.account(text, bench.lanes[LANE].lane_id, bench.now())
    return account is not None and account.inside is None and account.owed == fen > 0


def begins(bench: VehicleBench, by_storm: bool) -> None:
    if by_storm:
        bench.lists(tariffs=bench.store.view().snapshot.tariffs, storms=(storm(bench),))
        bench.gate.tick()
    else:
        bench.order(bench.command(Action.HOLD_OPEN, lane=LANE, minutes=30, reason="搬家车队"))
    bench.up = True


def ends(bench: VehicleBench, by_storm: bool) -> None:
    if by_storm:
        bench.lists(tariffs=bench.store.view().snapshot.tariffs)
        bench.gate.tick()
    else:
        bench.order(bench.command(Action.RESUME, lane=LANE))


@pytest.mark.req("LANE-20", "LANE-28", "PARK-01")
@pytest.mark.parametrize("by_storm", [False, True])
@pytest.mark.parametrize("way", [LONG, SHORT])
def test_a_read_plates_passage_past_a_held_arm_is_its_own_visit_whenever_it_is_told(
    bench: VehicleBench, by_storm: bool, way: tuple[tuple[Loop, Loop, Loop], ...]
) -> None:
    """The hold begins `begun` steps after the car came, the camera tells `told` and the hold ends `over` after it."""
    for begun, told, over in product((-1, 0, 1), range(-1, 4), (2, 3, 4, 6)):
        if told >= over and way[told][0] is FREE and way[over - 1][1] is FREE:
            continue  # the hold was over before the car was at the arm, and nobody stands there: the push is nobody's
        text, since = plate(), bench.journal.head()[0]
        bench.news(stay(2, text))
        for at in range(-1, len(way) + 2):
            if at == begun:
                begins(bench, by_storm)
            if at == over:
                ends(bench, by_storm)
            if at == told == -1:
                bench.push(text)
            bench.loops(*(way[at] if 0 <= at < len(way) else GONE))
            if at == told >= 0:
                bench.push(text)
            bench.mono += 0.3
        said = f"begun {begun}, told {told}, over {over}"
        assert passages(bench, since) == [(one, True) for one in decisions(bench, since)], said
        assert len(decisions(bench, since)) == 1, said
        assert is_out(bench, text), said
        ends(bench, by_storm)
        bench.much_later()


@pytest.mark.req("LANE-20", "PARK-01")
@pytest.mark.parametrize("bumper", [False, True])
def test_the_next_car_past_a_held_arm_is_not_taken_for_the_one_before(bench: VehicleBench, bumper: bool) -> None:
    """Its plate is told when it is under the arm, a moment after another's passage; `bumper`: it came onto the loop
    with that one still on it."""
    first, second = plate(), plate()
    bench.news(stay(2, first), stay(3, second))
    begins(bench, by_storm=False)
    bench.arrive(first)
    bench.loops(BUSY, BUSY, FREE)
    bench.loops(BUSY if bumper else FREE, BUSY, BUSY)
    bench.loops(BUSY if bumper else FREE, FREE, BUSY)
    bench.loops(BUSY, BUSY, FREE)
    bench.push(second)
    bench.loops(FREE, BUSY, BUSY)
    bench.loops()
    assert len(decisions(bench, 0)) == 2 and [one for one, _ in passages(bench, 0)] == decisions(bench, 0)
    assert is_out(bench, second)


@pytest.mark.req("LANE-20", "PARK-12")
def test_who_has_a_right_to_leave_and_is_read_as_it_drives_past_is_out_and_owes_nothing(bench: VehicleBench) -> None:
    text = plate()
    bench.news(stay(0.1, text))
    begins(bench, by_storm=False)
    bench.loops(BUSY, BUSY, FREE)
    bench.loops(FREE, BUSY, FREE)
    bench.push(text)
    bench.loops(FREE, BUSY, BUSY)
    bench.loops()
    assert bench.cases() == ["grant nothing_due"] and not bench.arm.pulses
    assert passages(bench, 0) == [(decisions(bench, 0)[0], True)]
    account = bench.stays.account(text, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is None and account.owed == 0


@pytest.mark.req("LANE-20", "LANE-07")
def test_a_plate_that_a_camera_votes_for_late_names_the_car_that_left_its_loop(bench: VehicleBench) -> None:
    text = plate()
    bench.news(stay(2, text))
    begins(bench, by_storm=False)
    bench.loops(BUSY, BUSY, FREE)
    look = next(one for one in reversed(bench.eyes_of_lane.looks) if one is not None)
    bench.loops(FREE, BUSY, FREE)
    vote = Vote(text, True, 1, (text,), {})
    bench.gate.handle(PlatesVoted(LANE, look, vote, PlateColour.BLUE, 3, a_frame(), bench.mono))
    bench.loops(FREE, BUSY, BUSY)
    bench.loops()
    assert passages(bench, 0) == [(decisions(bench, 0)[0], True)] and is_out(bench, text)


@pytest.mark.req("LANE-20", "LANE-07")
def test_a_push_with_nobody_there_moves_nothing_also_while_the_arm_is_held_up(bench: VehicleBench) -> None:
    text = plate()
    bench.news(stay(2, text))
    begins(bench, by_storm=False)
    bench.push(text)
    bench.wait(3)
    bench.arrive(text)
    bench.drive_through()
    bench.push(text)
    bench.wait(3)
    assert len(decisions(bench, 0)) == 1 and len(passages(bench, 0)) == 1


@pytest.mark.req("LANE-20", "PARK-01")
def test_who_drives_in_as_the_hold_ends_is_inside(tmp_path: Path) -> None:
    bench = made(tmp_path, Direction.IN)
    text = plate()
    bench.lists(tariffs=bench.store.view().snapshot.tariffs)
    bench.shell.rules = bench.shell.rules.model_copy(update={"temporary": False})
    begins(bench, by_storm=False)
    bench.arrive(text)
    bench.loops(BUSY, BUSY, FREE)
    ends(bench, by_storm=False)
    bench.loops(FREE, BUSY, BUSY)
    bench.loops()
    assert bench.cases() == ["refer no_temporary"] and passages(bench, 0) == [(decisions(bench, 0)[0], True)]
    account = bench.stays.account(text, bench.lanes[LANE].lane_id, bench.now())
    assert account is not None and account.inside is not None
    bench.close()
    bench.keys.close()
