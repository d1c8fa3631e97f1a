"""A floor plan's picture is made of the plan's numbers alone; the plot says the most of each of its points."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.oversight.console.lot.drawing import HEIGHT, POINTS, draw, nice, plot_of
from models.parking.guidance import nearest
from models.parking.occupancy import BayState
from models.parking.plan import Plan
from models.parking.plan_file import read_plan
from models.parking.plan_sample import sample_plan
from tests.models.making import MONDAY_NOON

PLAN = read_plan(json.dumps(sample_plan({"car-in": "west"})).encode())
NUMBERS = re.compile(r"[MLHV0-9.,\- ]+")


@pytest.mark.req("PARK-21", "SEC-09")
def test_each_line_is_made_of_numbers_and_each_level_shows_its_own_part_of_the_way():
    assert isinstance(PLAN, Plan)
    states = dict.fromkeys(PLAN.bays, BayState.UNKNOWN) | {"C14": BayState.FREE}
    guided = nearest(PLAN, "car-in", ["C14"], "5-2-1102")
    assert guided is not None
    upper, lower = (draw(PLAN, level, states, {"car-in": "东门"}, guided) for level in PLAN.levels)
    for drawing in (upper, lower):
        assert len(drawing.bays) == 52
        lines = (*drawing.walls, drawing.roads, *drawing.drive, *drawing.walk, *(bay.outline for bay in drawing.bays))
        assert all(NUMBERS.fullmatch(line) for line in lines)
        assert len(drawing.drive) == 1
        assert [lift.name for lift in drawing.lifts] == ["5-1 电梯", "5-2 电梯"], "a lift stops at each level"
    assert (len(upper.walk), len(lower.walk)) == (0, 1)
    assert [bay.code for bay in lower.bays if bay.chosen] == ["C14"]
    assert not any(bay.chosen for bay in upper.bays)
    assert [(lane.name, lift.name) for lane, lift in zip(upper.lanes, upper.lifts, strict=False)] == [
        ("东门", "5-1 电梯")
    ]
    assert lower.lanes == ()


@given(st.lists(st.tuples(st.integers(1, 86_399), st.integers(0, 500)), max_size=30))
def test_the_plot_never_hides_the_most(changes):
    moments = sorted(dict(changes).items())
    start, end = MONDAY_NOON, MONDAY_NOON + timedelta(days=1)
    curve = [(start, 3), *((start + timedelta(seconds=at), number) for at, number in moments)]
    curve.append((end, curve[-1][1]))
    plot = plot_of(curve)
    assert plot.most == max(number for _, number in curve)
    assert plot.top >= plot.most
    heights = [float(y) for y in re.findall(r"(?:M0 |V)([\d.]+)", plot.line)]
    assert min(heights) == pytest.approx(HEIGHT - plot.most / plot.top * HEIGHT, abs=0.01)
    assert plot.line.count("H") == POINTS
    assert plot.rows[0][0] == start
    assert plot.rows[-1][0] == end


@given(st.integers(0, 1_000_000))
def test_the_upper_edge_is_an_even_number_that_is_not_below(number):
    assert nice(number) >= number
    assert nice(number) % 2 == 0
