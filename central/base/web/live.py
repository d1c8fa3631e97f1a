"""Live events: a table is the truth, NOTIFY the wake-up, server-sent events the wire.

One LISTEN connection per process. For each (tenant, stream) that somebody watches, a hub reads the new rows once and
fans them out to bounded queues; a client that cannot keep up is dropped and comes back with its Last-Event-ID, from
which it is served out of the table. After a lost connection the listener reads again before it waits.

Ids must be committed in order, or a late commit would slip in behind a reader: the writer takes its turn
(`take_turn`) before it inserts.

A stream lives no longer than the right to it: whoever ends a session or changes a role says so (`rights_changed`), in
the same transaction, and the streams of that tenant are asked again. A notice may be lost, so all are asked again every
`ASK_AGAIN_S`, when they begin, and after the listener was away. In any case they end after `STREAM_LIFE_S`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Unavailable
from central.base.kernel.session import tenant_of, tenant_session
from central.base.kernel.sources import source_of
from central.base.web.context import context_of

log = logging.getLogger(__name__)

T = TypeVar("T")

CHANNEL = "menting_live"
QUEUE_MAX = 256
READ_MAX = 500
REPLAY_MAX = 5_000
CLIENTS_MAX = 500
CLIENTS_OF_AN_ACCOUNT = 12
CLIENTS_OF_A_SOURCE = 120
"""A post has a few pages open, an office behind one address some dozens. The newest is refused in words and its page
tries again: were the oldest ended, its page would come back by itself and push out the next, without end."""
PING_S = 15
STREAM_LIFE_S = 300
ASK_AGAIN_S = 15
RECONNECT_S = (0.2, 0.5, 1, 2, 5)
RIGHTS = "rights"
"""In a notice it stands in a stream's place: sessions or roles of the tenant have changed."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """id: of the table's row, growing; name: the SSE event; community_id: None is for the whole tenant."""

    id: int
    name: str
    data: Mapping[str, Any]
    community_id: UUID | None = None


Read = Callable[[Session, int, int], Sequence[LiveEvent]]
"""(db bound to the tenant, after id, at most) -> rows with a larger id, ascending."""
Latest = Callable[[Session], int]
"""(db bound to the tenant) -> the largest id, 0 when there is none."""
Present = Callable[[LiveEvent], str]


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who watches, by which session and right, and where it held when the stream began (None: everywhere)."""

    session_id: UUID
    account_id: UUID | None
    permission: str
    communities: frozenset[UUID] | None


StillMay = Callable[[Session, Collection[Watcher]], Collection[Watcher]]
"""(db bound to the tenant, watchers of it) -> those whose session lives and who may see what they could, no more and
no less. Told by identity, which stands above."""


def take_turn(db: Session, stream: str) -> None:
    """Before inserting a row of a stream: one writer per tenant at a time, so that ids are committed in order."""
    key = f"live:{tenant_of(db)}:{stream}"
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def wake(db: Session, stream: str) -> None:
    """After inserting: wakes the watchers of the stream when, and only when, the transaction commits."""
    db.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": f"{tenant_of(db)} {stream}"}
    )


def rights_changed(db: Session) -> None:
    """Sessions have ended, or roles have changed: when the transaction commits, every watcher is asked again."""
    wake(db, RIGHTS)


@dataclass(eq=False, slots=True)
class _Client:
    who: Watcher
    source: str
    queue: asyncio.Queue[LiveEvent | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    dropped: bool = False

    def wants(self, event: LiveEvent) -> bool:
        mine = self.who.communities
        return mine is None or event.community_id is None or event.community_id in mine

    def offer(self, event: LiveEvent) -> None:
        if self.dropped or not self.wants(event):
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Let the stream finish: what is queued is thrown away, the client will ask for it again."""
        self.dropped = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


@dataclass(eq=False, slots=True)
class _Hub:
    last_id: int | None = None
    clients: set[_Client] = field(default_factory=set)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Live:
    """The broker. `run` is a task of the process's event loop; streams are registered before it starts.

    `still_may` is set by identity.
    """

    def __init__(self, engine: Engine, dsn: str) -> None:
        self._engine = engine
        self._dsn = dsn
        self._streams: dict[str, tuple[Read, Latest]] = {}
        self._hubs: dict[tuple[UUID, str], _Hub] = {}
        self._closing = False
        self._pumps: set[asyncio.Task[None]] = set()
        self.listening = asyncio.Event()
        self.still_may: StillMay = _unasked

    def stream(self, name: str, read: Read, latest: Latest) -> None:
        if name in self._streams or name == RIGHTS:
            raise ValueError(f"a live stream named {name!r} is already registered")
        self._streams[name] = (read, latest)

    async def respond(
        self, request: Request, name: str, actor: Actor, session_id: UUID, permission: str, present: Present
    ) -> EventSourceResponse:
        """The SSE answer: replay after `Last-Event-ID` (or `?after=`), then what happens. Filtered by community."""
        who = Watcher(session_id, actor.id, permission, actor.communities(permission))
        client = _Client(who, source_of(context_of(request).source_address))
        refusal = self._refusal(client)
        if refusal is not None:
            raise Unavailable(refusal)
        asked = request.headers.get("last-event-id") or request.query_params.get("after")
        after = int(asked) if asked is not None and asked.isdecimal() and len(asked) < 19 else None
        events = self._events((actor.tenant_id, name), client, after, present)
        return EventSourceResponse(events, ping=PING_S, send_timeout=PING_S, headers={"cache-control": "no-store"})

    def _refusal(self, client: _Client) -> str | None:
        """The catalogue key of why this client finds no place, or None."""
        there = [other for hub in self._hubs.values() for other in hub.clients]
        if self._closing or len(there) >= CLIENTS_MAX:
            return "problem.unavailable.streams"
        if sum(other.who.account_id == client.who.account_id for other in there) >= CLIENTS_OF_AN_ACCOUNT:
            return "problem.unavailable.streams_of_account"
        if sum(other.source == client.source for other in there) >= CLIENTS_OF_A_SOURCE:
            return "problem.unavailable.streams_of_source"
        return None

    async def _events(
        self, key: tuple[UUID, str], client: _Client, after: int | None, present: Present
    ) -> AsyncIterator[ServerSentEvent]:
        hub = self._hubs.setdefault(key, _Hub())
        read, latest = self._streams[key[1]]
        try:
            async with asyncio.timeout(STREAM_LIFE_S):
                async with hub.lock:
                    if hub.last_id is None:
                        hub.last_id = await self._ask(key[0], latest)
                    upto = hub.last_id
                    if self._refusal(client) is not None:  # many may have asked before one of them began
                        return
                    hub.clients.add(client)
                await self._ask_again(key[0], [client])  # what ended before it was counted in has woken nobody
                if client.dropped:
                    return
                yield ServerSentEvent(comment="here", retry=2000)
                async for event in self._replay(key[0], read, upto if after is None else after, upto):
                    if client.wants(event):
                        yield _frame(event, present)
                while (next_event := await client.queue.get()) is not None:
                    yield _frame(next_event, present)
        except TimeoutError:
            return
        finally:
            hub.clients.discard(client)
            if not hub.clients and self._hubs.get(key) is hub:
                del self._hubs[key]

    async def _replay(self, tenant_id: UUID, read: Read, after: int, upto: int) -> AsyncIterator[LiveEvent]:
        sent = 0
        while after < upto:
            rows = await self._ask(tenant_id, partial(_rows, read, after))
            for event in rows:
                if event.id > upto:
                    return
                after = event.id
                yield event
            sent += len(rows)
            if len(rows) < READ_MAX:
                return
            if sent >= REPLAY_MAX:  # too far behind to catch up row by row: the page loads anew
                yield LiveEvent(upto, "reload", {})
                return

    async def _ask(self, tenant_id: UUID, question: Callable[[Session], T]) -> T:
        def answer() -> T:
            with tenant_session(self._engine, tenant_id) as db:
                return question(db)

        return await run_in_threadpool(answer)

    async def run(self) -> None:
        """Listen until cancelled; reconnect with growing pauses, and read what was missed."""
        failures = 0
        asking = asyncio.create_task(self._ask_all_again())
        try:
            while not self._closing:
                try:
                    await self._listen()
                    failures = 0
                except psycopg.OperationalError as error:
                    pause = RECONNECT_S[min(failures, len(RECONNECT_S) - 1)]
                    failures = 0 if self.listening.is_set() else failures + 1
                    log.warning("live listener lost its connection", extra={"error": str(error), "pause_s": pause})
                    self.listening.clear()
                    await asyncio.sleep(pause)
        finally:
            asking.cancel()

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, application_name="menting-live", connect_timeout=10
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.listening.set()
            for key in list(self._hubs):
                self._start_pump(key)
                self._start_pump((key[0], RIGHTS))
            async for notice in connection.notifies():
                tenant, _, stream = notice.payload.partition(" ")
                with suppress(ValueError):  # anyone in the database may notify; what is no tenant wakes nobody
                    self._start_pump((UUID(tenant), stream))
        raise psycopg.OperationalError("the listening connection ended")

    def _start_pump(self, key: tuple[UUID, str]) -> None:
        if key[1] == RIGHTS:
            task = asyncio.create_task(self._ask_again(key[0], self._watching(key[0])))
        elif key in self._hubs:
            task = asyncio.create_task(self._pump(key))
        else:
            return
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)

    def _watching(self, tenant_id: UUID) -> list[_Client]:
        return [client for key, hub in self._hubs.items() if key[0] == tenant_id for client in hub.clients]

    async def _ask_all_again(self) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN_S)
            for tenant_id in {key[0] for key in self._hubs}:
                await self._ask_again(tenant_id, self._watching(tenant_id))

    async def _ask_again(self, tenant_id: UUID, clients: Collection[_Client]) -> None:
        """End the streams of those who may no longer see what they see. Their pages ask anew and are told why not."""
        if not clients:
            return
        watchers = {client.who for client in clients}
        try:
            still = set(await self._ask(tenant_id, lambda db: self.still_may(db, watchers)))
        except Exception:  # unasked nobody sees on: the watchers come back and meet the fault themselves
            log.exception("the rights of who watches could not be asked")
            still = set()
        for client in clients:
            if client.who not in still:
                client.end()

    async def _pump(self, key: tuple[UUID, str]) -> None:
        hub = self._hubs.get(key)
        if hub is None:
            return
        read, _ = self._streams[key[1]]
        async with hub.lock:
            while hub.last_id is not None:
                after = hub.last_id
                try:
                    rows = await self._ask(key[0], partial(_rows, read, after))
                except Exception:  # the watchers come back by id and meet the fault themselves
                    log.exception("a live stream could not be read", extra={"stream": key[1]})
                    for client in list(hub.clients):
                        client.end()
                    return
                for event in rows:
                    for client in list(hub.clients):
                        client.offer(event)
                    hub.last_id = event.id
                if len(rows) < READ_MAX:
                    return

    def close(self) -> None:
        """End every stream (called in the event loop, at SIGTERM, before the server waits for its connections)."""
        self._closing = True
        for hub in list(self._hubs.values()):
            for client in list(hub.clients):
                client.end()


def _unasked(db: Session, watchers: Collection[Watcher]) -> Collection[Watcher]:
    raise LookupError("nobody has said whose session lives (identity does, at start)")


def _rows(read: Read, after: int, db: Session) -> list[LiveEvent]:
    return list(read(db, after, READ_MAX))


def _frame(event: LiveEvent, present: Present) -> ServerSentEvent:
    return ServerSentEvent(data=present(event), event=event.name, id=str(event.id), sep="\n")
