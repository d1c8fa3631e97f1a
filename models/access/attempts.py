"""Wrong attempts at a point or with a credential (ACC-21): the fifth within ten minutes raises an alarm.

Only PIN entry is ever locked by them, for five minutes, and never in the exit direction: a lock that anybody can pull
by waving wrong codes would be a way to shut residents out.
"""

from datetime import datetime, timedelta

from models.access.decision import Decision, Outcome, Reason
from models.site.topology import Direction
from models.values.frozen import Frozen
from models.values.time import Instant

LIMIT = 5
WITHIN = timedelta(minutes=10)
PIN_LOCK = timedelta(minutes=5)

_NOT_AN_ATTEMPT = frozenset(
    {
        # the person was recognised, or cannot be, and is asked for more
        Reason.SECOND_FACTOR,
        Reason.FACE_ALONE,
        Reason.NO_REFERENCE,
        # the gate itself stands in the way
        Reason.FAULT,
        Reason.FIRE,
        Reason.LOCKDOWN,
        Reason.STALE_RULES,
        Reason.INTERLOCK,
    }
)


class Attempts(Frozen):
    """Instants of the last wrong attempts of one point or one credential, oldest first, at most LIMIT of them."""

    wrong_at: tuple[Instant, ...] = ()
    alarmed_at: Instant | None = None
    locked_at: Instant | None = None

    def after(self, decision: Decision) -> tuple["Attempts", bool]:
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
        enough = len(wrong_at) >= LIMIT
        alarm = enough and not quiet
        after = Attempts(
            wrong_at=wrong_at,
            alarmed_at=now if alarm else alarmed_at,
            locked_at=now if enough else locked_at,  # wrong again while the alarm is quiet locks again all the same
        )
        return after, alarm

    def pin_locked(self, direction: Direction, now: datetime) -> bool:
        """Whether PIN entry is closed at this moment; the way out never is."""
        if direction is Direction.OUT or self.locked_at is None:
            return False
        return timedelta(0) <= now - self.locked_at < PIN_LOCK
