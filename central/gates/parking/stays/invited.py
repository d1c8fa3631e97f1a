"""Which stays are a visitor's: a pass named the car as it came in (P34)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.access.pass_plates import invited_told, invited_when
from central.gates.parking.tariffs.queries import tariffs_by_id
from models.parking.invited import Invited
from models.parking.tariff import Tariff


class CameIn(NamedTuple):
    stay_id: UUID
    plate_digest: bytes
    at: datetime


def visitors_among(db: Session, community_id: UUID, stays: Sequence[CameIn]) -> frozenset[UUID]:
    """The stays among these that are a visitor's; none where no tariff ever had minutes for them."""
    if not stays or not any(one.visitor_free for one in tariffs_by_id(db, community_id).values()):
        return frozenset()
    spans = invited_when(db, community_id, {one.plate_digest for one in stays}, min(one.at for one in stays))
    return frozenset(
        one.stay_id for one in stays
        if any(since <= one.at < until for since, until in spans.get(one.plate_digest, ()))
    )  # fmt: skip


def visitors_told(db: Session, community_id: UUID, tariffs: Sequence[Tariff], now: datetime) -> tuple[Invited, ...]:
    """The plates that a gate is told with these tariffs: none where no tariff asks."""
    return invited_told(db, community_id, now) if any(one.visitor_free for one in tariffs) else ()
