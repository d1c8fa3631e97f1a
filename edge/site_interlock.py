"""Which lanes an interlock may tie: two doors of which never both are released, except on fire.

Pure, and asked of a draft as well that is no site file yet: nothing else of it bears on whether a tie can be.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Door(NamedTuple):
    """What of a lane an interlock has to know."""

    lift: bool
    vehicles: bool
    escape_route: bool


def why_not_tied(group: Sequence[str], lanes: Mapping[str, Door]) -> str | None:
    """What keeps these codes from being an interlock, in both languages; None: nothing. `lanes`: by code."""
    for code in group:
        if code not in lanes:
            return (
                f"没有这条通道，已有的是 {'、'.join(lanes)} / "
                f'interlock names lane "{code}"; known lanes: {", ".join(lanes)}'
            )
        if list(group).count(code) > 1:
            return f'写了两次 / interlock names lane "{code}" twice'
        lane = lanes[code]
        if lane.lift:
            return f'电梯没有可互锁的门 / lane "{code}" is a lift, which has no door that an interlock could hold'
        if lane.vehicles:
            return f'车道不能互锁 / lane "{code}" is for vehicles, which no interlock holds'
        if lane.escape_route:
            return f'疏散通道不能被互锁关住 / lane "{code}" is an escape route, so no interlock may ever hold it shut'
    return None
