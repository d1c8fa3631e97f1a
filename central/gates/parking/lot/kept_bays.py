"""How long cars kept charging bays from others, as their sensors told it, for the stays that are charged for it
(PARK-23).

Each word of a sensor says that what it had said before lasted until now, unless it was silent for longer than a bay
counts as known. A car is known by its plate, told with this word or, while it stands there, with the one before; it is
charged while it is inside: a word that comes after it has left changes no fee. Who passes free of charge is not charged
here either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from central.gates.parking.lot.tables import BaySpellRow
from central.gates.parking.plates.listed import covers_since
from central.gates.parking.stays.news import changed, inside_with
from central.gates.parking.stays.tables import StayRow
from central.gates.parking.tariffs.queries import tariffs_by_id
from models.parking.charging_bay import SPELLS_MAX, BaySpell, Misused
from models.parking.occupancy import SILENT_AFTER, Heard, wrong_on
from models.wire.plates import PassingEntry


class Word(NamedTuple):
    """What a charging bay's sensor says, and what it had said before; each with its plate, "" where none was told."""

    bay: str
    before: Heard | None
    plate_before: str
    said: Heard
    plate: str

    @property
    def known_before(self) -> str:
        return self.plate_before if self.before is not None and self.before.taken else ""

    @property
    def known(self) -> str:
        return self.plate or self.known_before if self.said.taken else ""

    @property
    def was_heard(self) -> bool:
        """Whether nothing was amiss with the sensor since its word before."""
        return self.before is not None and self.said.at - self.before.at <= SILENT_AFTER


def keep_spells(db: Session, community_id: UUID, words: Iterable[Word], now: datetime) -> None:
    """What these words, in their order, say of stays that are charged for it."""
    asked = [one for one in words if wrong_on(one.said) or (one.before is not None and wrong_on(one.before))]
    charged = {key for key, one in tariffs_by_id(db, community_id).items() if one.occupation} if asked else set()
    touched = {stay for one in asked if charged for stay in _keep(db, community_id, one, charged, now)}
    db.flush()
    changed(db, community_id, touched)


def spells_of(db: Session, stay_ids: Collection[UUID]) -> dict[UUID, tuple[BaySpell, ...]]:
    """In their order, no more of a stay than it can have."""
    query = select(BaySpellRow).where(BaySpellRow.stay_id.in_(stay_ids)).order_by(BaySpellRow.since, BaySpellRow.id)
    found: dict[UUID, list[BaySpell]] = {}
    for row in db.scalars(query) if stay_ids else ():
        spell = BaySpell(bay=row.bay, what=Misused(row.what), since=row.since, until=row.until)
        found.setdefault(row.stay_id, []).append(spell)
    return {stay: tuple(spells[:SPELLS_MAX]) for stay, spells in found.items()}


def _keep(db: Session, community_id: UUID, word: Word, charged: Collection[UUID], now: datetime) -> set[UUID]:
    """The stays of which this changed something."""
    found = set[UUID]()
    before = word.before
    lasted = wrong_on(before) if before is not None and word.was_heard else None
    if before is not None and lasted is not None:
        row = _last(db, _charged_stay(db, community_id, word.known_before, charged, now), word.bay, lasted, before.at)
        if row is not None:
            row.until = max(row.until, word.said.at)
            found.add(row.stay_id)
    wrong, stay = wrong_on(word.said), _charged_stay(db, community_id, word.known, charged, now)
    if wrong is None or stay is None or _last(db, stay, word.bay, wrong, word.said.at) is not None:
        return found
    another = bool(word.known_before) and word.known_before != word.known
    since = word.said.at
    if before is not None and word.was_heard and not another:  # its plate is told late: no longer ago than one word
        since = max(word.said.since, before.at)
    db.add(BaySpellRow(
        community_id=community_id, stay_id=stay, bay=word.bay, what=wrong.value, since=since, until=word.said.at,
    ))  # fmt: skip
    db.flush()
    return found | {stay}


def _last(db: Session, stay: UUID | None, bay: str, what: Misused, until: datetime) -> BaySpellRow | None:
    """The spell that lasted until this very word."""
    query = select(BaySpellRow).where(
        BaySpellRow.stay_id == stay, BaySpellRow.bay == bay, BaySpellRow.what == what.value, BaySpellRow.until == until
    )
    return db.scalars(query.limit(1)).first() if stay is not None else None


def _charged_stay(
    db: Session, community_id: UUID, plate: str, charged: Collection[UUID], now: datetime
) -> UUID | None:  # fmt: skip
    """The stay of this car, if it is inside and is charged for a bay; None too where more than one is."""
    inside: Sequence[UUID] = inside_with(db, community_id, plate) if plate else ()
    if len(inside) != 1 or _passes_free(db, community_id, plate, now):
        return None
    row = db.execute(select(StayRow.tariff_id, StayRow.stay_id).where(StayRow.stay_id == inside[0])).one()
    many = db.scalar(select(func.count()).select_from(BaySpellRow).where(BaySpellRow.stay_id == row.stay_id)) or 0
    return inside[0] if row.tariff_id in charged and many < SPELLS_MAX else None


def _passes_free(db: Session, community_id: UUID, plate: str, now: datetime) -> bool:
    held = covers_since(db, community_id, now).get(plate, ())
    return any(isinstance(one.entry, PassingEntry) and one.taken_off_at is None for one in held)
