"""The picture of an exit is held while a person may have to say whose it was (PRIV-08, PARK-15).

    it left owing, or nobody saw it come in     as long as a refusal's picture: the community's days, seven at most
    somebody denies what it left owing          until a person has looked; HELD_FOR after it left at most
    paid, struck off, joined to its entry       no longer

Only of an exit that is known in time: what has gone with its minute nothing brings back, and the pages say so.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.base.kernel import clock
from central.base.kernel.outbox import News
from central.gates.access.service import settings_of
from central.gates.ingest.picture_holds import held_stays, hold_for_stay
from central.gates.parking.dues.disputes import dispute_of
from central.gates.parking.dues.pay_stay import owed_for
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.stays.reads import GONE, StayView, stays_by_id
from central.gates.parking.stays.tables import StayRow
from models.access.pictures import HELD_FOR

OWING, LONE_EXIT, DENIED = "owing", "lone_exit", "denied"


def on_news(db: Session, news: News) -> None:
    """Stays were folded: those that left are looked at."""
    _hold_all(db, [UUID(one) for one in news.payload["stay_ids"]], clock.now())


def look_again(db: Session, now: datetime) -> None:
    """What is held is held on, or goes, by what has become of it."""
    for community_id, exits in held_stays(db, now).items():
        here = StayRow.community_id == community_id, or_(StayRow.exit_id.in_(exits), StayRow.stay_id.in_(exits))
        ids = list(db.scalars(select(StayRow.stay_id).where(*here)))
        _hold_all(db, ids, now, exits)


def _hold_all(db: Session, stay_ids: Collection[UUID], now: datetime, held: Collection[UUID] = ()) -> None:
    views = [one for one in stays_by_id(db, stay_ids) if one.exit_id is not None and one.left_at is not None]
    for community_id in sorted({one.community_id for one in views}):
        lock_lot(db, community_id)
        days = timedelta(days=settings_of(db, community_id).keeping.refused_days)
        for one in views:
            if one.community_id == community_id and one.exit_id is not None and one.left_at is not None:
                _hold(db, one, one.exit_id, one.left_at, days, now, known=one.exit_id in held)


def _hold(
    db: Session, stay: StayView, exit_id: UUID, left_at: datetime, days: timedelta, now: datetime, *, known: bool
) -> None:
    why = _why(db, stay, now)
    until = left_at + (HELD_FOR if why == DENIED else days) if why else now
    if known or until > now:
        hold_for_stay(db, stay.community_id, exit_id, why or OWING, left_at, until)


def _why(db: Session, stay: StayView, now: datetime) -> str:
    """ "" where nobody has to look."""
    if stay.lone_exit:
        return LONE_EXIT
    if stay.state not in GONE or not owed_for(db, stay.stay_id, now).due_fen:
        return ""
    said = dispute_of(db, stay)
    return DENIED if said is not None and said.frozen else OWING
