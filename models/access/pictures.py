"""How long a picture of the gate is kept (PRIV-08): one rule, asked at the node and at central. Pure.

    what it shows          decision            kept after the decision
    a crop around a face   deny or refer       `refused_days`, at least `passed_s`
    a crop around a face   grant               `passed_s`
    the whole frame        any                 `passed_s`: it may show people who asked for nothing
    a vehicle              deny or refer       `refused_days`, at least `passed_s`: a person judges by it
    one that has to pay    refer               `PAYS_FOR`, never beyond `refused_days`
    a vehicle              grant               `passed_s`
    any                    held by an alarm    until it is released, or the end of its hold

Whoever was let through is known by pass or face, and needs no picture. What a frame shows beyond one face goes within
the minute even of a refusal, so that only the crop is left of one. Of somebody whom a credential names and whose face
was compared with nothing there is no crop at all: they may have agreed to none, and it would prove nothing.

A picture of a vehicle is never cut to a face. Where its plate was not read, or it was turned away, a person has to see
which car it was, as with a refusal's crop. A car that has only to pay is seen for as long as it may stand there.
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


PAYS_FOR = timedelta(minutes=10)
"""So long a car that has to pay counts as standing at the exit."""


class Shows(StrEnum):
    """VEHICLE: the frame of a vehicle lane. PAYING: the same, of a car that is asked for nothing but money."""

    CROP = "crop"
    FRAME = "frame"
    VEHICLE = "vehicle"
    PAYING = "paying"


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
    passed, refused = timedelta(seconds=keeping.passed_s), timedelta(days=keeping.refused_days)
    if picture.outcome is Outcome.GRANT or picture.shows is Shows.FRAME:
        return passed
    return max(passed, min(refused, PAYS_FOR) if picture.shows is Shows.PAYING else refused)


def held_until(made_at: datetime, said: datetime) -> datetime:
    """Until when a gate keeps a picture for an alarm, which it says itself: a gate in wrong hands may say any time, and
    no alarm holds one for longer than it does."""
    return min(said, made_at + HELD_FOR)


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
