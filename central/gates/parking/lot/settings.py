"""What a car park's manager sets: how many places there are without a plan, when it is full, what stays for long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid
from central.gates.parking.lot.tables import LotSettingsRow
from central.gates.parking.permissions import KEEP_LOT
from central.people.community.queries import community_of
from models.parking.occupancy import CHARGED_MAX
from models.values.ids import new_id

PLACES_MAX = 20_000
DAYS_MAX = 365
LONG_DAYS, ABANDONED_DAYS = 7, 30
"""PARK-24, until somebody sets other days."""
WAIT_MINUTES, WAIT_MIN, WAIT_MAX = 30, 5, 240
"""PARK-25, until somebody sets another; of a booking that stands the one that counted as it was made."""
CHARGED_MINUTES = CHARGED_MAX // timedelta(minutes=1)
MINUTES_MAX = 1_440


@dataclass(frozen=True, slots=True)
class LotSettings:
    """`places` None: nobody has said how many there are. `charged_minutes`: for so long a car may stay on a charging
    bay once it has finished (PARK-23)."""

    places: int | None = None
    own_places: int = 0
    full_at: int = 0
    long_days: int = LONG_DAYS
    abandoned_days: int = ABANDONED_DAYS
    wait_minutes: int = WAIT_MINUTES
    charged_minutes: int = CHARGED_MINUTES

    @property
    def long(self) -> timedelta:
        return timedelta(days=self.long_days)

    @property
    def charged(self) -> timedelta:
        return timedelta(minutes=self.charged_minutes)

    @property
    def abandoned(self) -> timedelta:
        return timedelta(days=self.abandoned_days)

    @property
    def wait(self) -> timedelta:
        """How long after its start a booked place is kept for who does not come."""
        return timedelta(minutes=self.wait_minutes)


def settings_of(db: Session, community_id: UUID) -> LotSettings:
    row = row_of(db, community_id)
    if row is None:
        return LotSettings()
    charged = CHARGED_MINUTES if row.charged_minutes is None else row.charged_minutes
    return LotSettings(
        row.places, row.own_places or 0, row.full_at, row.long_days, row.abandoned_days,
        row.wait_minutes or WAIT_MINUTES, charged,
    )  # fmt: skip


def row_of(db: Session, community_id: UUID, *, lock: bool = False) -> LotSettingsRow | None:
    query = select(LotSettingsRow).where(LotSettingsRow.community_id == community_id)
    query = query.execution_options(populate_existing=True)
    return db.scalar(query.with_for_update() if lock else query)


def made_row(db: Session, community_id: UUID) -> LotSettingsRow:
    """The row, made where there is none yet, and held until the transaction ends."""
    made = insert(LotSettingsRow).values(
        id=new_id(), community_id=community_id, full_at=0, long_days=LONG_DAYS, abandoned_days=ABANDONED_DAYS
    )
    db.execute(made.on_conflict_do_nothing())
    row = row_of(db, community_id, lock=True)
    assert row is not None
    return row


def set_lot(db: Session, actor: Actor, community_id: UUID, wanted: LotSettings) -> None:
    """Raises Forbidden, Invalid. The same again changes nothing."""
    actor.demand(KEEP_LOT, community_id)
    community_of(db, community_id)
    problems = {}
    for name in ("places", "own_places", "full_at"):
        number = getattr(wanted, name)
        if number is not None and not 0 <= number <= PLACES_MAX:
            problems[name] = "lot.number_range"
    if not 1 <= wanted.long_days <= wanted.abandoned_days <= DAYS_MAX:
        problems["long_days"] = "lot.days_range"
    if not WAIT_MIN <= wanted.wait_minutes <= WAIT_MAX:
        problems["wait_minutes"] = "lot.wait_range"
    if not 0 <= wanted.charged_minutes <= MINUTES_MAX:
        problems["charged_minutes"] = "lot.minutes_range"
    if problems:
        raise Invalid(
            fields=problems, most=PLACES_MAX, days=DAYS_MAX, minutes=MINUTES_MAX, wait_least=WAIT_MIN,
            wait_most=WAIT_MAX,
        )  # fmt: skip
    before = settings_of(db, community_id)
    if before == wanted:
        return
    row = made_row(db, community_id)
    row.places, row.own_places, row.full_at = wanted.places, wanted.own_places, wanted.full_at
    row.long_days, row.abandoned_days = wanted.long_days, wanted.abandoned_days
    row.wait_minutes = wanted.wait_minutes
    row.charged_minutes = wanted.charged_minutes
    db.flush()
    record(
        db, actor, "lot.settings", "lot", community_id, community_id=community_id, before=_said(before),
        after=_said(wanted),
    )  # fmt: skip


def _said(one: LotSettings) -> dict[str, int | None]:
    return {
        "places": one.places, "own_places": one.own_places, "full_at": one.full_at, "long_days": one.long_days,
        "abandoned_days": one.abandoned_days, "wait_minutes": one.wait_minutes, "charged_minutes": one.charged_minutes,
    }  # fmt: skip
