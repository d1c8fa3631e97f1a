"""The pages of log-in, log-out and the change of password."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from pydantic import AfterValidator

from central.base.identity.cookies import clear_cookie, set_cookie
from central.base.identity.guard import CurrentSession, Db, signed_in
from central.base.identity.routes import own_password_of, try_log_in
from central.base.identity.sessions import end_session
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Invalid, TooMany, Unauthenticated
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import ADDRESS_MAX, is_local_path, redirect, render
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)

PASSWORD_CHANGED = "password"
"""As `said` in an address: the page that somebody wanted tells them first that their password is changed."""
LOST = "lost"
"""As `said` in the address of the log-in: a form was sent after the session had ended (web/problems.py)."""

_Short = Annotated[Printable, Form(max_length=400)]
_Onward = Annotated[str, AfterValidator(lambda to: to if is_local_path(to) and len(to) <= ADDRESS_MAX else "/")]
"""Where somebody wanted to go before they were asked who they are. Anything but a path of ours is our first page."""
_Secret = Annotated[str, Form(max_length=400)]
"""Digested as it was typed, and never shown."""


@pages.get("/login", dependencies=[public("the log-in form")])
def login_form(request: Request, next: _Onward = "/", said: Printable = "") -> Response:
    lost = said == LOST
    told = context_of(request).words("identity.lost") if lost else None
    here = _address("/login", next, LOST if lost else "")
    return render(request, "login.html", here=here, next=next, login="", said=told)


@pages.post("/login", dependencies=[public("logging in")])
def login(
    request: Request, login: _Short = "", password: _Secret = "", next: Annotated[_Onward, Form()] = "/"
) -> Response:
    """Keeps the login that was typed; the password is asked again."""
    try:
        token = try_log_in(request, login, password)
    except (Unauthenticated, TooMany) as refused:
        said = context_of(request).words(refused.key, **refused.params)
        return render(
            request,
            "login.html",
            status_code=refused.status,
            headers=refused.headers,
            here=_address("/login", next),
            next=next,
            login=login,
            said=said,
        )
    response = redirect(request, next)
    set_cookie(request, response, token)
    return response


@pages.post("/logout")
def logout(
    request: Request,
    db: Db,
    session: CurrentSession,
    actor: Annotated[Actor, signed_in(even_with_one_time_password=True)],
) -> Response:
    end_session(db, session.session_id)
    record(db, actor, "session.close", "account", actor.id)
    response = redirect(request, "/login")
    clear_cookie(response)
    return response


@pages.get("/change-password")
def change_password_form(
    request: Request, session: CurrentSession, actor: Annotated[Actor, signed_in(even_with_one_time_password=True)],
    next: _Onward = "/",
) -> Response:  # fmt: skip
    return render(
        request, "change_password.html", here=_address("/change-password", next), due=session.must_change_password,
        next=next, fields={},
    )  # fmt: skip


@pages.post("/change-password")
def change_password_page(
    request: Request,
    db: Db,
    session: CurrentSession,
    actor: Annotated[Actor, signed_in(even_with_one_time_password=True)],
    old_password: _Secret = "",
    new_password: _Secret = "",
    again: _Secret = "",
    next: Annotated[_Onward, Form()] = "/",
) -> Response:
    words = context_of(request).words
    try:
        if new_password != again:
            raise Invalid(fields={"again": "identity.password_not_same"})
        own_password_of(request)(db, actor, old_password, new_password, clock.now(), keep_session=session.session_id)
    except Invalid as refused:
        fields = {name: words(key) for name, key in refused.fields.items()}
        return render(
            request, "change_password.html", status_code=422, here=_address("/change-password", next),
            due=session.must_change_password, next=next, fields=fields,
        )  # fmt: skip
    except Unauthenticated as ended:
        response = render(request, "login.html", status_code=ended.status, next=next, login="", said=words(ended.key))
        clear_cookie(response)
        return response
    return redirect(request, _with_word(next, PASSWORD_CHANGED))


def _address(path: str, onward: str, said: str = "") -> str:
    """Of such a page with what was found good of its address; whatever else stood there is not repeated."""
    asked = {name: value for name, value in (("next", onward), ("said", said)) if value not in ("", "/")}
    return f"{path}?{urlencode(asked)}" if asked else path


def _with_word(address: str, said: str) -> str:
    page, mark, place = address.partition("#")
    return f"{page}{'&' if '?' in page else '?'}said={said}{mark}{place}"
