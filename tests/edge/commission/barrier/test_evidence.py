"""What a car and a movement of the arm prove about the wiring."""

import itertools

import pytest

from edge.commission.barrier import words
from edge.commission.barrier.evidence import STANDS_S, EndFault, Evidence, levels_of, read, told
from edge.commission.barrier.shown import arm_of, driving
from edge.commission.barrier.words import in_words
from edge.lane.vehicle.loops import FREE_S, LOOPS, OCCUPIED_S, SETTLED_S, Drive, LoopFault, Wrong, drive
from edge.lane.vehicle.states import Arm, Contacts, Loop, Settings, VehicleLane
from models.site.topology import Direction

STAGES = ({"arming"}, {"arming", "safety"}, {"safety"}, {"safety", "closing"}, {"closing"}, set[str]())
TRAVEL_S = 5.0


def seen(on: set[str], up: bool | None = False, down: bool | None = True) -> dict[str, bool | None]:
    return {name: name in on for name in LOOPS} | {"up": up, "down": down, "fire": False}


def at_rest(on: set[str] = frozenset(), for_s: float | None = None) -> tuple[Evidence, float]:
    """Nobody drives for long enough; and when that is so."""
    evidence, now = Evidence(), 0.0
    for _ in range(round(((STANDS_S if on else FREE_S) if for_s is None else for_s) / 0.2) + 2):
        evidence, now = read(evidence, seen(on), now, TRAVEL_S), now + 0.2
    return evidence, now


def driven(wiring: dict[str, str], stuck: set[str] = frozenset(), dead: set[str] = frozenset()) -> Evidence:
    """A car drives through; `wiring`: which real loop each terminal is wired to."""
    evidence, now = at_rest(stuck)
    for stage in STAGES:
        on = {name for name in LOOPS if wiring.get(name, name) in stage} - dead | stuck
        for _ in range(4):
            evidence, now = read(evidence, seen(on), now, TRAVEL_S), now + 0.2
    for _ in range(30):
        on = set(stuck)
        evidence, now = read(evidence, seen(on), now, TRAVEL_S), now + 0.2
    return evidence


@pytest.mark.req("LANE-15")
def test_a_car_says_of_every_swapping_which_loops_are_swapped() -> None:
    for real in itertools.permutations(LOOPS):
        evidence = driven(dict(zip(LOOPS, real, strict=True)))
        moved = tuple(name for name, to in zip(LOOPS, real, strict=True) if name != to)
        if not moved:
            assert evidence.loops == () and evidence.cars == 1
        elif real == tuple(reversed(LOOPS)):
            assert evidence.loops == (Wrong(LoopFault.REVERSED, ("closing", "arming")),)
        else:
            assert evidence.loops == (Wrong(LoopFault.SWAPPED, moved),)


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_that_never_or_always_tells_is_named_and_a_good_car_takes_it_back(name: str) -> None:
    assert driven({}, dead={name}).loops == (Wrong(LoopFault.MISSED, (name,)),)
    stuck = driven({}, stuck={name})
    assert stuck.loops == (Wrong(LoopFault.STUCK_ON, (name,)),)
    now = 1000.0
    for stage in (set[str](), *STAGES):
        for _ in range(120 if not stage else 4):
            stuck, now = read(stuck, seen(stage), now, TRAVEL_S), now + 0.2
    assert stuck.loops == ()


def test_a_loop_that_is_wired_the_other_way_round_is_inverted() -> None:
    evidence, now = at_rest({"closing"})
    for stage in (*STAGES, set[str]()):
        on = {name for name in LOOPS if (name in stage) != (name == "closing")}
        for _ in range(12):
            evidence, now = read(evidence, seen(on), now, TRAVEL_S), now + 0.2
    assert Wrong(LoopFault.INVERTED, ("closing",)) in evidence.loops


@pytest.mark.parametrize(("other", "for_s"), [("safety", STANDS_S), ("closing", 0.0)])
def test_the_arming_loop_taken_for_another_is_swapped_though_both_tell_the_contrary(other: str, for_s: float) -> None:
    """The arming loop's contact closes for a car, and the others' open. No car stands on the first and the last alone,
    so that those two need no waiting."""
    swapped = {"arming": other, other: "arming"}
    evidence, now = at_rest(set(swapped), for_s)
    for stage in (*STAGES, set[str]()):
        on = {name for name in LOOPS if (swapped.get(name, name) in stage) != (name in swapped)}
        for _ in range(12):
            evidence, now = read(evidence, seen(on), now, TRAVEL_S), now + 0.2
    assert evidence.loops == (Wrong(LoopFault.SWAPPED, ("arming", other)),)


def test_a_car_that_comes_the_moment_after_the_test_began_is_judged() -> None:
    evidence, now = at_rest(for_s=0.0)
    for stage in (*STAGES, set[str]()):
        for _ in range(12):
            evidence, now = read(evidence, seen(stage), now, TRAVEL_S), now + 0.2
    assert evidence.cars == 1 and evidence.loops == ()


def test_a_loop_that_is_lit_as_the_test_begins_is_told_until_it_is_known_why() -> None:
    evidence, _ = at_rest({"arming"}, for_s=1.0)
    assert driving(evidence) == "rest_unknown"
    assert driving(at_rest({"arming"})[0]) == driving(at_rest()[0]) == "drive"
    assert driving(driven({})) == "driven"


def test_a_car_that_turns_back_on_the_first_loop_proves_nothing() -> None:
    evidence, now = at_rest()
    for on in ({"arming"}, set[str]()):
        for _ in range(round(SETTLED_S / 0.2) + 2):
            evidence, now = read(evidence, seen(on), now, TRAVEL_S), now + 0.2
    assert evidence.cars == 0 and evidence.loops == ()


@pytest.mark.req("LANE-15")
@pytest.mark.parametrize("waits_s", [1.0, 30.0, STANDS_S - 1.0])
@pytest.mark.parametrize("stands_s", [STANDS_S, OCCUPIED_S])
@pytest.mark.parametrize("gap_s", [0.4, SETTLED_S + 0.4, FREE_S + 1.0])
def test_healthy_loops_are_not_blamed_for_a_car_that_stood_there_when_it_began(
    waits_s: float, stands_s: float, gap_s: float
) -> None:
    """A queue of cars, each of which waits on the arming loop, and the first was there before."""
    state, now, told_by = Drive(), 0.0, []
    for _ in range(5):
        for stage in STAGES:
            on = frozenset(stage)
            for _ in range(round({1: waits_s if "arming" in on else 0.6, 0: gap_s}.get(len(on), 0.6) / 0.2)):
                state, car = drive(state, on, now, stands_s)
                now += 0.2
                told_by.append(car)
    cars = [car for car in told_by if car is not None]
    assert all(car == () for car in cars)
    assert len(cars) == (4 if gap_s > FREE_S else 0), "the first says nothing, and the others only beside a known rest"


def test_a_car_that_waits_long_does_not_become_what_is_normal() -> None:
    evidence, now = at_rest()
    for stage in (*STAGES[:-1], {"arming"}, *STAGES):
        for _ in range(120 if stage == {"arming"} else 4):
            evidence, now = read(evidence, seen(stage), now, TRAVEL_S), now + 0.2
    for _ in range(40):
        evidence, now = read(evidence, seen(set()), now, TRAVEL_S), now + 0.2
    assert evidence.loops == () and evidence.cars == 1


def moved(to: str, *ends: tuple[bool | None, bool | None], begin: Evidence | None = None) -> Evidence:
    """The arm is told to go there; the end contacts then say `ends`, second by second."""
    now = 10.0
    evidence = read(begin or Evidence(), seen(set(), *ends[0]), now, TRAVEL_S)
    evidence = told(evidence, to, now)
    for up, down in ends[1:]:
        now += 1.0
        evidence = read(evidence, seen(set(), up, down), now, TRAVEL_S)
    return evidence


@pytest.mark.req("LANE-19")
def test_the_arms_travel_is_measured_and_its_end_contacts_are_judged() -> None:
    good = moved("up", (False, True), (False, False), (True, False))
    assert good.travel == {"up": 2.0} and good.wrong == ()
    still, lost, gone = (False, True), (False, False), (True, False)
    assert moved("up", still, *[lost] * 6).wrong == (Wrong(EndFault.NEVER, ("up",)),)
    assert moved("up", still, *[still] * 6).wrong == (Wrong(EndFault.NOT_MOVED, ("up",)),)
    assert moved("up", lost, *[lost] * 6).wrong == (Wrong(EndFault.SILENT),)
    assert moved("up", gone, lost, *[still] * 6).wrong == (Wrong(EndFault.SWAPPED),)
    assert moved("down", still, lost, *[gone] * 6).wrong == (Wrong(EndFault.SWAPPED),)
    assert moved("up", still, *[(True, True)] * 6).wrong == (Wrong(EndFault.BOTH),)
    assert moved("up", (None, None), *[(None, None)] * 6).wrong == ()
    mended = moved("up", still, lost, gone, begin=moved("up", gone, lost, *[still] * 6))
    assert mended.wrong == () and mended.travel["up"] == 2.0


def test_which_loop_lies_outside_follows_the_direction() -> None:
    contacts = Contacts(Loop.OCCUPIED, Loop.FREE, Loop.UNKNOWN, True, False)
    assert levels_of(contacts, Direction.IN)["arming"] is True
    assert (
        levels_of(contacts, Direction.OUT)["closing"] is True and levels_of(contacts, Direction.OUT)["arming"] is None
    )
    assert set(levels_of(None, Direction.IN).values()) == {None}


def test_every_fault_has_words_in_both_languages() -> None:
    assert set(words.FAULTS) == {*LoopFault, *EndFault}
    for fault in words.FAULTS:
        for language in ("zh", "en"):
            what, do = in_words(Wrong(fault, ("arming", "safety")), language)
            assert what and do and "{" not in what


@pytest.mark.req("LANE-19")
@pytest.mark.parametrize(
    ("up", "down", "arm"),
    [(True, False, Arm.UP), (False, True, Arm.DOWN), (False, False, Arm.MOVING), (None, None, Arm.UNKNOWN)],
)
def test_a_late_read_makes_no_wired_end_contact_an_absent_one(up: bool | None, down: bool | None, arm: Arm) -> None:
    """The lane has forgotten where the arm is, and the page still shows the lights of its ends."""
    late = VehicleLane(settings=Settings(positions=True), arm=Arm.NOT_REPORTED)
    evidence = read(Evidence(), seen(set(), up, down), 1.0, TRAVEL_S)
    assert arm_of(evidence, late, 2.0) is arm
    without = VehicleLane(settings=Settings(positions=False), arm=Arm.NOT_REPORTED)
    assert arm_of(read(Evidence(), seen(set(), True, None), 1.0, TRAVEL_S), without, 2.0) is Arm.UP, "one is wired"
    assert arm_of(read(Evidence(), seen(set(), None, None), 1.0, TRAVEL_S), without, 2.0) is Arm.NOT_REPORTED
