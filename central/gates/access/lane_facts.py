"""What the policy may know of a lane before anybody shows anything, from central's tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.access import snapshot
from central.gates.access.told_credentials import kinds_told
from central.people.community.views import LaneView
from models.access.credential import Kind
from models.access.lockdown import Lockdown, groups_let_through
from models.access.policy import Facts, GateState, KindWindow, Rule
from models.access.verification import Verification


@dataclass(frozen=True, slots=True)
class Ground:
    """A community's rules and what overrules them: asked once, for every lane and instant after it.

    `kinds` are those of now, for an explanation of then as well: central keeps no history of them.
    """

    rules: tuple[Rule, ...]
    holidays: frozenset[date]
    kinds: tuple[KindWindow, ...]
    lockdowns: tuple[Lockdown, ...]
    version: int


def ground_at(db: Session, community_id: UUID, at: datetime) -> Ground:
    return Ground(
        rules=snapshot.rules_at(db, community_id, at),
        holidays=snapshot.holidays_of(db, community_id),
        kinds=kinds_told(db, community_id),
        lockdowns=snapshot.lockdowns_at(db, community_id, at),
        version=snapshot.version(db, community_id),
    )


def facts_of(ground: Ground, view: LaneView, at: datetime) -> Facts:
    """The lane at that instant; a pass is about to be shown. Faults and fire are the gate's own to know."""
    still_pass = groups_let_through(ground.lockdowns, view.lane.lane_id, at)
    return Facts(
        site_id=view.community_id,
        lane=view.lane,
        gate=GateState(lockdown=still_pass is not None, lockdown_groups=still_pass or frozenset()),
        verification=Verification(kind=Kind.PASS),
        rules=ground.rules,
        holidays=ground.holidays,
        kinds=tuple(one for one in ground.kinds if one.lane_id == view.lane.lane_id),
        rules_version=ground.version,
    )
