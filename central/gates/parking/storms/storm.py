"""Storm mode 防汛 (LANE-28): one person begins it, for the whole car park or some of its levels, until an hour at most
12 away; prolongs it, and ends it.

It stands in the rules that every gate is told, and is no command: a gate that is away when it begins holds its arm up
and closes its way in as soon as it hears of it, and one that is cut off ends it at its hour by itself. What every gate
makes of it, its lanes tell (gates/visits/storm_lanes.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import snapshot
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.zones import zones_of
from central.gates.parking.permissions import RUN_STORMS
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.stays.news import lock_lot
from central.gates.parking.storms.tables import StormRow
from central.people.community.finding import find
from central.people.community.queries import LaneView, community_of, lanes_of
from models.parking.storm import STORM_MAX, Storm
from models.site.topology import Between, Direction
from models.values.ids import new_id

HOURS_MAX = int(STORM_MAX / timedelta(hours=1))
PAST_MAX = 20


@dataclass(frozen=True, slots=True)
class StormView:
    """`zones`: codes, none of the whole car park. `ended_at`: by a person, or by its hour."""

    storm_id: UUID
    community_id: UUID
    zones: tuple[str, ...]
    opens: frozenset[UUID]
    closes: frozenset[UUID]
    reason: str
    began_at: datetime
    began_by: str
    until: datetime
    version: int
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None
    runs: bool


@dataclass(frozen=True, slots=True)
class Lanes:
    """What a storm would do: ways out whose arms it holds up, ways in that it closes."""

    opens: tuple[LaneView, ...]
    closes: tuple[LaneView, ...]


def begin(
    db: Session, actor: Actor, community_id: UUID, *, zones: Collection[str], hours: int, reason: str, now: datetime,
    tidal: Collection[UUID] = (),
) -> UUID:  # fmt: skip
    """From now on. Forbidden; Invalid; Conflict where one runs already, or no barrier is there. `tidal`: the lanes that
    may be turned round."""
    actor.demand(RUN_STORMS, community_id)
    community_of(db, community_id)
    lock_lot(db, community_id)
    known = set(zone_names(db, community_id))
    problems = _problems(hours, reason) | ({} if set(zones) <= known else {"zones": "storm.no_zone"})
    if problems:
        raise Invalid(fields=problems, most=REASON_MAX, hours=HOURS_MAX)
    standing = db.scalar(select(StormRow).where(StormRow.community_id == community_id, StormRow.ended_at.is_(None)))
    if standing is not None and now < standing.until:
        raise Conflict("storm.runs")
    if standing is not None:
        standing.ended_at = standing.until
        db.flush()
    lanes = lanes_for(db, community_id, zones, tidal)
    if not lanes.opens and not lanes.closes:
        raise Conflict("storm.no_lane")
    row = StormRow(
        id=new_id(), community_id=community_id, zones=sorted(zones), reason=reason.strip(), began_at=now,
        opens=[one.lane.lane_id for one in lanes.opens], closes=[one.lane.lane_id for one in lanes.closes],
        began_by=actor.name, until=now + timedelta(hours=hours), version=0,
    )  # fmt: skip
    db.add(row)
    db.flush()
    _write_down(db, actor, "storm.begin", row, row.reason)
    row.version = snapshot.changed(db, community_id, correlation_id=actor.correlation_id)
    db.flush()
    return row.id


def prolong(db: Session, actor: Actor, storm_id: UUID, *, hours: int, reason: str, now: datetime) -> None:
    """So many hours from now on, and never to an earlier hour than before: whoever wants that ends it. A person's word
    each time: no arm is held up for longer than 12 hours by one."""
    row = _running(db, actor, storm_id, now)
    problems = _problems(hours, reason)
    if "hours" not in problems and now + timedelta(hours=hours) < row.until:
        problems |= {"hours": "storm.not_shorter"}
    if problems:
        raise Invalid(fields=problems, most=REASON_MAX, hours=HOURS_MAX)
    row.until = now + timedelta(hours=hours)
    db.flush()
    _write_down(db, actor, "storm.prolong", row, reason.strip())
    row.version = snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)
    db.flush()


def end(db: Session, actor: Actor, storm_id: UUID, *, reason: str, now: datetime) -> None:
    """The lanes go on as they were: arms come down once nothing is under them, ways in ask as always."""
    row = _running(db, actor, storm_id, now)
    if problems := _problems(1, reason):
        raise Invalid(fields=problems, most=REASON_MAX, hours=HOURS_MAX)
    row.ended_at, row.ended_by, row.ended_reason = now, actor.name, reason.strip()
    db.flush()
    _write_down(db, actor, "storm.end", row, row.ended_reason)
    snapshot.changed(db, row.community_id, correlation_id=actor.correlation_id)


def lanes_for(db: Session, community_id: UUID, zones: Collection[str], tidal: Collection[UUID] = ()) -> Lanes:
    """Of the whole car park every way out is held up, inner ones too, and every way into it closed. From one level to
    another cars drive then as always: it may be their way to the exit. Of some zones the ways out of the car park too,
    for their cars have to leave it, and of the ways in, inner ones too, those alone that lead there.

    A lane that may be turned round stands in both, and its gate does what the way it leads then asks (LANE-13)."""
    by_lane = zones_of(db, community_id).by_lane
    cars = [one for one in lanes_of(db, community_id) if one.vehicles]

    def leading(way: Direction) -> list[tuple[LaneView, Between | None]]:
        found = (one for one in cars if one.lane.direction is way or one.lane.lane_id in tidal)
        return [(one, _between(one, way)) for one in found]

    def closes(lane: LaneView, between: Between | None) -> bool:
        if between is not None:
            return between.to_zone in zones
        return not zones or by_lane.get(lane.lane.lane_id, "") in zones

    out = [one for one, between in leading(Direction.OUT) if not zones or not between or between.from_zone in zones]
    into = [one for one, between in leading(Direction.IN) if closes(one, between)]
    return Lanes(tuple(out), tuple(into))


def zone_names(db: Session, community_id: UUID) -> dict[str, str]:
    """The zones of the floor plan in force, by code; none without a plan."""
    view = plan_in_force(db, community_id)
    return dict(zones_of(db, community_id).names) if view is not None else {}


def running(db: Session, community_id: UUID, now: datetime) -> StormView | None:
    """Asks nobody's right."""
    row = db.scalar(
        select(StormRow).where(StormRow.community_id == community_id, StormRow.ended_at.is_(None), StormRow.until > now)
    )
    return _view(row, now) if row is not None else None


def holds_until(db: Session, storm_id: UUID, now: datetime) -> datetime | None:
    """The hour until which this storm holds arms up; None where it is over. Asks nobody's right."""
    row = db.get(StormRow, storm_id)
    return row.until if row is not None and row.ended_at is None and now < row.until else None


def storms_of(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[StormView]:
    """The newest first."""
    actor.demand(RUN_STORMS, community_id)
    query = select(StormRow).where(StormRow.community_id == community_id).order_by(StormRow.began_at.desc())
    return [_view(row, now) for row in db.scalars(query.limit(PAST_MAX))]


def storm_of(db: Session, actor: Actor, storm_id: UUID, now: datetime) -> StormView:
    row = find(db, StormRow, storm_id, "storm.none")
    actor.demand(RUN_STORMS, row.community_id)
    return _view(row, now)


def storms_told(db: Session, community_id: UUID, now: datetime) -> tuple[Storm, ...]:
    """What the gates are told. Asks nobody's right."""
    storm = running(db, community_id, now)
    if storm is None:
        return ()
    return (Storm(storm_id=storm.storm_id, opens=storm.opens, closes=storm.closes, until=storm.until),)


def _between(lane: LaneView, way: Direction) -> Between | None:
    """The zones of an inner lane as it leads this way."""
    return lane.between.turned if lane.between is not None and lane.lane.direction is not way else lane.between


def _problems(hours: int, reason: str) -> dict[str, str]:
    problems = {} if 1 <= hours <= HOURS_MAX else {"hours": "storm.hours"}
    said = reason.strip()
    return problems if said and len(said) <= REASON_MAX else problems | {"reason": "parking.reason_needed"}


def _running(db: Session, actor: Actor, storm_id: UUID, now: datetime) -> StormRow:
    row = find(db, StormRow, storm_id, "storm.none", lock=True)
    actor.demand(RUN_STORMS, row.community_id)
    if row.ended_at is not None or now >= row.until:
        raise Conflict("storm.over")
    return row


def _view(row: StormRow, now: datetime) -> StormView:
    over = row.ended_at or (row.until if now >= row.until else None)
    return StormView(
        row.id, row.community_id, tuple(row.zones), frozenset(row.opens), frozenset(row.closes), row.reason,
        row.began_at, row.began_by, row.until, row.version, over, row.ended_by, row.ended_reason, over is None,
    )  # fmt: skip


def _write_down(db: Session, actor: Actor, what: str, row: StormRow, reason: str) -> None:
    lanes = [str(one) for one in dict.fromkeys((*row.opens, *row.closes))]
    after = {"lanes": lanes, "zones": row.zones, "until": row.until.isoformat()}
    record(db, actor, what, "storm", row.id, after=after, reason=reason, community_id=row.community_id)
