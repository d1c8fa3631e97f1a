"""skeleton: being filled now."""

from __future__ import annotations
from collections.abc import Callable
from datetime import datetime, timedelta
from models.values.time import utc_now


class Clock:
    """now() is the wall; central_now() is corrected; skew_ms() is the node's clock minus central's."""

    def __init__(self, wall: Callable[[], datetime] = utc_now, monotonic: Callable[[], float] | None = None) -> None:
        raise NotImplementedError

    def now(self) -> datetime:
        raise NotImplementedError

    def monotonic(self) -> float:
        raise NotImplementedError

    def central_now(self) -> datetime:
        raise NotImplementedError

    def skew_ms(self) -> int | None:
        raise NotImplementedError

    def exchanged(self, sent_s: float, received_s: float, server_time: datetime) -> None:
        raise NotImplementedError

    def jump(self) -> timedelta | None:
        raise NotImplementedError

    def alarming(self) -> bool:
        raise NotImplementedError
