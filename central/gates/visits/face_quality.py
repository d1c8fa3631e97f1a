"""How well the faces that a lane compared were seen: medians of what its node told, let through beside the others.

A node of before told nothing of it; what was not told, or is no figure, is left out and not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Float, case, cast, func, select
from sqlalchemy.orm import Session

from central.gates.visits.tables import VisitRow
from models.access.decision import Outcome
from models.access.probe import MEASURES

FIGURE = r"^[0-9]{1,5}(\.[0-9]{1,6})?$"
"""What a node writes; anything else is not read as one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Medians over the `count` faces of which the node told, as `models.access.probe` names them."""

    count: int
    side_px: float
    sharpness: float
    brightness: float
    yaw: float


@dataclass(frozen=True, slots=True)
class HowSeen:
    """Of one lane. `granted` and `others` (refused and referred) over all, `by_reason` by outcome and reason."""

    granted: Seen | None
    others: Seen | None
    by_reason: dict[tuple[str, str | None], Seen]

    @property
    def told(self) -> int:
        return sum(one.count for one in (self.granted, self.others) if one is not None)


NOTHING_TOLD = HowSeen(None, None, {})


def how_seen(
    db: Session, lane_ids: Sequence[UUID], since: datetime, took_part: ColumnElement[bool]
) -> dict[UUID, HowSeen]:
    """By lane, where anything was told. `took_part`: which visits a face took part in."""
    figures = [_figure(name) for name in MEASURES]
    told = [VisitRow.lane_id.in_(lane_ids), VisitRow.happened_at >= since, took_part, VisitRow.outcome.is_not(None)]
    told += [figure.is_not(None) for figure in figures]
    medians = [func.percentile_cont(0.5).within_group(figure) for figure in figures]
    through = VisitRow.outcome == Outcome.GRANT.value
    halves: dict[tuple[UUID, bool], Seen] = {}
    for lane_id, granted, count, *found in db.execute(
        select(VisitRow.lane_id, through, func.count(), *medians).where(*told).group_by(VisitRow.lane_id, through)
    ):
        halves[lane_id, granted] = Seen(count, *found)
    reasons: dict[UUID, dict[tuple[str, str | None], Seen]] = {}
    grouped = (VisitRow.lane_id, VisitRow.outcome, VisitRow.reason)
    for lane_id, outcome, reason, count, *found in db.execute(
        select(*grouped, func.count(), *medians).where(*told).group_by(*grouped)
    ):
        reasons.setdefault(lane_id, {})[outcome, reason] = Seen(count, *found)
    return {
        lane_id: HowSeen(halves.get((lane_id, True)), halves.get((lane_id, False)), mine)
        for lane_id, mine in reasons.items()
    }


def _figure(name: str) -> ColumnElement[float | None]:
    word = VisitRow.inputs[name].astext
    return case((word.regexp_match(FIGURE), cast(word, Float)), else_=None)
