"""Problems on their way out (RFC 9457): JSON to a program, a page to a person, a fragment to htmx."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, OperationalError, TimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from central.base.kernel.logs import told_path
from central.base.web.context import context_of
from central.base.web.refusals import note_refusal
from central.base.web.render import address_of, is_htmx, redirect, render
from central.base.web.ways_back import page_before, page_left, page_of_deed

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class MethodNotAllowed(Problem):
    status = 405
    slug = "method-not-allowed"


class TooSlow(Problem):
    """The body did not arrive in time; the connection is closed, since nobody waits for the rest."""

    status = 408
    slug = "too-slow"

    @property
    def headers(self) -> dict[str, str]:
        return {"connection": "close"}


class Misdirected(Problem):
    """Asked by a name that is not central's own (web/hosts.py)."""

    status = 421
    slug = "misdirected"


class Refused(Problem):
    """Any other refusal of the protocol itself."""

    status = 400
    slug = "refused"


class Fault(Problem):
    """Our own mistake. Says nothing but the trace, by which the log has the rest."""

    status = 500
    slug = "fault"


class ProblemOut(BaseModel):
    """RFC 9457 problem details. `trace` finds the request in the log."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:menting:problem:not-found"])
    title: str = Field(examples=["没有找到"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["没有这户。"])
    trace: str = Field(examples=["019ab2f41c2e7d10a3b1c2d3e4f50617"])


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=problems(401, 403, 404)`: declares the problem documents of a route in OpenAPI."""
    titles = {
        400: "Refused", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 409: "Conflict", 410: "Gone",
        413: "Too large", 422: "Cannot be taken", 429: "Too many", 500: "Fault", 503: "Unavailable",
    }  # fmt: skip
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {status: {"description": titles.get(status, "Problem"), "content": content} for status in statuses}


def respond(request: Request, problem: Problem) -> Response:
    """The answer to a problem, in the form and language its asker reads."""
    if wants_page(request):
        if isinstance(problem, Unauthenticated):
            lost = "" if _only_looks(request) or request.url.path == "/logout" else "&said=lost"
            return redirect(request, f"/login?next={quote(_return_to(request), safe='')}{lost}")
        if problem.slug == "password-change-due":
            onward = _return_to(request)
            return redirect(request, "/change-password" + (f"?next={quote(onward, safe='')}" if onward != "/" else ""))
        return _page(request, problem)
    return JSONResponse(document(request, problem), problem.status, media_type=MEDIA_TYPE, headers=problem.headers)


def document(request: Request, problem: Problem) -> dict[str, Any]:
    """The problem document: extra members first, so that they can never replace the standard ones."""
    context = context_of(request)
    words = context.words
    body: dict[str, Any] = dict(problem.extra)
    if isinstance(problem, Invalid) and problem.fields:
        said = {key: words(key, **problem.params) for key in problem.fields.values() if words.has(key)}
        body["fields"] = {path: said.get(key, key) for path, key in problem.fields.items()}
    return body | {
        "type": problem.type,
        "title": words(problem.title_key),
        "status": problem.status,
        "detail": words(problem.key, **problem.params),
        "trace": context.trace,
    }


def wants_page(request: Request) -> bool:
    """True for a person's browser, False for a program: by path first, then by what it accepts."""
    if request.url.path.startswith(("/api/", "/edge/")):
        return False
    return is_htmx(request) or "text/html" in request.headers.get("accept", "")


def _only_looks(request: Request) -> bool:
    return request.method in ("GET", "HEAD")


def _return_to(request: Request) -> str:
    """Where to go on after log-in: what was asked for, or the page whose form was sent or whose part was fetched."""
    return address_of(request) if _only_looks(request) and not is_htmx(request) else page_left(request)


def _holds_nothing(request: Request) -> bool:
    actor: Actor | None = getattr(request.state, "actor", None)
    return actor is not None and not actor.grants


def _page(request: Request, problem: Problem) -> Response:
    told = document(request, problem)
    if is_htmx(request):
        response = render(request, "problem_fragment.html", problem=told, status_code=problem.status)
        response.headers["hx-retarget"] = "#problem"
        response.headers["hx-reswap"] = "innerHTML"
    elif isinstance(problem, Forbidden) and _holds_nothing(request):
        response = render(request, "no_role.html", problem=told, status_code=problem.status)
    else:
        response = render(
            request, "error.html", problem=told, back=page_before(request), status_code=problem.status,
            home=not isinstance(problem, Gone),
        )  # fmt: skip
    response.headers.update(problem.headers)
    return response


_UNREADABLE = {"missing": "problem.invalid.missing", "uuid_parsing": "problem.invalid.id"}


def from_validation(error: RequestValidationError, *, to_person: bool = False) -> Problem:
    """Pydantic's findings as fields: path -> words. What was sent is not repeated (it may be a secret). A program is
    told what Pydantic says; a person in their own language, and an address with an id that is none is simply no page.
    """
    if to_person and any(finding["loc"][:1] == ("path",) for finding in error.errors()):
        return NotFound()
    fields: dict[str, str] = {}
    for finding in error.errors():
        path = ".".join(str(part) for part in finding["loc"] if part not in ("body", "query", "path"))
        told = _UNREADABLE.get(finding["type"], "problem.invalid.unreadable") if to_person else str(finding["msg"])
        fields[path or "body"] = told
    return Invalid(fields=fields)


def from_http(error: HTTPException) -> Problem:
    kinds: dict[int, type[Problem]] = {
        401: Unauthenticated, 403: Forbidden, 404: NotFound, 405: MethodNotAllowed, 408: TooSlow, 409: Conflict,
        413: TooLarge, 422: Invalid,
    }  # fmt: skip
    return kinds.get(error.status_code, Refused)()


def add_problem_handlers(app: FastAPI) -> None:
    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        await note_refusal(request, error)
        return respond(request, error)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return respond(request, from_validation(error, to_person=wants_page(request)))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        looks = _only_looks(request) and wants_page(request) and not is_htmx(request)
        if error.status_code == 405 and looks:  # the address of a deed, loaded again
            return redirect(request, page_of_deed(app, request.url.path, request.url.query))
        return respond(request, from_http(error))

    async def on_database_away(request: Request, error: Exception) -> Response:
        if isinstance(error, OperationalError):
            app.state.parts.storage.refused(error, clock.now())
        # One line each: while the database starts again every request meets this, and the stack is always the same.
        log.error(
            "the database did not answer",
            extra={"path": told_path(request.url.path), "why": str(error).splitlines()[0]},
        )
        return respond(request, Unavailable("problem.unavailable.database"))

    async def on_unstorable(request: Request, error: Exception) -> Response:
        # NUL and half surrogates: no text that PostgreSQL or UTF-8 can hold, whichever field they came in.
        log.warning(
            "a request held what cannot be stored",
            extra={"path": told_path(request.url.path), "kind": type(error).__name__},
        )
        return respond(request, Invalid())

    app.add_exception_handler(DataError, on_unstorable)
    app.add_exception_handler(UnicodeEncodeError, on_unstorable)
    app.add_exception_handler(OperationalError, on_database_away)
    app.add_exception_handler(TimeoutError, on_database_away)
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
