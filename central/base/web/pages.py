"""Choosing a language and a theme. Both are cookies, so they hold before anyone is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from central.base.kernel.errors import Invalid
from central.base.kernel.i18n import LANGUAGES
from central.base.web.context import LANGUAGE_COOKIE, THEME_COOKIE, THEMES
from central.base.web.guards import public
from central.base.web.render import ADDRESS_MAX, is_local_path, redirect
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)

YEAR_S = 365 * 24 * 3600


@pages.post("/language", dependencies=[public("a language is chosen before log-in")])
def choose_language(
    request: Request, language: Annotated[Printable, Form()], next: Annotated[Printable, Form()] = "/"
) -> Response:
    return _remember(request, LANGUAGE_COOKIE, "language", language, LANGUAGES, next)


@pages.post("/theme", dependencies=[public("a theme is chosen before log-in")])
def choose_theme(
    request: Request, theme: Annotated[Printable, Form()], next: Annotated[Printable, Form()] = "/"
) -> Response:
    return _remember(request, THEME_COOKIE, "theme", theme, THEMES, next)


def _remember(request: Request, cookie: str, field: str, value: str, allowed: tuple[str, ...], onward: str) -> Response:
    if value not in allowed:
        raise Invalid(fields={field: "problem.invalid.choice"})
    response = redirect(request, onward if is_local_path(onward) and len(onward) <= ADDRESS_MAX else "/")
    response.set_cookie(
        cookie, value, max_age=YEAR_S, samesite="lax", httponly=True, secure=request.url.scheme == "https"
    )
    return response
