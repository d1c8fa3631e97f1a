"""What every page's frame shows, and who may see which community: asked once for each request."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from central.base.identity.pages import PASSWORD_CHANGED
from central.base.kernel.actor import Actor
from central.base.kernel.errors import NotFound
from central.base.kernel.i18n import Words
from central.base.parts import Parts
from central.base.web.context import context_of
from central.base.web.render import address_of, is_htmx, render
from central.oversight.console.phrases import dated, day_said, here_said, last_day_said
from central.oversight.console.ways import ways_for
from central.people.community.queries import CommunityView, communities
from models.values.time import site_day

DEMO_MARK = "DEMO"
"""A file of this name in central's data folder says on every page that nothing shown is real."""


PLACE_COOKIE = "menting_community"
"""The community somebody was last in, as long as the browser is open: its id, and nothing else."""

AGAIN = "again"
"""As `said` in an address: a form whose answer shows a secret once was sent a second time, and nothing was done."""


def words_of(request: Request) -> Words:
    return context_of(request).words


def parts_of(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


def session_of(request: Request) -> str:
    """Which session asks: what is kept in memory for one is kept for no other."""
    return str(request.state.session_id)


def communities_for(db: Session, actor: Actor, permission: str) -> list[CommunityView]:
    """Where the actor holds the permission, by name."""
    return communities(db, actor.communities(permission))


def place_names(places: list[CommunityView]) -> dict[UUID, str]:
    """What tells things of several communities apart; empty where there is but one, which stands in the bar."""
    return {place.community_id: place.name for place in places} if len(places) > 1 else {}


def pick(request: Request, places: list[CommunityView], asked: UUID | None) -> CommunityView | None:
    """Which of these a page is about: the one that its address asks for (NotFound where it is none of them), else the
    one this reader was last in, else the first. None when there is none."""
    known, last = {place.community_id: place for place in places}, _last_place(request)
    if asked is not None:
        if asked not in known:
            raise NotFound("community.not_found")
        return known[asked]
    if last in known:
        return known[last]
    if last is not None and last in _own_places(request.state.actor):
        request.state.stays_in = last  # this one page is not for them there: the next press of the menu leads back
    return places[0] if places else None


def _last_place(request: Request) -> UUID | None:
    """A memory that a browser brings opens nothing: it is only looked for among what may be shown."""
    try:
        return UUID(request.cookies.get(PLACE_COOKIE, ""))
    except ValueError:
        return None


def _own_places(actor: Actor) -> set[UUID | None]:
    """Where the actor's roles are held; None is everywhere."""
    return {grant.community_id for grant in actor.grants}


def page(
    request: Request,
    template: str,
    *,
    now: datetime,
    places: list[CommunityView],
    status_code: int = 200,
    **context: Any,
) -> HTMLResponse:
    """A whole page in its frame. `places`: the communities it speaks of; a single one is named in the bar.

    `community` in the context is the one it is about. Whoever may have others stays in it: with every press of the
    menu, with another language or theme, and by a memory where a page's address names none."""
    here = _stays_in(request, context.get("community"))
    going_on, said = getattr(request.state, "stays_in", here), request.query_params.get("said")
    answer = render(
        request, template, status_code=status_code, now=now, places=places, **_said(request, now),
        here=address_of(request, community=str(here)) if here else None,
        site_name=places[0].name if len(places) == 1 else None, demo=(parts_of(request).data / DEMO_MARK).is_file(),
        ways=ways_for(request.state.actor, request.url.path, going_on),
        once=lambda: parts_of(request).once.draw(session_of(request)), again=said == AGAIN,
        password_changed=said == PASSWORD_CHANGED, **context,
    )  # fmt: skip
    if here is not None and here == going_on != _last_place(request) and not is_htmx(request):  # no page by itself
        answer.set_cookie(PLACE_COOKIE, str(here), samesite="lax", httponly=True, secure=request.url.scheme == "https")
    return answer


def _stays_in(request: Request, community: CommunityView | None) -> UUID | None:
    """None where there is nothing to mix up: on a page about no community, and for who is bound to a single one."""
    own = _own_places(request.state.actor)
    return community.community_id if community is not None and (None in own or len(own) > 1) else None


def fragment(request: Request, template: str, *, now: datetime, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A part of a page, for htmx or the live line."""
    return render(request, template, status_code=status_code, now=now, **_said(request, now), **context)


def dialog(request: Request, template: str, *, now: datetime, back: str, **context: Any) -> HTMLResponse:
    """A fragment for the page's dialog; without scripts a page of its own, with a way `back`."""
    if is_htmx(request):
        return fragment(request, template, now=now, **context)
    return page(request, "console/alone.html", now=now, places=[], inside=template, back=back, **context)


def _said(request: Request, now: datetime) -> dict[str, Any]:
    """Whether central can keep what comes (`storage`), and how templates say time: dated(at) in full, first_day(at)
    and last_day(at) as the ends of a stay, on_day(day); at_lane(key, vehicles): the word for a door or a barrier."""
    t = words_of(request)
    return {
        "storage": parts_of(request).storage.state(now),
        "dated": lambda at: dated(t, at, now),
        "first_day": lambda at: day_said(t, site_day(at), now),
        "last_day": lambda at: last_day_said(t, at, now),
        "on_day": lambda day: day_said(t, day, now),
        "at_lane": lambda key, vehicles: here_said(t, key, vehicles),
    }
