"""What a domain gets at start, and where it hangs in what it brings: `wiring.register(parts)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.identity.by_link import LinkTries
from central.base.identity.nodes_auth import NodeLookup
from central.base.identity.passwords import Passwords
from central.base.identity.replays import OnReplay, Replays, untold
from central.base.kernel.dispatch import Dispatcher
from central.base.kernel.errors import NotFound
from central.base.kernel.jobs import Jobs
from central.base.kernel.outbox import Handlers
from central.base.kernel.storage import Storage
from central.base.web.asked import Asked
from central.base.web.live import Live
from central.base.web.once import Once
from central.base.web.refusals import Whose

WhileServed = Callable[[], AbstractAsyncContextManager[Mapping[str, Any]]]


def _no_community(db: Session, community_id: UUID) -> object:
    raise NotFound("community.not_found")


@dataclass(slots=True)
class Parts:
    """engine: of the application's role. data: the process's folder (keys, pictures; each domain its own below it).

    A domain appends its routers, registers outbox handlers, live streams and timed work; `gates/nodes` sets `nodes`,
    `people/community` `demand_community`.
    closing: called in the event loop at SIGTERM, before the server waits for its connections.
    """

    engine: Engine
    dsn: str
    data: Path
    passwords: Passwords
    handlers: Handlers
    dispatcher: Dispatcher
    jobs: Jobs
    live: Live
    storage: Storage
    routers: list[APIRouter] = field(default_factory=list)
    nodes: NodeLookup | None = None
    demand_community: Callable[[Session, UUID], object] = _no_community
    """Raises `NotFound` where the bound tenant has no such community."""
    replays: Replays = field(default_factory=Replays)
    on_replay: OnReplay = untold
    """Set by `gates/visits`: a node's request came a second time."""
    whose: dict[str, Whose] = field(default_factory=dict)
    """By the name of a path's parameter: to which community such a thing belongs (web/refusals.py)."""
    link_tries: LinkTries = field(default_factory=LinkTries)
    once: Once = field(default_factory=Once)
    asked: Asked = field(default_factory=Asked)
    closing: list[Callable[[], None]] = field(default_factory=list)
    while_served: list[WhileServed] = field(default_factory=list)
    """What runs as long as the application does; what it gives is the state of each request. A router's own `lifespan`
    is never asked for."""

    def close(self) -> None:
        """End everything that keeps a connection waiting. May be called twice."""
        for close in (self.live.close, *self.closing):
            close()


def make_parts(engine: Engine, dsn: str, data: Path, *, cheap_passwords: bool = False) -> Parts:
    handlers = Handlers()
    return Parts(
        engine=engine,
        dsn=dsn,
        data=data,
        passwords=Passwords(cheap=cheap_passwords),
        handlers=handlers,
        dispatcher=Dispatcher(engine, dsn, handlers),
        jobs=Jobs(engine, dsn),
        live=Live(engine, dsn),
        storage=Storage(data),
    )
