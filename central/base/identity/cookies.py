"""The session cookie: unreadable to scripts, not sent along from other sites, and only over TLS except on localhost."""

from __future__ import annotations

from fastapi import Request, Response

from central.base.identity.guard import COOKIE


def set_cookie(request: Request, response: Response, token: str) -> None:
    """A cookie of the browser's session; the server decides when it ends."""
    secure = request.url.scheme == "https" or not _on_localhost(request)
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=secure, path="/")


def clear_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", path="/")


def _on_localhost(request: Request) -> bool:
    return request.url.hostname in ("localhost", "127.0.0.1", "::1")
