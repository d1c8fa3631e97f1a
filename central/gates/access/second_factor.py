"""Where a face alone is not enough by the rules, told to its owner before they stand at a gate with nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.access.snapshot import rules_at
from central.people.community.queries import lanes_of
from models.access.policy import Effect


def lanes_wanting_both(
    db: Session, community_id: UUID, groups: Collection[str], now: datetime
) -> tuple[tuple[str, ...], bool]:
    """Names of the lanes, and whether they are all there are. A rule counts that holds at some hours only, too, or
    from a coming day on: whoever reads this comes at any time."""
    mine = frozenset(groups)
    rules = [
        rule
        for rule in rules_at(db, community_id, now)
        if rule.effect is Effect.SECOND_FACTOR and (rule.valid_until is None or now < rule.valid_until)
    ]
    lanes = [view.lane for view in lanes_of(db, community_id)]
    found = tuple(lane.name for lane in lanes if any(rule.concerns(mine, lane.lane_id) for rule in rules))
    return found, len(found) == len(lanes)
