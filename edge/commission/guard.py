"""What every request of the commissioning page must get past: host, origin, size, session."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from edge.commission.access import SESSION_S, Access, Answer, new_code
from edge.commission.words import PAGE
from edge.verify.face.photo import BYTES_MAX

COOKIE = "menting_commission"
FORM_MAX = 64_000
PHOTO_MAX = BYTES_MAX + 64_000
"""A form with a photo; what is larger is read no further than to say so."""
PHOTO_READ_MAX = 300_000_000
"""A browser shows an answer only to what it was let send. Beyond this the line is cut."""
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
OPEN_PATHS = ("/enter", "/language", "/static/")


class Door:
    """The one-time code and the sessions it opened. `tell` shows a new code to whoever sits at the node."""

    def __init__(self, tell: Callable[[str], None], mono: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._mono = tell, mono
        self._lock = threading.Lock()
        self._sessions: dict[str, float] = {}
        self._access = self._fresh()

    def _fresh(self) -> Access:
        code = new_code()
        self._tell(code)
        return Access(code)

    def enter(self, text: str) -> tuple[Answer, str]:
        """The answer, and the session's secret when it is welcome. A used code is followed by a new one."""
        with self._lock:
            self._access, answer = self._access.tried(text, self._mono())
            if answer is not Answer.WELCOME:
                return answer, ""
            self._access = self._fresh()
            session = secrets.token_urlsafe(32)
            self._sessions[session] = self._mono()
            return answer, session

    def knows(self, session: str | None) -> bool:
        with self._lock:
            began = self._sessions.get(session or "")
            return began is not None and self._mono() - began < SESSION_S


def guarded(app: FastAPI, door: Door) -> FastAPI:
    """`app` behind all of it."""

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Any]) -> Any:
        refused = _refused(request, door)
        answer = refused if refused is not None else await call_next(request)
        answer.headers["content-security-policy"] = CSP
        answer.headers["x-content-type-options"] = "nosniff"
        answer.headers["referrer-policy"] = "same-origin"
        answer.headers["cache-control"] = "no-store"
        return answer

    # A page of another site that has its name point here must not get to move a door.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return app


def _refused(request: Request, door: Door) -> Any:
    path = request.url.path
    if request.method not in ("GET", "HEAD"):
        if not _from_here(request):
            return _said("not_from_here", 403)
        length = request.headers.get("content-length", "")
        limit = PHOTO_READ_MAX if path == "/checklist/photo" else FORM_MAX
        if not length.isdecimal() or len(length) > 12 or int(length) > limit:
            return _said("too_large", 413)
    if not path.startswith(OPEN_PATHS) and not door.knows(request.cookies.get(COOKIE)):
        return RedirectResponse("/enter", 303) if request.method == "GET" else _said("enter_title", 401)
    return None


def _from_here(request: Request) -> bool:
    """The browser names the page that a form was sent from; another site's form names the other site."""
    host = request.headers.get("host")
    return request.headers.get("origin") in (f"http://{host}", f"https://{host}")


def _said(word: str, status: int) -> PlainTextResponse:
    line = PAGE[word]
    return PlainTextResponse(f"{line.zh}\n{line.en}", status)
