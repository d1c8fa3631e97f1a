"""Who tried a deed on a gate without the right to it stands in the audit (SEC-02), however early they were refused.

Asked where every refusal passes on its way out, so that no route can forget it. The request's own transaction is rolled
back by then; this is one of its own. What a service has written down itself, with the reason given, is not repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Problem
from central.base.kernel.permissions import refusal_of
from central.base.kernel.session import tenant_session

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""What looks and changes nothing is no deed."""
FORBIDDEN = 403

Whose = Callable[[Session, UUID], UUID | None]
"""(db bound to the tenant, id) -> the community of such a thing, None when there is none."""


async def note_refusal(request: Request, problem: Problem) -> None:
    actor = getattr(request.state, "actor", None)
    what = refusal_of(problem.params.get("permission"))
    if problem.status != FORBIDDEN or problem.noted or request.method in SAFE_METHODS or actor is None or what is None:
        return
    try:
        await run_in_threadpool(_write, request, actor, what, problem)
    except SQLAlchemyError:  # refused it is in any case
        log.exception("a refusal could not be written down", extra={"what": what, "actor": str(actor.id)})


def _write(request: Request, actor: Actor, what: str, problem: Problem) -> None:
    parts = request.app.state.parts
    name, subject_id = next(
        ((name, found) for name in parts.whose if (found := _id(request.path_params.get(name))) is not None), ("", None)
    )
    with tenant_session(request.app.state.engine, actor.tenant_id) as db:
        found = parts.whose[name](db, subject_id) if subject_id is not None else None
        record(
            db, actor, what, name.removesuffix("_id") or "community", subject_id, after={"why": problem.key},
            community_id=found or _only_place(actor),
        )  # fmt: skip


def _only_place(actor: Actor) -> UUID | None:
    """Where the deed was meant for is not known: it is told where this account belongs, if that is one place."""
    places = {grant.community_id for grant in actor.grants}
    return places.pop() if len(places) == 1 else None


def _id(text: object) -> UUID | None:
    try:
        return UUID(str(text)) if text is not None else None
    except ValueError:
        return None
