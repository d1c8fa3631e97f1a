"""What is true of passes, keys and cardholders. Pure; the decision at the lane itself is `models.access.policy`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from models.access.credential import RESIDENT, VISITOR, Window

HOLDER = 2
"""Pass group of a cardholder who is no resident: no group is signed, the snapshot's groups alone decide."""

GROUP = r"^[a-z][a-z0-9_]{0,31}$"
RESIDENT_GROUP = "resident"
VISITOR_WINDOW_MAX = timedelta(days=31)
RESIDENT_WINDOW_MAX = timedelta(days=400)
USES_MAX, PARTY_MAX = 255, 20
CARD_NAME_MAX = 30

REVOKED_KEPT = timedelta(days=1)
"""How long after its end a revoked pass is still named to the gates: more than a gate's five minutes of grace and
any clock it could have, so that no gate meets a revoked pass that it would take for an open one."""

KEY_OVERLAP_MIN = timedelta(days=7)
KEY_OVERLAP = timedelta(days=30)
KEY_NUMBERS = 256

_FIRST, _LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class PassState(StrEnum):
    UPCOMING = "upcoming"
    OPEN = "open"
    ENDED = "ended"
    REVOKED = "revoked"


def pass_state(window: Window, revoked_at: datetime | None, now: datetime) -> PassState:
    """Where a pass stands by what central knows; entries used are counted with the visits."""
    if revoked_at is not None:
        return PassState.REVOKED
    if now < window.start:
        return PassState.UPCOMING
    return PassState.OPEN if now < window.end else PassState.ENDED


def whole_seconds(window: Window) -> Window:
    """A pass tells time in seconds: the start is rounded down and the end up, so that nobody loses a moment."""
    end = window.end.replace(microsecond=0)
    if end != window.end:
        end += timedelta(seconds=1)
    return Window(start=window.start.replace(microsecond=0), end=end)


def window_problem(window: Window, longest: timedelta, now: datetime) -> str | None:
    """The catalogue key of what is wrong with the window of a new pass, or None."""
    if window.end <= window.start:
        return "access.window_backwards"
    if window.end <= now:
        return "access.window_over"
    if window.end - window.start > longest:
        return "access.window_too_long"
    if window.start < _FIRST or window.end > _LAST:
        return "access.window_far"
    return None


def gate_mask(numbers: Collection[int]) -> int:
    """The bit mask of a pass: bit n is gate number n (0..63)."""
    mask = 0
    for number in numbers:
        if not 0 <= number <= 63:
            raise ValueError(f"a gate number lies between 0 and 63, not {number}")
        mask |= 1 << number
    return mask


def pass_group(groups: Collection[str]) -> int:
    """The group signed into a cardholder's pass."""
    return RESIDENT if RESIDENT_GROUP in groups else HOLDER


def is_visitor(group: int) -> bool:
    return group == VISITOR


def still_told(not_after: datetime, now: datetime) -> bool:
    """Whether gates must still hear of this revocation (VIS-08)."""
    return now < not_after + REVOKED_KEPT


Stay = tuple[datetime, datetime | None]


def current_stay(stays: Iterable[Stay], now: datetime) -> Stay | None:
    """The unbroken time at home that holds `now`; else the next one; else the last that ended. None without any.

    A gap between two homes is a gap: who moves out in May and in again in July has no key in June.
    """
    stays = list(stays)
    if len(stays) < 2:
        return stays[0] if stays else None
    merged: list[Stay] = []
    for start, end in sorted(stays, key=lambda stay: stay[0]):
        if merged and (merged[-1][1] is None or start <= merged[-1][1]):
            last_start, last_end = merged[-1]
            merged[-1] = (last_start, None if last_end is None or end is None else max(last_end, end))
        else:
            merged.append((start, end))
    coming = [stay for stay in merged if stay[1] is None or now < stay[1]]
    return coming[0] if coming else (merged[-1] if merged else None)


def effective_validity(
    valid_from: datetime | None, valid_until: datetime | None, stays: Iterable[Stay], now: datetime
) -> tuple[datetime | None, datetime | None]:
    """A cardholder's own validity, narrowed to the time at home: the end of a lease ends the credentials (ADMIN-06)."""
    stay = current_stay(stays, now)
    if stay is None:
        return valid_from, valid_until
    starts = [at for at in (valid_from, stay[0]) if at is not None]
    ends = [at for at in (valid_until, stay[1]) if at is not None]
    return max(starts, default=None), min(ends, default=None)


HOUSEHOLD_BLOCK_MAX = timedelta(days=31)

Home = tuple[UUID, datetime, datetime | None]
"""A house, and from when until when somebody lives in it."""


def household_blocked_until(homes: Iterable[Home], blocks: Mapping[UUID, datetime], now: datetime) -> datetime | None:
    """Until when a person is kept out because their household is: until one of their homes lets them in again.

    `homes`: those that are not over. `blocks`: house -> when its block ends. None for whoever has a home without one.
    """
    homes = [home for home in homes if home[2] is None or now < home[2]]
    if not any(house in blocks for house, _, _ in homes):
        return None
    free_from = min(max(start, blocks.get(house, start)) for house, start, _ in homes)
    return free_from if now < free_from else None


def household_end_problem(until: datetime, now: datetime) -> str | None:
    """The catalogue key of what is wrong with the end of a new block, or None."""
    if until <= now:
        return "access.household_block_over"
    return "access.household_block_too_long" if until - now > HOUSEHOLD_BLOCK_MAX else None


def next_key_number(ever_used: Collection[int]) -> int | None:
    """The number of the next signing key, counted from 1 (0 comes last); None when all were used."""
    used = set(ever_used)
    return next((number for number in (*range(1, KEY_NUMBERS), 0) if number not in used), None)


def key_accepted(accepted_until: datetime | None, now: datetime) -> bool:
    """Whether passes under a key still open: the signing key has no end, an older one its overlap."""
    return accepted_until is None or now < accepted_until


LOCKDOWN_MAX = timedelta(hours=24)


class LockdownState(StrEnum):
    """WAITING for a second person; RUNNING; ENDED: by a person, by its hour, or never approved before that."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


def lockdown_state(
    approved_at: datetime | None, ended_at: datetime | None, until: datetime, now: datetime
) -> LockdownState:
    """Where a lockdown stands. Its hour ends it without anybody's doing, at central as at the gates."""
    if ended_at is not None or now >= until:
        return LockdownState.ENDED
    return LockdownState.RUNNING if approved_at is not None else LockdownState.WAITING


def lockdown_end_problem(until: datetime, now: datetime) -> str | None:
    """The catalogue key of what is wrong with the end of a new lockdown, or None."""
    if until <= now:
        return "access.lockdown_over"
    return "access.lockdown_too_long" if until - now > LOCKDOWN_MAX else None
