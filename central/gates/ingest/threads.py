"""Threads for what many nodes do at once: after an outage a hundred come back in the same second.

Routes of nodes are `async` and do their work in threads of their own number, so that people's pages never wait for a
thread behind them. Together with the turns of requests (kernel/turns.py) they stay below the pool's connections.
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
