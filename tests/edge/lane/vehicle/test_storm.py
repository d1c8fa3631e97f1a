"""A storm at a barrier: held up on the way out, closed on the way in, by the rules and not by a command (LANE-28)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from devices.display.texts import Say
from edge.lane.vehicle.display import text_of, while_held
from edge.lane.vehicle.in_force import STORM_CLOSES
from edge.lane.vehicle.orders import NOT_EMPTY
from models.parking.admission import LaneRules
from models.parking.storm import Storm, closed_in, opening
from models.site.topology import Direction
from models.values.ids import new_id
from models.values.time import utc_now
from models.wire.commands import Action
from models.wire.events import LaneHeld
from models.wire.plates import PassingEntry, PassingList
from tests.edge.lane.vehicle.lane_bench import LANE, REFERS, VehicleBench
from tests.edge.lane.vehicle.test_orders import Tidal, answers, hold, later
from tests.edge.lane.vehicle.test_runner import MINE, OTHER, made, permit

HOUR = timedelta(hours=1)


def storm(bench: VehicleBench, *, opens: bool = True, hours: float = 4, storm_id: UUID | None = None) -> Storm:
    mine = frozenset({bench.lanes[LANE].lane_id})
    return Storm(
        storm_id=storm_id or new_id(), opens=mine if opens else frozenset(), closes=frozenset() if opens else mine,
        until=bench.now() + hours * HOUR,
    )  # fmt: skip


def told(bench: VehicleBench, *storms: Storm) -> None:
    """Central's next rules are in force, and the lane has ticked."""
    bench.lists([permit()], storms=storms)
    bench.gate.tick()


def hours_pass(bench: VehicleBench, hours: int) -> None:
    for _ in range(hours * 12):
        later(bench, 5)


@pytest.mark.req("LANE-28", "LANE-20")
def test_a_way_out_is_held_up_as_long_as_the_storm_lasts_and_comes_down_with_its_end(tmp_path: Path) -> None:
    bench = made(tmp_path, direction=Direction.OUT)
    wanted = storm(bench)
    told(bench, wanted)
    bench.up = True
    bench.loops()
    assert bench.arm.holds == [True] and bench.said(LaneHeld)[0].storm_id == wanted.storm_id
    bench.drive_through()
    hours_pass(bench, 3)
    assert bench.arm.holds == [True], "renewed past the two hours of one hold"
    bench.order(bench.command(Action.RESUME, lane=LANE))
    assert answers(bench) == ["storm"], "whoever ends it ends the storm"
    told(bench)
    bench.wait(5)
    over = bench.said(LaneHeld)[-1]
    assert bench.arm.holds == [True, False] and bench.arm.relocked == 1 and (over.ended, over.passed) == ("resumed", 1)
    bench.close()


@pytest.mark.req("LANE-28", "SYNC-05")
def test_a_gate_that_is_cut_off_ends_it_at_its_hour_and_a_restart_keeps_it(tmp_path: Path) -> None:
    bench = made(tmp_path, direction=Direction.OUT)
    told(bench, storm(bench, hours=1))
    bench.mono += 600
    bench.start()
    bench.up = True
    bench.loops()
    assert bench.arm.holds == [True], "a restart"
    later(bench, 49.9)
    assert bench.arm.holds == [True]
    later(bench, 0.2)
    assert bench.arm.holds == [True, False]
    bench.close()


@pytest.mark.req("LANE-28", "LANE-20")
@pytest.mark.parametrize("same", [True, False])
def test_a_storm_that_is_prolonged_past_twelve_hours_holds_on_by_that_persons_word(tmp_path: Path, same: bool) -> None:
    """`same`: one storm that was prolonged; else the next, begun the moment the first was ended."""
    bench = made(tmp_path, direction=Direction.OUT)
    first = storm(bench, hours=12)
    told(bench, first)
    bench.up = True
    bench.loops()
    bench.drive_through()
    hours_pass(bench, 8)
    bench.start()
    bench.loops()
    second = storm(bench, hours=12, storm_id=first.storm_id if same else None)
    told(bench, second)
    last = bench.said(LaneHeld)[-1]
    assert (last.since, last.storm_id, last.passed) == (bench.now(), second.storm_id, 1), "a person's word begins anew"
    for _ in range(11 * 12):
        later(bench, 5)
        assert bench.arm.holds == [True] and bench.shell.vehicle.holds_open, "never down in mid-storm"
    hours_pass(bench, 2)
    assert bench.said(LaneHeld)[-1].ended in ("cap", "resumed") and bench.arm.holds == [True, False], "at its hour"
    bench.close()


@pytest.mark.req("LANE-28", "ACC-22")
def test_fire_comes_first_and_a_persons_hold_is_left_alone(tmp_path: Path) -> None:
    bench = made(tmp_path, direction=Direction.OUT)
    hold(bench)
    told(bench, storm(bench))
    assert [one.storm_id for one in bench.said(LaneHeld)] == [None]
    bench.loops(fire=True)
    bench.gate.tick()
    assert bench.said(LaneHeld)[-1].ended == "fire" and bench.arm.holds == [True]
    bench.loops()
    bench.order(bench.command(Action.END_FIRE_HOLD, lane=LANE))
    bench.gate.tick()
    assert bench.said(LaneHeld)[-1].storm_id is not None, "after the fire the storm holds it"
    bench.close()


@pytest.mark.req("LANE-28", "LANE-12")
def test_a_way_in_lets_nobody_in_but_who_is_listed_as_special_until_the_storm_is_over(tmp_path: Path) -> None:
    bench = made(tmp_path)
    pump = PassingEntry(entry_id=new_id(), list=PassingList.SPECIAL, plate=OTHER, since=utc_now() - HOUR)
    bench.lists([permit(), pump], storms=(storm(bench, opens=False),))
    bench.arrive(MINE)
    assert bench.cases() == ["deny storm"] and not bench.arm.pulses and not bench.arm.holds
    bench.loops()
    bench.arrive(OTHER)
    assert bench.cases()[1:] == ["grant special"]
    bench.raised()
    bench.drive_through()
    bench.much_later()
    told(bench)
    bench.arrive(MINE)
    assert bench.cases()[2:] == ["grant permit"]
    bench.close()


@pytest.mark.req("LANE-28", "LANE-20")
def test_a_way_in_that_a_storm_closes_is_held_up_by_nobody(tmp_path: Path) -> None:
    bench = made(tmp_path)
    hold(bench, 120)
    told(bench, storm(bench, opens=False))
    assert bench.said(LaneHeld)[-1].ended == "storm" and bench.arm.holds == [True, False]
    bench.wait(5)
    assert bench.arm.relocked == 1, "and the arm comes down"
    bench.up = False
    bench.loops()
    hold(bench)
    assert answers(bench)[-1] == STORM_CLOSES and bench.arm.holds == [True, False]
    bench.mono += 4 * 3600
    bench.loops()
    hold(bench)
    assert answers(bench)[-1] == "ok", "after its hour"
    bench.close()


@pytest.mark.req("LANE-28", "LANE-13")
@pytest.mark.parametrize("written", list(Direction))
def test_a_tidal_lane_does_in_a_storm_what_the_way_it_leads_now_asks(tmp_path: Path, written: Direction) -> None:
    bench = Tidal(tmp_path, LaneRules(**{**REFERS.model_dump(), "temporary": True}), written)
    mine = frozenset({bench.lanes[LANE].lane_id})
    both = storm(bench).model_copy(update={"closes": mine})

    def turn(way: Direction) -> str:
        bench.order(bench.command(Action.SWITCH_DIRECTION, lane=LANE, direction=way, reason="晚高峰"))
        return answers(bench)[-1]

    told(bench)
    bench.loops()
    assert turn(Direction.IN) == "ok"
    told(bench, both)
    bench.arrive(OTHER)
    assert bench.cases() == ["deny storm"] and not bench.arm.holds, "leading in, it lets nobody in"
    bench.loops()
    bench.wait(5)
    assert turn(Direction.OUT) == "ok"
    bench.gate.tick()
    assert bench.arm.holds == [True] and bench.said(LaneHeld)[-1].storm_id == both.storm_id, "leading out, it is up"
    bench.up = True
    bench.loops()
    assert turn(Direction.IN) == NOT_EMPTY, "not while it is up"
    told(bench)
    assert bench.arm.holds == [True, False]
    bench.close()


@pytest.mark.req("LANE-28", "LANE-23")
@pytest.mark.parametrize(("language", "word"), [("zh", "防汛"), ("en", "Flood risk")])
def test_the_board_tells_a_driver_why_and_where_to_go(language: str, word: str) -> None:
    text = text_of("storm", False, Direction.IN, "川A12345", 0, language)
    assert text.say is Say.STORM and word in text.spoken()


@pytest.mark.req("LANE-20", "LANE-23", "LANE-28")
@pytest.mark.parametrize(
    ("case", "storm", "say", "fee"),
    [
        ("pay", False, Say.OWES, 12_00), ("pay", True, Say.DRIVE_ON, None), ("owes", True, Say.DRIVE_ON, None),
        ("no_entry", False, Say.DRIVE_ON, None), ("lockdown", False, Say.NO_ENTRY, None),
    ],
)  # fmt: skip
def test_past_a_held_arm_nobody_is_told_to_stop_and_in_a_storm_nobody_of_money(
    case: str, storm: bool, say: Say, fee: int | None
) -> None:
    told = while_held(text_of(case, case == "owes", Direction.OUT, "川A12345", 12_00), storm)
    assert (told.say, told.fee_fen, told.plate) == (say, fee, "川A12345")


@pytest.mark.req("LANE-28")
def test_of_several_storms_the_longest_counts_and_none_after_its_hour() -> None:
    now, lane = utc_now(), new_id()
    short, long = (
        Storm(storm_id=new_id(), opens=frozenset({lane}), closes=frozenset({lane}), until=now + hours * HOUR)
        for hours in (1, 2)
    )
    assert opening([long, short], lane, now) == long and closed_in([short], lane, now)
    assert opening([short], lane, now + HOUR) is None and not closed_in([short], lane, now + HOUR)
    assert opening([short], new_id(), now) is None
