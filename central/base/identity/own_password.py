"""The owner's change of their password; who only holds their session cannot find it out by trying (SEC-05).

The old password is asked because a session may be in other hands: a desk that was left open, a stolen cookie. Five
wrong ones, over however long, end every session of the account and are written down. Log-in counts wrong passwords too,
but a session is past it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.identity.accounts import WrongPassword, account_of, change_password
from central.base.identity.log_in import LOCK_FOR, TRIES_MAX
from central.base.identity.passwords import Passwords
from central.base.identity.sessions import end_sessions_of
from central.base.identity.tries import Tries
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import TooMany, Unauthenticated


class OwnPassword:
    """The verb with what it counts; one per process."""

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._tries = Tries(TRIES_MAX, LOCK_FOR, fade=False)

    def __call__(self, db: Session, actor: Actor, old: str, new: str, now: datetime, *, keep_session: UUID) -> None:
        """Change it; every other session ends. Raises `Invalid` for a wrong old password or a new one that may not be;
        `Unauthenticated` once it was wrong five times, `TooMany` for a quarter of an hour after that.

        A try is counted before it is looked at, so that many at once cannot outrun the count. It counts for this very
        password: who is given a new one begins anew.
        """
        assert actor.id is not None
        key = (actor.id, account_of(db, actor.id).password_hash)
        tries = self._tries.count(key, now)
        if tries is None:
            raise TooMany("identity.old_rests", retry_after_s=int(LOCK_FOR.total_seconds()))
        try:
            change_password(db, actor, self._passwords, old, new, keep_session=keep_session)
        except WrongPassword:
            if tries == TRIES_MAX:
                self._end(db, actor)
            raise
        except BaseException:
            self._tries.take_back(key)
            raise
        self._tries.forget(key)

    def _end(self, db: Session, actor: Actor) -> None:
        """Committed here: the refusal would roll it back, and another transaction would wait for this one's session."""
        assert actor.id is not None
        end_sessions_of(db, actor.id)
        record(db, actor, "account.try_password", "account", actor.id, after={"tries": TRIES_MAX})
        db.commit()
        raise Unauthenticated("identity.old_tried_out")
