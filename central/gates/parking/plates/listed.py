"""The lists of plates: permits, whom a guard is asked about, who passes free of charge (PARK-06, LANE-11, LANE-12).

A plate names its holder: it is sealed at rest, and the audit keeps a masked one. Nothing is changed but that a second
person approves, and the end; who mistyped ends the entry and adds another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Forbidden, Invalid
from central.base.kernel.secrets import seal, unseal
from central.gates.access import snapshot
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.rules import BY_TWO, REASON_MAX, Kept, bay_text, counted
from central.gates.parking.stays import news as stay_news
from central.gates.parking.stays.bays import mates
from central.gates.parking.stays.sealed_plates import digest_of
from central.gates.parking.tables import PlateEntryRow
from central.people.community.finding import find
from central.people.community.queries import community_of, lanes_of
from models.parking.cover import BAY_CARS_MAX, BAY_MAX
from models.parking.decided import GRACE_MAX
from models.values.ids import new_id
from models.values.plate import Plate, kind_of, normalised
from models.wire.plates import PLATES_MAX, PassingEntry, PassingList, PlateEntry, PlateList, masked

NOTE_MAX = 60
BAY_PLATES_MAX = 20
"""Cars that share one bay."""
GRACE = timedelta(days=3)
"""Gates let a permit's car in for so long after its end, and so must know of it."""


class Held(NamedTuple):
    """An entry as stays are covered by it. `taken_off_at`: when a person took it off its list, before its end."""

    entry: PlateEntry | PassingEntry
    taken_off_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlateView:
    """An entry as it stands: `state` is "waiting" (for a second person), "counts", "later", "over" or "ended".

    `lanes`: their names, none means all. `bay`: "" where it names none; it covers `bay_cars` cars at once. `mine`:
    whoever asks added it, and so cannot approve it.
    """

    entry_id: UUID
    community_id: UUID
    kind: Kept
    plate: str
    note: str
    since: datetime
    until: datetime | None
    lanes: tuple[str, ...]
    state: str
    added_at: datetime
    added_by: str
    mine: bool
    approved_at: datetime | None
    approved_by: str | None
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None
    bay: str
    bay_cars: int


def add_plate(
    db: Session, actor: Actor, community_id: UUID, *, kind: Kept, plate: str, note: str, since: datetime | None,
    until: datetime | None, lanes: Collection[UUID] = (), bay: str = "", bay_cars: int = 1, now: datetime,
) -> UUID:  # fmt: skip
    """Put a plate on a list; `since` None: from now on. `bay`: on which a permit's car stands, "" on none in
    particular, and how many cars that covers at once. Forbidden, Invalid, or Conflict where it stands there."""
    actor.demand(KEEP_PLATES, community_id)
    community_of(db, community_id)
    text, note, since, bay = normalised(plate[:40]), note.strip(), since or now, bay_text(bay)
    problems = _problems(text, note, kind, since, until, now) | _bay_problems(kind, bay, bay_cars)
    known = {view.lane.lane_id for view in lanes_of(db, community_id)}
    if not set(lanes) <= known:
        problems["lanes"] = "plates.no_lane"
    if problems:
        raise Invalid(fields=problems, most=NOTE_MAX, bay_most=BAY_MAX, cars_most=BAY_CARS_MAX)
    standing = _standing(db, community_id, now)
    if len(standing) >= PLATES_MAX:
        raise Conflict("plates.full", most=PLATES_MAX)
    if any(row.kind == kind.value and plate_of_entry(db, row) == text for row in standing):
        raise Conflict("plates.there")
    _agrees(bay, bay_cars, [row for row in standing if row.bay == bay])
    entry_id = new_id()
    row = PlateEntryRow(
        id=entry_id, community_id=community_id, kind=kind.value, since=since, until=until,
        sealed_plate=seal(db, text.encode(), _about(entry_id, "plate")),
        sealed_note=seal(db, note.encode(), _about(entry_id, "note")),
        lanes=sorted(str(lane) for lane in lanes), added_at=now, added_by=actor.name, added_by_id=actor.id,
        approved_at=None if kind in BY_TWO else now, bay=bay or None, bay_cars=bay_cars if bay else None,
        plate_digest=digest_of(db, community_id, text) if bay else None,
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, f"plate.{kind.value}", "plate_entry", entry_id, community_id=community_id,
        after={"plate": masked(text), "since": since.isoformat(), "until": until.isoformat() if until else None}
        | ({"bay": bay, "bay_cars": bay_cars} if bay else {}),
    )  # fmt: skip
    if row.approved_at is not None:
        snapshot.changed(db, community_id)
        _tell_bay(db, row)
    return entry_id


def approve_plate(db: Session, actor: Actor, entry_id: UUID, now: datetime) -> PlateEntryRow:
    """The second person's yes: from now on it counts. Forbidden for who added it, Conflict where nothing waits."""
    row = find(db, PlateEntryRow, entry_id, "plates.no_entry", lock=True)
    actor.demand(KEEP_PLATES, row.community_id)
    if _mine(row, actor):
        raise Forbidden("plates.own_entry", permission=KEEP_PLATES)
    if row.ended_at is not None:
        raise Conflict("plates.ended_already")
    if row.approved_at is not None:
        raise Conflict("plates.approved_already")
    if row.until is not None and row.until <= now:
        raise Conflict("plates.over_unapproved")
    row.approved_at, row.approved_by = now, actor.name
    db.flush()
    record(
        db, actor, "plate.approve", "plate_entry", row.id, community_id=row.community_id,
        after={"plate": masked(plate_of_entry(db, row)), "list": row.kind},
    )  # fmt: skip
    snapshot.changed(db, row.community_id)
    return row


def end_plate(db: Session, actor: Actor, entry_id: UUID, reason: str, now: datetime) -> PlateEntryRow:
    """Take it off its list, with a reason. Conflict when that was done already."""
    row = find(db, PlateEntryRow, entry_id, "plates.no_entry", lock=True)
    actor.demand(KEEP_PLATES, row.community_id)
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(fields={"reason": "parking.reason_needed"}, most=REASON_MAX)
    if row.ended_at is not None:
        raise Conflict("plates.ended_already")
    row.ended_at, row.ended_by, row.ended_reason = now, actor.name, reason
    db.flush()
    record(
        db, actor, "plate.end", "plate_entry", row.id, reason=reason, community_id=row.community_id,
        after={"plate": masked(plate_of_entry(db, row)), "list": row.kind},
    )  # fmt: skip
    snapshot.changed(db, row.community_id)
    stay_news.changed(db, row.community_id, stay_news.inside_with(db, row.community_id, plate_of_entry(db, row)))
    _tell_bay(db, row)
    return row


def plates_of(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[PlateView]:
    """What waits for a second person, what stands, blocks first, then what ended last. For who may keep the lists."""
    actor.demand(KEEP_PLATES, community_id)
    community_of(db, community_id)
    query = select(PlateEntryRow).where(PlateEntryRow.community_id == community_id)
    names = {str(view.lane.lane_id): view.lane.name for view in lanes_of(db, community_id)}
    views = [_view(db, actor, row, names, now) for row in db.scalars(query.order_by(PlateEntryRow.added_at.desc()))]
    return sorted(
        views, key=lambda one: (one.state in ("over", "ended"), one.state != "waiting", one.kind is not Kept.BLOCK)
    )


def plate_of_entry(db: Session, row: PlateEntryRow) -> str:
    return unseal(db, row.sealed_plate, _about(row.id, "plate")).decode()


def note_of_entry(db: Session, row: PlateEntryRow) -> str:
    return unseal(db, row.sealed_note, _about(row.id, "note")).decode()


def plates_told(
    db: Session, community_id: UUID, lanes: Collection[UUID], now: datetime
) -> tuple[PlateEntry | PassingEntry, ...]:
    """What a node that drives these lanes is told: what counts there now or later, and permits in their grace."""
    told = []
    for row in _standing(db, community_id, now):
        named = frozenset(UUID(one) for one in row.lanes)
        if row.approved_at is not None and (not named or named & set(lanes)):
            told.append(_entry(row, plate_of_entry(db, row), row.since, row.until, named & set(lanes)))
    return tuple(told)


def notes_of(db: Session, community_id: UUID, now: datetime) -> dict[str, tuple[str, str]]:
    """(whose it is, its bay) by plate, of what stands now. Asks nobody's right: the caller has a ground and writes down
    who looked."""
    said = {
        plate_of_entry(db, row): (unseal(db, row.sealed_note, _about(row.id, "note")).decode(), row.bay or "")
        for row in _standing(db, community_id, now)
        if row.kind != Kept.BLOCK.value
    }
    return {plate: one for plate, one in said.items() if any(one)}


def covers_since(db: Session, community_id: UUID, since: datetime) -> dict[str, list[Held]]:
    """What covered stays at some time from then on, by plate: permits, and who passes free of charge. One that was
    taken off counted until then: what was covered stays covered. One that was approved counts from then."""
    query = select(PlateEntryRow).where(
        PlateEntryRow.community_id == community_id,
        PlateEntryRow.kind != Kept.BLOCK.value,
        PlateEntryRow.approved_at.is_not(None),
        or_(PlateEntryRow.until.is_(None), PlateEntryRow.until > since - GRACE_MAX),
        or_(PlateEntryRow.ended_at.is_(None), PlateEntryRow.ended_at > since),
    )
    found: dict[str, list[Held]] = {}
    for row in db.scalars(query.order_by(PlateEntryRow.id)):
        span = counted(row.since, row.until, row.approved_at if row.approved_by is not None else None, row.ended_at)
        if span is not None:
            plate = plate_of_entry(db, row)
            named = frozenset(UUID(one) for one in row.lanes)
            found.setdefault(plate, []).append(Held(_entry(row, plate, *span, named), row.ended_at))
    return found


def _entry(
    row: PlateEntryRow, plate: str, since: datetime, until: datetime | None, lanes: frozenset[UUID]
) -> PlateEntry | PassingEntry:
    if row.kind in set(PassingList):
        kind = PassingList(row.kind)
        return PassingEntry(entry_id=row.id, list=kind, plate=plate, since=since, until=until, lanes=lanes)
    return PlateEntry(
        entry_id=row.id, list=PlateList(row.kind), plate=plate, since=since, until=until, lanes=lanes,
        bay=row.bay or "", bay_cars=row.bay_cars or 1,
    )  # fmt: skip


def _problems(
    text: str, note: str, kind: Kept, since: datetime, until: datetime | None, now: datetime
) -> dict[str, str]:
    problems = {}
    if kind_of(text) is None:
        problems["plate"] = "plates.no_plate"
    if len(note) > NOTE_MAX:
        problems["note"] = "plates.note_long"
    if until is None and kind is Kept.PERMIT:
        problems["until"] = "plates.permit_ends"
    elif until is not None and until <= max(since, now):
        problems["until"] = "plates.until_past"
    return problems


def _bay_problems(kind: Kept, bay: str, bay_cars: int) -> dict[str, str]:
    if bay and kind is not Kept.PERMIT:
        return {"bay": "plates.bay_of_permit"}
    problems = {"bay": "plates.bay_long"} if len(bay) > BAY_MAX else {}
    return problems | ({} if 1 <= bay_cars <= BAY_CARS_MAX else {"bay_cars": "plates.bay_cars_wrong"})


def _agrees(bay: str, bay_cars: int, others: Sequence[PlateEntryRow]) -> None:
    """All permits of a bay say of how many cars it covers the same, or the rules would have to choose."""
    said = next((row.bay_cars for row in others if bay and row.bay_cars != bay_cars), None)
    if said is not None:
        raise Conflict("plates.bay_differs", bay=bay, n=said)
    if bay and len(others) >= BAY_PLATES_MAX:
        raise Conflict("plates.bay_full", most=BAY_PLATES_MAX)


def _tell_bay(db: Session, row: PlateEntryRow) -> None:
    """The cars of this bay that are inside are told to the gates anew: which of them stands on it may be another."""
    if row.plate_digest is not None:
        beside, _ = mates(db, row.community_id, [row.plate_digest], row.since)
        mine = stay_news.inside_with(db, row.community_id, plate_of_entry(db, row))
        stay_news.changed(db, row.community_id, beside | set(mine))


def _standing(db: Session, community_id: UUID, now: datetime) -> Sequence[PlateEntryRow]:
    query = select(PlateEntryRow).where(
        PlateEntryRow.community_id == community_id,
        PlateEntryRow.ended_at.is_(None),
        or_(PlateEntryRow.until.is_(None), PlateEntryRow.until > now - GRACE),
    )
    return db.scalars(query.order_by(PlateEntryRow.id)).all()


def _about(entry_id: UUID, what: str) -> str:
    return f"plate_entry:{what}:{entry_id}"


def _mine(row: PlateEntryRow, actor: Actor) -> bool:
    """Two persons are two accounts; what is no account is told apart by its name."""
    return row.added_by_id == actor.id if actor.id is not None else row.added_by == actor.name


def _view(db: Session, actor: Actor, row: PlateEntryRow, names: dict[str, str], now: datetime) -> PlateView:
    over = row.until is not None and row.until <= now
    later = "waiting" if row.approved_at is None else "later" if row.since > now else "counts"
    state = "ended" if row.ended_at else "over" if over else later
    return PlateView(
        entry_id=row.id, community_id=row.community_id, kind=Kept(row.kind),
        plate=str(Plate(text=plate_of_entry(db, row))),
        note=note_of_entry(db, row),
        since=row.since, until=row.until, lanes=tuple(names[one] for one in row.lanes if one in names), state=state,
        added_at=row.added_at, added_by=row.added_by, mine=_mine(row, actor), approved_at=row.approved_at,
        approved_by=row.approved_by, ended_at=row.ended_at, ended_by=row.ended_by,
        ended_reason=row.ended_reason, bay=row.bay or "", bay_cars=row.bay_cars or 1,
    )  # fmt: skip
