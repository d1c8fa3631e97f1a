"""Threads for what many nodes do at once.

A node's request holds a connection from the check of its signature on. If its route then waited for a thread of the
shared pool, while all of those waited for a connection, nobody would go on: after an outage a hundred nodes come back
in the same second. Routes of nodes are therefore `async`, take the guard as their last parameter, and do their work
in threads of their own number, which never wait for anyone else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from anyio.lowlevel import RunVar

T = TypeVar("T")

THREADS = 6

_limiter: RunVar[CapacityLimiter] = RunVar("menting_node_threads")


async def in_node_thread(work: Callable[[], T]) -> T:
    """Run blocking work of a node's request; at most `THREADS` at a time in one process."""
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(THREADS)
        _limiter.set(limiter)
    return await anyio.to_thread.run_sync(work, limiter=limiter)
