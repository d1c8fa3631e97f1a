"""The watch group's pages, for who may keep it: entries with their ground, photos sealed in the browser (ACC-30)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.i18n import Words
from central.base.web.render import redirect
from central.gates.nodes.faces.maker import contact_of_maker
from central.gates.nodes.watch_group import service
from central.gates.nodes.watch_group.permissions import KEEP_WATCH_GROUP
from central.gates.nodes.watch_group.rules import STANDING, EntryState, Ground, may_send
from central.gates.visits.queries import watch_hits
from central.oversight.console.forms import Filled, Sent, instant_of, kept, local, one_at_a_time, refused, text_of
from central.oversight.console.frame import communities_for, page, words_of
from central.oversight.console.pages.enrol import PROBLEMS
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView, community_of

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(KEEP_WATCH_GROUP)]

USUALLY = timedelta(days=30)
HITS = 20


@pages.get("/watch-group")
def group(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    return _group(request, db, actor, place_of(request, db, actor, KEEP_WATCH_GROUP, community), Filled("watch"))


@pages.post("/watch-group")
def add(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_WATCH_GROUP, sent), kept("watch", sent)
    one_at_a_time(db, "watch", chosen.community_id)
    try:
        with db.begin_nested():
            entry_id = service.add_entry(
                db, actor, chosen.community_id, label=text_of(sent, "label"),
                ground=_ground(sent), document=text_of(sent, "document"),
                asked_by=text_of(sent, "asked_by"), expires_at=instant_of(text_of(sent, "expires_at"), "expires_at"),
                now=clock.now(),
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return _group(request, db, actor, chosen, refused(words_of(request), form, problem, "label"))
    return redirect(request, f"/watch-group/{entry_id}")


@pages.post("/watch-group/most")
def most(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_WATCH_GROUP, sent), kept("most", sent)
    wanted = text_of(sent, "faces_max")
    try:
        with db.begin_nested():
            service.set_most(db, actor, chosen.community_id, int(wanted) if wanted.isdecimal() else -1)
    except Invalid as problem:
        return _group(request, db, actor, chosen, refused(words_of(request), form, problem, "faces_max"))
    return redirect(request, f"/watch-group?community={chosen.community_id}")


@pages.get("/watch-group/{entry_id}")
def entry(request: Request, entry_id: UUID, db: Db, actor: Keeper) -> Response:
    return _entry(request, db, actor, entry_id, Filled("end"))


@pages.post("/watch-group/{entry_id}/correct")
def correct(request: Request, entry_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    try:
        with db.begin_nested():
            service.correct_entry(
                db, actor, entry_id, ground=_ground(sent), document=text_of(sent, "document"),
                asked_by=text_of(sent, "asked_by"), reason=text_of(sent, "reason"), now=clock.now(),
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        form = refused(words_of(request), kept("correct", sent), problem, "reason")
        return _entry(request, db, actor, entry_id, Filled("end"), form)
    return redirect(request, f"/watch-group/{entry_id}")


@pages.post("/watch-group/{entry_id}/end")
def end(request: Request, entry_id: UUID, db: Db, actor: Keeper, sent: Sent) -> Response:
    try:
        with db.begin_nested():
            service.end_entry(db, actor, entry_id, text_of(sent, "reason"), clock.now())
    except (Invalid, Conflict) as problem:
        form = refused(words_of(request), kept("end", sent), problem, "reason")
        return _entry(request, db, actor, entry_id, form)
    return redirect(request, f"/watch-group/{entry_id}")


def _group(request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled) -> Response:
    now = clock.now()
    return page(
        request, "console/watch_group.html", status_code=form.status, now=now, places=[chosen] if chosen else [],
        others=communities_for(db, actor, KEEP_WATCH_GROUP), community=chosen, form=form, grounds=tuple(Ground),
        group=service.read_group(db, actor, chosen.community_id, now) if chosen else None,
        until=local(now + USUALLY), standing=STANDING,
    )  # fmt: skip


def _ground(sent: FormData) -> Ground | None:
    """As it was chosen; None where nobody chose."""
    chosen = text_of(sent, "ground")
    return Ground(chosen) if chosen in set(Ground) else None


def _entry(
    request: Request, db: Session, actor: Actor, entry_id: UUID, form: Filled, correction: Filled | None = None
) -> Response:
    now, t, correction = clock.now(), words_of(request), correction or Filled("correct")
    view = service.read_entry(db, actor, entry_id, now)
    return page(
        request, "console/watch_entry.html", status_code=max(form.status, correction.status), now=now, form=form,
        entry=view, correction=correction, grounds=tuple(Ground),
        places=[community_of(db, view.community_id)], stands=view.state in STANDING, may_send=may_send(view.state),
        waits=view.state is EntryState.WAITING, maker=contact_of_maker(db, view.community_id, now),
        problems=[(code, _of_file(t, code)) for code in PROBLEMS], hits_max=HITS,
        wrong=[_of_file(t, str(one["problem"])) for one in view.problems],
        hits=watch_hits(db, view.community_id, view.number, HITS),
    )  # fmt: skip


def _of_file(t: Words, problem: str) -> str:
    """What is wrong with a photo that was chosen from a file: nobody stands before the camera who could hold still."""
    for key in (f"watch.photo.{problem}", f"photo.{problem}"):
        if t.has(key):
            return t(key)
    return t("enrol.refused")
