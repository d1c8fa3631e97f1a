"""Which buttons the lifts have, as their nodes told when they started last."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.gates.visits.tables import NodeStateRow
from models.access.lifts import buttons_word


def lift_buttons(db: Session, community_id: UUID, lane_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """Of those lanes whose node has told them; of two nodes that told of one lane, the later word."""
    if not lane_ids:
        return {}
    query = select(NodeStateRow.value).where(NodeStateRow.community_id == community_id, NodeStateRow.fact == "started")
    found: dict[UUID, frozenset[str]] = {}
    for told in db.scalars(query.order_by(NodeStateRow.at)):
        for lane_id in lane_ids:
            if isinstance(buttons := told.get(buttons_word(lane_id)), str):
                found[lane_id] = frozenset(buttons.split())
    return found
