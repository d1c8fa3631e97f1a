"""Reads of stays: who is inside, who has left, what a person should look at, one stay with its history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid, NotFound
from central.base.kernel.paging import PageAsk, page
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.settings import settings_of
from central.gates.parking.lot.zones import zones_in
from central.gates.parking.permissions import READ_STAYS
from central.gates.parking.stays.sealed_plates import digest_of, open_text
from central.gates.parking.stays.tables import StayChangeRow, StayFactRow, StayOddRow, StayRow
from central.people.community.queries import LaneView, community_of, lanes_of
from models.parking.scope import Group
from models.parking.stays import INSIDE, Cause, Odd, State
from models.values.plate import Plate, PlateColour, kind_of, normalised

UNSEEN_AFTER = timedelta(hours=1)
"""A car that was let in so long ago, and of which no loop told whether it came in or drove away."""
LOOKED_BACK = timedelta(days=30)
LIST_MAX = 100
ENTRIES_MAX = 500
"""Of so many cars inside it is asked whose plate is like that of an exit without an entry."""
VOID_MAX = 2_000
"""Of so many stays that count for nothing it is asked whether they were paid for."""
GONE = (State.LEFT, State.LEFT_OWING)


@dataclass(frozen=True, slots=True)
class StayView:
    """A stay as it stands. Whoever may read stays sees its plate, as on the visit. `entry_gate`, `exit_gate`:
    by their names, empty where nobody knows. `again_id`, `again_at`: the stay that its plate began while this one was
    open, and when: it had gone out unseen by then. `colour`, `entered_as`: what the lane told of the car as it came
    in. `zone`: the code of the zone that its lanes led it into, `zone_name` with its level; empty where they leave that
    open."""

    stay_id: UUID
    community_id: UUID
    plate: Plate | None
    state: State
    vehicle_class: str
    began_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    exit_id: UUID | None
    entry_lane_id: UUID | None
    entry_gate: str
    entry_lane: str
    exit_lane_id: UUID | None
    exit_gate: str
    exit_lane: str
    tariff_id: UUID | None
    merged_into: UUID | None
    leave_extra: int = 0
    again_id: UUID | None = None
    again_at: datetime | None = None
    colour: PlateColour = PlateColour.UNKNOWN
    entered_as: Group | None = None
    zone: str = ""
    zone_name: str = ""

    @property
    def inside(self) -> bool:
        return self.state in INSIDE

    @property
    def may_owe(self) -> bool:
        """Whether it can be charged: it is inside, or has left."""
        return self.inside or self.state in GONE

    @property
    def lone_exit(self) -> bool:
        """A car that went out and that nobody had seen come in."""
        return self.state in GONE and self.entered_at is None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One line of a history. `note`: the plate of before, or why it counts no more. `by_name`, `reason`: a person's.
    `from_zone`, `to_zone`: between which an inner lane led it."""

    state: State
    at: datetime
    cause: Cause
    note: str
    by_name: str | None
    reason: str | None
    from_zone: str | None = None
    to_zone: str | None = None


@dataclass(frozen=True, slots=True)
class OddView:
    """A fact that did not fit. `subject_id`: the passing that it came from, which is a visit too."""

    what: Odd
    at: datetime
    subject_id: UUID
    gate: str
    lane: str


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """What needs a person; each list newest first but `long` and `again`, the longest first. `again`: its plate came
    in again while it was open. `paid_void`: money came for it, and it counts for nothing."""

    long: tuple[StayView, ...]
    again: tuple[StayView, ...]
    paid_void: tuple[StayView, ...]
    exits: tuple[StayView, ...]
    unseen: tuple[StayView, ...]
    odd: tuple[OddView, ...]

    @property
    def waiting(self) -> int:
        lists = (self.long, self.again, self.paid_void, self.exits, self.unseen)
        return sum(map(len, lists)) + len(self.odd)


def inside_by_class(db: Session, community_id: UUID) -> dict[str, int]:
    """How many cars are inside now, by their class."""
    query = select(StayRow.vehicle_class, func.count()).where(StayRow.community_id == community_id, _is_inside())
    return {name: int(count) for name, count in db.execute(query.group_by(StayRow.vehicle_class))}


def inside(db: Session, actor: Actor, community_id: UUID, ask: PageAsk) -> tuple[list[StayView], str | None]:
    """Newest first."""
    _demand(db, actor, community_id)
    query = select(StayRow).where(StayRow.community_id == community_id, _is_inside())
    rows, following = page(db, query, [StayRow.began_at, StayRow.stay_id], ask, newest_first=True)
    return _views(db, community_id, rows), following


def left(db: Session, actor: Actor, community_id: UUID, ask: PageAsk) -> tuple[list[StayView], str | None]:
    """Who came in and has left, by when that became known, newest first."""
    _demand(db, actor, community_id)
    query = select(StayRow).where(
        StayRow.community_id == community_id, StayRow.state.in_([one.value for one in GONE]),
        StayRow.entered_at.is_not(None),
    )  # fmt: skip
    rows, following = page(db, query, [StayRow.last_at, StayRow.stay_id], ask, newest_first=True)
    return _views(db, community_id, rows), following


def to_look_at(db: Session, actor: Actor, community_id: UUID, now: datetime) -> ToLookAt:
    _demand(db, actor, community_id)
    here = select(StayRow).where(StayRow.community_id == community_id)
    since = now - LOOKED_BACK
    long = here.where(_is_inside(), StayRow.entered_at < now - settings_of(db, community_id).long).order_by(
        StayRow.entered_at
    )
    exits = here.where(StayRow.state.in_([one.value for one in GONE]), StayRow.entered_at.is_(None),
                       StayRow.last_at > since)  # fmt: skip
    again = here.where(StayRow.state == State.EXIT_UNSEEN.value)  # for as long as nobody has decided
    unseen = here.where(StayRow.state == State.DETECTED.value, StayRow.began_at < now - UNSEEN_AFTER,
                        StayRow.began_at > since)  # fmt: skip
    lanes = _lanes(db, community_id)
    query = select(StayOddRow).where(StayOddRow.community_id == community_id, StayOddRow.at > since)
    odd = [
        OddView(Odd(row.what), row.at, row.subject_id, *_where(lanes, row.lane_id))
        for row in db.scalars(query.order_by(StayOddRow.at.desc()).limit(LIST_MAX))
    ]
    lists = [
        _views(db, community_id, db.scalars(one.limit(LIST_MAX)).all())
        for one in (
            long, again.order_by(StayRow.again_at, StayRow.stay_id), exits.order_by(StayRow.last_at.desc()),
            unseen.order_by(StayRow.began_at.desc()),
        )
    ]  # fmt: skip
    return ToLookAt(tuple(lists[0]), tuple(lists[1]), (), tuple(lists[2]), tuple(lists[3]), tuple(odd))


def find_plate(db: Session, actor: Actor, community_id: UUID, said: str) -> list[StayView]:
    """The stays of a whole plate, newest first. Invalid for what is no plate: part of one finds nothing, because plates
    lie sealed."""
    _demand(db, actor, community_id)
    text = normalised(said[:40])
    if kind_of(text) is None:
        raise Invalid(fields={"plate": "plates.no_plate"})
    query = select(StayRow).where(
        StayRow.community_id == community_id, StayRow.plate_digest == digest_of(db, community_id, text)
    )
    rows = db.scalars(query.order_by(StayRow.began_at.desc(), StayRow.stay_id.desc()).limit(LIST_MAX)).all()
    return _views(db, community_id, rows)


def stay_of(db: Session, actor: Actor, stay_id: UUID) -> StayView:
    """Raises NotFound, also for another company's, and Forbidden."""
    row = db.scalar(select(StayRow).where(StayRow.stay_id == stay_id).execution_options(populate_existing=True))
    if row is None:
        raise NotFound("stays.no_stay")
    actor.demand(READ_STAYS, row.community_id)
    return _views(db, row.community_id, [row])[0]


def stay_that_left(db: Session, exit_id: UUID) -> StayView | None:
    """The stay that this exit ended; None where it ended none, or is not reckoned with yet."""
    ids = db.scalars(select(StayRow.stay_id).where(StayRow.exit_id == exit_id, StayRow.state.in_(GONE))).all()
    return next(iter(stays_by_id(db, ids)), None)


def stays_by_id(db: Session, stay_ids: Collection[UUID]) -> list[StayView]:
    """Whichever of these there are, wherever in the company. Asks nobody's right."""
    rows = db.scalars(
        select(StayRow).where(StayRow.stay_id.in_(stay_ids)).execution_options(populate_existing=True)
    ).all()
    places = dict.fromkeys(row.community_id for row in rows)
    return [view for place in places for view in _views(db, place, [row for row in rows if row.community_id == place])]


def history_of(db: Session, stay: StayView) -> list[ChangeView]:
    """Every change with its cause and time (PARK-01), and who said so where a person did."""
    lines = db.scalars(
        select(StayChangeRow).where(StayChangeRow.stay_id == stay.stay_id).order_by(StayChangeRow.place)
    ).all()
    facts = db.execute(
        select(StayFactRow.fact_id, StayFactRow.by_name, StayFactRow.reason).where(
            StayFactRow.fact_id.in_([one.what for one in lines])
        )
    )
    said = {fact_id: (name, reason) for fact_id, name, reason in facts}
    return [
        ChangeView(
            State(one.state), one.at, Cause(one.cause), open_text(db, one.sealed_note, f"stay_change:note:{one.what}"),
            *said.get(one.what, (None, None)), one.from_zone, one.to_zone,
        )
        for one in lines
    ]  # fmt: skip


def may_be_its_entry(db: Session, lone: StayView, most: int = 20) -> list[StayView]:
    """Stays whose end a lone exit may be: of cars inside, and of those that nobody saw leaving; entered before it,
    those whose plate is likest its own first, and of these the newest."""
    if lone.left_at is None:
        return []
    unseen = (StayRow.state == State.EXIT_UNSEEN.value) & (StayRow.again_at >= lone.left_at)
    query = select(StayRow).where(
        StayRow.community_id == lone.community_id, or_(_is_inside(), unseen), StayRow.entered_at <= lone.left_at
    )
    rows = db.scalars(query.order_by(StayRow.entered_at.desc()).limit(ENTRIES_MAX)).all()
    views = _views(db, lone.community_id, rows)
    return sorted(views, key=lambda one: _signs_unlike(one.plate, lone.plate))[:most]


def _signs_unlike(one: Plate | None, other: Plate | None) -> int:
    """How many characters differ, place by place; as many as there are where a plate was not read."""
    if one is None or other is None:
        return 8
    return sum(a != b for a, b in zip_longest(one.text, other.text))


def void_ids(db: Session, community_id: UUID) -> list[UUID]:
    """The stays that count for nothing, the last of them first."""
    query = select(StayRow.stay_id).where(
        StayRow.community_id == community_id, StayRow.state == State.VOID.value
    ).order_by(StayRow.last_at.desc()).limit(VOID_MAX)  # fmt: skip
    return list(db.scalars(query))


def plates_inside(db: Session, community_id: UUID) -> list[str]:
    query = select(StayRow).where(StayRow.community_id == community_id, _is_inside()).limit(1_000)
    rows = db.scalars(query.order_by(StayRow.began_at.desc())).all()
    return [text for row in rows if (text := open_text(db, row.sealed_plate, f"stay:plate:{row.stay_id}"))]


def newest_inside(db: Session, community_id: UUID) -> list[UUID]:
    """The stay that began last of those inside; none where nobody is."""
    query = (
        select(StayRow.stay_id).where(StayRow.community_id == community_id, _is_inside())
        .order_by(StayRow.began_at.desc()).limit(1)
    )  # fmt: skip
    return list(db.scalars(query))


def _demand(db: Session, actor: Actor, community_id: UUID) -> None:
    community_of(db, community_id)
    actor.demand(READ_STAYS, community_id)


def _is_inside() -> ColumnElement[bool]:
    return StayRow.state.in_([one.value for one in INSIDE])


def _lanes(db: Session, community_id: UUID) -> dict[UUID, LaneView]:
    return {one.lane.lane_id: one for one in lanes_of(db, community_id)}


def _where(lanes: dict[UUID, LaneView], lane_id: UUID | None) -> tuple[str, str]:
    """(gate, lane) by their names; empty where a lane is not there any more, or was never told."""
    found = lanes.get(lane_id) if lane_id is not None else None
    return (found.gate_name, found.lane.name) if found is not None else ("", "")


def _views(db: Session, community_id: UUID, rows: Sequence[StayRow]) -> list[StayView]:
    lanes = _lanes(db, community_id) if rows else {}
    plan = plan_in_force(db, community_id) if rows else None
    zones = zones_in(lanes.values(), plan.plan if plan is not None else None)
    views = []
    for row in rows:
        text = open_text(db, row.sealed_plate, f"stay:plate:{row.stay_id}")
        views.append(StayView(
            row.stay_id, row.community_id, Plate(text=text) if text else None, State(row.state), row.vehicle_class,
            row.began_at, row.entered_at, row.left_at, row.exit_id, row.entry_lane_id,
            *_where(lanes, row.entry_lane_id), row.exit_lane_id, *_where(lanes, row.exit_lane_id), row.tariff_id,
            row.merged_into, row.leave_extra or 0, row.again_id, row.again_at,
            PlateColour(row.colour or PlateColour.UNKNOWN), Group(row.entered_as) if row.entered_as else None,
            zone := zones.at(row.zone, row.entry_lane_id), zones.name(zone),
        ))  # fmt: skip
    return views


def was_corrected(db: Session, stay_id: UUID) -> bool:
    """Whether a person has given it another plate than the camera's."""
    query = select(StayFactRow.fact_id).where(StayFactRow.subject_id == stay_id, StayFactRow.kind == "corrected")
    return db.scalar(query.limit(1)) is not None


def there_meanwhile(db: Session, stay: StayView, text: str) -> bool:
    """Whether another stay of this plate was inside at some time of this one."""
    gone = func.coalesce(StayRow.left_at, StayRow.again_at)
    query = select(StayRow.stay_id).where(
        StayRow.community_id == stay.community_id, StayRow.plate_digest == digest_of(db, stay.community_id, text),
        StayRow.stay_id != stay.stay_id, StayRow.state.in_([one.value for one in (*INSIDE, *GONE, State.EXIT_UNSEEN)]),
        or_(gone.is_(None), gone > (stay.entered_at or stay.began_at)),
    )  # fmt: skip
    if stay.left_at is not None:
        query = query.where(StayRow.entered_at < stay.left_at)
    return db.scalar(query.limit(1)) is not None
