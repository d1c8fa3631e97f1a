"""When the day by which a community counts begins: at 00:00 until somebody sets it otherwise (GEN-02)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.people.community.finding import find
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.rules import clock_text, day_begins_of
from central.people.community.tables import CommunityRow


def set_day_begins(db: Session, actor: Actor, community_id: UUID, begins: str) -> CommunityRow:
    """`begins` as a clock shows it, 00:00 to 11:59; Invalid otherwise. Nothing that was counted is changed."""
    community = find(db, CommunityRow, community_id, "community.not_found", lock=True)
    actor.demand(EDIT_HOUSES, community.id)
    minute, before = day_begins_of(begins), community.day_begins_minute
    if minute is None:
        raise Invalid(fields={"begins": "community.day_begins_form"})
    if minute == before:
        return community
    community.day_begins_minute = minute
    db.flush()
    record(
        db, actor, "community.day", "community", community.id, before={"day_begins": clock_text(before)},
        after={"day_begins": clock_text(minute)}, community_id=community.id,
    )  # fmt: skip
    return community
