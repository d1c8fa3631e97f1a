"""Pages: one Jinja2 environment, autoescaped, with the request's words; static files by content hash; htmx."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from central.base.kernel import clock
from central.base.kernel.i18n import LANGUAGES
from central.base.web.context import THEMES, context_of

HERE = Path(__file__).parent
ADDRESS_MAX = 2_000
"""Letters of an address that a page leads back to. Ours are far shorter; a longer one is somebody's play."""


class Pages:
    """The template environment. Kept in `app.state.pages`; `render` finds it there."""

    def __init__(self, template_dirs: Sequence[Path], static_dir: Path | None, asset_dir: Path | None) -> None:
        self.static_dir = static_dir
        self.asset_dir = asset_dir
        loaders = [FileSystemLoader(path) for path in (HERE / "templates", *template_dirs)]
        self.environment = Environment(
            loader=ChoiceLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(
            static=_addresser("/static", static_dir), asset=_addresser("/assets", asset_dir), languages=LANGUAGES,
            themes=THEMES,
        )  # fmt: skip


@lru_cache(maxsize=8)
def pages_of(template_dirs: tuple[Path, ...], static_dir: Path | None, asset_dir: Path | None) -> Pages:
    """The same for every application of this process with these folders: a template is compiled once."""
    return Pages(template_dirs, static_dir, asset_dir)


def _addresser(prefix: str, folder: Path | None) -> Callable[[str], str]:
    """A function name -> address. The content's hash in the address lets browsers keep the file for a year."""

    @lru_cache(maxsize=512)
    def hashed(name: str, changed_ns: int) -> str:
        assert folder is not None
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return f"{prefix}/{quote(name)}?v={digest}"

    def address(name: str) -> str:
        path = None if folder is None else folder / name
        if path is None or not path.is_file():
            return f"{prefix}/{quote(name)}"
        return hashed(name, path.stat().st_mtime_ns)

    return address


def render(
    request: Request, template: str, *, status_code: int = 200, headers: dict[str, str] | None = None,
    here: str | None = None, **context: Any,
) -> HTMLResponse:  # fmt: skip
    """A page or fragment. Templates always have: t, lang, theme, actor (or None), csp_nonce, path, here, now, static,
    asset.

    `here`: where the page can be read again, if that is not simply its address."""
    pages: Pages = request.app.state.pages
    known = context_of(request)
    body = pages.environment.get_template(template).render(
        t=known.words,
        lang=known.words.language,
        html_lang=known.words.html_lang,
        theme=known.theme,
        csp_nonce=known.csp_nonce,
        trace=known.trace,
        path=request.url.path,
        here=here or address_of(request),
        actor=getattr(request.state, "actor", None),
        **{"now": clock.now(), **context},
    )
    return HTMLResponse(body, status_code, headers=headers)


def address_of(request: Request, **known: str) -> str:
    """Where a page can be read again: what its address asks for stays asked for, and `known` is what the page knows and
    the address left open. What was sent in a form has no place in it."""
    asked = request.url.query if request.method in ("GET", "HEAD") else ""
    more = urlencode({name: value for name, value in known.items() if not asked or name not in request.query_params})
    query = "&".join(part for part in (asked, more) if part)
    whole = f"{request.url.path}?{query}" if query else request.url.path
    return whole if len(whole) <= ADDRESS_MAX else request.url.path


def is_htmx(request: Request) -> bool:
    """True when htmx asks for a fragment (a boosted link or a history restore wants the whole page)."""
    headers = request.headers
    return headers.get("hx-request") == "true" and "true" not in (
        headers.get("hx-boosted"),
        headers.get("hx-history-restore-request"),
    )


def redirect(request: Request, to: str) -> Response:
    """Go elsewhere after a form: 303 for a browser, HX-Redirect for htmx. Only to a path of our own (ValueError)."""
    if not is_local_path(to):
        raise ValueError(f"a redirect must stay here: {to!r}")
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"hx-redirect": quote(to, safe=":/%#?=@[]!$&'()*+,;")})
    return RedirectResponse(to, status_code=303)


def is_local_path(to: str) -> bool:
    """A path of this site: browsers take `//host`, a backslash or a control character for another one."""
    return to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
