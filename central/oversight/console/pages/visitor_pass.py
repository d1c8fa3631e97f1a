"""The page behind a visitor's link: the code, large and white, and all that a visitor asks at a gate. No log-in.

The link is the key, and ends with its pass. Nothing here is followed, kept, indexed or told to another site. The page
stands alone, without the pages' frame and styles, so that it opens over a bad line.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import OpenDb
from central.base.kernel import clock
from central.base.kernel.errors import Gone
from central.base.kernel.i18n import LANGUAGES, words_in
from central.base.web.context import context_of
from central.base.web.guards import public
from central.base.web.render import render
from central.gates.access import service
from central.gates.access.pass_link import BY_LINK, LinkedPass
from central.oversight.console.frame import DEMO_MARK, parts_of, words_of
from central.oversight.console.opening import ahead_of, span_said, ways_in
from central.oversight.console.phrases import dated
from central.people.community.queries import community_of
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)

ALONE = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow, noarchive", "cache-control": "no-store"}
PICTURE = "visitor-pass.png"


@pages.get("/pass/{token}", dependencies=[public(BY_LINK)])
def visitor_pass(
    token: str, request: Request, db: OpenDb, language: Annotated[Printable, Query(max_length=8)] = ""
) -> Response:
    """In the browser's language, or in the one that a link on the page asks for: a form would need the referrer."""
    if language in LANGUAGES:
        request.scope["state"]["menting"] = replace(context_of(request), words=words_in(language))
    try:
        with parts_of(request).link_tries.one_of_few(token):
            return _page(request, db, _found(request, db, token))
    except Gone as over:
        return render(
            request, "console/visitor_pass.html", status_code=over.status, headers=ALONE, linked=None,
            said=words_of(request)(over.key), demo=False,
        )  # fmt: skip


@pages.get("/pass/{token}/picture.png", dependencies=[public(BY_LINK)])
def visitor_picture(token: str, request: Request, db: OpenDb) -> Response:
    """The code as a picture to keep. `Gone` once the pass is over."""
    with parts_of(request).link_tries.one_of_few(token):
        linked = _found(request, db, token)
        if linked.code is None:
            raise Gone("access.not_shown")
        headers = ALONE | {"content-disposition": f'attachment; filename="{PICTURE}"'}
        return Response(service.picture(linked.code, "png"), media_type="image/png", headers=headers)


def _found(request: Request, db: Session, token: str) -> LinkedPass:
    """Raises `Gone` for a link that is over or never was; TooMany where too many of those that never were came from."""
    now, tries = clock.now(), parts_of(request).link_tries
    return tries.found(context_of(request).source_address, now, partial(service.linked_pass, db, token, now))


def _page(request: Request, db: Session, linked: LinkedPass) -> Response:
    t, now, one = words_of(request), clock.now(), linked.view
    place = community_of(db, one.community_id)
    shown = linked.code is not None
    return render(
        request, "console/visitor_pass.html", status_code=200 if shown else Gone.status, headers=ALONE, linked=linked,
        one=one, community=place, now=now, demo=(parts_of(request).data / DEMO_MARK).is_file(),
        code=b64encode(service.picture(linked.code, "png")).decode() if linked.code else None,
        ways=ways_in(t, ahead_of(db, one, now), now) if shown else [],
        span=span_said(t, one.not_before, one.not_after, now), dated=lambda at: dated(t, at, now),
    )  # fmt: skip
