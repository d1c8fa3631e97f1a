"""One plate, one car: what a camera tells of a car once more opens for no other; who comes back is not trapped."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from edge.lane.vehicle import one_car
from edge.lane.vehicle.machine import step
from edge.lane.vehicle.one_car import AGAIN_S, Stood, just_before
from edge.lane.vehicle.reading import EARLY_S
from edge.lane.vehicle.states import Arm, AskLook, BoardLost, Contacts, Granted, Look, Refused, Tick, VehicleLane
from models.site.topology import Direction
from models.wire.events import Alarm, DecisionMade, PlateRead
from tests.edge.lane.vehicle.lane_bench import BUSY, FREE, LANE, VehicleBench
from tests.edge.lane.vehicle.promises import SHORT, capped, check, fresh
from tests.edge.lane.vehicle.test_machine import reads
from tests.edge.lane.vehicle.test_paying import made as paying
from tests.edge.lane.vehicle.test_paying import paid, stay
from tests.edge.lane.vehicle.test_runner import made, permit
from tests.models.parking.tariffs import T1

MINE, OTHER = "川A12345", "川B8K3H5"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[VehicleBench]:
    bench = made(tmp_path)
    yield bench
    bench.close()
    bench.keys.close()


def under_the_arm(bench: VehicleBench) -> None:
    bench.raised()
    bench.loops(arming=BUSY, safety=BUSY)
    bench.loops(safety=BUSY)


def gone(bench: VehicleBench) -> None:
    bench.raised()
    bench.drive_through()
    bench.up = False
    bench.wait(1)


@pytest.mark.req("LANE-06", "LANE-16")
def test_what_the_camera_tells_of_a_car_s_tail_opens_for_nobody_behind_it(bench: VehicleBench) -> None:
    bench.loops(arming=BUSY)
    bench.push(MINE)
    under_the_arm(bench)
    bench.push(MINE)
    bench.mono += 0.8
    bench.loops(arming=BUSY, safety=BUSY)
    assert bench.cases() == ["grant permit"] and len(bench.arm.pulses) == 1
    bench.loops(arming=BUSY, safety=BUSY, closing=BUSY)
    bench.loops(arming=BUSY, closing=BUSY)
    bench.loops(arming=BUSY)
    bench.wait(4.2)
    assert bench.cases() == ["grant permit", "refer just_before"] and len(bench.arm.pulses) == 1
    assert bench.answered == [MINE, MINE] and [one.why for one in bench.said(PlateRead)] == ["earlier"]
    bench.loops(arming=BUSY, safety=BUSY)
    assert any(one.alarm == "tailgate" for one in bench.said(Alarm)) or not bench.up


@pytest.mark.req("LANE-06", "PARK-12")
def test_one_paid_stay_lets_one_car_out(tmp_path: Path) -> None:
    bench = paying(tmp_path)
    bench.news(stay(2).model_copy(update={"payments": (paid(7_00),)}))
    bench.loops(arming=BUSY)
    bench.push(MINE)
    under_the_arm(bench)
    bench.push(MINE)
    bench.mono += 1.0
    bench.loops(arming=BUSY, safety=BUSY)
    bench.wait(4.2)
    assert bench.cases() == ["grant nothing_due", "refer just_before"] and len(bench.arm.pulses) == 1
    asked = bench.said(DecisionMade)[-1].decision
    assert asked.inputs["just_before"] == "yes" and "ask_fen" not in asked.detail, "nobody is asked for another's fee"
    bench.loops(arming=BUSY, safety=BUSY, closing=BUSY)
    bench.loops(arming=BUSY, closing=BUSY)
    bench.loops(arming=BUSY)
    bench.loops(safety=BUSY)
    assert any(one.alarm == "tailgate" for one in bench.said(Alarm)), "who drives out all the same is told of"
    bench.close()
    bench.keys.close()


@pytest.mark.req("LANE-06")
@pytest.mark.parametrize("how", ["before the next comes", "while the next is read", "by the second camera"])
def test_a_late_record_of_the_car_before_asks_a_guard_and_the_car_s_own_plate_still_counts(
    bench: VehicleBench, how: str
) -> None:
    bench.lists([permit(), permit(OTHER)])
    bench.arrive(MINE)
    gone(bench)
    if how.startswith("before"):
        bench.push(MINE)
        bench.wait(1)
    bench.loops(arming=BUSY)
    if how.startswith("while"):
        bench.push(MINE)
    elif how.startswith("by"):
        bench.read(MINE)
    assert bench.cases() == ["grant permit"] and len(bench.arm.pulses) == 1
    bench.wait(1)
    bench.push(OTHER)
    assert bench.cases() == ["grant permit"] * 2 and bench.plates()[-1] == OTHER


@pytest.mark.req("LANE-06", "PARK-05")
def test_whom_a_guard_lets_in_under_the_plate_of_the_car_before_is_not_that_car(tmp_path: Path) -> None:
    bench = made(tmp_path)
    bench.lists([permit()], tariffs=(T1,))
    lane_id = bench.lanes[LANE].lane_id
    bench.arrive(MINE)
    gone(bench)
    account = bench.stays.account(MINE, lane_id, bench.now())
    assert account is not None and account.inside is not None
    bench.arrive(MINE)
    bench.wait(4.2)
    assert bench.cases() == ["grant permit", "refer just_before"] and len(bench.arm.pulses) == 1
    bench.order(bench.command(lane=LANE))
    assert len(bench.arm.pulses) == 2, "a person may let it in all the same"
    gone(bench)
    assert bench.passages() == ["loops", "loops"]
    again = bench.stays.account(MINE, lane_id, bench.now())
    assert again is not None and again.inside == account.inside, "the stay of the first goes on as it began"
    bench.close()
    bench.keys.close()


@pytest.mark.req("LANE-07")
@pytest.mark.parametrize("how", ["backed out", "long ago", "nosed in and went back"])
def test_a_car_that_truly_comes_again_is_not_trapped(bench: VehicleBench, how: str) -> None:
    bench.arrive(MINE)
    bench.raised()
    if how == "long ago":
        bench.drive_through()
        bench.up = False
        bench.much_later()
    else:
        if how.startswith("nosed"):
            bench.loops(arming=BUSY, safety=BUSY)
            bench.loops(arming=BUSY)
        bench.loops()
        bench.wait(5)
        bench.up = False
        bench.loops()
    bench.loops(arming=BUSY)
    bench.push(MINE)
    assert bench.cases() == ["grant permit"] * 2 and len(bench.arm.pulses) == 2


@pytest.mark.req("LANE-07")
def test_a_car_that_the_way_out_saw_leaving_comes_in_again_at_once() -> None:
    went_in, came_out = Stood("A", Direction.IN, UUID(int=1), 10.0), Stood("A", Direction.OUT, UUID(int=2), 20.0)
    cars = one_car.seen_elsewhere((went_in, came_out, replace(went_in, plate="B")), came_out)
    assert cars == (came_out, replace(went_in, plate="B"))
    assert just_before((went_in,), "A", Direction.IN, 20.0) and not just_before(cars, "A", Direction.IN, 20.0)
    assert just_before((went_in,), "A", Direction.IN, 10.0 + AGAIN_S)
    assert not just_before((went_in,), "A", Direction.IN, 10.1 + AGAIN_S)
    assert not just_before((went_in,), "A", Direction.OUT, 20.0)
    assert "A" not in repr(went_in).replace("IN", "")


@pytest.mark.req("LANE-06")
def test_a_guard_who_opens_while_a_car_is_read_opens_for_that_one_and_not_for_who_was_refused_before(
    bench: VehicleBench,
) -> None:
    bench.arrive(OTHER)
    bench.loops()
    bench.wait(5)
    bench.loops(arming=BUSY)
    bench.wait(1)
    bench.order(bench.command(lane=LANE))
    told = [one.decision.detail.get("case", one.decision.kind.value) for one in bench.said(DecisionMade)]
    assert told == ["no_temporary", "unread", "remote"] and len(bench.arm.pulses) == 1


@pytest.mark.req("LANE-08")
def test_a_flood_of_pushes_without_a_vehicle_is_counted_and_loses_no_car(bench: VehicleBench) -> None:
    before = bench.journal.head()[0]
    for n in range(3000):
        bench.push(f"川A{n:05d}")
        bench.mono += 0.1
        bench.gate.tick()
    lines = bench.journal.head()[0] - before
    assert lines <= 200 + 2000 * 300 / 86400 + 4 and len(bench.answered) >= 2999
    bench.wait(2)
    bench.loops(arming=BUSY)
    bench.push(MINE)
    assert bench.cases() == ["grant permit"], "a car is a car all the same"
    bench.mono += 3600
    bench.loops(arming=BUSY)
    bench.gate.tick()
    counts = [one.count for one in bench.said(PlateRead) if one.plate is None]
    assert len(counts) == 1 and counts[0] + len(bench.said(PlateRead)) - 1 == 3000, "none is forgotten"


@pytest.mark.req("LANE-08")
def test_one_plate_without_a_vehicle_is_one_line_a_minute(bench: VehicleBench) -> None:
    for _ in range(50):
        bench.push(MINE)
        bench.wait(EARLY_S + 0.1)
    assert len(bench.said(PlateRead)) == 2


Product = tuple[VehicleLane, tuple[Stood, ...], str]
P = "P"


@pytest.mark.req("LANE-06", "LANE-07")
def test_in_every_reachable_state_a_plate_opens_anew_only_where_its_car_was_seen_going_back() -> None:
    """The lane, the plate P that stood for a car, and an onlooker who judges the raw reads by himself, to closure.

    The onlooker: P's car is `here`; `off` while since it left the arming loop each read said that nobody is at the arm,
    none was late and none lost; `back` once that has lasted for gap_s; else `gone`, for good.
    """

    def onlooker(was: str, before: VehicleLane, after: VehicleLane, seen: object, again: bool, now: float) -> str:
        lost = isinstance(seen, BoardLost) or before.heard_at is None or now - before.heard_at > SHORT.stale_s
        raw = seen if isinstance(seen, Contacts) else None
        calm = (raw.safety, raw.inner) == (FREE, FREE) if raw is not None else not lost
        match was:
            case "here" if again or after.look is Look.NONE:
                left = raw is not None and before.outer is BUSY and raw.outer is FREE
                calm_before = (before.safety, before.inner) == (FREE, FREE)
                return "off" if left and calm and calm_before and not lost else "gone"
            case "off" if not calm or lost:
                return "gone"
            case "off" if now > SHORT.gap_s:
                return "back"
        return was

    start = VehicleLane(settings=SHORT)
    known: set[Product] = {(start, (), "none")}
    queue, opened = deque(known), 0
    while queue:
        lane, cars, was = queue.popleft()
        for now in (0.0, 0.9):
            board = reads(lane, ("outer", "safety", "inner"), (Arm.DOWN,))
            for seen in (*board, BoardLost(), Tick(), Refused(), "P"):
                ghost, held = was, cars
                if seen == "P":
                    if lane.arming is not BUSY or lane.look is not Look.ASKED:
                        continue
                    if just_before(cars, P, Direction.IN, now):
                        assert was in ("off", "gone"), "nobody is asked about a car without a reason"
                        seen = Refused()
                    else:
                        assert was in ("none", "back", "here"), "one plate, one car"
                        person, ghost = fresh(lane), "here"
                        held = one_car.stands(cars, P, Direction.IN, UUID(int=9))
                        opened += was == "back"
                        seen = Granted(person, now)
                assert not isinstance(seen, str)
                after, does = step(lane, seen, now)
                check(lane, seen, after, does, now)
                again = AskLook() in does
                held = one_car.after_step(held, lane, after, again, now)
                ghost = onlooker(ghost, lane, after, seen, again, now)
                small = capped(after, now)
                held = tuple(
                    one if one.left_at is None else replace(one, left_at=-0.9 if now - one.left_at > 0.8 else 0.0)
                    for one in held
                )
                state = (small, held, ghost)
                if state not in known:
                    known.add(state)
                    queue.append(state)
    assert opened and {ghost for _, _, ghost in known} == {"none", "here", "off", "back", "gone"}
