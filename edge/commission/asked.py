"""What a browser of the commissioning page sent, and what it is answered with."""

from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from edge.commission.desk import Desk
from edge.commission.guard import COOKIE
from edge.commission.render import LANGUAGES, page

TEXT_MAX = 200
FIELDS_MAX = 60


def language_of(request: Request) -> str:
    """ "zh" or "en"."""
    asked = request.cookies.get("menting_language", "zh")
    return asked if asked in LANGUAGES else "zh"


def page_of(desk: Desk, request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """The template in the reader's language, with what every page needs."""
    told = page(
        template, language_of(request), here=_home(request.url.path), simulated=desk.simulated,
        inside=COOKIE in request.cookies, **facts,
    )  # fmt: skip
    return HTMLResponse(told, status)


def _home(path: str) -> str:
    """The page of the menu that an answer belongs to: one to a form is at no address that a link could lead to."""
    first = "/" + path.split("/")[1]
    return "/devices" if first == "/streams" else first


async def form_of(request: Request) -> dict[str, str]:
    """What was typed, each at most TEXT_MAX signs (addresses 2000), control signs taken out."""
    form = await request.form(max_files=0, max_fields=FIELDS_MAX)
    return {name[:40]: typed(name, value) for name, value in form.items()}


def typed(name: str, value: object) -> str:
    """One field of a form as it is kept."""
    limit = 2000 if name in ("where", "address") or "." in name else TEXT_MAX
    return "".join(sign for sign in str(value)[:limit] if sign.isprintable()).strip()


def go_to(path: str, **query: str) -> RedirectResponse:
    """Look there next."""
    where, mark, place = path.partition("#")
    return RedirectResponse(where + ("?" + urlencode(query) if query else "") + mark + place, 303)
