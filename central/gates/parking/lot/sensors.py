"""What bay sensors and guidance systems tell, and who may tell it: a key for each system, shown once (PARK-21).

A reading says of one bay whether a car stands there, at which time. It may be told again as often as one likes: only a
newer one changes anything, and what is older than ten minutes tells nothing any more. A camera there may say the plate.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid, NoSuchLink
from central.base.kernel.link_token import digest_of as token_digest
from central.base.kernel.link_token import new_token
from central.base.kernel.session import bind_tenant, tenant_of
from central.gates.parking.lot.kept_bays import Word, keep_spells
from central.gates.parking.lot.plans import plan_in_force
from central.gates.parking.lot.tables import BayStateRow, BaySystemRow
from central.gates.parking.lot.told import tell_if_changed
from central.gates.parking.permissions import KEEP_LOT
from central.gates.parking.stays.sealed_plates import digest_of, open_text, seal_text
from central.people.community.finding import find
from central.people.community.queries import community_of
from models.parking.account import class_of
from models.parking.occupancy import AHEAD_MAX, Charging, Heard, newer
from models.parking.plan import Bay, BayKind, Level
from models.values.ids import new_id
from models.values.plate import kind_of, normalised

READINGS_MAX = 400
SYSTEMS_MAX = 20
NAME_MAX = 40
CALLS_A_SECOND, CALLS_AT_ONCE = 2.0, 60.0
BY_KEY = "a key of its own, of which central keeps only a hash; it tells of bays and can read nothing"


@dataclass(frozen=True, slots=True)
class SystemView:
    system_id: UUID
    name: str
    made_at: datetime
    made_by: str
    heard_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    bay: str
    taken: bool
    at: datetime
    plate: str = ""
    charging: Charging | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """`taken`: readings that were news. `known`: told before, or older than what is known. `refused`: bay and why."""

    taken: int
    known: int
    refused: tuple[tuple[str, str], ...]


class Pace:
    """How often one system may call: so many at once, and a few a second from then on. For this process only."""

    def __init__(self, a_second: float = CALLS_A_SECOND, at_once: float = CALLS_AT_ONCE, keys_max: int = 1_000) -> None:
        self._a_second, self._at_once, self._keys_max = a_second, at_once, keys_max
        self._left: OrderedDict[UUID, tuple[float, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: UUID, now: datetime) -> bool:
        with self._lock:
            left, before = self._left.get(key, (self._at_once, now))
            left = min(self._at_once, left + max(0.0, (now - before).total_seconds()) * self._a_second)
            allowed = left >= 1
            self._left[key] = (left - 1 if allowed else left, now)
            self._left.move_to_end(key)
            if len(self._left) > self._keys_max:
                self._left.popitem(last=False)
            return allowed


def add_system(db: Session, actor: Actor, community_id: UUID, name: str, now: datetime) -> str:
    """Its key, shown this once. Forbidden, Invalid, Conflict where there are too many."""
    actor.demand(KEEP_LOT, community_id)
    community_of(db, community_id)
    name = name.strip()
    if not name or len(name) > NAME_MAX:
        raise Invalid(fields={"name": "lot.system_name"}, most=NAME_MAX)
    standing = [one for one in systems_of(db, actor, community_id) if one.ended_at is None]
    if len(standing) >= SYSTEMS_MAX:
        raise Conflict("lot.systems_full", most=SYSTEMS_MAX)
    if any(one.name == name for one in standing):
        raise Conflict("lot.system_there")
    token, system_id = new_token(), new_id()
    db.add(BaySystemRow(
        id=system_id, community_id=community_id, name=name, token_sha256=token_digest(token), made_at=now,
        made_by=actor.name,
    ))  # fmt: skip
    db.flush()
    record(db, actor, "lot.system_add", "bay_system", system_id, community_id=community_id, after={"name": name})
    return token


def end_system(db: Session, actor: Actor, system_id: UUID, now: datetime) -> BaySystemRow:
    """Its key opens nothing any more. A second time changes nothing."""
    row = find(db, BaySystemRow, system_id, "lot.no_system", lock=True)
    actor.demand(KEEP_LOT, row.community_id)
    if row.ended_at is None:
        row.ended_at, row.ended_by = now, actor.name
        db.flush()
        record(
            db, actor, "lot.system_end", "bay_system", row.id, community_id=row.community_id, after={"name": row.name}
        )
    return row


def systems_of(db: Session, actor: Actor, community_id: UUID) -> list[SystemView]:
    """Those that may tell, then those that may no longer, newest first."""
    actor.demand(KEEP_LOT, community_id)
    query = select(BaySystemRow).where(BaySystemRow.community_id == community_id).order_by(BaySystemRow.made_at.desc())
    found = [
        SystemView(row.id, row.name, row.made_at, row.made_by, row.heard_at, row.ended_at, row.ended_by)
        for row in db.scalars(query.limit(100))
    ]
    return sorted(found, key=lambda one: one.ended_at is not None)


def system_by(db: Session, token: str) -> BaySystemRow:
    """Whose key this is; binds the transaction to its tenant. NoSuchLink for one that is nobody's, or ended."""
    digest = token_digest(token)
    tenant = db.scalar(text("SELECT tenant_id FROM lookup.bay_system(:digest)"), {"digest": digest})
    if tenant is None:
        raise NoSuchLink
    bind_tenant(db, tenant)
    return db.scalars(select(BaySystemRow).where(BaySystemRow.token_sha256 == digest)).one()


def take_readings(db: Session, system: BaySystemRow, readings: Sequence[Reading], now: datetime) -> Taken:
    """What a system tells, bay by bay, in whatever order. What names no bay with a sensor is said back, with why."""
    view = plan_in_force(db, system.community_id)
    bays: Mapping[str, tuple[Level, Bay]] = view.plan.bays if view is not None else {}
    good, refused = list[Reading](), list[tuple[str, str]]()
    for one in readings:
        why = _why_not(one, bays, now)
        if why is None:
            good.append(one)
        else:
            refused.append((one.bay, why))
    _lock(db, system.community_id)
    rows = _rows(db, system.community_id, {one.bay for one in good})
    news: dict[str, tuple[Heard, Reading]] = {}
    words = list[Word]()
    known = 0
    for one in sorted(good, key=lambda one: one.at):
        before = news[one.bay][0] if one.bay in news else _heard(rows.get(one.bay))
        there = news[one.bay][1].plate if one.bay in news else None
        said = newer(before, Heard(one.taken, one.at, one.at, one.charging, _fuel(one)), now)
        if said is None:
            known += 1
        else:
            news[one.bay] = said, one
            if bays[one.bay][1].kind is BayKind.CHARGING:
                there = _plate(db, rows.get(one.bay)) if there is None else there
                words.append(Word(one.bay, before, _read(there), said, _read(one.plate)))
    if news:
        keep_spells(db, system.community_id, words, now)
        _keep(db, system, news.values())
        tell_if_changed(db, system.community_id, now)
    system.heard_at = now
    db.flush()
    return Taken(len(good) - known, known, tuple(refused))


def _why_not(one: Reading, bays: Mapping[str, tuple[Level, Bay]], now: datetime) -> str | None:
    if one.bay not in bays:
        return "no_bay"
    if not bays[one.bay][1].sensor:
        return "no_sensor"
    return "future" if one.at > now + AHEAD_MAX else None


def _fuel(one: Reading) -> bool | None:
    """Whether the car burns fuel, as far as its plate tells it."""
    plate = _read(one.plate)
    return class_of(plate) != "new_energy" if one.taken and plate else None


def _read(said: str) -> str:
    plate = normalised(said[:40])
    return plate if kind_of(plate) is not None else ""


def _plate(db: Session, row: BayStateRow | None) -> str:
    return "" if row is None else open_text(db, row.sealed_plate, about(row.community_id, row.bay))


def _heard(row: BayStateRow | None) -> Heard | None:
    if row is None:
        return None
    return Heard(row.taken, row.at, row.since, Charging(row.charging) if row.charging else None, row.fuel)


def _rows(db: Session, community_id: UUID, bays: set[str]) -> dict[str, BayStateRow]:
    query = select(BayStateRow).where(BayStateRow.community_id == community_id, BayStateRow.bay.in_(bays))
    return {row.bay: row for row in db.scalars(query.execution_options(populate_existing=True))}


def _keep(db: Session, system: BaySystemRow, news: Iterable[tuple[Heard, Reading]]) -> None:
    values = []
    for heard, one in news:
        plate = _read(one.plate) if heard.taken else ""
        values.append({
            "community_id": system.community_id, "bay": one.bay, "system_id": system.id, "taken": heard.taken,
            "at": heard.at, "since": heard.since, "charging": heard.charging.value if heard.charging else None,
            "fuel": heard.fuel,
            "plate_digest": digest_of(db, system.community_id, plate) if plate else None,
            "sealed_plate": seal_text(db, plate, about(system.community_id, one.bay)) if plate else None,
        })  # fmt: skip
    made = insert(BayStateRow).values(values)
    told = {name: made.excluded[name] for name in values[0] if name not in ("community_id", "bay")}
    keys = [BayStateRow.tenant_id, BayStateRow.community_id, BayStateRow.bay]
    db.execute(made.on_conflict_do_update(index_elements=keys, set_=told))


def about(community_id: UUID, bay: str) -> str:
    """What a bay's plate is sealed for."""
    return f"bay:plate:{community_id}:{bay}"


def _lock(db: Session, community_id: UUID) -> None:
    """Let nobody else tell of these bays until the transaction ends."""
    key = f"bays:{tenant_of(db)}:{community_id}"
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
