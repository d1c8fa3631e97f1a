"""Event pictures: one cropped picture of a decision, sealed at rest, deleted when its time is over.

Who may send one is asked by the caller (`gates/visits`), which knows whether the community allows pictures at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Forbidden, Invalid, NotFound, TooLarge
from central.base.kernel.secrets import seal, unseal
from central.gates.ingest import queries
from central.gates.ingest.tables import EventPictureRow
from models.access.decision import Outcome
from models.wire.events import DecisionMade

PICTURE_MAX = 300 * 1024
KEEP_REFUSED = timedelta(days=7)
KEEP = timedelta(days=30)
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def check_jpeg(data: bytes) -> None:
    """Raises unless `data` begins and ends as a JPEG and is at most `PICTURE_MAX` bytes. Nothing is decoded here."""
    if len(data) > PICTURE_MAX:
        raise TooLarge("ingest.picture_too_large")
    if not data.startswith(_JPEG_START) or not data.rstrip(b"\x00").endswith(_JPEG_END):
        raise Invalid("ingest.picture_no_jpeg")


def keep_picture(db: Session, node: Actor, event_id: UUID, jpeg: bytes, *, allowed: bool, now: datetime) -> None:
    """Keep the picture of a decision. Sending it again changes nothing.

    NotFound: this node has told no such event (yet). Forbidden: its decision announced no picture, or the community
    does not let pictures leave its nodes.
    """
    check_jpeg(jpeg)
    stored = queries.by_event_id(db, event_id)
    if stored is None or stored.event.node_id != node.id:
        raise NotFound("ingest.no_event")
    if not allowed:
        raise Forbidden("ingest.pictures_off")
    body = stored.body if stored.kind == "decision" else None
    if not isinstance(body, DecisionMade) or not body.picture:
        raise Forbidden("ingest.picture_unannounced")
    keep = KEEP if body.decision.outcome is Outcome.GRANT else KEEP_REFUSED
    db.execute(
        insert(EventPictureRow)
        .values(
            event_id=event_id, community_id=stored.community_id, node_id=stored.event.node_id,
            sealed=seal(db, jpeg, f"event_picture:{event_id}"), keep_until=now + keep, received_at=now,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


def picture(db: Session, event_id: UUID, now: datetime) -> bytes | None:
    """The JPEG, or None when there is none or its time is over."""
    row = db.scalar(
        select(EventPictureRow).where(EventPictureRow.event_id == event_id, EventPictureRow.keep_until > now)
    )
    return None if row is None else unseal(db, row.sealed, f"event_picture:{event_id}")


def sweep_pictures(db: Session, now: datetime) -> int:
    """Delete the pictures of this tenant whose time is over. Returns how many."""
    done = db.execute(delete(EventPictureRow).where(EventPictureRow.keep_until <= now))
    assert isinstance(done, CursorResult)
    return done.rowcount
