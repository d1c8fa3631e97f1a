"""Accounts: made with a one-time password, changed by their owner, disabled rather than deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from central.base.identity.last_administrator import demand_another_administrator
from central.base.identity.passwords import Passwords, check_new_password, generate_password
from central.base.identity.sessions import end_sessions_of
from central.base.identity.tables import AccountRow
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import AuditRow, record
from central.base.kernel.errors import Conflict, Invalid, NotFound
from models.values.ids import new_id


class WrongPassword(Invalid):
    """The old password is another one."""


LOGIN = r"[A-Za-z0-9._@-]{2,64}"
NAME_MAX = 60
REASON_MAX = 200


def add_account(
    db: Session, actor: Actor, passwords: Passwords, login: str, name: str, *, account_id: UUID | None = None
) -> tuple[AccountRow, str]:
    """A new account that can do nothing yet. Returns it and its one-time password, which is told once."""
    one_time = generate_password()
    account = AccountRow(
        id=account_id or new_id(), login=login.strip().lower(), name=name, password_hash=passwords.hash(one_time),
        must_change_password=True,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(account)
    except IntegrityError as error:  # another tenant's login is unseen here, yet taken
        raise Conflict("identity.login_taken", login=account.login) from error
    record(db, actor, "account.add", "account", account.id, after={"login": account.login, "name": name})
    return account, one_time


def account_of(db: Session, account_id: UUID) -> AccountRow:
    account = db.scalar(select(AccountRow).where(AccountRow.id == account_id))
    if account is None:
        raise NotFound("identity.no_account")
    return account


def change_password(
    db: Session, actor: Actor, passwords: Passwords, old: str, new: str, *, keep_session: UUID | None
) -> None:
    """The account's owner replaces their password; every other session of theirs ends."""
    assert actor.id is not None
    account = account_of(db, actor.id)
    if not passwords.matches(account.password_hash, old):
        raise WrongPassword(fields={"old_password": "identity.wrong_old"})
    check_new_password(new, account.login)
    if new == old:
        raise Invalid(fields={"new_password": "identity.password_same"})
    account.password_hash = passwords.hash(new)
    account.must_change_password = False
    account.password_changed_at = clock.now()
    end_sessions_of(db, account.id, but=keep_session)
    record(db, actor, "account.change_password", "account", account.id)


def reset_password(db: Session, actor: Actor, passwords: Passwords, account_id: UUID, reason: str | None = None) -> str:
    """Give an account a new one-time password (returned, told once); its sessions end and its lock opens. One's own is
    refused: who loses sight of it would be locked out, and there is `change_password`."""
    if account_id == actor.id:
        raise Conflict("identity.reset_self")
    account = account_of(db, account_id)
    one_time = generate_password()
    account.password_hash = passwords.hash(one_time)
    account.must_change_password = True
    account.wrong_tries, account.locked_until = 0, None
    end_sessions_of(db, account.id)
    record(db, actor, "account.reset_password", "account", account.id, reason=reason)
    return one_time


def disable_account(db: Session, actor: Actor, account_id: UUID, reason: str) -> None:
    """Close an account and end its sessions. One's own is refused, and the last administrator's: someone must be left
    to undo it."""
    if account_id == actor.id:
        raise Conflict("identity.disable_self")
    account = account_of(db, account_id)
    demand_another_administrator(db, account.id)
    if account.disabled_at is None:
        account.disabled_at = db.scalar(select(func.now()))
        end_sessions_of(db, account.id)
        record(db, actor, "account.disable", "account", account.id, reason=reason)


def enable_account(db: Session, actor: Actor, account_id: UUID, reason: str) -> None:
    """Open a disabled account again: with the password and the roles that it had."""
    account = account_of(db, account_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        record(db, actor, "account.enable", "account", account.id, reason=reason)


def find_account(db: Session, login: str) -> tuple[UUID, UUID] | None:
    """(tenant, account) of a login as it was typed, in whichever tenant; None when nobody has it."""
    found = db.execute(
        text("SELECT tenant_id, account_id FROM lookup.account(:login)"), {"login": login.strip().lower()}
    ).one_or_none()
    return None if found is None else (found.tenant_id, found.account_id)


def last_log_ins(db: Session, account_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each of these last signed in, from the audit; who never did is not in it."""
    rows = db.execute(
        select(AuditRow.subject_id, func.max(AuditRow.at))
        .where(AuditRow.what == "session.open", AuditRow.subject_id.in_([str(one) for one in account_ids]))
        .group_by(AuditRow.subject_id)
    )
    return {UUID(subject_id): at for subject_id, at in rows}


def account_names(db: Session, account_ids: Collection[UUID]) -> dict[UUID, str]:
    """ "Name (login)" of each that there is."""
    query = select(AccountRow.id, AccountRow.name, AccountRow.login).where(AccountRow.id.in_(account_ids))
    return {account_id: f"{name} ({login})" for account_id, name, login in db.execute(query)}


def all_accounts() -> Select[tuple[AccountRow]]:
    return select(AccountRow)
