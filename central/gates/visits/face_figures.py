"""How faces do at each lane: counts, reasons and scores out of visits, each figure with the number it stands on (B).

A face took part in a visit when it was presented alone, or when it was asked for beside something else. What a figure
counts can be opened: `visits_behind` lists the visits of one lane and one reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, cast, func, or_, select
from sqlalchemy.orm import Session

from central.gates.visits.corrections import reported
from central.gates.visits.face_quality import NOTHING_TOLD, HowSeen, how_seen
from central.gates.visits.presence import nodes_of_lanes
from central.gates.visits.queries import views_of
from central.gates.visits.tables import NodeStateRow, VisitRow
from central.gates.visits.views import CorrectionView, VisitView
from central.people.community.queries import communities, community_of, lanes_of
from central.people.community.views import LaneView
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.verification import Liveness
from models.values.time import day_begins, site_day
from models.wire.events import FaceCalibrated

BINS = 40
"""Bars from a score of -1 to 1. Scores are cosines; a bar is 0.05 wide."""

BEHIND_MAX = 100
ABOUT_FACES = frozenset(
    {
        Reason.NO_FACE, Reason.SEVERAL_FACES, Reason.LOW_QUALITY, Reason.LOW_SCORE, Reason.AMBIGUOUS, Reason.SPOOF,
        Reason.NO_REFERENCE, Reason.FACE_ALONE,
    }
)  # fmt: skip
"""Reasons that are given of a face, whatever was presented beside it, and else of a plate alone."""


class FaceSpan(IntEnum):
    """The days that are looked at, today among them."""

    TODAY = 1
    WEEK = 7
    MONTH = 30

    def since(self, now: datetime, begins_minute: int = 0) -> datetime:
        """The instant with which the span begins, in a community whose day begins so many minutes after midnight."""
        return day_begins(site_day(now, begins_minute) - timedelta(days=self.value - 1), begins_minute)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why faces were not let through, and how often. `quality` and `liveness` where the node told them."""

    outcome: str
    reason: str
    quality: str | None
    liveness: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Scores from `low` (included) to 0.05 above it. `others`: refused and referred."""

    low: float
    granted: int
    others: int


@dataclass(frozen=True, slots=True)
class LaneFaces:
    """One lane over the span that was asked for. `thresholds`: the least and the most that were in use. `seen`: how
    well the compared faces were seen. `reported`: faces that, by a guard's or the resident's own word, were somebody
    else's (ACC-13)."""

    lane_id: UUID
    community_id: UUID
    lane_name: str
    gate_name: str
    direction: str
    node_id: UUID | None
    outcomes: dict[str, int] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()
    bars: tuple[Bar, ...] = ()
    thresholds: tuple[float, float] | None = None
    reported: tuple[CorrectionView, ...] = ()
    seen: HowSeen = NOTHING_TOLD

    @property
    def false_accepts(self) -> int:
        """Faces that were let through and were, by a person's word, somebody else's."""
        return sum(one.accepted for one in self.reported)

    @property
    def total(self) -> int:
        return sum(self.outcomes.values())

    @property
    def suspected(self) -> dict[str, int]:
        """What was not taken for living, by the word for what it looked like: seen in operation, so without a rate."""
        counted = Counter[str]()
        for cause in self.causes:
            if cause.liveness is not None and cause.liveness.startswith(Liveness.SPOOF.value):
                counted[cause.liveness] += cause.count
        return dict(counted.most_common())

    @property
    def scored(self) -> int:
        return sum(bar.granted + bar.others for bar in self.bars)


def lanes_with_faces(
    db: Session, community_ids: Collection[UUID] | None, days: FaceSpan, now: datetime
) -> list[LaneFaces]:
    """Every lane, in the order of gates, with what faces did there in these days, as its community counts days."""
    wanted = None if community_ids is None else frozenset(community_ids)
    return [
        lane
        for one in communities(db, wanted)
        for lane in _of_lanes(db, lanes_of(db, one.community_id), days.since(now, one.day_begins_minute))
    ]


def _of_lanes(db: Session, lanes: list[LaneView], since: datetime) -> list[LaneFaces]:
    ids = [lane.lane.lane_id for lane in lanes]
    nodes, causes, bars, thresholds = nodes_of_lanes(db, ids), _causes(db, ids, since), *_scores(db, ids, since)
    wrong, seen = reported(db, ids, since), how_seen(db, ids, since, _face_took_part())
    found = []
    for lane in lanes:
        lane_id = lane.lane.lane_id
        mine = causes.get(lane_id, [])
        outcomes = Counter[str]()
        for cause in mine:
            outcomes[cause.outcome] += cause.count
        stopped = sorted((c for c in mine if c.outcome != Outcome.GRANT), key=lambda c: (-c.count, c.reason))
        found.append(
            LaneFaces(
                lane_id=lane_id, community_id=lane.community_id, lane_name=lane.lane.name, gate_name=lane.gate_name,
                direction=lane.lane.direction.value, node_id=nodes.get(lane_id), outcomes=dict(outcomes),
                causes=tuple(stopped), bars=tuple(bars.get(lane_id, ())), thresholds=thresholds.get(lane_id),
                reported=tuple(wrong.get(lane_id, ())),
                seen=seen.get(lane_id, NOTHING_TOLD),
            )
        )  # fmt: skip
    return found


def calibrations(db: Session, community_ids: Collection[UUID] | None) -> dict[UUID, FaceCalibrated]:
    """What each node's thresholds stand on, by node. A node that is not there was never calibrated."""
    query = select(NodeStateRow).where(NodeStateRow.fact == "face_calibrated")
    if community_ids is not None:
        query = query.where(NodeStateRow.community_id.in_(community_ids))
    return {row.node_id: FaceCalibrated.model_validate(row.value) for row in db.scalars(query)}


def visits_behind(
    db: Session, lane: LaneView, days: FaceSpan, now: datetime, outcome: str | None, reason: str | None
) -> list[VisitView]:
    """The visits that a figure counts, newest first, at most `BEHIND_MAX`."""
    lane_id = lane.lane.lane_id
    since = days.since(now, community_of(db, lane.community_id).day_begins_minute)
    query = select(VisitRow).where(VisitRow.lane_id == lane_id, VisitRow.happened_at >= since, _face_took_part())
    if outcome is not None:
        query = query.where(VisitRow.outcome == outcome)
    if reason is not None:
        query = query.where(VisitRow.reason == reason)
    return views_of(db, db.scalars(query.order_by(VisitRow.happened_at.desc()).limit(BEHIND_MAX)).all())


def _face_took_part() -> ColumnElement[bool]:
    """A plate that is unclear is told by the same reasons as a face that is."""
    of_face = or_(
        VisitRow.kind == Kind.FACE.value,
        VisitRow.score.is_not(None),
        VisitRow.reason.in_([reason.value for reason in ABOUT_FACES]),
    )
    return of_face & VisitRow.kind.is_distinct_from(Kind.PLATE.value)


def _causes(db: Session, lane_ids: list[UUID], since: datetime) -> dict[UUID, list[Cause]]:
    quality = VisitRow.detail["quality"].astext
    query = (
        select(VisitRow.lane_id, VisitRow.outcome, VisitRow.reason, quality, VisitRow.liveness, func.count())
        .where(VisitRow.lane_id.in_(lane_ids), VisitRow.happened_at >= since, _face_took_part())
        .where(VisitRow.outcome.is_not(None))
        .group_by(VisitRow.lane_id, VisitRow.outcome, VisitRow.reason, quality, VisitRow.liveness)
    )
    counted: Counter[tuple[UUID, str, str, str | None, str | None]] = Counter()
    for lane_id, outcome, reason, word, liveness, count in db.execute(query):
        assert lane_id is not None
        assert outcome is not None
        told = None if word == reason else word  # a reason that is told once more says nothing of the picture
        counted[lane_id, outcome, reason or "other", told, liveness] += count
    found: dict[UUID, list[Cause]] = {}
    for (lane_id, outcome, reason, told, liveness), count in counted.items():
        found.setdefault(lane_id, []).append(Cause(outcome, reason, told, liveness, count))
    return found


def _scores(
    db: Session, lane_ids: list[UUID], since: datetime
) -> tuple[dict[UUID, list[Bar]], dict[UUID, tuple[float, float]]]:
    bar = cast(func.least(func.floor((VisitRow.score + 1) * (BINS / 2)), BINS - 1), Integer)
    granted = func.count().filter(VisitRow.outcome == Outcome.GRANT.value)
    query = (
        select(VisitRow.lane_id, bar, granted, func.count(), func.min(VisitRow.threshold), func.max(VisitRow.threshold))
        .where(VisitRow.lane_id.in_(lane_ids), VisitRow.happened_at >= since, VisitRow.score.is_not(None))
        .where(VisitRow.outcome.is_not(None))
        .group_by(VisitRow.lane_id, bar)
        .order_by(VisitRow.lane_id, bar)
    )
    bars: dict[UUID, list[Bar]] = {}
    thresholds: dict[UUID, tuple[float, float]] = {}
    for lane_id, number, through, count, least, most in db.execute(query):
        assert lane_id is not None
        bars.setdefault(lane_id, []).append(Bar(round(number * 2 / BINS - 1, 2), through, count - through))
        if least is not None and most is not None:
            low, high = thresholds.get(lane_id, (least, most))
            thresholds[lane_id] = (min(low, least), max(high, most))
    return bars, thresholds
