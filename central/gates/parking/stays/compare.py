"""Two versions of a tariff on the stays of last month: what each would have brought in, and where they differ most
(PARK-04). Nothing is charged by it.

Reckoned a slice at a time, so that who waits sees how far it is: what is known so far goes along with the question and
comes back with the answer. Each stay is priced as if it had been paid as it left, with the permits, coupons and earlier
stays that it had; only stays of cars that both versions are for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.gates.parking.permissions import READ_STAYS, READ_TARIFFS
from central.gates.parking.stays.bill import Prices, priced, prices_for
from central.gates.parking.stays.reads import GONE, StayView, stays_by_id
from central.gates.parking.stays.tables import StayRow
from central.gates.parking.tariffs.queries import VersionView
from models.parking.scope import Entering, Group
from models.values.time import Instant, site_day

MONTH = timedelta(days=30)
SLICE = 300
BIGGEST = 20

Fen = int
Both = tuple[Fen, Fen]
"""By the one version, and by the other."""


class SoFar(BaseModel):
    """`until`: when it was begun; the month before it counts. `after`: the stay that was reckoned last. `seen`: of so
    many stays, `fit` of which both versions are for. `days`: by the day on which they left. `more`, `less`: how many
    would have paid more, or less, by the other version. `biggest`: the largest differences first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    until: Instant
    after: tuple[Instant, UUID] | None = None
    seen: int = Field(default=0, ge=0)
    fit: int = Field(default=0, ge=0)
    more: int = Field(default=0, ge=0)
    less: int = Field(default=0, ge=0)
    days: dict[date, Both] = Field(default={}, max_length=40)
    biggest: tuple[tuple[UUID, Fen, Fen], ...] = Field(default=(), max_length=BIGGEST)
    done: bool = False

    @property
    def total(self) -> Both:
        return sum(one for one, _ in self.days.values()), sum(other for _, other in self.days.values())


class Difference(NamedTuple):
    stay: StayView
    fees: Both


def stays_there(db: Session, actor: Actor, community_id: UUID, so_far: SoFar) -> int:
    """How many stays ended in that month. Forbidden for who may not read stays."""
    actor.demand(READ_TARIFFS, community_id)
    actor.demand(READ_STAYS, community_id)
    return db.scalar(select(func.count()).select_from(_month(community_id, so_far).subquery())) or 0


def go_on(db: Session, actor: Actor, community_id: UUID, one: VersionView, other: VersionView, so_far: SoFar) -> SoFar:
    """With the next slice."""
    actor.demand(READ_TARIFFS, community_id)
    actor.demand(READ_STAYS, community_id)
    query = _month(community_id, so_far)
    if so_far.after is not None:
        query = query.where(tuple_(StayRow.left_at, StayRow.stay_id) > so_far.after)
    rows = db.execute(query.order_by(StayRow.left_at, StayRow.stay_id).limit(SLICE)).all()
    stays = _in_order(db, [row.stay_id for row in rows])
    fitting = [stay for stay in stays if _is_for(one, stay) and _is_for(other, stay)]
    fees = _fees(db, community_id, fitting, (one, other), so_far.until)
    last = (rows[-1].left_at, rows[-1].stay_id) if rows else so_far.after
    days = dict(so_far.days)
    for stay in fitting:
        day = site_day(stay.left_at or so_far.until)
        mine, before = fees[stay.stay_id], days.get(day, (0, 0))
        days[day] = before[0] + mine[0], before[1] + mine[1]
    differ = [(key, *both) for key, both in fees.items() if both[0] != both[1]]
    biggest = sorted((*so_far.biggest, *differ), key=lambda one: (-abs(one[2] - one[1]), one[0]))[:BIGGEST]
    return so_far.model_copy(update={
        "after": last, "seen": so_far.seen + len(rows), "fit": so_far.fit + len(fitting), "days": days,
        "more": so_far.more + sum(each[2] > each[1] for each in differ),
        "less": so_far.less + sum(each[2] < each[1] for each in differ), "biggest": tuple(biggest),
        "done": len(rows) < SLICE,
    })  # fmt: skip


def differences(
    db: Session, community_id: UUID, one: VersionView, other: VersionView, so_far: SoFar
) -> list[Difference]:
    """The biggest, reckoned once more from the stays themselves."""
    here = [
        stay for stay in stays_by_id(db, [key for key, _, _ in so_far.biggest]) if stay.community_id == community_id
    ]
    fees = _fees(db, community_id, here, (one, other), so_far.until)
    found = [Difference(stay, fees[stay.stay_id]) for stay in here if stay.stay_id in fees]
    return sorted(found, key=lambda each: (-abs(each.fees[1] - each.fees[0]), each.stay.stay_id))


def _month(community_id: UUID, so_far: SoFar) -> Select[datetime | None, UUID]:
    return select(StayRow.left_at, StayRow.stay_id).where(
        StayRow.community_id == community_id, StayRow.state.in_([state.value for state in GONE]),
        StayRow.entered_at.is_not(None), StayRow.left_at > so_far.until - MONTH, StayRow.left_at <= so_far.until,
    )  # fmt: skip


def _in_order(db: Session, stay_ids: Sequence[UUID]) -> list[StayView]:
    views = {view.stay_id: view for view in stays_by_id(db, stay_ids)}
    return [views[key] for key in stay_ids if key in views]


def _is_for(version: VersionView, stay: StayView) -> bool:
    car = Entering(stay.entry_lane_id, stay.vehicle_class, stay.colour, stay.entered_as or Group.TEMPORARY)
    return version.tariff.scope.fits(car)


def _fees(
    db: Session, community_id: UUID, stays: Sequence[StayView], versions: tuple[VersionView, VersionView],
    until: datetime,
) -> Mapping[UUID, Both]:  # fmt: skip
    if not stays:
        return {}
    prices = prices_for(db, community_id, stays, until).with_payments({})
    return {
        stay.stay_id: (_fee(prices, stay, versions[0], until), _fee(prices, stay, versions[1], until))
        for stay in stays
    }  # fmt: skip


def _fee(prices: Prices, stay: StayView, version: VersionView, until: datetime) -> Fen:
    found = priced(prices, replace(stay, tariff_id=version.version_id), until)
    return found.due.total if found is not None else 0
