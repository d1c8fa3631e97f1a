"""The demo's lift: its lines of the site file are in order, and what its board frees is told by floors."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.registry import open_relay_board
from edge.site import site_of
from models.access.decision import Reason
from scripts.demo.lift import COMMON, FLOORS, RESTRICT, LiftLane, in_fire, riders
from scripts.seed import FLOORS as STOREYS
from tests.scripts.test_words import in_both

SEEDED = {
    "cards": {"resident": {"facility": 12, "number": 34567}},
    "passes": {"upstairs": {"token": "MT1:up"}, "visitor": {"token": "MT1:other"}},
}


@pytest.mark.req("ACC-29")
def test_its_lines_are_a_lift_whose_board_frees_the_floors_that_they_name(tmp_path: Path) -> None:
    lift = LiftLane("lift-5-2", tmp_path)
    try:
        lane = ["[node]", 'name = "n"', "[[lane]]", 'code = "lift-5-2"', 'name = "5-2"', 'direction = "in"']
        (site,) = site_of("\n".join([*lane, *lift.site_lines()]), tmp_path / "site.toml").lane
        assert site.lift is not None and site.lift.floors == FLOORS and site.lift.common == COMMON
        board = open_relay_board(site.relay)
        board.pulse(RESTRICT, 10_000)
        before = len(lift.board.edges())
        board.pulse(FLOORS["11"], 2000)
        assert lift.restricted and lift.freed == {"11"} == lift.freed_since(before).keys()
        assert board.read_inputs()[site.contacts.fire - 1], "no fire"
        assert site.contacts.ebike and not board.read_inputs()[site.contacts.ebike - 1], "no e-bike"
        board.close()
    finally:
        lift.close()


def test_there_is_a_button_for_every_storey_of_the_demo() -> None:
    assert {str(storey) for storey in STOREYS} <= FLOORS.keys()


@pytest.mark.req("ACC-29")
def test_who_rides_may_press_home_and_common_floors_and_everybody_is_told_in_both_languages() -> None:
    everybody = (*riders(SEEDED, "lift-5-2"), in_fire(SEEDED, "lift-5-2"))
    assert [rider.floors - set(COMMON) for rider in everybody] == [{"11"}, {"11"}, set(), set(), set()]
    assert all(in_both(f"{rider.zh} · {rider.en}") and rider.passes is None for rider in everybody)
    assert [rider.moves for rider in everybody] == [True, True, True, False, False] and everybody[
        -1
    ].reason is Reason.FIRE
