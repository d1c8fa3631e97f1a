"""What is known of a request before anyone asks who sent it: trace, language, theme, nonce, source address."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import HTTPConnection

from central.base.kernel.i18n import Words, choose_language, words_in
from models.values.ids import new_id

LANGUAGE_COOKIE = "menting_lang"
THEME_COOKIE = "menting_theme"
THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """trace: the correlation id as 32 hex digits; csp_nonce: for the rare inline script of this one response."""

    correlation_id: UUID
    words: Words
    theme: str
    csp_nonce: str
    source_address: str | None

    @property
    def trace(self) -> str:
        return self.correlation_id.hex


def read_context(request: HTTPConnection) -> RequestContext:
    theme = request.cookies.get(THEME_COOKIE, "auto")
    language = choose_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))
    return RequestContext(
        correlation_id=new_id(),
        words=words_in(language),
        theme=theme if theme in THEMES else "auto",
        csp_nonce=secrets.token_urlsafe(12),
        source_address=request.client.host if request.client else None,
    )


def context_of(request: HTTPConnection) -> RequestContext:
    """The context the middleware put there; one is made for a request that never met it."""
    context = request.scope.setdefault("state", {}).get("menting")
    if context is None:
        context = read_context(request)
        request.scope["state"]["menting"] = context
    assert isinstance(context, RequestContext)
    return context
