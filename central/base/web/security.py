"""What every answer carries and every changing request must show: our name, security headers, CSRF, traces, faults.

CSRF: a changing request with our cookie must come from our own pages. The browser says where it comes from in
`Origin` (else `Sec-Fetch-Site`); what it does not say is refused. Together with SameSite=Lax no form needs a token.
A request without any cookie that brings an Authorization header is a program's and cannot be forged this way.
"""

from __future__ import annotations

import logging

import anyio
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central.base.kernel.errors import CrossOrigin, TooLarge
from central.base.kernel.logs import told_path, trace_var
from central.base.web.bounds import Bounds
from central.base.web.context import RequestContext, context_of
from central.base.web.hosts import Hosts
from central.base.web.problems import Fault, Misdirected, respond, wants_page
from central.base.web.refusals import SAFE_METHODS

log = logging.getLogger(__name__)

BODY_S = 60
"""Seconds from the head of a request to the end of its body: a megabyte over the worst line that still works."""


def content_security_policy(nonce: str) -> str:
    """Only our own files; inline script only with this response's nonce; no inline style; never in a frame."""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def comes_from_here(request: Request) -> bool:
    """True when the browser says that one of our own pages sent this request."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin == f"{request.url.scheme}://{request.headers.get('host')}"
    return request.headers.get("sec-fetch-site") == "same-origin"


class Rim:
    """The outermost layer: gives a request its trace, refuses forged and misled ones, answers faults, adds headers.

    A body has `BODY_S` to arrive, so that who sends a byte at a time keeps nothing waiting (SEC-08), and may be as long
    as its route takes (bounds.py), so that nobody is kept waiting while it is parsed (SEC-17).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        context = context_of(request)
        token = trace_var.set(context.trace)
        started = False

        bounds: Bounds = request.app.state.bounds
        most = bounds.of(request.method, request.url.path)
        received, whole, late_at = 0, False, anyio.current_time() + BODY_S

        async def receive_bounded() -> Message:
            nonlocal received, whole
            if whole:
                return await receive()  # now it says when the client goes away
            with anyio.move_on_after(late_at - anyio.current_time()) as waiting:
                message = await receive()
            if waiting.cancelled_caught:
                raise HTTPException(408)
            whole = not message.get("more_body", False)
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)  # read while a body is parsed: FastAPI lets this kind through
            return message

        async def send_dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                _dress(headers, request, context)
                _stay_here(headers, request)
            await send(message)

        try:
            if not _is_for_us(request):
                await _misdirected(request)(scope, receive, send_dressed)
                return
            if request.method not in SAFE_METHODS and _may_be_forged(request) and not comes_from_here(request):
                await respond(request, CrossOrigin())(scope, receive, send_dressed)
                return
            if _announces_too_much(request, most):
                await respond(request, TooLarge("problem.too-large.at_most", limit=most))(scope, receive, send_dressed)
                return
            await self.app(scope, receive_bounded, send_dressed)
        except ClientDisconnect:
            log.info("hung up", extra={"method": request.method, "path": told_path(request.url.path)})
        except Exception:  # the rim: whoever asked gets words with a trace, never a stack
            log.exception("fault", extra={"method": request.method, "path": told_path(request.url.path)})
            if started:
                raise  # half an answer is out: the server must cut the connection
            await respond(request, Fault())(scope, receive, send_dressed)
        finally:
            trace_var.reset(token)


ANY_NAME = "/health"
"""Asked by watchdogs of whatever address they were given; says nothing that a name could protect."""


def _is_for_us(request: Request) -> bool:
    hosts: Hosts = request.app.state.hosts
    said = request.headers.getlist("host")
    came_to = request.scope.get("server")
    return request.url.path == ANY_NAME or (
        len(said) == 1 and hosts.answers(said[0], came_to[0] if came_to is not None else None)
    )


def _misdirected(request: Request) -> Response:
    """Plain words to a person: a page would ask for its styles by the same wrong name."""
    said = request.headers.get("host", "")[:100]
    log.warning("asked by a name that is not ours", extra={"host": said, "path": told_path(request.url.path)})
    problem = Misdirected()
    if not wants_page(request):
        return respond(request, problem)
    words = context_of(request).words
    return PlainTextResponse(f"{words(problem.title_key)}\n\n{words(problem.key)}\n", problem.status)


SIGNED_PATHS = ("/edge/", "/pay/notices/", "/invoices/notices/")
"""Whose requests count for their signature alone, whatever cookie came with them."""


def _may_be_forged(request: Request) -> bool:
    """A browser adds cookies by itself; a program that signs each request (a node, a channel of payment) or brings a
    key has none."""
    if request.url.path.startswith(SIGNED_PATHS):
        return False
    return "cookie" in request.headers or "authorization" not in request.headers


def _announces_too_much(request: Request, most: int) -> bool:
    length = request.headers.get("content-length", "0")
    return not length.isdecimal() or int(length[:12]) > most


def _stay_here(headers: MutableHeaders, request: Request) -> None:
    """The framework's redirects (a slash too many) name the host that the request named: anyone's. A path is enough."""
    elsewhere = f"{request.url.scheme}://{request.url.netloc}"
    if headers.get("location", "").startswith(f"{elsewhere}/"):
        headers["location"] = "/" + headers["location"].removeprefix(elsewhere).lstrip("/")


def _dress(headers: MutableHeaders, request: Request, context: RequestContext) -> None:
    headers["x-trace"] = context.trace
    headers["x-content-type-options"] = "nosniff"
    headers.setdefault("referrer-policy", "same-origin")
    headers["cross-origin-opener-policy"] = "same-origin"
    headers["permissions-policy"] = "camera=(self), microphone=(), geolocation=(self)"
    headers.setdefault("content-security-policy", content_security_policy(context.csp_nonce))
    if request.url.scheme == "https":
        headers["strict-transport-security"] = "max-age=31536000"
    headers.setdefault("cache-control", "no-store")
