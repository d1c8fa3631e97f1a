"""Log-in. Five wrong tries lock an account for fifteen minutes (SEC-05).

The one place where a request is not one transaction: the try is counted and committed before the password is even
looked at, so that many tries at once cannot outrun the count, and no connection is held while argon2 works. An
unknown login costs the same work and locks in the same way (in memory, bounded), so that answers tell nothing about
which logins exist.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from central.base.identity.passwords import LENGTH_MAX, Passwords
from central.base.identity.sessions import grants_of, open_account_session
from central.base.identity.tables import AccountRow
from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import record
from central.base.kernel.session import bind_tenant, open_session, tenant_session

TRIES_MAX = 5
LOCK_FOR = timedelta(minutes=15)
STRANGERS_MAX = 10_000


class Refusal(StrEnum):
    WRONG = "identity.wrong"
    LOCKED = "identity.locked"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """token goes into the cookie and nowhere else."""

    token: str
    account_id: UUID
    must_change_password: bool


@dataclass(frozen=True, slots=True)
class _Tried:
    tenant_id: UUID
    account_id: UUID
    password_hash: str
    locks: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a log-in comes from."""

    source_address: str | None
    correlation_id: UUID


class Strangers:
    """Wrong tries on logins that do not exist; the oldest is forgotten when there are too many."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, login: str, now: datetime) -> Refusal | None:
        """Count one try; LOCKED when there were already too many."""
        with self._lock:
            tries, since = self._tries.get(login, (0, now))
            if tries >= TRIES_MAX and now - since < LOCK_FOR:
                return Refusal.LOCKED
            tries = 1 if tries >= TRIES_MAX else tries + 1
            self._tries[login] = (tries, now)
            self._tries.move_to_end(login)
            if len(self._tries) > STRANGERS_MAX:
                self._tries.popitem(last=False)
            return None


class LogIn:
    """The verb with what it needs; one per process."""

    def __init__(self, engine: Engine, passwords: Passwords) -> None:
        self._engine = engine
        self._passwords = passwords
        self._strangers = Strangers()

    def __call__(self, login: str, password: str, now: datetime, caller: Caller) -> LoggedIn | Refusal:
        login = login.strip().lower()
        tried = self._count_try(login, now, caller)
        if isinstance(tried, Refusal):
            return tried
        password = password[: LENGTH_MAX + 1]
        if not self._passwords.matches(tried.password_hash if tried else None, password) or tried is None:
            if tried is not None and tried.locks:
                with tenant_session(self._engine, tried.tenant_id) as db:
                    record(db, _actor(db, tried.account_id, caller), "account.lock", "account", tried.account_id)
            return Refusal.WRONG
        with tenant_session(self._engine, tried.tenant_id) as db:
            return self._let_in(db, tried, now, caller)

    def _count_try(self, login: str, now: datetime, caller: Caller) -> _Tried | Refusal | None:
        with open_session(self._engine) as db:
            found = db.execute(
                text("SELECT tenant_id, account_id FROM lookup.account(:login)"), {"login": login}
            ).one_or_none()
            if found is None:
                return self._strangers.count(login, now)
            bind_tenant(db, found.tenant_id)
            account = db.scalars(select(AccountRow).where(AccountRow.id == found.account_id).with_for_update()).one()
            if account.locked_until is not None:
                if now < account.locked_until:
                    return Refusal.LOCKED
                account.locked_until, account.wrong_tries = None, 0
            account.wrong_tries += 1
            locks = account.wrong_tries >= TRIES_MAX  # until the password proves right
            if locks:
                account.locked_until = now + LOCK_FOR
            return _Tried(found.tenant_id, account.id, account.password_hash, locks)

    def _let_in(self, db: Session, tried: _Tried, now: datetime, caller: Caller) -> LoggedIn | Refusal:
        account = db.scalars(select(AccountRow).where(AccountRow.id == tried.account_id).with_for_update()).one()
        if account.disabled_at is not None or account.password_hash != tried.password_hash:
            return Refusal.WRONG
        account.wrong_tries, account.locked_until = 0, None
        token = open_account_session(db, account.id, now, caller.source_address)
        record(db, _actor(db, account.id, caller), "session.open", "account", account.id)
        return LoggedIn(token, account.id, account.must_change_password)


def _actor(db: Session, account_id: UUID, caller: Caller) -> Actor:
    account = db.scalars(select(AccountRow).where(AccountRow.id == account_id)).one()
    return Actor(
        tenant_id=account.tenant_id,
        kind=ActorKind.ACCOUNT,
        id=account.id,
        name=account.name,
        grants=grants_of(db, account.id),
        source_address=caller.source_address,
        correlation_id=caller.correlation_id,
    )
