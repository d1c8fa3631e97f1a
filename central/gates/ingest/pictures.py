"""Event pictures: one picture of a decision, sealed at rest, deleted when its time is over (PRIV-08).

How long that is says `models.access.pictures`, at the node as here; what outlives it says `picture_holds`. Who may send
one is asked by the caller (`gates/visits`), which knows whether the community allows pictures at all.

A deleted row is out of reach at once; where it lay, PostgreSQL writes over it when the place is used again. What lay
there is ciphertext.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor, system
from central.base.kernel.audit import record
from central.base.kernel.errors import Forbidden, Invalid, NotFound, TooLarge
from central.base.kernel.secrets import seal, unseal
from central.base.kernel.session import tenant_of
from central.gates.ingest import queries
from central.gates.ingest.picture_erasures import is_erased
from central.gates.ingest.picture_holds import is_held
from central.gates.ingest.tables import EventPictureRow, PictureSweepRow
from models.access.decision import Outcome
from models.access.pictures import Fate, Keeping, Pictured, Shows, judge, kept_for
from models.values.time import site_day
from models.wire.events import Alarm, DecisionMade

PICTURE_MAX = 300 * 1024
SWEEP_EVERY = timedelta(seconds=10)
"""How often the sweep asks; what would be too old by the next time goes now."""
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def check_jpeg(data: bytes) -> None:
    """Raises unless `data` begins and ends as a JPEG and is at most `PICTURE_MAX` bytes. Nothing is decoded here."""
    if len(data) > PICTURE_MAX:
        raise TooLarge("ingest.picture_too_large")
    if not data.startswith(_JPEG_START) or not data.rstrip(b"\x00").endswith(_JPEG_END):
        raise Invalid("ingest.picture_no_jpeg")


def keep_picture(
    db: Session, node: Actor, event_id: UUID, jpeg: bytes, *, allowed: bool, now: datetime,
    keeping: Keeping = Keeping(), shows: Shows = Shows.FRAME,
) -> None:  # fmt: skip
    """Keep the picture of a decision or an alarm, unless its time is over already, or the face data of whom it names
    were destroyed since. Sending it again changes nothing.

    NotFound: this node has told no such event (yet). Forbidden: its decision announced no picture, or the community
    does not let pictures leave its nodes.
    """
    check_jpeg(jpeg)
    stored = queries.by_event_id(db, event_id)
    if stored is None or stored.event.node_id != node.id:
        raise NotFound("ingest.no_event")
    if not allowed:
        raise Forbidden("ingest.pictures_off")
    outcome = _announced(stored)
    if outcome is None:
        raise Forbidden("ingest.picture_unannounced")
    event, about = stored.event, Pictured(shows=shows, outcome=outcome)
    made_at = stored.happened_at
    held = db.scalar(select(is_held(event.node_id, event.correlation, event.lane_id, made_at, now)))
    erased = is_erased(db, stored)
    if judge(about, keeping, made_at, now, held=bool(held)) is Fate.DELETE or (erased and not held):
        return
    db.execute(
        insert(EventPictureRow)
        .values(
            event_id=event_id, community_id=stored.community_id, node_id=event.node_id,
            sealed=seal(db, jpeg, f"event_picture:{event_id}"),
            keep_until=now if erased else made_at + kept_for(about, keeping), erased_at=now if erased else None,
            received_at=now, shows=shows.value, outcome=about.outcome.value, made_at=made_at,
            correlation=event.correlation, lane_id=event.lane_id,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


def _announced(stored: queries.Recorded) -> Outcome | None:
    """What its event said would come: the picture of a decision, or of an alarm, which is kept as a refusal's. None
    where none was to come."""
    body = stored.body if stored.kind in ("decision", "alarm") else None
    if isinstance(body, Alarm) and body.picture and not body.over:
        return Outcome.REFER
    return body.decision.outcome if isinstance(body, DecisionMade) and body.picture else None


def picture(db: Session, event_id: UUID, now: datetime) -> bytes | None:
    """The JPEG, or None when there is none or its time is over."""
    row = db.scalar(select(EventPictureRow).where(EventPictureRow.event_id == event_id, queries.picture_stands(now)))
    return None if row is None else unseal(db, row.sealed, f"event_picture:{event_id}")


def retime(db: Session, community_id: UUID, keeping: Keeping) -> None:
    """The community has changed its times: they count for what is here already."""
    for shows in Shows:
        for outcome in Outcome:
            kept = kept_for(Pictured(shows=shows, outcome=outcome), keeping)
            query = update(EventPictureRow).where(
                EventPictureRow.community_id == community_id,
                EventPictureRow.shows == shows.value,
                EventPictureRow.outcome == outcome.value,
                EventPictureRow.erased_at.is_(None),
            )
            db.execute(query.values(keep_until=EventPictureRow.made_at + kept))


def sweep_pictures(db: Session, now: datetime) -> int:
    """Delete the pictures of this tenant whose time is over and that nothing holds. Returns how many.

    Counted by day; `report_sweeps` tells the audit, which one row a minute would drown.
    """
    gone = db.execute(
        delete(EventPictureRow)
        .where(EventPictureRow.keep_until <= now + SWEEP_EVERY, ~queries.picture_held(now))
        .returning(EventPictureRow.community_id, EventPictureRow.outcome)
    ).all()
    counted: dict[UUID, Counter[str]] = {}
    for community_id, outcome in gone:
        which = "passed" if outcome == Outcome.GRANT.value else "refused"
        counted.setdefault(community_id, Counter())[which] += 1
    for community_id, counts in counted.items():
        made = insert(PictureSweepRow).values(
            tenant_id=tenant_of(db), community_id=community_id, day=site_day(now), passed=counts["passed"],
            refused=counts["refused"],
        )  # fmt: skip
        more = {name: getattr(PictureSweepRow, name) + counts[name] for name in ("passed", "refused")}
        db.execute(made.on_conflict_do_update(index_elements=["tenant_id", "community_id", "day"], set_=more))
    return len(gone)


def report_sweeps(db: Session, now: datetime) -> int:
    """One audit row for each community and day that is over: how many pictures were deleted. Returns how many rows."""
    query = select(PictureSweepRow).where(PictureSweepRow.told_at.is_(None), PictureSweepRow.day < site_day(now))
    rows = db.scalars(query.with_for_update()).all()
    for row in rows:
        counts = {"day": row.day.isoformat(), "passed": row.passed, "refused": row.refused}
        by = system(tenant_of(db), "ingest.sweep_pictures")
        record(db, by, "picture.sweep", "community", row.community_id, after=counts, community_id=row.community_id)
        row.told_at = now
    return len(rows)
