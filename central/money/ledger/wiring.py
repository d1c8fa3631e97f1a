"""Put the domain into central: its right. What moves money stands above it, and is shown where it happened."""

from __future__ import annotations

import central.money.ledger.permissions  # noqa: F401  declared as it is imported
from central.base.parts import Parts


def register(parts: Parts) -> None:
    """Nothing to hang in."""
