"""skeleton: being filled now."""

from __future__ import annotations

import threading
from collections.abc import Callable

from edge.journal.journal import Journal
from edge.journal.pictures import Pictures
from edge.sync.client import CentralClient
from edge.sync.status import SyncStatus


class Uplink:
    def __init__(
        self,
        journal: Journal,
        pictures: Pictures | None,
        client: CentralClient,
        *,
        send_pictures: Callable[[], bool] = lambda: False,
    ) -> None:
        raise NotImplementedError

    def run(self, stop: threading.Event) -> None:
        raise NotImplementedError

    def status(self) -> SyncStatus:
        raise NotImplementedError
