"""Sessions: a random token in the browser, its SHA-256 here, ended after 30 minutes without a person (SEC-05)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, text, update
from sqlalchemy.orm import Session

from central.base.identity.tables import AccountRow, RoleGrantRow, RoleRow, SessionRow
from central.base.kernel import clock
from central.base.kernel.actor import Actor, ActorKind, Grant, communities
from central.base.kernel.session import bind_tenant
from central.base.web.live import Watcher, rights_changed

IDLE_MAX = timedelta(minutes=30)
LIFE_MAX = timedelta(hours=24)
"""A session ends a day after log-in, however busy: longer than any shift, shorter than forgetting."""
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FoundSession:
    actor: Actor
    session_id: UUID
    must_change_password: bool


def open_account_session(db: Session, account_id: UUID, now: datetime, source_address: str | None) -> str:
    """Start a session in the bound tenant; returns the token, which exists nowhere else."""
    token = secrets.token_urlsafe(32)
    db.add(
        SessionRow(
            account_id=account_id,
            token_sha256=digest(token),
            created_at=now,
            seen_at=now,
            source_address=source_address,
        )
    )
    return token


def find_session(
    db: Session, token: str, now: datetime, *, touch: bool, source_address: str | None, correlation_id: UUID
) -> FoundSession | None:
    """The living session of a token, its account and what it may do. Binds the transaction to the tenant.

    None for a token that is unknown, ended, idle too long, or whose account was disabled.
    """
    tenant_id = db.scalar(text("SELECT tenant_id FROM lookup.session(:digest)"), {"digest": digest(token)})
    if tenant_id is None:
        return None
    bind_tenant(db, tenant_id)
    row = db.execute(
        select(SessionRow, AccountRow)
        .join(AccountRow, AccountRow.id == SessionRow.account_id)
        .where(SessionRow.token_sha256 == digest(token), AccountRow.disabled_at.is_(None))
    ).one_or_none()
    if row is None or _ended(row.SessionRow, now):
        return None
    if touch and now - row.SessionRow.seen_at >= TOUCH_EVERY:
        db.execute(update(SessionRow).where(SessionRow.id == row.SessionRow.id).values(seen_at=now))
    actor = Actor(
        tenant_id=tenant_id,
        kind=ActorKind.ACCOUNT,
        id=row.AccountRow.id,
        name=row.AccountRow.name,
        grants=grants_of(db, row.AccountRow.id),
        source_address=source_address,
        correlation_id=correlation_id,
    )
    return FoundSession(actor, row.SessionRow.id, row.AccountRow.must_change_password)


def grants_of(db: Session, account_id: UUID) -> tuple[Grant, ...]:
    rows = db.execute(
        select(RoleRow.key, RoleRow.permissions, RoleGrantRow.community_id)
        .join(RoleGrantRow, RoleGrantRow.role_id == RoleRow.id)
        .where(RoleGrantRow.account_id == account_id)
        .order_by(RoleRow.key, RoleGrantRow.id)
    )
    return tuple(Grant(key, frozenset(permissions), community_id) for key, permissions, community_id in rows)


def end_session(db: Session, session_id: UUID) -> None:
    db.execute(delete(SessionRow).where(SessionRow.id == session_id))
    rights_changed(db)


def end_sessions_of(db: Session, account_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of an account: after a changed password, a disabled account, a withdrawn role."""
    query = delete(SessionRow).where(SessionRow.account_id == account_id)
    db.execute(query if but is None else query.where(SessionRow.id != but))
    rights_changed(db)


def sweep_sessions(db: Session, now: datetime) -> int:
    """Delete the ended sessions of the bound tenant; returns how many."""
    gone = db.execute(
        delete(SessionRow)
        .where(or_(SessionRow.seen_at < now - IDLE_MAX, SessionRow.created_at < now - LIFE_MAX))
        .returning(SessionRow.id)
    )
    ended = len(gone.all())
    if ended:
        rights_changed(db)
    return ended


def still_may(db: Session, watchers: Collection[Watcher]) -> set[Watcher]:
    """Of those who watch something live, the ones whose session lives and whose right is neither more nor less than it
    was: what they are shown was chosen by it."""
    query = (
        select(SessionRow, AccountRow.must_change_password)
        .join(AccountRow, AccountRow.id == SessionRow.account_id)
        .where(SessionRow.id.in_({one.session_id for one in watchers}), AccountRow.disabled_at.is_(None))
    )
    now = clock.now()
    living = {
        session.id: session.account_id for session, due in db.execute(query) if not due and not _ended(session, now)
    }
    held = {account_id: grants_of(db, account_id) for account_id in set(living.values())}
    return {
        one
        for one in watchers
        if one.session_id in living
        and one.communities != frozenset()
        and communities(held[living[one.session_id]], one.permission) == one.communities
    }


def _ended(session: SessionRow, now: datetime) -> bool:
    return now - session.seen_at >= IDLE_MAX or now - session.created_at >= LIFE_MAX


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
