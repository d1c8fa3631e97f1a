"""Wrong attempts at a point or with a credential (ACC-21): the fifth within ten minutes raises an alarm.

Whatever was shown counts for the alarm. Only PIN entry is ever locked by them, for five minutes, never in the exit
direction, and by nothing but PINs that nobody has: a lock that anybody can pull by waving wrong cards or codes would be
a way to shut residents out. It locks where it was guessed (the point's keypad), and the unit that was guessed at (what
is nearest to a credential that nobody knows) at every lane of the node.

A grant starts a count anew, but for the keypad's: whoever has one PIN could else guess at all others in between.
"""

from datetime import datetime, timedelta

from pydantic import Field

from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.site.topology import Direction
from models.values.frozen import Frozen
from models.values.time import Instant

LIMIT = 5
"""The most that may be allowed: a lane may be stricter (ACC-21)."""
WITHIN = timedelta(minutes=10)

_NOT_AN_ATTEMPT = frozenset(
    {
        # the person was recognised, or cannot be, and is asked for more
        Reason.SECOND_FACTOR,
        Reason.FACE_ALONE,
        Reason.NO_REFERENCE,
        Reason.WRONG_ATTEMPTS,  # nothing was compared: who tries at a locked keypad does not keep it locked
        # the gate itself stands in the way
        Reason.FAULT,
        Reason.FIRE,
        Reason.LOCKDOWN,
        Reason.STALE_RULES,
        Reason.INTERLOCK,
        Reason.EBIKE,
    }
)


class Limits(Frozen):
    """How many wrong attempts within ten minutes are too many at a lane, and how long its PIN entry is locked then."""

    wrong_max: int = Field(default=LIMIT, ge=1, le=LIMIT)
    pin_lock_s: float = Field(default=300.0, gt=0)


USUAL = Limits()


def counted_at(point: str, decision: Decision, unit: str | None = None) -> tuple[str, ...]:
    """The counters that a decision at `point` belongs to, by their keys. `unit`: that of a PIN, as it was keyed."""
    if decision.kind in (Kind.EXIT_BUTTON, Kind.REMOTE, Kind.INTERCOM):
        return ()  # from inside, and from a guard
    keys = [f"lane:{point}"]
    if decision.credential_id is not None:
        keys.append(f"pass:{decision.credential_id}")
    if decision.kind is Kind.PIN:
        guessed = decision.reason is Reason.UNKNOWN  # refused for its hour or its rules it is no guess
        keys += [f"keypad:{point}"] if guessed else []
        keys += [f"unit:{unit}"] if unit and (guessed or decision.outcome is Outcome.GRANT) else []
    return tuple(keys)


def locked_by(point: str, unit: str | None = None) -> tuple[str, ...]:
    """The counters that may lock PIN entry for `unit` at `point`."""
    return (f"keypad:{point}", *((f"unit:{unit}",) if unit else ()))


class Attempts(Frozen):
    """Instants of the last wrong attempts of one point or one credential, oldest first, at most LIMIT of them."""

    wrong_at: tuple[Instant, ...] = ()
    alarmed_at: Instant | None = None
    locked_at: Instant | None = None

    def after(self, decision: Decision, limits: Limits = USUAL) -> tuple["Attempts", bool]:
        """The new count, and whether this decision raises the alarm. One alarm per ten minutes, a grant starts anew."""
        now = decision.at
        # What a clock that has since gone back dated later than now counts as just now, and grows old like the rest.
        alarmed_at = min(self.alarmed_at, now) if self.alarmed_at else None
        locked_at = min(self.locked_at, now) if self.locked_at else None
        if decision.outcome is Outcome.GRANT:
            return Attempts(alarmed_at=alarmed_at, locked_at=locked_at), False
        if decision.reason in _NOT_AN_ATTEMPT:
            return self, False
        recent = tuple(min(at, now) for at in self.wrong_at if now - at < WITHIN)
        wrong_at = (*recent, now)[-LIMIT:]
        quiet = alarmed_at is not None and now - alarmed_at < WITHIN
        enough = len(wrong_at) >= limits.wrong_max
        alarm = enough and not quiet
        after = Attempts(
            wrong_at=wrong_at,
            alarmed_at=now if alarm else alarmed_at,
            locked_at=now if enough else locked_at,  # wrong again while the alarm is quiet locks again all the same
        )
        return after, alarm

    def pin_locked(self, direction: Direction, now: datetime, limits: Limits = USUAL) -> bool:
        """Whether PIN entry is closed at this moment; the way out never is."""
        if direction is Direction.OUT or self.locked_at is None:
            return False
        return timedelta(0) <= now - self.locked_at < timedelta(seconds=limits.pin_lock_s)
