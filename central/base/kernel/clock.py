"""The one clock of central. Rules take `now` as an argument; only shells ask here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from models.values.time import utc_now

Clock = Callable[[], datetime]
"""Returns an aware datetime in UTC. Services take one so that tests can stand still."""


def now() -> datetime:
    """The present, aware, in UTC."""
    return utc_now()
