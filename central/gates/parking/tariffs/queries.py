"""Reads of tariffs: the versions of a community as they stand, and the days by which one prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from central.base.kernel.errors import Conflict, NotFound
from central.gates.access.queries import holidays_of
from central.gates.parking.rules import VersionState, in_force, stands, state_of
from central.gates.parking.tables import TariffVersionRow
from central.gates.parking.tariffs.simulating import calendar_of
from models.parking import account
from models.parking.scope import Entering
from models.parking.tariff import Calendar, Tariff


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version, and how it stands at the instant that was asked about."""

    version_id: UUID
    community_id: UUID
    tariff: Tariff
    state: VersionState
    drafted_by: UUID
    drafted_name: str
    drafted_at: datetime
    approved_name: str | None
    approved_at: datetime | None
    withdrawn_name: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None

    @property
    def tariff_id(self) -> UUID:
        return self.tariff.tariff_id

    @property
    def version(self) -> int:
        return self.tariff.version

    @property
    def starts_at(self) -> datetime:
        return self.tariff.starts_at


def versions_of(db: Session, community_id: UUID, now: datetime) -> list[VersionView]:
    """Newest first."""
    rows = rows_of(db, community_id)
    return [_view(row, state_of(row, rows, now)) for row in reversed(rows)]


def rows_of(db: Session, community_id: UUID, *, lock: bool = False) -> Sequence[TariffVersionRow]:
    """By tariff, the oldest first, and version. With `lock` nobody else approves or withdraws one until the transaction
    ends."""
    query = select(TariffVersionRow).where(TariffVersionRow.community_id == community_id)
    # the ids of tariffs are made in the order of time
    query = query.order_by(TariffVersionRow.tariff_id, TariffVersionRow.version)
    query = query.execution_options(populate_existing=lock)
    return db.scalars(query.with_for_update() if lock else query).all()


def tariffs_by_id(db: Session, community_id: UUID) -> dict[UUID, Tariff]:
    """Every version there ever was, by the id that stays name."""
    return {row.id: Tariff.model_validate(row.value) for row in rows_of(db, community_id)}


def row_for(db: Session, community_id: UUID, at: datetime, car: Entering) -> TariffVersionRow | None:
    """By which a stay of this car is priced that begins then: the lane's own rule, on what two persons agreed on."""
    rows = [row for row in rows_of(db, community_id) if stands(row) and row.starts_at <= at]
    found = account.version_at([Tariff.model_validate(row.value) for row in rows], at, car)
    return next(
        (row for row in rows if found and (row.tariff_id, row.version) == (found.tariff_id, found.version)), None
    )


def version_for(versions: Sequence[VersionView], at: datetime, car: Entering) -> VersionView | None:
    """The same among versions that were read already."""
    found = account.version_at([one.tariff for one in versions if stands(one)], at, car)
    return next((one for one in versions if found is not None and one.tariff == found), None)


def choice(
    versions: Sequence[VersionView], at: datetime, car: Entering
) -> tuple[Tariff | None, list[Tariff]]:  # fmt: skip
    """(by which this car is priced if it enters then, the others in force that fit it: they are less specific)"""
    chosen = version_for(versions, at, car)
    there = [one.tariff for one in in_force(versions, at) if not one.tariff.ends and one.tariff.scope.fits(car)]
    mine = chosen.tariff if chosen is not None else None
    return mine, [one for one in there if one != mine]


def version_at(
    versions: Sequence[VersionView],
    version_id: UUID | None,
    entry: datetime,
    car: Entering = Entering(),
) -> VersionView:
    """The version named, else the one by which this car is priced if it enters then (P01, P02). Raises NotFound, or
    Conflict where there was none.

    One that only waits, or never came to be, can be tried too: that is how the second person learns what it costs."""
    if version_id is not None:
        found = next((one for one in versions if one.version_id == version_id), None)
        if found is None:
            raise NotFound("parking.no_version")
        return found
    current = version_for(versions, entry, car)
    if current is None:
        raise Conflict("parking.none_in_force")
    return current


def calendar_for(db: Session, community_id: UUID) -> Calendar:
    return calendar_of([one.day for one in holidays_of(db, community_id)])


def _view(row: TariffVersionRow, state: VersionState) -> VersionView:
    return VersionView(
        row.id, row.community_id, Tariff.model_validate(row.value), state, row.drafted_by, row.drafted_name,
        row.drafted_at, row.approved_name, row.approved_at, row.withdrawn_name, row.withdrawn_at,
        row.withdrawn_reason,
    )  # fmt: skip
