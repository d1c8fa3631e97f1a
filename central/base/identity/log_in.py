"""Log-in. Five wrong tries from one source lock an account for that source for fifteen minutes (SEC-05).

Twenty from anywhere lock it for everyone: who guesses through many addresses is stopped, and who guesses from one
locks out nobody but themselves. A source with thirty wrong tries, on whichever logins, is not listened to for a while,
except to those who logged in from there within the last day: one who guesses behind an office's address does not shut
the office out. Whatever else comes from there is refused in the same words, after the same work and in the same few
places (`KEPT_ROOM`), so that nothing tells which logins those are.

The one place where a request is not one transaction: the try is counted and committed before the password is even
looked at, so that many tries at once cannot outrun the count, and no connection is held while argon2 works. An
unknown login costs the same work and locks in the same way, so that answers tell nothing about which logins exist.
Who finds no place (`ROOM`) is refused before anything is counted or asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from central.base.identity.accounts import find_account
from central.base.identity.passwords import LENGTH_MAX, Passwords
from central.base.identity.sessions import grants_of, open_account_session
from central.base.identity.tables import AccountRow
from central.base.identity.tries import Lately, Room, Tries
from central.base.kernel.actor import Actor, ActorKind
from central.base.kernel.audit import record
from central.base.kernel.session import bind_tenant, open_session, tenant_session
from central.base.kernel.sources import source_of

TRIES_MAX = 5
TRIES_FROM_ANYWHERE_MAX = 20
TRIES_OF_A_SOURCE_MAX = 30
LOCK_FOR = timedelta(minutes=15)
ROOM = 6
"""Log-ins under way in one process, fewer than `passwords` has places."""
ROOM_OF_A_SOURCE = 3
KEPT_FOR = timedelta(days=1)
KEPT_ROOM = 2
"""Log-ins under way from sources that are not listened to, one of each: they take no place from anybody else."""


class Refusal(StrEnum):
    """Each is a catalogue key."""

    WRONG = "identity.wrong"
    LOCKED = "identity.locked"
    SOURCE_LOCKED = "identity.source_locked"
    BUSY = "identity.busy"


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


class LogIn:
    """The verb with what it needs; one per process."""

    def __init__(self, engine: Engine, passwords: Passwords) -> None:
        self._engine = engine
        self._passwords = passwords
        self._sources = Tries(TRIES_OF_A_SOURCE_MAX, LOCK_FOR)
        self._logins = Tries(TRIES_MAX, LOCK_FOR)
        self._strangers = Tries(TRIES_FROM_ANYWHERE_MAX, LOCK_FOR, fade=False)
        self._room = Room(ROOM, ROOM_OF_A_SOURCE)
        self._kept_room = Room(KEPT_ROOM, 1)
        self._came_in = Lately(KEPT_FOR)

    def __call__(self, login: str, password: str, now: datetime, caller: Caller) -> LoggedIn | Refusal:
        login, source = login.strip().lower(), source_of(caller.source_address)
        room = self._kept_room if self._sources.rests(source, now) else self._room
        with room.place(source) as placed:
            if not placed:
                return Refusal.BUSY
            if self._sources.count(source, now) is None:
                return self._try_kept(login, password, now, caller, source)
            answer = self._try(login, password, now, caller, source)
            if isinstance(answer, LoggedIn):
                self._sources.take_back(source)
            return answer

    def _try_kept(self, login: str, password: str, now: datetime, caller: Caller, source: str) -> LoggedIn | Refusal:
        """From a source that is not listened to. One password is looked at, whatever the answer."""
        known = self._came_in.within((login, source), now)
        answer = self._try(login, password, now, caller, source) if known else Refusal.LOCKED
        if answer is Refusal.LOCKED:
            self._passwords.matches(None, password[: LENGTH_MAX + 1])
        return answer if isinstance(answer, LoggedIn) else Refusal.SOURCE_LOCKED

    def _try(self, login: str, password: str, now: datetime, caller: Caller, source: str) -> LoggedIn | Refusal:
        tried = self._count_try(login, now, source)
        if isinstance(tried, Refusal):
            return tried
        password = password[: LENGTH_MAX + 1]
        if not self._passwords.matches(tried.password_hash if tried else None, password) or tried is None:
            if tried is not None and tried.locks:
                with tenant_session(self._engine, tried.tenant_id) as db:
                    record(db, _actor(db, tried.account_id, caller), "account.lock", "account", tried.account_id)
            return Refusal.WRONG
        with tenant_session(self._engine, tried.tenant_id) as db:
            answer = self._let_in(db, tried, now, caller)
        if isinstance(answer, LoggedIn):
            self._logins.forget((login, source, tried.password_hash))
            self._came_in.note((login, source), now)
        return answer

    def _count_try(self, login: str, now: datetime, source: str) -> _Tried | Refusal | None:
        with open_session(self._engine) as db:
            found = find_account(db, login)
            if found is None:
                if self._logins.count((login, source, None), now) is None:
                    return Refusal.LOCKED
                return Refusal.LOCKED if self._strangers.count(login, now) is None else None
            tenant_id, account_id = found
            bind_tenant(db, tenant_id)
            account = db.scalars(select(AccountRow).where(AccountRow.id == account_id).with_for_update()).one()
            if account.locked_until is not None:
                if now < account.locked_until:
                    return Refusal.LOCKED
                account.locked_until, account.wrong_tries = None, 0
            # With the hash in its key a lock ends when the password is replaced.
            here = self._logins.count((login, source, account.password_hash), now)
            if here is None:
                return Refusal.LOCKED
            account.wrong_tries += 1
            everywhere = account.wrong_tries >= TRIES_FROM_ANYWHERE_MAX  # until the password proves right
            if everywhere:
                account.locked_until = now + LOCK_FOR
            return _Tried(tenant_id, account.id, account.password_hash, everywhere or here >= TRIES_MAX)

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
