"""The choice that the photos of an enrolment stay sealed at the gate, so that a new face model asks for no new ones.

Apart from the consent to be known by face, off until it is made, and taken back by itself: whoever does not make it is
known by face all the same. It is of one consent and goes with it: who is asked anew is asked this anew, too.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict
from central.base.kernel.outbox import announce
from central.people.community.queries import resident_of
from central.people.consent.permissions import RECORD_CONSENTS
from central.people.consent.queries import standing_of
from central.people.consent.rules import PHOTOS_VERSION, Channel, Purpose, Standing
from central.people.consent.tables import ConsentRow


def choose_photos(
    db: Session, actor: Actor, resident_id: UUID, keep: bool, channel: Channel, *, now: datetime
) -> ConsentRow:
    """Make the choice, or take it back: then the node destroys the photos and nothing else, and says so.

    Chosen again, or taken back again, nothing happens. Raises Conflict where there is no consent in force to keep
    photos beside; taking back is refused to nobody who ever consented.
    """
    resident = resident_of(db, resident_id)
    actor.demand(RECORD_CONSENTS, resident.community_id)
    query = (
        select(ConsentRow)
        .where(
            ConsentRow.community_id == resident.community_id, ConsentRow.person_id == resident.person_id,
            ConsentRow.purpose == Purpose.FACE.value,
        )
        .order_by(ConsentRow.given_at.desc(), ConsentRow.id.desc())
    )  # fmt: skip
    row = db.scalar(query.limit(1).with_for_update())
    stands = standing_of(db, resident.community_id, resident.person_id, now).standing
    if row is None or (keep and stands is not Standing.IN_FORCE):
        raise Conflict("consent.photos_alone")
    keeps = row.photos_version is not None and row.photos_ended_at is None
    if keep == keeps:
        return row
    if keep:
        row.photos_version, row.photos_kept_at, row.photos_ended_at = PHOTOS_VERSION, now, None
    else:
        row.photos_ended_at = now
    db.flush()
    record(
        db, actor, "consent.photos", "consent", row.id, community_id=row.community_id,
        after={"keep": keep, "text_version": row.photos_version, "channel": channel.value,
               "person_id": str(row.person_id)},
    )  # fmt: skip
    announce(
        db, "consent.photos", {"community_id": str(row.community_id), "person_id": str(row.person_id)},
        correlation_id=actor.correlation_id,
    )  # fmt: skip
    return row
