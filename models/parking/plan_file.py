"""A floor plan's file: JSON, told in full below, read with every mistake named. Pure.

    {"menting_plan": 1,
     "levels": [{"code": "B1", "name": "地下一层", "width": 60, "height": 34,
                 "walls": [{"x1": 0, "y1": 10, "x2": 20, "y2": 10}],
                 "zones": [{"code": "A", "name": "A 区"}],
                 "nodes": [{"code": "n1", "x": 2, "y": 8}, {"code": "n2", "x": 30, "y": 8}],
                 "bays": [{"code": "A01", "zone": "A", "kind": "temporary", "x": 30, "y": 3.5,
                           "width": 2.4, "depth": 5.3, "turn": 0, "drive": "n2", "walk": "n2", "sensor": true}]}],
     "drive": [{"from": "n1", "to": "n2", "one_way": false}],
     "walk":  [{"from": "n1", "to": "n2"}],
     "lifts": [{"code": "L52", "name": "5-2 电梯", "nodes": ["n1"], "units": ["5-2"]}],
     "lanes": [{"lane": "east-car-in", "node": "n1", "zone": "A"}]}

Metres, from the level's upper left corner, y downwards. An edge between two levels (a ramp, stairs) says its `metres`.
`zone` of a lane: the only one that it leads into from outside; lanes from zone to zone stand in the site files of their
nodes, by these codes. `kind` of a bay: temporary, fixed, charging, disabled. Codes are letters, digits, `-`, `_` and
`.`, 16 at the most, each once in the whole file among its like. Nothing of a file is ever shown as it came: what is
drawn is drawn from numbers.
"""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from models.parking.plan import Plan
from models.parking.plan_check import PROBLEMS_MAX, Problem, Wrong, problems_of
from models.values.text import printable

FILE_MAX = 1_000_000
"""Bytes."""
VERSION = "menting_plan"
WHERE_MAX = 60


def read_plan(content: bytes) -> Plan | tuple[Problem, ...]:
    """The plan, or all that is wrong with its file."""
    if len(content) > FILE_MAX:
        return (Problem(Wrong.TOO_LARGE, "", str(FILE_MAX // 1000)),)
    try:
        told = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        return (Problem(Wrong.NOT_JSON, str(error.lineno), str(error.colno)),)
    except (ValueError, RecursionError):
        return (Problem(Wrong.NOT_JSON, "1", "1"),)
    if not isinstance(told, dict) or told.pop(VERSION, None) != 1:
        return (Problem(Wrong.NOT_A_PLAN, VERSION),)
    try:
        plan = Plan.model_validate(told)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        return tuple(_problem(one["type"], one["loc"]) for one in errors[:PROBLEMS_MAX])
    return problems_of(plan) or plan


def written(plan: Plan) -> dict[str, Any]:
    """As a file says it, for keeping it."""
    return {VERSION: 1, **plan.model_dump(mode="json", by_alias=True)}


def _no_number(said: str) -> float:
    raise ValueError(f"{said} is no number")


_KINDS = {
    "missing": Wrong.MISSING,
    "extra_forbidden": Wrong.UNKNOWN_FIELD,
    "too_long": Wrong.TOO_MANY,
    "too_short": Wrong.MISSING,
    "float_type": Wrong.NO_NUMBER,
    "float_parsing": Wrong.NO_NUMBER,
    "finite_number": Wrong.NO_NUMBER,
    "int_type": Wrong.NO_NUMBER,
    "int_parsing": Wrong.NO_NUMBER,
    "int_from_float": Wrong.NO_NUMBER,
    "greater_than": Wrong.RANGE,
    "greater_than_equal": Wrong.RANGE,
    "less_than": Wrong.RANGE,
    "less_than_equal": Wrong.RANGE,
}


def _problem(kind: str, loc: Sequence[int | str]) -> Problem:
    """levels[1].bays[4].width: counted from 1, as a person counts them."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc]
    return Problem(_KINDS.get(kind, Wrong.FORM), printable("".join(parts).removeprefix(".")[:WHERE_MAX]))
