"""What a browser of the commissioning page sent, and what it is answered with."""

import errno
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from edge.commission import words
from edge.commission.desk import Desk
from edge.commission.guard import COOKIE
from edge.commission.render import LANGUAGES, page
from edge.console.words import Line

FETCHED = ("/trial/pulse", "/trial/moved", "/trial/show", "/barrier/deed")
"""What a page asks for without leaving it: the answer is read by its script."""
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
    return {"/streams": "/devices", "/intercom": "/site"}.get(first, first)


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


def refusal(desk: Desk, request: Request, status: int, said: Line, way: tuple[Line, str] | None = None) -> Response:
    """Nothing was done, and why; with the `way` to where it goes on, or back to where it was asked for."""
    if request.url.path in FETCHED:
        links = [{"text": getattr(way[0], language_of(request)), "href": way[1]}] if way is not None else []
        return JSONResponse(
            {"taken": False, "said": getattr(said, language_of(request)), "links": links}, status
        )  # fmt: skip
    back = (words.PAGE["back"], _home(request.url.path))
    return page_of(desk, request, "said.html", status, said=said, way=way or back)


def way_now(desk: Desk) -> tuple[Line, str]:
    """Where whoever was overtaken by another test goes on."""
    if desk.barrier is not None:
        return words.PAGE["other_test"], "/barrier"
    if desk.intercom is not None:
        return words.PAGE["other_test"], f"/intercom?lane={desk.intercom.code}"
    if desk.trial is not None:
        return words.PAGE["other_test"], "/trial"
    return words.PAGE["devices"], "/devices"


def not_kept(error: OSError) -> Line:
    """Why nothing could be written, and what to do."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return words.NOT_KEPT["full"]
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return words.NOT_KEPT["read_only"]
    line, why = words.NOT_KEPT["broken"], error.strerror or type(error).__name__
    return Line(line.zh.format(why=why), line.en.format(why=why))
