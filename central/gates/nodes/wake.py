"""Waiting nodes and what wakes them: one LISTEN connection per process, an asyncio event per waiting poll.

A notification is a wake-up, never the news itself: who is woken reads the tables. A poll that looked before it began
to wait hands over the mark it took then; whatever was announced in between wakes it at once. After a lost connection
everybody is woken, since nobody knows what was missed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import psycopg

from central.gates.access.snapshot import CHANNEL

log = logging.getLogger(__name__)

RECONNECT_S = (0.2, 0.5, 1, 2, 5)
DEAF_POLL_S = 2.0
"""How long to wait at most while nobody listens to the database."""
REMEMBERED_MAX = 10_000

Key = tuple[UUID, UUID]
"""(tenant, community) for a snapshot, (tenant, node) for a command."""


@dataclass(eq=False, slots=True)
class _Waiter:
    keys: frozenset[Key]
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Waker:
    """Lives in the event loop; `run` is a task of it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._waiters: dict[Key, set[_Waiter]] = {}
        self._count = 0
        self._last: dict[Key, int] = {}
        self._missed_upto = 0
        self.closing = False
        self.listening = asyncio.Event()

    def mark(self) -> int:
        """Take before reading the tables; hand over to `watch`."""
        return self._count

    @contextmanager
    def watch(self, keys: frozenset[Key], since: int) -> Iterator[asyncio.Event]:
        """An event that is set when one of `keys` is announced, or was since `since`."""
        waiter = _Waiter(keys)
        if self._missed_upto > since or any(self._last.get(key, 0) > since for key in keys):
            waiter.woken.set()
        for key in keys:
            self._waiters.setdefault(key, set()).add(waiter)
        try:
            yield waiter.woken
        finally:
            for key in keys:
                waiters = self._waiters[key]
                waiters.discard(waiter)
                if not waiters:
                    del self._waiters[key]

    async def wait(self, woken: asyncio.Event, seconds: float) -> None:
        """Until woken, or until the time is over (shorter while nobody listens). Clears the event."""
        limit = seconds if self.listening.is_set() else min(seconds, DEAF_POLL_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), limit)
        woken.clear()

    @property
    def waiting(self) -> int:
        """How many polls wait (each counts once)."""
        return len({waiter for waiters in self._waiters.values() for waiter in waiters})

    def announce(self, key: Key) -> None:
        self._count += 1
        if len(self._last) >= REMEMBERED_MAX:  # forgetting wakes too many, which costs a look; never too few
            self._last.clear()
            self._missed_upto = self._count
        self._last[key] = self._count
        for waiter in self._waiters.get(key, ()):
            waiter.woken.set()

    def wake_all(self) -> None:
        self._count += 1
        self._missed_upto = self._count
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.woken.set()

    def close(self) -> None:
        """The process ends: nobody waits any more, and who comes now is not to begin."""
        self.closing = True
        self.wake_all()

    @asynccontextmanager
    async def while_served(self) -> AsyncIterator[dict[str, Waker]]:
        """Listens while the application runs. Gives each request the state `node_waker`."""
        task = asyncio.create_task(self.run())
        try:
            yield {"node_waker": self}
        finally:
            task.cancel()
            self.close()
            with suppress(asyncio.CancelledError):
                await task

    async def run(self) -> None:
        """Listen until cancelled; reconnect with growing pauses."""
        failures = 0
        while True:
            try:
                await self._listen()
            except psycopg.OperationalError as error:
                failures = 0 if self.listening.is_set() else failures + 1
                self.listening.clear()
                pause = RECONNECT_S[min(failures, len(RECONNECT_S) - 1)]
                log.warning("no ear for waiting nodes", extra={"error": str(error), "pause_s": pause})
                await asyncio.sleep(pause)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, application_name="menting-nodes", connect_timeout=10
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.listening.set()
            self.wake_all()
            async for notice in connection.notifies():
                tenant, _, subject = notice.payload.partition(" ")
                with suppress(ValueError):  # anyone in the database may notify; what is no id wakes nobody
                    self.announce((UUID(tenant), UUID(subject)))
        raise psycopg.OperationalError("the listening connection ended")
