"""Which version of a tariff is in force, and what may become of one (PARK-03). Pure.

Nothing here can change what an instant that has passed was charged by: a version is approved before it starts, and is
withdrawn before it starts, or never.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

REASON_MAX = 200


class Standing(Protocol):
    """What these rules ask of a version, stored or not."""

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


def in_force(versions: Iterable[Version], at: datetime) -> Version | None:
    """The approved version that started last by this instant; None before the first one."""
    started = [one for one in versions if _stands(one) and one.starts_at <= at]
    return max(started, key=lambda one: one.starts_at, default=None)


def state_of(one: Version, versions: Iterable[Version], now: datetime) -> VersionState:
    """`versions`: all of the community, `one` among them."""
    if one.withdrawn_at is not None:
        return VersionState.WITHDRAWN
    if one.approved_at is None:
        return VersionState.WAITING if now <= one.starts_at else VersionState.LAPSED
    if now < one.starts_at:
        return VersionState.PLANNED
    current = in_force(versions, now)
    return VersionState.IN_FORCE if current is not None and current.version == one.version else VersionState.OVER


def start_problem(starts_at: datetime, now: datetime) -> str | None:
    """Why nothing can start then, as a message; None when it can. A fee that was owed already is never made anew."""
    return "parking.starts_past" if starts_at < now else None


def approve_problem(one: Version, versions: Iterable[Version], now: datetime) -> str | None:
    state = state_of(one, versions, now)
    if state is not VersionState.WAITING:
        return f"parking.version_is_{state}"
    if any(other.starts_at == one.starts_at for other in versions if _stands(other)):
        return "parking.start_taken"
    return None


def withdraw_problem(one: Version, versions: Iterable[Version], now: datetime) -> str | None:
    state = state_of(one, versions, now)
    if state in (VersionState.WAITING, VersionState.LAPSED, VersionState.PLANNED):
        return None
    return f"parking.version_is_{state}"


def _stands(one: Standing) -> bool:
    return one.approved_at is not None and one.withdrawn_at is None
