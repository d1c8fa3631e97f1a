"""When a face may be looked out for: a legal ground with its document, who asked, and an end. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from models.wire.snapshot import WATCH_GROUP_MAX

LASTS_MAX = timedelta(days=180)
"""The longest an entry stands; whoever still needs it then makes another one, with the document of that day."""
WORDS_MAX = 120
REASON_MAX = 200


class Ground(StrEnum):
    """Why the law lets somebody be looked out for who did not agree to it. There is no "other"."""

    COURT = "court"
    POLICE = "police"
    MISSING = "missing"


class EntryState(StrEnum):
    """WITHOUT_PHOTO until photos come; WAITING until the node answers; at the GATES; or REFUSED: send another photo.
    ENDED by a person, EXPIRED by itself."""

    WITHOUT_PHOTO = "without_photo"
    WAITING = "waiting"
    AT_THE_GATES = "at_the_gates"
    REFUSED = "refused"
    ENDED = "ended"
    EXPIRED = "expired"


STANDING = (EntryState.WITHOUT_PHOTO, EntryState.WAITING, EntryState.AT_THE_GATES, EntryState.REFUSED)


def entry_problems(
    label: str, ground: Ground | None, document: str, asked_by: str, expires_at: datetime, now: datetime
) -> dict[str, str]:
    """Field -> catalogue key of what is wrong with an entry about to be made; empty when all is well."""
    found = _needed(label=label) | ground_problems(ground, document, asked_by)
    if expires_at <= now:
        found["expires_at"] = "watch.expires_past"
    elif expires_at > now + LASTS_MAX:
        found["expires_at"] = "watch.expires_late"
    return found


def ground_problems(ground: Ground | None, document: str, asked_by: str) -> dict[str, str]:
    """The same of the paper that an entry stands on. `ground` None: nobody chose one, and none is taken for granted."""
    chosen = {} if ground is not None else {"ground": "watch.ground_needed"}
    return chosen | _needed(document=document, asked_by=asked_by)


def _needed(**fields: str) -> dict[str, str]:
    return {name: f"watch.{name}_needed" for name, words in fields.items() if not words or len(words) > WORDS_MAX}


def most_problem(faces_max: int) -> str | None:
    """The catalogue key of what is wrong with a cap, or None."""
    return None if 0 <= faces_max <= WATCH_GROUP_MAX else "watch.most_out_of_range"


def state_at(state: EntryState, expires_at: datetime, now: datetime) -> EntryState:
    """An entry ends by itself at its time, whoever noticed."""
    return EntryState.EXPIRED if state in STANDING and expires_at <= now else state


def may_send(state: EntryState) -> bool:
    """Whether photos may be sent (again)."""
    return state in (EntryState.WITHOUT_PHOTO, EntryState.REFUSED)
