"""Which versions of a community's tariffs are in force, and what may become of one (PARK-03, P01). Pure.

Nothing here can change what an instant that has passed was charged by: a version is approved before it starts, and is
withdrawn before it starts, or never.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar
from unicodedata import normalize
from uuid import UUID

from models.parking.earlier import LOOKED_BACK
from models.parking.scope import Scope, tie_of
from models.parking.tariff import Payer, Tariff

REASON_MAX = 200
TARIFFS_AT_ONCE = 40
"""How many tariffs a community may have beside each other."""


class Kept(StrEnum):
    """A list of plates as people keep it."""

    PERMIT = "permit"
    BLOCK = "block"
    WHITE = "white"
    SPECIAL = "special"


BY_TWO = frozenset({Kept.BLOCK, Kept.WHITE, Kept.SPECIAL})
"""Lists on which nothing counts before a second person says yes: who is kept out, and who passes free of charge."""


def counted(
    since: datetime, until: datetime | None, approved_at: datetime | None, ended_at: datetime | None
) -> tuple[datetime, datetime | None] | None:
    """From when until when an entry counted; None where it never did. approved_at: None where nobody was asked."""
    begins = since if approved_at is None else max(since, approved_at)
    end = min((one for one in (until, ended_at) if one is not None), default=None)
    return None if end is not None and end <= begins else (begins, end)


def bay_text(said: str) -> str:
    """The name of a bay, the same however it was typed."""
    return " ".join(normalize("NFKC", said).upper().split())


class Standing(Protocol):
    """What these rules ask of a version, stored or not."""

    @property
    def tariff_id(self) -> UUID: ...
    @property
    def version(self) -> int: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def approved_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...


Version = TypeVar("Version", bound=Standing)


class VersionState(StrEnum):
    """WAITING: a draft, for a second person's yes. LAPSED: its start came before that yes. OVER: a later one took its
    place."""

    WAITING = "waiting"
    LAPSED = "lapsed"
    PLANNED = "planned"
    IN_FORCE = "in_force"
    OVER = "over"
    WITHDRAWN = "withdrawn"


def in_force(versions: Iterable[Version], at: datetime) -> list[Version]:
    """Of each tariff the approved version that started last by this instant, those too by which a tariff ended."""
    last: dict[UUID, Version] = {}
    for one in sorted(versions, key=lambda one: one.starts_at):
        if stands(one) and one.starts_at <= at:
            last[one.tariff_id] = one
    return list(last.values())


def state_of(one: Version, versions: Iterable[Version], now: datetime) -> VersionState:
    """`versions`: all of the community, `one` among them. One that ends its tariff is in force as any other: it says
    that nothing is charged by it."""
    if one.withdrawn_at is not None:
        return VersionState.WITHDRAWN
    if one.approved_at is None:
        return VersionState.WAITING if now <= one.starts_at else VersionState.LAPSED
    if now < one.starts_at:
        return VersionState.PLANNED
    current = {(each.tariff_id, each.version) for each in in_force(versions, now)}
    return VersionState.IN_FORCE if (one.tariff_id, one.version) in current else VersionState.OVER


def start_problem(starts_at: datetime, now: datetime) -> str | None:
    """Why nothing can start then, as a message; None when it can. A fee that was owed already is never made anew."""
    return "parking.starts_past" if starts_at < now else None


def not_kept(tariff: Tariff) -> dict[str, str]:
    """What the public board would say and no gate would keep yet, by field, as a message."""
    problems = dict[str, str]()
    if tariff.visitor_payer is Payer.HOST:  # no household is told of such a debt, nor can pay it (P34)
        problems["terms.visitor_payer"] = "parking.host_pays_not"
    for name, free in (("free", tariff.free), ("visitor_free", tariff.visitor_free)):
        if free is not None and timedelta(minutes=free.gap) > LOOKED_BACK:  # gates know who left within a day (P08)
            problems[f"terms.{name}.gap"] = "parking.gap_long"
    return problems


def approve_problem(one: Version, versions: Iterable[Version], now: datetime) -> str | None:
    state = state_of(one, versions, now)
    if state is not VersionState.WAITING:
        return f"parking.version_is_{state}"
    mine = (other for other in versions if other.tariff_id == one.tariff_id and stands(other))
    if any(other.starts_at == one.starts_at for other in mine):
        return "parking.start_taken"
    return None


def withdraw_problem(one: Version, versions: Iterable[Version], now: datetime) -> str | None:
    state = state_of(one, versions, now)
    if state in (VersionState.WAITING, VersionState.LAPSED, VersionState.PLANNED):
        return None
    return f"parking.version_is_{state}"


def stands(one: Standing) -> bool:
    """Two persons agreed on it, and nobody has withdrawn it since."""
    return one.approved_at is not None and one.withdrawn_at is None


class Tied(NamedTuple):
    """A tariff that would be in force beside the one that was asked about, and the cars for which neither is the more
    specific."""

    other: Tariff
    cars: Scope


def tied(versions: Iterable[Tariff], about: UUID) -> Tied | None:
    """The first tie that this tariff would ever be in if all of these came into force, each at its start; None: by it
    no car ever has two (P01)."""
    all_of = sorted(versions, key=lambda one: one.starts_at)
    for at in sorted({one.starts_at for one in all_of}):
        last = {one.tariff_id: one for one in all_of if one.starts_at <= at}
        mine = last.pop(about, None)
        if mine is None or mine.ends:
            continue
        for other in last.values():
            tie = tie_of([mine.scope, other.scope]) if not other.ends else None
            if tie is not None:
                return Tied(other, tie.cars)
    return None
