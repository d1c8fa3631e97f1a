"""The API of sessions, accounts and roles."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from central.base.identity import accounts, roles
from central.base.identity.cookies import clear_cookie, set_cookie
from central.base.identity.guard import CurrentSession, Db, requires, signed_in
from central.base.identity.log_in import LOCK_FOR, Caller, LogIn, Refusal
from central.base.identity.own_password import OwnPassword
from central.base.identity.passwords import RETRY_AFTER_S, Passwords
from central.base.identity.permissions import EDIT_ACCOUNTS, GRANT_ROLES, READ_ACCOUNTS
from central.base.identity.schemas import (
    AccountIn,
    AccountOut,
    DisableIn,
    GrantOut,
    LogInIn,
    OneTimePasswordOut,
    PasswordChangeIn,
    RoleGrantIn,
    SessionOut,
)
from central.base.identity.sessions import end_session
from central.base.identity.tables import AccountRow
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Problem, TooMany, Unauthenticated
from central.base.kernel.paging import Page, Paging, page, to_page
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.problems import problems

router = APIRouter(prefix="/api/v1", tags=["identity"])


def passwords_of(request: Request) -> Passwords:
    passwords = request.app.state.passwords
    assert isinstance(passwords, Passwords)
    return passwords


def own_password_of(request: Request) -> OwnPassword:
    own_password = request.app.state.own_password
    assert isinstance(own_password, OwnPassword)
    return own_password


def refusal_problem(refusal: Refusal) -> Problem:
    match refusal:
        case Refusal.LOCKED | Refusal.SOURCE_LOCKED:
            return TooMany(refusal.value, retry_after_s=int(LOCK_FOR.total_seconds()))
        case Refusal.BUSY:
            return TooMany(refusal.value, retry_after_s=RETRY_AFTER_S)
        case Refusal.WRONG:
            return Unauthenticated(refusal.value)


def try_log_in(request: Request, login: str, password: str) -> str:
    """The token of a new session. Raises the problem that says why not (its traces are already committed)."""
    log_in: LogIn = request.app.state.log_in
    context = context_of(request)
    answer = log_in(login, password, clock.now(), Caller(context.source_address, context.correlation_id))
    if isinstance(answer, Refusal):
        raise refusal_problem(answer)
    return answer.token


@router.post(
    "/session",
    status_code=204,
    summary="Log in",
    dependencies=[public("logging in")],
    responses=problems(401, 403, 422, 429),
)
def post_session(request: Request, response: Response, body: LogInIn) -> None:
    """Sets the session cookie. Five wrong tries lock the account for fifteen minutes where they came from."""
    set_cookie(request, response, try_log_in(request, body.login, body.password))


@router.get("/session", summary="Who is signed in", responses=problems(401))
def get_session(
    session: CurrentSession, actor: Annotated[Actor, signed_in(even_with_one_time_password=True)]
) -> SessionOut:
    assert actor.id is not None
    return SessionOut(
        account_id=actor.id,
        tenant_id=actor.tenant_id,
        name=actor.name,
        must_change_password=session.must_change_password,
        grants=[
            GrantOut(role=grant.role, community_id=grant.community_id, permissions=sorted(grant.permissions))
            for grant in actor.grants
        ],
    )


@router.delete("/session", status_code=204, summary="Log out", responses=problems(401, 403))
def delete_session(
    response: Response,
    db: Db,
    session: CurrentSession,
    actor: Annotated[Actor, signed_in(even_with_one_time_password=True)],
) -> None:
    end_session(db, session.session_id)
    record(db, actor, "session.close", "account", actor.id)
    clear_cookie(response)


@router.put(
    "/session/password", status_code=204, summary="Change one's password", responses=problems(401, 403, 422, 429)
)
def put_password(
    request: Request,
    body: PasswordChangeIn,
    db: Db,
    session: CurrentSession,
    actor: Annotated[Actor, signed_in(even_with_one_time_password=True)],
) -> None:
    """Every other session of the account ends. With the old password wrong five times, all of them do."""
    own_password_of(request)(
        db, actor, body.old_password, body.new_password, clock.now(), keep_session=session.session_id
    )


@router.get("/accounts", summary="List accounts", responses=problems(401, 403, 422))
def get_accounts(db: Db, paging: Paging, actor: Annotated[Actor, requires(READ_ACCOUNTS)]) -> Page[AccountOut]:
    actor.demand(READ_ACCOUNTS, None)
    rows, following = page(db, accounts.all_accounts(), [AccountRow.login, AccountRow.id], paging)
    return to_page(rows, following, present)


@router.post("/accounts", status_code=201, summary="Add an account", responses=problems(401, 403, 409, 422))
def post_account(
    request: Request, body: AccountIn, db: Db, actor: Annotated[Actor, requires(EDIT_ACCOUNTS)]
) -> OneTimePasswordOut:
    """The account can do nothing until a role is granted."""
    actor.demand(EDIT_ACCOUNTS, None)
    account, one_time = accounts.add_account(db, actor, passwords_of(request), body.login, body.name)
    return OneTimePasswordOut(account_id=account.id, one_time_password=one_time)


@router.post(
    "/accounts/{account_id}/password",
    summary="Give a new one-time password",
    responses=problems(401, 403, 404, 409, 422),
)
def post_account_password(
    request: Request, account_id: UUID, db: Db, actor: Annotated[Actor, requires(EDIT_ACCOUNTS)]
) -> OneTimePasswordOut:
    """Ends the account's sessions and opens its lock. One's own is refused: change it with the old one."""
    actor.demand(EDIT_ACCOUNTS, None)
    one_time = accounts.reset_password(db, actor, passwords_of(request), account_id)
    return OneTimePasswordOut(account_id=account_id, one_time_password=one_time)


@router.post(
    "/accounts/{account_id}/disable",
    status_code=204,
    summary="Disable an account",
    responses=problems(401, 403, 404, 409, 422),
)
def post_account_disable(
    account_id: UUID, body: DisableIn, db: Db, actor: Annotated[Actor, requires(EDIT_ACCOUNTS)]
) -> None:
    actor.demand(EDIT_ACCOUNTS, None)
    accounts.disable_account(db, actor, account_id, body.reason)


@router.post(
    "/accounts/{account_id}/roles", status_code=204, summary="Grant a role", responses=problems(401, 403, 404, 422)
)
def post_role(
    account_id: UUID, body: RoleGrantIn, request: Request, db: Db, actor: Annotated[Actor, requires(GRANT_ROLES)]
) -> None:
    """Granting twice changes nothing. Nobody grants a right they do not hold there themselves."""
    if body.community_id is not None:
        request.app.state.demand_community(db, body.community_id)
    roles.grant_role(db, actor, account_id, body.role, body.community_id)


@router.post(
    "/accounts/{account_id}/roles/withdraw",
    status_code=204,
    summary="Withdraw a role",
    responses=problems(401, 403, 404, 409, 422),
)
def post_role_withdraw(
    account_id: UUID, body: RoleGrantIn, db: Db, actor: Annotated[Actor, requires(GRANT_ROLES)]
) -> None:
    roles.withdraw_role(db, actor, account_id, body.role, body.community_id)


def present(row: AccountRow) -> AccountOut:
    return AccountOut(
        id=row.id,
        login=row.login,
        name=row.name,
        must_change_password=row.must_change_password,
        locked_until=row.locked_until,
        disabled_at=row.disabled_at,
        created_at=row.created_at,
    )
