"""What every board thread of a node knows of fire: seen at one lane, it is answered at all of them (ACC-22, S4).

It lies between the board threads alone: no queue, no disk and no network between the contact and the outputs. A lane
whose board falls silent in a fire goes on counting as burning: it might be.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fires:
    """What one set of board threads hands over to the next. `held`: the lanes whose doors are to stay open for fire.

    `burning`: the lanes whose own inputs said fire when they were last read; what is silent since may burn still.
    """

    held: frozenset[str] = frozenset()
    burning: frozenset[str] = frozenset()


class NodeFire:
    """Which lanes' inputs say fire. Any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._burning: frozenset[str] = frozenset()
        self._begun = 0
        self._wakers: tuple[Callable[[], None], ...] = ()

    def on_fire(self, wake: Callable[[], None]) -> None:
        """`wake` is called when a fire begins; it must neither block nor raise."""
        with self._lock:
            self._wakers = (*self._wakers, wake)

    def tell(self, lane: str, burning: bool) -> None:
        """What this lane's own input says now."""
        with self._lock:
            begins = burning and lane not in self._burning
            self._burning = self._burning | {lane} if burning else self._burning - {lane}
            self._begun += begins
            wakers = self._wakers if begins else ()
        for wake in wakers:
            wake()

    @property
    def begun(self) -> int:
        """How many fires began until now. Who remembers the last one answered misses none that was over meanwhile."""
        return self._begun

    @property
    def burning(self) -> frozenset[str]:
        return self._burning

    @property
    def anywhere(self) -> bool:
        return bool(self._burning)
