"""A floor plan to begin with: two levels of four rows, two aisles and two lifts. What the page offers as an example
file, what the demo shows, and what tests walk through. Pure."""

from itertools import pairwise
from typing import Any

from models.parking.plan_file import VERSION

WIDTH, HEIGHT = 50.0, 36.0
FIRST_X, STEP, BAYS_IN_ROW = 9.4, 2.6, 13
AISLES = (9.0, 27.0)
ROWS = ((3.4, 9.0), (14.6, 9.0), (21.4, 27.0), (32.6, 27.0))
"""The middle of each row, and the aisle that it is driven into from."""
WEST, EAST, MIDDLE = 4.0, 46.0, 18.0


def sample_plan(lanes: dict[str, str]) -> dict[str, Any]:
    """As a file says it. lanes: which vehicle lane leads in where, "west" or "east" of level B1."""
    levels = [_level("B1", "地下一层", "A", "B"), _level("B2", "地下二层", "C", "D")]
    drive: list[dict[str, Any]] = [
        {"from": "B1-in-west", "to": "B1-1-west"},
        {"from": "B1-in-east", "to": "B1-1-east"},
        {"from": "B1-2-east", "to": "B2-2-east", "metres": 32},
    ]
    walk: list[dict[str, Any]] = []
    for level in ("B1", "B2"):
        for aisle in (1, 2):
            line = [
                f"{level}-{aisle}-west",
                *(f"{level}-{aisle}-{n}" for n in range(1, BAYS_IN_ROW + 1)),
                f"{level}-{aisle}-east",
            ]
            both: list[dict[str, Any]] = [{"from": a, "to": b} for a, b in pairwise(line)]
            drive += both
            walk += both
        for side, lift in (("west", 1), ("east", 2)):
            cross: list[dict[str, Any]] = [
                {"from": f"{level}-1-{side}", "to": f"{level}-mid-{side}"},
                {"from": f"{level}-mid-{side}", "to": f"{level}-2-{side}"},
            ]
            drive += cross
            walk += [*cross, {"from": f"{level}-mid-{side}", "to": f"{level}-lift-{lift}"}]
    return {
        VERSION: 1,
        "levels": levels,
        "drive": drive,
        "walk": walk,
        "lifts": [
            {"code": "L1", "name": "5-1 电梯", "nodes": ["B1-lift-1", "B2-lift-1"], "units": ["5-1"]},
            {"code": "L2", "name": "5-2 电梯", "nodes": ["B1-lift-2", "B2-lift-2"], "units": ["5-2"]},
        ],
        "lanes": [{"lane": lane, "node": f"B1-in-{side}"} for lane, side in lanes.items()],
    }


def _level(code: str, name: str, north: str, south: str) -> dict[str, Any]:
    xs = [round(FIRST_X + STEP * n, 1) for n in range(BAYS_IN_ROW)]
    nodes: list[dict[str, Any]] = [
        {"code": f"{code}-mid-west", "x": WEST, "y": MIDDLE},
        {"code": f"{code}-mid-east", "x": EAST, "y": MIDDLE},
        {"code": f"{code}-lift-1", "x": 1.2, "y": MIDDLE},
        {"code": f"{code}-lift-2", "x": 48.8, "y": MIDDLE},
    ]
    for aisle, y in enumerate(AISLES, 1):
        nodes += [
            {"code": f"{code}-{aisle}-west", "x": WEST, "y": y},
            {"code": f"{code}-{aisle}-east", "x": EAST, "y": y},
        ]
        nodes += [{"code": f"{code}-{aisle}-{n}", "x": x, "y": y} for n, x in enumerate(xs, 1)]
    if code == "B1":
        nodes += [{"code": "B1-in-west", "x": WEST, "y": 0.5}, {"code": "B1-in-east", "x": EAST, "y": 0.5}]
    bays = []
    for row, (y, aisle_y) in enumerate(ROWS):
        zone, aisle = (north, 1) if aisle_y == AISLES[0] else (south, 2)
        for n, x in enumerate(xs, 1):
            number = n + (row % 2) * BAYS_IN_ROW
            node = f"{code}-{aisle}-{n}"
            kind = _kind(code, row, n)
            bays.append(
                {
                    "code": f"{zone}{number:02d}",
                    "zone": zone,
                    "kind": kind,
                    "x": x,
                    "y": y,
                    "drive": node,
                    "walk": node,
                    "sensor": kind != "fixed",
                }
            )
    wall = {"x1": FIRST_X - 2, "y1": MIDDLE, "x2": xs[-1] + 2, "y2": MIDDLE}
    return {
        "code": code,
        "name": name,
        "width": WIDTH,
        "height": HEIGHT,
        "walls": [wall],
        "zones": [{"code": north, "name": f"{north} 区"}, {"code": south, "name": f"{south} 区"}],
        "nodes": nodes,
        "bays": bays,
    }


def _kind(level: str, row: int, n: int) -> str:
    if level == "B2" and row >= 2:
        return "fixed"
    if row == 0:
        return "disabled" if n in (1, BAYS_IN_ROW) else "fixed"
    return "charging" if row == 3 and n > BAYS_IN_ROW - 4 else "temporary"
