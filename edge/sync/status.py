"""skeleton: being filled now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SyncStatus:
    online_since: datetime | None
    last_error: str | None
    last_success: datetime | None = None
    queue: int = 0
    pictures: int = 0
