"""Which kinds of credential each lane takes, and when (ACC-01, ACC-07)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Invalid, NotFound
from central.base.web.render import redirect
from central.gates.access.permissions import EDIT_RULES
from central.gates.access.queries_credentials import kinds_of
from central.gates.access.service import set_kinds
from central.gates.access.set_kinds import OFFERED
from central.gates.access.views import LaneKindsView
from central.oversight.console.forms import Filled, Sent, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.console.setup.place import place_of, place_sent, uuid_of
from central.oversight.console.setup.schedule import DAYS, spans_said, spans_sent, values_of
from central.people.community.queries import CommunityView
from models.access.credential import Kind
from models.access.schedule import ALWAYS, Span

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_RULES)]

ROWS = 2
"""Rows of times offered for each kind; a kind with more is offered one more than it has."""


@pages.get("/setup/kinds")
def kinds(request: Request, db: Db, actor: Editor, community: UUID | None = None, lane: UUID | None = None) -> Response:
    """`lane`: whose form is filled in."""
    chosen = place_of(request, db, actor, EDIT_RULES, community)
    if chosen is None or lane is None:
        return _page(request, db, chosen, None)
    return _page(request, db, chosen, Filled("kinds", _values(_lane(db, chosen, lane))))


@pages.post("/setup/kinds")
def save(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    chosen = place_sent(db, actor, EDIT_RULES, sent)
    view = _lane(db, chosen, uuid_of(sent, "lane"))
    one_at_a_time(db, "kinds", view.lane_id)
    days = tuple(name for name in sent if name.partition("-")[2].startswith("days"))
    form = kept("kinds", sent, several=days)
    try:
        with db.begin_nested():
            set_kinds(db, actor, chosen.community_id, view.lane_id, _sent(sent))
    except Invalid as problem:
        return _page(request, db, chosen, refused(words_of(request), form, problem, "kinds"))
    return redirect(request, f"/setup/kinds?community={chosen.community_id}")


def _lane(db: Session, chosen: CommunityView, lane_id: UUID) -> LaneKindsView:
    found = next((view for view in kinds_of(db, chosen.community_id) if view.lane_id == lane_id), None)
    if found is None:
        raise NotFound("community.no_lane")
    return found


def _sent(sent: FormData) -> dict[Kind, tuple[Span, ...]]:
    """What the form says. All four at any time is what a lane takes of which nothing is said: then nothing is kept."""
    taken = {
        kind: spans_sent(sent, f"{kind}-") for kind in OFFERED if text_of(sent, f"{kind}-when") in ("always", "times")
    }
    if not taken:
        raise Invalid(fields={"kinds": "setup.kind_needed"})
    if set(taken) == set(OFFERED) and all(spans == ALWAYS for spans in taken.values()):
        return {}
    return taken


def _values(view: LaneKindsView) -> dict[str, str | list[str]]:
    values: dict[str, str | list[str]] = {"lane": str(view.lane_id)}
    taken = {one.kind: one.schedule for one in view.kinds} or dict.fromkeys(OFFERED, ALWAYS)
    for kind in OFFERED:
        values |= values_of(taken[kind], f"{kind}-") if kind in taken else {f"{kind}-when": "never"}
    return values


def _rows(form: Filled, kind: Kind) -> range:
    filled = [row for row in range(50) if form.chosen(f"{kind}-days{row}")]
    return range(max(ROWS, filled[-1] + 2 if filled else 0))


def _page(request: Request, db: Session, chosen: CommunityView | None, form: Filled | None) -> Response:
    t = words_of(request)
    lanes = kinds_of(db, chosen.community_id) if chosen else []
    said = [
        (view, [(one.kind, spans_said(t, one.schedule)) for one in view.kinds if one.kind in OFFERED]) for view in lanes
    ]
    changed = next((view for view in lanes if form and str(view.lane_id) == form.text("lane")), None)
    return page(
        request, "console/setup/kinds.html", status_code=form.status if form else 200, now=clock.now(),
        places=[chosen] if chosen else [], community=chosen, lanes=said, form=form, changed=changed,
        offered=[(kind, _rows(form, kind) if form else ()) for kind in OFFERED],
        days=[(str(day), t(f"day.{day}")) for day in DAYS],
    )  # fmt: skip
