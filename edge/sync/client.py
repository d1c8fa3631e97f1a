"""skeleton: being filled now."""

from __future__ import annotations
from uuid import UUID
from edge.health.clock import Clock
from edge.store.keys import KeyRing
import httpx


class CentralClient:
    def __init__(
        self,
        base_url: str,
        node_id: UUID,
        keys: KeyRing,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        verify: str | bool = True,
    ) -> None:
        raise NotImplementedError
