"""The lists of plates: who drives in with a permit, whom a guard is asked about (PARK-06, LANE-11).

A plate names its holder: it is sealed at rest, and the audit keeps a masked one. Nothing is changed but its end; who
mistyped ends the entry and adds another.
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
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.secrets import seal, unseal
from central.gates.access import snapshot
from central.gates.parking.permissions import KEEP_PLATES
from central.gates.parking.rules import REASON_MAX
from central.gates.parking.tables import PlateEntryRow
from central.people.community.finding import find
from central.people.community.queries import community_of, lanes_of
from models.values.ids import new_id
from models.values.plate import Plate, kind_of, normalised
from models.wire.plates import PLATES_MAX, PlateEntry, PlateList, masked

NOTE_MAX = 60
GRACE = timedelta(days=3)
"""Gates let a permit's car in for so long after its end, and so must know of it."""
GRACE_MAX = timedelta(days=30)
"""The longest grace that a tariff can give a permit (P20)."""


class Held(NamedTuple):
    """A permit as stays are covered by it. `taken_off_at`: when a person took it off its list, before its end."""

    entry: PlateEntry
    taken_off_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlateView:
    """An entry as it stands: `state` is "counts", "later", "over" or "ended". `lanes`: their names, none means all."""

    entry_id: UUID
    community_id: UUID
    kind: PlateList
    plate: str
    note: str
    since: datetime
    until: datetime | None
    lanes: tuple[str, ...]
    state: str
    added_at: datetime
    added_by: str
    ended_at: datetime | None
    ended_by: str | None
    ended_reason: str | None


def add_plate(
    db: Session, actor: Actor, community_id: UUID, *, kind: PlateList, plate: str, note: str, since: datetime | None,
    until: datetime | None, lanes: Collection[UUID] = (), now: datetime,
) -> UUID:  # fmt: skip
    """Put a plate on a list; `since` None: from now on. Forbidden, Invalid, or Conflict where it stands there."""
    actor.demand(KEEP_PLATES, community_id)
    community_of(db, community_id)
    text, note, since = normalised(plate[:40]), note.strip(), since or now
    problems = _problems(text, note, kind, since, until, now)
    known = {view.lane.lane_id for view in lanes_of(db, community_id)}
    if not set(lanes) <= known:
        problems["lanes"] = "plates.no_lane"
    if problems:
        raise Invalid(fields=problems, most=NOTE_MAX)
    standing = _standing(db, community_id, now)
    if len(standing) >= PLATES_MAX:
        raise Conflict("plates.full", most=PLATES_MAX)
    if any(row.kind == kind.value and _opened(db, row) == text for row in standing):
        raise Conflict("plates.there")
    entry_id = new_id()
    row = PlateEntryRow(
        id=entry_id, community_id=community_id, kind=kind.value, since=since, until=until,
        sealed_plate=seal(db, text.encode(), _about(entry_id, "plate")),
        sealed_note=seal(db, note.encode(), _about(entry_id, "note")),
        lanes=sorted(str(lane) for lane in lanes), added_at=now, added_by=actor.name,
    )  # fmt: skip
    db.add(row)
    db.flush()
    record(
        db, actor, f"plate.{kind.value}", "plate_entry", entry_id, community_id=community_id,
        after={"plate": masked(text), "since": since.isoformat(), "until": until.isoformat() if until else None},
    )  # fmt: skip
    snapshot.changed(db, community_id)
    return entry_id


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
        after={"plate": masked(_opened(db, row)), "list": row.kind},
    )  # fmt: skip
    snapshot.changed(db, row.community_id)
    return row


def plates_of(db: Session, actor: Actor, community_id: UUID, now: datetime) -> list[PlateView]:
    """What stands, blocks first, then what ended last. For who may keep the lists."""
    actor.demand(KEEP_PLATES, community_id)
    community_of(db, community_id)
    query = select(PlateEntryRow).where(PlateEntryRow.community_id == community_id)
    names = {str(view.lane.lane_id): view.lane.name for view in lanes_of(db, community_id)}
    views = [_view(db, row, names, now) for row in db.scalars(query.order_by(PlateEntryRow.added_at.desc()))]
    return sorted(views, key=lambda one: (one.state in ("over", "ended"), one.kind is not PlateList.BLOCK))


def plates_told(db: Session, community_id: UUID, lanes: Collection[UUID], now: datetime) -> tuple[PlateEntry, ...]:
    """What a node that drives these lanes is told: what counts there now or later, and permits in their grace."""
    told = []
    for row in _standing(db, community_id, now):
        named = frozenset(UUID(one) for one in row.lanes)
        if not named or named & set(lanes):
            told.append(
                PlateEntry(
                    entry_id=row.id, list=PlateList(row.kind), plate=_opened(db, row), since=row.since,
                    until=row.until, lanes=named & set(lanes),
                )
            )  # fmt: skip
    return tuple(told)


def permits_since(db: Session, community_id: UUID, since: datetime) -> dict[str, list[Held]]:
    """The permits that counted at some time from then on, by their plates. One that was taken off counted until then:
    what was covered stays covered."""
    query = select(PlateEntryRow).where(
        PlateEntryRow.community_id == community_id,
        PlateEntryRow.kind == PlateList.PERMIT.value,
        PlateEntryRow.until > since - GRACE_MAX,
        or_(PlateEntryRow.ended_at.is_(None), PlateEntryRow.ended_at > since),
    )
    found: dict[str, list[Held]] = {}
    for row in db.scalars(query.order_by(PlateEntryRow.id)):
        until = row.until if row.ended_at is None or row.until is None else min(row.until, row.ended_at)
        if until is not None and until > row.since:
            plate = _opened(db, row)
            entry = PlateEntry(
                entry_id=row.id, list=PlateList.PERMIT, plate=plate, since=row.since, until=until,
                lanes=frozenset(UUID(one) for one in row.lanes),
            )  # fmt: skip
            found.setdefault(plate, []).append(Held(entry, row.ended_at))
    return found


def _problems(
    text: str, note: str, kind: PlateList, since: datetime, until: datetime | None, now: datetime
) -> dict[str, str]:
    problems = {}
    if kind_of(text) is None:
        problems["plate"] = "plates.no_plate"
    if len(note) > NOTE_MAX:
        problems["note"] = "plates.note_long"
    if until is None and kind is PlateList.PERMIT:
        problems["until"] = "plates.permit_ends"
    elif until is not None and until <= max(since, now):
        problems["until"] = "plates.until_past"
    return problems


def _standing(db: Session, community_id: UUID, now: datetime) -> Sequence[PlateEntryRow]:
    query = select(PlateEntryRow).where(
        PlateEntryRow.community_id == community_id,
        PlateEntryRow.ended_at.is_(None),
        or_(PlateEntryRow.until.is_(None), PlateEntryRow.until > now - GRACE),
    )
    return db.scalars(query.order_by(PlateEntryRow.id)).all()


def _opened(db: Session, row: PlateEntryRow) -> str:
    return unseal(db, row.sealed_plate, _about(row.id, "plate")).decode()


def _about(entry_id: UUID, what: str) -> str:
    return f"plate_entry:{what}:{entry_id}"


def _view(db: Session, row: PlateEntryRow, names: dict[str, str], now: datetime) -> PlateView:
    over = row.until is not None and row.until <= now
    state = "ended" if row.ended_at else "over" if over else "later" if row.since > now else "counts"
    return PlateView(
        entry_id=row.id, community_id=row.community_id, kind=PlateList(row.kind),
        plate=str(Plate(text=_opened(db, row))), note=unseal(db, row.sealed_note, _about(row.id, "note")).decode(),
        since=row.since, until=row.until, lanes=tuple(names[one] for one in row.lanes if one in names), state=state,
        added_at=row.added_at, added_by=row.added_by, ended_at=row.ended_at, ended_by=row.ended_by,
        ended_reason=row.ended_reason,
    )  # fmt: skip
