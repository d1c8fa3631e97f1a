"""A tariff that would tie with another is refused in words that name the other, and the cars it is about (P01)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.errors import Conflict
from central.base.kernel.i18n import Words
from central.gates.parking.rules import Tied, tied
from central.gates.parking.tables import TariffVersionRow
from central.gates.parking.tariffs.words import LaneNames, scope_said
from central.gates.parking.vehicle_lanes import vehicle_lanes
from central.people.community.queries import lanes_of
from models.parking.tariff import Tariff
from models.site.topology import Direction


class ScopeTie(Conflict):
    """Not in a person's words yet: whoever knows the language says it (`ties_in_words`)."""

    def __init__(self, tie: Tied, lanes: LaneNames) -> None:
        super().__init__("parking.scope_tie", name=tie.other.name, version=tie.other.version, cars="")
        self._tie, self._lanes = tie, lanes

    def said(self, t: Words) -> Conflict:
        return Conflict(self.key, **self.params | {"cars": scope_said(t, self._tie.cars, self._lanes)})


@contextmanager
def ties_in_words(t: Words) -> Iterator[None]:
    try:
        yield
    except ScopeTie as tie:
        raise tie.said(t) from tie


def lane_names(db: Session, community_id: UUID) -> dict[UUID, str]:
    """Every lane with its gate, as tariffs name them."""
    return {one.lane.lane_id: f"{one.gate_name} · {one.lane.name}" for one in lanes_of(db, community_id)}


def ways_in_of(db: Session, community_id: UUID) -> dict[UUID, str]:
    """The lanes by which a car can come in, named so."""
    lanes = (one for one in vehicle_lanes(db, community_id) if one.lane.direction is Direction.IN)
    return {one.lane.lane_id: f"{one.gate_name} · {one.lane.name}" for one in lanes}


def demand_no_tie(
    db: Session, community_id: UUID, rows: Sequence[TariffVersionRow], about: UUID, more: Iterable[Tariff] = ()
) -> None:
    """rows: what stands, or may. more: what would come to it. Raises ScopeTie where this tariff would tie."""
    if len({row.tariff_id for row in rows} | {about}) < 2:
        return
    tie = tied([*(Tariff.model_validate(row.value) for row in rows), *more], about)
    if tie is not None:
        raise ScopeTie(tie, lane_names(db, community_id))
