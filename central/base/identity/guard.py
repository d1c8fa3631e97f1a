"""The guards of routes: who is signed in, and does one of their roles carry the right? Deny by default (SEC-04).

    def get_houses(db: Db, actor: Annotated[Actor, requires("house.read")]) -> ...

`Db` is the request's transaction, bound to the actor's tenant. It is committed after the route function returned
and before the answer leaves; an exception rolls it back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from central.base.identity.sessions import find_session
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Forbidden, Problem, Unauthenticated
from central.base.kernel.permissions import declared
from central.base.kernel.session import open_session
from central.base.kernel.turns import turn
from central.base.web.context import context_of
from central.base.web.guards import Guard, mark

COOKIE = "menting_session"


class PasswordChangeDue(Problem):
    """The one-time password was used: nothing else is open until it is replaced."""

    status = 403
    slug = "password-change-due"


@dataclass(frozen=True, slots=True)
class SignedIn:
    actor: Actor
    session_id: UUID
    must_change_password: bool


def engine_of(request: Request) -> Engine:
    engine = request.app.state.engine
    assert isinstance(engine, Engine)
    return engine


async def request_transaction(request: Request) -> AsyncIterator[Session]:
    """Begun when it is this request's turn (kernel/turns.py), and never in the event loop."""
    async with turn() as mine, contextmanager_in_threadpool(open_session(engine_of(request))) as db:
        mine.belongs_to(db)
        yield db


OpenDb = Annotated[Session, Depends(request_transaction, scope="function")]
"""The request's transaction before anyone is known. Only guards and public routes use it; no tenant is bound."""


def signed_in_session(request: Request, db: OpenDb) -> SignedIn:
    """Who holds the session of this request's cookie. Binds the transaction to their tenant."""
    token = request.cookies.get(COOKIE)
    if not token:
        raise Unauthenticated
    context = context_of(request)
    # A stream reconnects by itself; that is no sign of a person at the desk.
    by_itself = "text/event-stream" in request.headers.get("accept", "")
    found = find_session(
        db, token, clock.now(), touch=not by_itself, source_address=context.source_address,
        correlation_id=context.correlation_id,
    )  # fmt: skip
    if found is None:
        raise Unauthenticated("problem.unauthenticated.ended")
    request.state.actor, request.state.session_id = found.actor, found.session_id
    return SignedIn(found.actor, found.session_id, found.must_change_password)


CurrentSession = Annotated[SignedIn, Depends(signed_in_session, scope="function")]


async def bound_transaction(db: OpenDb) -> Session:
    """The same transaction; the route's guard has bound it (without one, row policies show nothing)."""
    return db


Db = Annotated[Session, Depends(bound_transaction, scope="function")]


def requires(permission: str) -> Any:
    """Guard: signed in, and some role carries `permission`. The object-level question stays with the service."""
    if permission not in declared():
        raise ValueError(f"no domain has declared the permission {permission!r}")

    def check(session: CurrentSession) -> Actor:
        if session.must_change_password:
            raise PasswordChangeDue(permission=permission)
        if not session.actor.holds(permission):
            raise Forbidden(permission=permission)
        return session.actor

    return Depends(mark(check, Guard("permission", permission)), scope="function")


def signed_in(*, even_with_one_time_password: bool = False) -> Any:
    """Guard: anyone signed in. With a one-time password only where `even_with_one_time_password` is said."""

    def check(session: CurrentSession) -> Actor:
        if session.must_change_password and not even_with_one_time_password:
            raise PasswordChangeDue
        return session.actor

    return Depends(
        mark(check, Guard("signed-in", "one-time too" if even_with_one_time_password else "")), scope="function"
    )
