"""The way to a bay: connected, along the plan's own edges, through no wall, and none is shorter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import pairwise, permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.parking.guidance import drive_to, legs, nearest, reach, reversed_ways, walk_to, ways_of
from models.parking.plan import Plan
from models.parking.plan_check import crosses
from models.parking.plan_file import read_plan
from models.parking.plan_sample import sample_plan

pytestmark = pytest.mark.req("PARK-21")


def plan_of(content: object) -> Plan:
    found = read_plan(json.dumps(content).encode())
    assert isinstance(found, Plan), found
    return found


PLAN = plan_of(sample_plan({"car-in": "west", "car-in-2": "east"}))
TEMPORARY = [code for code, (_, bay) in PLAN.bays.items() if bay.kind == "temporary"]

EDGES = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"), st.booleans(), st.integers(1, 20)), max_size=14
)


def brute(ways: Mapping[str, Iterable[tuple[str, float]]], start: str, end: str) -> float | None:
    """The shortest of all ways that visit no node twice."""
    lengths: dict[tuple[str, str], float] = {}
    for node, to in ways.items():
        for following, metres in to:
            lengths[node, following] = min(metres, lengths.get((node, following), metres))
    others = [node for node in "abcdef" if node not in (start, end)]
    found = [0.0] if start == end else []
    for n in range(len(others) + 1):
        for between in permutations(others, n):
            steps = list(pairwise((start, *between, end)))
            if start != end and all(step in lengths for step in steps):
                found.append(sum(lengths[step] for step in steps))
    return min(found, default=None)


@given(EDGES)
def test_none_is_shorter_on_any_small_graph(edges: list[tuple[str, str, bool, int]]) -> None:
    ways: dict[str, list[tuple[str, float]]] = {}
    for a, b, one_way, metres in edges:
        ways.setdefault(a, []).append((b, float(metres)))
        if not one_way:
            ways.setdefault(b, []).append((a, float(metres)))
    fixed = {node: tuple(to) for node, to in ways.items()}
    reached = reach(fixed, "a")
    back = reach(reversed_ways(fixed), "a")
    for node in "abcdef":
        assert reached.metres.get(node) == brute(fixed, "a", node)
        assert back.metres.get(node) == brute(fixed, node, "a")
        nodes = reached.nodes_to(node)
        assert bool(nodes) == (node in reached.metres)
        total = sum(min(m for to, m in fixed[x] if to == y) for x, y in pairwise(nodes))
        assert not nodes or (nodes[0] == "a" and nodes[-1] == node and total == reached.metres[node])


@given(st.sampled_from(sorted(PLAN.bays)), st.sampled_from(["car-in", "car-in-2"]), st.sampled_from(PLAN.lifts))
def test_a_way_is_connected_and_goes_along_edges_through_no_wall(code, lane, lift) -> None:
    level, bay = PLAN.bays[code]
    start = next(one.node for one in PLAN.lanes if one.lane == lane)
    stop = next(node for node in lift.nodes if PLAN.spots[node].level == level.code)
    for way, edges, first in (
        (drive_to(PLAN, start, bay), PLAN.drive, start), (walk_to(PLAN, stop, bay), PLAN.walk, stop),
    ):  # fmt: skip
        assert way is not None
        there = {(edge.start, edge.end) for edge in edges}
        there |= {(edge.end, edge.start) for edge in edges if not edge.one_way}
        assert way.nodes[0] == first
        assert all(step in there for step in pairwise(way.nodes))
        pieces = legs(PLAN, way.nodes, code)
        assert pieces[-1][-1].at == bay.at
        walls = {one.code: [wall.ends for wall in one.walls] for one in PLAN.levels}
        for piece in pieces:
            for one, other in pairwise(piece):
                assert one.level == other.level
                assert not any(crosses(one.at, other.at, *wall) for wall in walls[one.level])
        straight = PLAN.spots[first].at.to(bay.at) if PLAN.spots[first].level == level.code else 0.0
        assert way.metres >= straight - 1e-9


@given(st.sets(st.sampled_from(TEMPORARY)), st.sampled_from(["", "5-1-101", "5-2-2001", "9-9"]))
def test_the_nearest_is_free_and_no_other_free_one_is_nearer(free: set[str], house: str) -> None:
    found = nearest(PLAN, "car-in", free, house)
    assume(free or found is None)
    if not free:
        return
    assert found is not None
    assert found.bay in free
    lift = {"5-1-101": "L1", "5-2-2001": "L2"}.get(house)
    assert found.lift == lift
    start = next(one.node for one in PLAN.lanes if one.lane == "car-in")
    if lift is None:
        ways = [drive_to(PLAN, start, PLAN.bays[one][1]) for one in free]
        assert found.walk is None
        assert found.drive.metres == min(way.metres for way in ways if way)
    else:
        stops = next(one.nodes for one in PLAN.lifts if one.code == lift)
        on_foot = [reach(reversed_ways(ways_of(PLAN, PLAN.walk)), node) for node in stops]
        walks = [walk_to(PLAN, one.start, PLAN.bays[code][1], one) for code in free for one in on_foot]
        assert found.walk is not None
        assert found.walk.metres == min(way.metres for way in walks if way)
        assert found.walk.nodes[-1] in stops


def test_nothing_free_or_a_lane_that_is_not_on_the_plan_leads_nowhere() -> None:
    assert nearest(PLAN, "car-in", []) is None
    assert nearest(PLAN, "another", TEMPORARY) is None
    assert nearest(PLAN, "car-in", ["Z99"]) is None


def test_a_way_down_a_ramp_is_drawn_level_by_level() -> None:
    start = PLAN.lanes[0].node
    way = drive_to(PLAN, start, PLAN.bays["C14"][1])
    assert way is not None
    assert [leg[0].level for leg in legs(PLAN, way.nodes, "C14")] == ["B1", "B2"]
    assert way.metres > 32
