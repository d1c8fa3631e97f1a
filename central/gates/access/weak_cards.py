"""Which weak cards to replace first, and which to take back instead (ACC-28). Pure.

A weak card says nothing but its identifier, which anybody can copy who has held it for a second. A copy of the cards
of those who may enter more than their own homes does the most harm; a card that nobody uses is missed by nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from central.gates.access.rules import RESIDENT_GROUP

UNUSED_FOR = timedelta(days=90)


class Advice(StrEnum):
    """In the order in which they are worth doing. KEEP: the card proves itself."""

    FIRST = "first"
    TAKE_BACK = "take_back"
    REPLACE = "replace"
    KEEP = "keep"


def advice_for(
    weak: bool, groups: Collection[str], given_at: datetime, last_used: datetime | None, now: datetime
) -> Advice:
    """`last_used`: when it last opened something; None when never."""
    if now - max(given_at, last_used or given_at) >= UNUSED_FOR:
        return Advice.TAKE_BACK
    if not weak:
        return Advice.KEEP
    return Advice.FIRST if set(groups) - {RESIDENT_GROUP} else Advice.REPLACE
