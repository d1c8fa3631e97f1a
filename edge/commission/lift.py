"""The floors of a lift in the draft: which output of its board frees which button. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.errors import AddressError
from devices.registry import relay_board_facts
from edge.commission.checklist import name_of, output_of
from edge.commission.draft import Tree, lanes_of, with_lane
from edge.hands import NO_DOOR

LIFT = "lift"


@dataclass(frozen=True, slots=True)
class Floor:
    """One button. `common`: everybody who is let in may press it; `switched`: when its output last was seen to switch,
    "" for not yet."""

    button: str
    output: Any
    common: bool
    switched: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A lane's board as the form of a lift has it. `outputs`: how many it has, 0 where the lane has no board that can
    be one; `free`: those that nothing is wired to."""

    outputs: int
    free: tuple[int, ...]
    restrict: Any
    restricted: str
    floors: tuple[Floor, ...]


def shown(lane: Tree, worked: Mapping[str, str]) -> Shown:
    """`worked`: what was seen to work, and when."""
    relay, lift = lane.get("relay"), _lift(lane)
    board, outputs = "", 0
    if isinstance(relay, str):
        board = name_of(relay)
        try:
            outputs = relay_board_facts(relay).outputs
        except AddressError:
            outputs = 0
    floors, restrict = _floors(lift), lift.get("restrict")
    common = lift.get("common")
    wired = {restrict, *(at for at in floors.values() if isinstance(at, int))}

    def switched(output: Any) -> str:
        return worked.get(output_of(board, output), "") if isinstance(output, int) else ""

    return Shown(
        outputs, tuple(number for number in range(1, outputs + 1) if number not in wired), restrict, switched(restrict),
        tuple(
            Floor(button, at, isinstance(common, list) and button in common, switched(at))
            for button, at in floors.items()
        ),
    )  # fmt: skip


def with_lift(tree: Tree, code: str, restrict: int | float | str) -> dict[str, Any]:
    """The lane as a lift that this output restricts: it has no door of ours, and no contacts of one."""
    return with_lane(
        tree, code, {LIFT: {**_lift(lane_of(tree, code)), "restrict": restrict}}, dict.fromkeys(NO_DOOR, 0)
    )


def with_floor(tree: Tree, code: str, button: str, output: int | float | str, common: bool) -> dict[str, Any]:
    """The button freed by this output, added or changed."""
    lift = _lift(lane_of(tree, code))
    floors = {**_floors(lift), button: output}
    return with_lane(tree, code, {LIFT: _in_common({**lift, "floors": floors}, button, common)}, {})


def without_floor(tree: Tree, code: str, button: str) -> dict[str, Any]:
    lift = _lift(lane_of(tree, code))
    floors = {name: at for name, at in _floors(lift).items() if name != button}
    return with_lane(tree, code, {LIFT: _in_common({**lift, "floors": floors}, button, False)}, {})


def without_lift(tree: Tree, code: str) -> dict[str, Any]:
    """The lane as a door again, whose contacts are to be filled in."""
    return with_lane(tree, code, {}, {}, gone=(LIFT,))


def alone(tree: Tree, code: str) -> dict[str, Any]:
    """A site with this lift in it and nothing else that could be wrong: what the check of the file has against it is
    about its board and its floors."""
    lane = lane_of(tree, code)
    lift = _lift(lane)
    if not lift.get("floors"):  # one that is begun: its board is judged all the same
        lift["floors"] = {"0": 2 if lift.get("restrict") == 1 else 1}
    boards: dict[str, Any] = {key: lane[key] for key in ("relay", "inputs") if key in lane}
    made: dict[str, Any] = {
        "code": "lift", "name": "x", "direction": "in", "fail": "safe", "scanner": "scanner+serial:///dev/none",
        "contacts": dict.fromkeys((*NO_DOOR, "fire"), 0), **boards, LIFT: lift,
    }  # fmt: skip
    return {"node": {"name": "x"}, "lane": [made]}


def lane_of(tree: Tree, code: str) -> dict[str, Any]:
    """The lane of this code; empty for none."""
    return next((lane for lane in lanes_of(tree) if lane.get("code") == code), {})


def _lift(lane: Tree) -> dict[str, Any]:
    lift = lane.get(LIFT)
    return dict(lift) if isinstance(lift, dict) else {}


def _floors(lift: Tree) -> dict[str, Any]:
    floors = lift.get("floors")
    return {str(button): at for button, at in floors.items()} if isinstance(floors, dict) else {}


def _in_common(lift: Mapping[str, Any], button: str, common: bool) -> dict[str, Any]:
    """`common` is written in the file where it names anything."""
    before = lift.get("common")
    rest = [one for one in before if one != button] if isinstance(before, list) else []
    named = [*rest, button] if common else rest
    return {**{key: value for key, value in lift.items() if key != "common"}, **({"common": named} if named else {})}
