"""The public fee board 收费公示牌: what the version in force says, in the sentences that the engine itself is written
down in (PARK-26). Nobody types a line of it, so that board and engine cannot differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.identity.company import company_name
from central.base.kernel.i18n import Words
from central.gates.parking.rules import VersionState
from central.gates.parking.tariffs.queries import VersionView, versions_of
from central.gates.parking.tariffs.ties import lane_names
from central.gates.parking.tariffs.words import LaneNames, board_said, examples_said, prices_said, scope_said
from central.people.community.queries import CommunityView, community_of

COMPLAINTS = "12315"
"""The country's line for complaints about prices and about what consumers were charged."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A version in sentences. `example_of`, `examples`: for which car, and what it pays for each length. `cars`: for
    whom it is (P01), "" where it is for everybody."""

    version: VersionView
    prices: tuple[str, ...]
    terms: tuple[str, ...]
    example_of: str
    examples: tuple[str, ...]
    cars: str


@dataclass(frozen=True, slots=True)
class FeeBoard:
    """`now`: every tariff in force, the most specific first: the first that fits a car is that car's. Empty while
    nothing is charged. `everybody`: whether every car has one. `next`: what two persons agreed on for later, the
    soonest of each tariff."""

    community: CommunityView
    company: str
    now: tuple[Posted, ...]
    next: tuple[Posted, ...]
    complaints: str = COMPLAINTS

    @property
    def everybody(self) -> bool:
        return any(not one.version.tariff.scope.weight for one in self.now)


def fee_board(db: Session, t: Words, community_id: UUID, now: datetime) -> FeeBoard:
    """Asks nobody's right: what is charged is public."""
    versions = versions_of(db, community_id, now)
    current = [one for one in versions if one.state is VersionState.IN_FORCE and not one.tariff.ends]
    current.sort(key=lambda one: (-one.tariff.scope.weight, one.tariff_id))
    planned = sorted((one for one in versions if one.state is VersionState.PLANNED), key=lambda one: one.starts_at)
    soonest = {one.tariff_id: one for one in reversed(planned)}
    lanes = lane_names(db, community_id)
    return FeeBoard(
        community_of(db, community_id), company_name(db), tuple(_posted(t, one, lanes) for one in current),
        tuple(_posted(t, one, lanes) for one in planned if soonest[one.tariff_id] is one),
    )  # fmt: skip


def _posted(t: Words, version: VersionView, lanes: LaneNames) -> Posted:
    tariff = version.tariff
    cars = scope_said(t, tariff.scope, lanes) if tariff.scope.weight else ""
    said, examples = ((), ("", ())) if tariff.ends else (board_said(t, tariff), examples_said(t, tariff))
    return Posted(version, prices_said(t, tariff), said, *examples, cars)
