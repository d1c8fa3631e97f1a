"""Turns: how many requests may have a transaction at once in one process.

A request goes through several threads and holds its connection from the first statement on. If threads waited for
connections while those who hold them wait for threads, nobody would go on until the pool's patience ends. So a request
waits here first, in the event loop, where waiting costs neither. A turn is taken when the whole request has arrived,
and ends with its transaction; a long poll gives it back before it waits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import RunVar
from sqlalchemy.orm import Session

from central.base.kernel.errors import Unavailable

AT_ONCE = 8
"""Fewer than the pool has connections (`session.make_engine`), with room for nodes' threads and work of our own."""
WAIT_S = 15.0

_TURN = "turn"
_free: RunVar[anyio.Semaphore] = RunVar("menting_turns")


class Turn:
    """The right to a transaction, given back once."""

    def __init__(self, free: anyio.Semaphore) -> None:
        self._free: anyio.Semaphore | None = free

    def give_back(self) -> None:
        """In the event loop."""
        free, self._free = self._free, None
        if free is not None:
            free.release()

    def belongs_to(self, db: Session) -> None:
        db.info[_TURN] = self


@asynccontextmanager
async def turn() -> AsyncIterator[Turn]:
    """Wait for a turn; raises `Unavailable` after `WAIT_S`."""
    free = _semaphore()
    try:
        free.acquire_nowait()
    except anyio.WouldBlock:
        try:
            with anyio.fail_after(WAIT_S):
                await free.acquire()
        except TimeoutError as error:
            raise Unavailable("problem.unavailable.busy") from error
    taken = Turn(free)
    try:
        yield taken
    finally:
        taken.give_back()


def give_turn_back(db: Session) -> None:
    """The request's transaction is committed and its connection back in the pool: what follows only waits."""
    taken = db.info.get(_TURN)
    if isinstance(taken, Turn):
        taken.give_back()


def _semaphore() -> anyio.Semaphore:
    """One per event loop."""
    try:
        return _free.get()
    except LookupError:
        made = anyio.Semaphore(AT_ONCE)
        _free.set(made)
        return made
