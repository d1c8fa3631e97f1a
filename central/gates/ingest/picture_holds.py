"""What lets a picture outlive its time: an alarm or a stay that owes, by themselves, or an incident that a person names
(PRIV-08).

Both end by themselves. A release ends them before: the pictures whose time is over then go with the next sweep.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.gates.ingest.permissions import HOLD_PICTURES, RELEASE_PICTURES
from central.gates.ingest.tables import EventPictureRow, PictureHoldRow
from models.access.pictures import ALARM_REACH, HELD_FOR
from models.values.ids import new_id
from models.wire.envelope import Event
from models.wire.events import ABOUT_PEOPLE, Alarm

REASON_MAX = 200
DAYS_MAX = 180


class Cause(StrEnum):
    ALARM = "alarm"
    INCIDENT = "incident"
    STAY = "stay"
    """A car left owing, or nobody had seen it come in: by what its exit showed a person says whose debt that is."""


_OF_STAY = PictureHoldRow.cause == Cause.STAY.value


def is_held(
    node_id: SQLColumnExpression[UUID] | UUID, correlation: SQLColumnExpression[UUID] | UUID,
    lane_id: SQLColumnExpression[UUID | None] | UUID | None, made_at: SQLColumnExpression[datetime] | datetime,
    now: datetime,
) -> ColumnElement[bool]:  # fmt: skip
    """Whether a standing hold reaches the picture of this node's access, made at this lane and time."""
    return exists().where(reaches(node_id, correlation, lane_id, made_at, now))


def reaches(
    node_id: SQLColumnExpression[UUID] | UUID, correlation: SQLColumnExpression[UUID] | UUID,
    lane_id: SQLColumnExpression[UUID | None] | UUID | None, made_at: SQLColumnExpression[datetime] | datetime,
    now: datetime,
) -> ColumnElement[bool]:  # fmt: skip
    """That a hold stands and reaches this picture: for whoever joins the holds themselves. A node's alarm holds
    pictures of its own alone, and of the lane that it names: it may have named another's access."""
    at = literal(made_at) if isinstance(made_at, datetime) else made_at
    here, hold = PictureHoldRow.lane_id == lane_id, PictureHoldRow
    near = and_(here, at <= hold.at, at >= hold.at - ALARM_REACH)
    named = and_(hold.correlation == correlation, or_(hold.lane_id.is_(None), here))
    standing = and_(hold.released_at.is_(None), hold.until > now)
    whose = or_(hold.node_id == node_id, _OF_STAY)  # a stay's hold is central's own, of the exit that ended it
    return and_(standing, whose, or_(named, near))


def hold_for_alarm(db: Session, community_id: UUID, event: Event, body: Alarm, at: datetime) -> None:
    """An alarm has come, and happened at `at`: it holds what was seen with it. Read again it holds nothing more."""
    if body.over or body.alarm not in ABOUT_PEOPLE:
        return
    made = insert(PictureHoldRow).values(
        id=new_id(), community_id=community_id, cause=Cause.ALARM.value, alarm_id=event.event_id,
        node_id=event.node_id, correlation=event.correlation, lane_id=event.lane_id, at=at,
        reason=body.alarm.value, held_by="", held_at=at, until=at + HELD_FOR,
    )  # fmt: skip
    db.execute(made.on_conflict_do_nothing(index_elements=["tenant_id", "alarm_id"]))


def hold_for_stay(db: Session, community_id: UUID, exit_id: UUID, reason: str, at: datetime, until: datetime) -> None:
    """The exit of a stay, which happened at `at`, is held until then; said again with another end, until that one. One
    that a person has released is not held again. Under the lot's lock, so that none is held twice."""
    row = db.scalar(select(PictureHoldRow).where(PictureHoldRow.correlation == exit_id, _OF_STAY))
    if row is None:
        db.add(
            PictureHoldRow(
                community_id=community_id, cause=Cause.STAY.value, correlation=exit_id, at=at, reason=reason,
                held_by="", held_at=at, until=until,
            )
        )  # fmt: skip
    else:
        row.reason, row.until = reason, until
    db.flush()


def held_stays(db: Session, now: datetime) -> dict[UUID, set[UUID]]:
    """The exits that are held now, by their community."""
    standing = (_OF_STAY, PictureHoldRow.released_at.is_(None), PictureHoldRow.until > now)
    found: dict[UUID, set[UUID]] = {}
    for community_id, exit_id in db.execute(
        select(PictureHoldRow.community_id, PictureHoldRow.correlation).where(*standing)
    ):
        found.setdefault(community_id, set()).add(exit_id)
    return found


def hold(db: Session, actor: Actor, event_id: UUID, reason: str, days: int, now: datetime) -> PictureHoldRow:
    """A person holds one picture for an incident. NotFound when there is none any more; Invalid without a reason."""
    row = db.scalar(select(EventPictureRow).where(EventPictureRow.event_id == event_id))
    if row is None or not actor.may(HOLD_PICTURES, row.community_id):
        raise NotFound("ingest.no_picture")
    held = PictureHoldRow(
        community_id=row.community_id, cause=Cause.INCIDENT.value, node_id=row.node_id, correlation=row.correlation,
        at=row.made_at, reason=_why(reason), held_by=actor.name, held_at=now, until=now + timedelta(days=_days(days)),
    )  # fmt: skip
    db.add(held)
    db.flush()
    record(
        db, actor, "picture.hold", "picture_hold", held.id, reason=held.reason, community_id=held.community_id,
        after={"visit_id": str(row.correlation), "until": held.until.isoformat()},
    )  # fmt: skip
    return held


def release(db: Session, actor: Actor, hold_id: UUID, reason: str, now: datetime) -> PictureHoldRow:
    """The hold ends. What it reached and is past its time goes with the next sweep."""
    row = db.scalar(select(PictureHoldRow).where(PictureHoldRow.id == hold_id).with_for_update())
    if row is None or not actor.may(RELEASE_PICTURES, row.community_id):
        raise NotFound("ingest.no_hold")
    why = _why(reason)
    if row.released_at is not None or row.until <= now:
        raise Conflict("ingest.hold_over")
    row.released_at, row.released_by, row.release_reason = now, actor.name, why
    db.flush()
    record(
        db, actor, "picture.release", "picture_hold", row.id, reason=why, community_id=row.community_id,
        before={"cause": row.cause, "visit_id": str(row.correlation), "until": row.until.isoformat()},
    )  # fmt: skip
    return row


def standing_holds(db: Session, community_ids: Collection[UUID] | None, now: datetime) -> list[PictureHoldRow]:
    """Holds in force, those that end first in front."""
    query = select(PictureHoldRow).where(PictureHoldRow.released_at.is_(None), PictureHoldRow.until > now)
    if community_ids is not None:
        query = query.where(PictureHoldRow.community_id.in_(community_ids))
    return list(db.scalars(query.order_by(PictureHoldRow.until, PictureHoldRow.id).limit(500)))


def _why(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid("ingest.hold_reason", fields={"reason": "ingest.hold_reason"})
    return reason


def _days(days: int) -> int:
    if not 1 <= days <= DAYS_MAX:
        raise Invalid(fields={"days": "ingest.hold_days"}, most=DAYS_MAX)
    return days
