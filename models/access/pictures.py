"""How long a picture of the gate is kept (PRIV-08): one rule, asked at the node and at central. Pure.

    what it shows          decision            kept after the decision
    a crop around a face   deny or refer       `refused_days`, at least `passed_s`
    a crop around a face   grant               `passed_s`
    the whole frame        any                 `passed_s`: it may show people who asked for nothing
    any                    held by an alarm    until it is released, or the end of its hold

Whoever was let through is known by pass or face, and needs no picture. What a frame shows beyond one face goes within
the minute even of a refusal, so that only the crop is left of one. Of somebody whom a credential names and whose face
was compared with nothing there is no crop at all: they may have agreed to none, and it would prove nothing.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from models.access.decision import Decision, Outcome, Reason
from models.values.frozen import Frozen, WireValue

PASSED_S_MIN, PASSED_S_MAX = 15, 60
REFUSED_DAYS_MAX = 7
HELD_FOR = timedelta(days=30)
"""An alarm holds a picture for so long, where nobody releases it before."""
ALARM_REACH = timedelta(seconds=60)
"""An alarm without an access of its own holds what its lane saw within so long before."""


class Shows(StrEnum):
    CROP = "crop"
    FRAME = "frame"


class Keeping(WireValue):
    """The community's two settings. Both can be made shorter than the law's measure, never longer."""

    passed_s: int = Field(default=PASSED_S_MAX, ge=PASSED_S_MIN, le=PASSED_S_MAX)
    refused_days: int = Field(default=REFUSED_DAYS_MAX, ge=0, le=REFUSED_DAYS_MAX)


class Pictured(Frozen):
    """What is known of a picture without opening it."""

    shows: Shows = Shows.FRAME
    outcome: Outcome = Outcome.GRANT


class Fate(StrEnum):
    KEEP = "keep"
    DELETE = "delete"


def is_cropped(decision: Decision) -> bool:
    """Whether the picture of this decision may be cut to the face, and so outlive its minute if it is a refusal."""
    return decision.reason is not Reason.NO_REFERENCE


def kept_for(picture: Pictured, keeping: Keeping) -> timedelta:
    """How long after its decision the picture may exist, where nothing holds it."""
    passed = timedelta(seconds=keeping.passed_s)
    if picture.shows is Shows.CROP and picture.outcome is not Outcome.GRANT:
        return max(passed, timedelta(days=keeping.refused_days))
    return passed


def judge(
    picture: Pictured, keeping: Keeping, made_at: datetime, now: datetime, *, held: bool = False,
    early: timedelta = timedelta(0),
) -> Fate:  # fmt: skip
    """Keep or delete. `early`: until the next question; what would be too old by then goes now.

    A clock that was set back makes a picture look as if it came from the future: how old it is, is then not known, and
    it is judged by the distance alone.
    """
    if held:
        return Fate.KEEP
    return Fate.DELETE if abs(now - made_at) + early >= kept_for(picture, keeping) else Fate.KEEP
