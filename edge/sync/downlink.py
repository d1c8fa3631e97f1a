"""skeleton: being filled now."""

from __future__ import annotations

import threading
from collections.abc import Callable

from edge.health.clock import Clock
from edge.journal.journal import Entry
from edge.store.store import RulesView, Store
from edge.sync.client import CentralClient
from edge.sync.status import SyncStatus
from models.wire.commands import Command


class Downlink:
    """`execute(command)` gets accepted commands; `record(entry)` gets what must become an event;
    `applied(view)` is told of new rules (optional)."""

    def __init__(
        self,
        store: Store,
        client: CentralClient,
        clock: Clock,
        *,
        execute: Callable[[Command], None],
        record: Callable[[Entry], object],
        applied: Callable[[RulesView], None] = lambda view: None,
        wait_s: int = 25,
    ) -> None:
        raise NotImplementedError

    def run(self, stop: threading.Event) -> None:
        raise NotImplementedError

    def status(self) -> SyncStatus:
        raise NotImplementedError
