"""Doors that the draft ties: of each tie never two are released at once, except on fire. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge.commission.draft import Tree, lanes_of
from edge.console.words import Line
from edge.site_interlock import Door, why_not_tied
from edge.told import halves

INTERLOCK = "interlock"


@dataclass(frozen=True, slots=True)
class Tie:
    """One interlock of the draft. `place`: where it stands in the file, from 1; `lanes`: codes, none where the file
    names none that can be read."""

    place: int
    lanes: tuple[str, ...]

    @property
    def key(self) -> str:
        """As a form names it: that nobody unties another one than they read."""
        return " ".join(self.lanes)


def ties_of(tree: Tree) -> tuple[Tie, ...]:
    """In the order of the file."""
    listed = tree.get(INTERLOCK)
    return tuple(
        Tie(place, _codes(one)) for place, one in enumerate(listed if isinstance(listed, list) else (), 1)
    )  # fmt: skip


def interlocks(tree: Tree) -> tuple[tuple[str, ...], ...]:
    """The codes of each interlock that can be read."""
    return tuple(tie.lanes for tie in ties_of(tree) if tie.lanes)


def partners_of(tree: Tree, code: str) -> tuple[str, ...]:
    """The lanes that this one is tied to, each once."""
    tied = (other for group in interlocks(tree) if code in group for other in group)
    return tuple(dict.fromkeys(other for other in tied if other != code))


def why_not(tree: Tree, codes: Sequence[str]) -> Line | None:
    """Why these lanes of the draft cannot be tied, in the words of the site check; None: they can."""
    doors = {
        str(lane.get("code", "")): Door(bool(lane.get("lift")), "barrier" in lane, lane.get("escape_route") is True)
        for lane in lanes_of(tree)
    }
    wrong = why_not_tied(codes, doors)
    return None if wrong is None else Line(*halves(wrong))


def is_tied(tree: Tree, codes: Sequence[str]) -> bool:
    """An interlock of the draft holds all of these lanes already."""
    return any(set(codes) <= set(group) for group in interlocks(tree))


def with_tie(tree: Tree, codes: Sequence[str]) -> dict[str, Any]:
    listed = tree.get(INTERLOCK)
    return {**tree, INTERLOCK: [*(listed if isinstance(listed, list) else ()), {"lanes": list(codes)}]}


def without_tie(tree: Tree, key: str) -> dict[str, Any]:
    """Without the first interlock of this key; where there is none, nothing changes."""
    place = next((tie.place for tie in ties_of(tree) if tie.key == key), None)
    if place is None:
        return dict(tree)
    rest = [one for number, one in enumerate(tree[INTERLOCK], 1) if number != place]
    return {**{name: value for name, value in tree.items() if name != INTERLOCK}, **({INTERLOCK: rest} if rest else {})}


def _codes(one: object) -> tuple[str, ...]:
    lanes = one.get("lanes") if isinstance(one, dict) else None
    return tuple(map(str, lanes)) if isinstance(lanes, list) else ()
