"""What every page of a driver has in common: it stands alone, small, in two languages, and is kept and indexed nowhere.

The referrer names our host and nothing more: WeChat Pay opens no payment for a page that hides where it is, and a form
of ours is known by its origin. The address itself, which is a key, is told to nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request, Response

from central.base.kernel import clock
from central.base.kernel.errors import Gone
from central.base.kernel.i18n import LANGUAGES, words_in
from central.base.web.context import LANGUAGE_COOKIE, context_of
from central.base.web.render import render
from central.oversight.console.frame import DEMO_MARK, parts_of, words_of
from models.values.text import Printable

ALONE = {
    "referrer-policy": "strict-origin",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "cache-control": "no-store",
}
LANGUAGE_KEPT_S = 24 * 3600
Found = TypeVar("Found")


def _language(request: Request, language: Annotated[Printable, Query(max_length=8)] = "") -> None:
    """In the browser's language, or in the one that a link on the page asks for, and so from then on."""
    if language in LANGUAGES:
        request.scope["state"]["menting"] = replace(context_of(request), words=words_in(language))


InLanguage = Annotated[None, Depends(_language)]


def found(request: Request, find: Callable[[], Found]) -> Found:
    """What a sign or a ticket leads to. Who tries addresses is not listened to for a while."""
    return parts_of(request).link_tries.found(context_of(request).source_address, clock.now(), find)


def driver_page(request: Request, template: str, *, status_code: int = 200, **context: Any) -> Response:
    answer = render(
        request, template, status_code=status_code, headers=ALONE, now=clock.now(),
        demo=(parts_of(request).data / DEMO_MARK).is_file(), at=_at(request), **context,
    )  # fmt: skip
    words = words_of(request)
    if request.query_params.get("language") == words.language:
        answer.set_cookie(
            LANGUAGE_COOKIE, words.language, max_age=LANGUAGE_KEPT_S, samesite="lax", httponly=True,
            secure=request.url.scheme == "https",
        )  # fmt: skip
    return answer


def _at(request: Request) -> str:
    """The page that stands for this one, where a form was answered: no browser can fetch such an answer again, so that
    going back to it would end in the browser's own error."""
    return "/".join(request.url.path.split("/")[:3]) if request.method == "POST" else ""


def over(request: Request, problem: Gone, title: str = "driver.title", then: str = "driver.over_next") -> Response:
    """The same words for an address that is over, was replaced or never was. `then`: what to do, "" where they say."""
    return driver_page(
        request, "console/driver_over.html", status_code=problem.status, said=problem.key, title=title, then=then
    )  # fmt: skip


def unchanged() -> Response:
    return Response(status_code=204, headers=ALONE)
