"""The number of the guards' desk, which a visitor rings when a gate does not open for their pass."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.people.community.finding import find
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.rules import PHONE, tidy_phone
from central.people.community.tables import CommunityRow


def set_desk_phone(db: Session, actor: Actor, community_id: UUID, phone: str) -> CommunityRow:
    """As people write it; "" for none. It stands on the page behind every visitor's link: no private number."""
    community = find(db, CommunityRow, community_id, "community.not_found", lock=True)
    actor.demand(EDIT_HOUSES, community.id)
    wanted, before = tidy_phone(phone) or None, community.desk_phone
    if wanted is not None and not re.fullmatch(PHONE, wanted):
        raise Invalid(fields={"phone": "community.desk_phone_form"})
    if wanted == before:
        return community
    community.desk_phone = wanted
    db.flush()
    record(
        db, actor, "community.desk_phone", "community", community.id, before={"desk_phone": before},
        after={"desk_phone": wanted}, community_id=community.id,
    )  # fmt: skip
    return community
