"""A floor plan's file is read whole or refused with every mistake named; what is drawn later leads through no wall."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parking.plan import Plan
from models.parking.plan_check import Wrong
from models.parking.plan_file import FILE_MAX, read_plan, written
from models.parking.plan_sample import sample_plan

pytestmark = pytest.mark.req("PARK-21")

LANES = {"car-in": "west"}


def told(**more: Any) -> dict[str, Any]:
    """A small plan: one level, one zone, one bay at an aisle of two nodes."""
    level = {
        "code": "G", "name": "地面", "width": 20, "height": 20,
        "zones": [{"code": "A", "name": "A 区"}],
        "nodes": [{"code": "a", "x": 2, "y": 10}, {"code": "b", "x": 12, "y": 10}],
        "bays": [{"code": "A1", "zone": "A", "x": 12, "y": 5, "drive": "b", "walk": "b"}],
    } | more.pop("level", {})  # fmt: skip
    edge = [{"from": "a", "to": "b"}]
    return {"menting_plan": 1, "levels": [level], "drive": edge, "walk": edge,
            "lifts": [{"code": "L", "name": "电梯", "nodes": ["a"], "units": ["1-1"]}],
            "lanes": [{"lane": "car-in", "node": "a", "zone": "A"}]} | more  # fmt: skip


def read(content: Any) -> Any:
    return read_plan(json.dumps(content).encode())


def wrongs(content: Any) -> set[tuple[Wrong, str]]:
    found = read(content)
    return set() if isinstance(found, Plan) else {(one.wrong, one.where) for one in found}


def test_the_small_plan_and_the_sample_hold() -> None:
    assert isinstance(read(told()), Plan)
    plan = read(sample_plan(LANES))
    assert isinstance(plan, Plan)
    assert len(plan.bays) == 104
    assert read(written(plan)) == plan


BAY = {"code": "A1", "zone": "A", "x": 12, "y": 5, "drive": "b", "walk": "b"}
MISTAKES = {
    "a field that nobody knows": (told(level={"ways": []}), Wrong.UNKNOWN_FIELD, "levels[1].ways"),
    "a field that is not there": (told(lifts=[{"code": "L", "nodes": ["a"]}]), Wrong.MISSING, "lifts[1].name"),
    "no number": (told(level={"width": "wide"}), Wrong.NO_NUMBER, "levels[1].width"),
    "a number out of range": (told(level={"width": 5000}), Wrong.RANGE, "levels[1].width"),
    "too many": (told(lanes=[{"lane": f"l{n}", "node": "a"} for n in range(41)]), Wrong.TOO_MANY, "lanes"),
    "no code": (told(level={"code": "<b>"}), Wrong.FORM, "levels[1].code"),
    "no known kind": (told(level={"bays": [BAY | {"kind": "vip"}]}), Wrong.FORM, "levels[1].bays[1].kind"),
    "a code twice": (told(level={"bays": [BAY, BAY | {"x": 6}]}), Wrong.TWICE, "A1"),
    "a bay outside": (told(level={"bays": [BAY | {"x": 19.5}]}), Wrong.OUTSIDE, "A1"),
    "a zone that is not there": (told(level={"bays": [BAY | {"zone": "Z"}]}), Wrong.NO_ZONE, "A1"),
    "a node that is not there": (told(level={"bays": [BAY | {"walk": "z"}]}), Wrong.NO_NODE, "A1"),
    "an edge to nowhere": (told(drive=[{"from": "a", "to": "z"}]), Wrong.NO_NODE, "a–z"),
    "an edge to itself": (told(walk=[{"from": "a", "to": "a"}]), Wrong.LOOP, "a"),
    "an edge shorter than it is": (told(walk=[{"from": "a", "to": "b", "metres": 1}]), Wrong.SHORTER, "a–b"),
    "no bay at all": (told(level={"bays": []}), Wrong.NO_BAY, "bays"),
    "an edge through a wall": (
        told(level={"walls": [{"x1": 7, "y1": 0, "x2": 7, "y2": 20}]}), Wrong.WALL, "a–b",
    ),
    "a bay behind a wall": (
        told(level={"walls": [{"x1": 8, "y1": 8, "x2": 16, "y2": 8}]}), Wrong.WALL, "A1",
    ),
    "a way over a bay": (told(level={"bays": [BAY, BAY | {"code": "A2", "x": 7, "y": 10}]}), Wrong.OVER_BAY, "a–b"),
    "two bays on one place": (
        told(level={"bays": [BAY, BAY | {"code": "A2", "x": 12.4}]}), Wrong.ON_ANOTHER, "A1",
    ),
    "no way in": (told(drive=[]), Wrong.NO_WAY_IN, "A1"),
    "a one-way street out": (told(drive=[{"from": "b", "to": "a", "one_way": True}]), Wrong.NO_WAY_IN, "A1"),
    "no way on foot": (told(walk=[]), Wrong.NO_WAY_ON_FOOT, "A1"),
    "another kind of file": ({"type": "FeatureCollection"}, Wrong.NOT_A_PLAN, "menting_plan"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_each_mistake_is_named_where_it_is(what: str) -> None:
    content, wrong, where = MISTAKES[what]
    assert (wrong, where) in wrongs(content)


def test_a_ramp_says_how_long_it_is() -> None:
    plan = sample_plan(LANES)
    plan["drive"] = [{k: v for k, v in edge.items() if k != "metres"} for edge in plan["drive"]]
    assert (Wrong.NO_LENGTH, "B1-2-east–B2-2-east") in wrongs(plan)


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"{", Wrong.NOT_JSON),
        (b"<svg onload='x()'/>", Wrong.NOT_JSON),
        (b"\xff\xfe", Wrong.NOT_JSON),
        (b"[" * 100_000, Wrong.NOT_JSON),
        (b'{"menting_plan": 1, "levels": NaN}', Wrong.NOT_JSON),
        (b"x" * (FILE_MAX + 1), Wrong.TOO_LARGE),
    ],
)
def test_what_is_no_plan_at_all_is_refused(content: bytes, wrong: Wrong) -> None:
    found = read_plan(content)
    assert not isinstance(found, Plan)
    assert [one.wrong for one in found] == [wrong]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(ANYTHING)
def test_whatever_comes_is_a_plan_or_a_list_of_mistakes(content: Any) -> None:
    for one in (content, told() | {"levels": content}, told(level={"bays": content})):
        found = read_plan(json.dumps(one).encode("utf-8", "surrogatepass"))
        assert isinstance(found, Plan) or found
