"""Gates of a community and the lanes through them."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.render import redirect
from central.oversight.console.forms import Filled, Sent, kept, refused, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.console.setup.place import place_of, place_sent, uuid_of
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.queries import CommunityView, community_of, gate_of, gates_of, lane_of, lanes_of
from central.people.community.rules import NAME_MAX, tidy_name
from central.people.community.service import add_gate, add_lane, rename_gate, rename_lane, set_rings_at
from models.site.topology import Direction

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_HOUSES)]

CODE = r"[a-z0-9][a-z0-9-]{0,31}"


@pages.get("/setup/gates")
def gates(request: Request, db: Db, actor: Editor, community: UUID | None = None) -> Response:
    return _page(request, db, place_of(request, db, actor, EDIT_HOUSES, community))


@pages.post("/setup/gates")
def add(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """A gate gets the lowest number that was never used: passes name gates by number."""
    chosen, form = place_sent(db, actor, EDIT_HOUSES, sent), kept("gate", sent)
    name = text_of(sent, "name")
    try:
        _demand_name(name)
        if any(gate.name == tidy_name(name) for gate in gates_of(db, chosen.community_id)):
            raise Conflict("community.gate_name_taken", name=name)
        with db.begin_nested():
            add_gate(db, actor, chosen.community_id, tidy_name(name))
    except (Invalid, Conflict) as problem:
        return _page(request, db, chosen, gate=refused(words_of(request), form, problem, "name"))
    return redirect(request, f"/setup/gates?community={chosen.community_id}")


@pages.post("/setup/gates/{gate_id}/name")
def rename_a_gate(request: Request, gate_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    community_id = gate_of(db, gate_id).community_id
    actor.demand(EDIT_HOUSES, community_id)
    form, name = kept(f"rename-{gate_id}", sent), text_of(sent, "name")
    try:
        _demand_name(name)
        with db.begin_nested():
            rename_gate(db, actor, gate_id, tidy_name(name))
    except (Invalid, Conflict) as problem:
        other = refused(words_of(request), form, problem, "name")
        return _page(request, db, community_of(db, community_id), renamed=other)
    return redirect(request, f"/setup/gates?community={community_id}")


@pages.post("/setup/lanes")
def add_a_lane(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    gate = gate_of(db, uuid_of(sent, "gate"))
    actor.demand(EDIT_HOUSES, gate.community_id)
    chosen, form = community_of(db, gate.community_id), kept("lane", sent)
    code, name, direction = (text_of(sent, one) for one in ("code", "name", "direction"))
    try:
        _demand_lane(code, name, direction)
        with db.begin_nested():
            add_lane(db, actor, gate.gate_id, code, tidy_name(name), Direction(direction))
    except (Invalid, Conflict) as problem:
        return _page(request, db, chosen, lane=refused(words_of(request), form, problem, "code"))
    return redirect(request, f"/setup/gates?community={chosen.community_id}")


@pages.post("/setup/lanes/{lane_id}/name")
def rename(request: Request, lane_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    community_id = lane_of(db, lane_id).community_id
    actor.demand(EDIT_HOUSES, community_id)
    form, name = kept(f"rename-{lane_id}", sent), text_of(sent, "name")
    try:
        _demand_name(name)
    except Invalid as problem:
        other = refused(words_of(request), form, problem, "name")
        return _page(request, db, community_of(db, community_id), renamed=other)
    rename_lane(db, actor, lane_id, tidy_name(name))
    return redirect(request, f"/setup/gates?community={community_id}")


@pages.post("/setup/lanes/{lane_id}/rings-at")
def rings_at(request: Request, lane_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    community_id = lane_of(db, lane_id).community_id
    actor.demand(EDIT_HOUSES, community_id)
    try:
        with db.begin_nested():
            set_rings_at(db, actor, lane_id, text_of(sent, "rings_at"))
    except Invalid as problem:
        rung = refused(words_of(request), kept(f"rings-{lane_id}", sent), problem, "rings_at")
        return _page(request, db, community_of(db, community_id), rung=rung)
    return redirect(request, f"/setup/gates?community={community_id}")


def _demand_name(name: str) -> None:
    if not tidy_name(name) or len(name) > NAME_MAX:
        raise Invalid(fields={"name": "form.name_needed"}, most=NAME_MAX)


def _demand_lane(code: str, name: str, direction: str) -> None:
    wrong = {}
    if not re.fullmatch(CODE, code):
        wrong["code"] = "setup.code_form"
    if not tidy_name(name) or len(name) > NAME_MAX:
        wrong["name"] = "form.name_needed"
    if direction not in set(Direction):
        wrong["direction"] = "setup.direction_needed"
    if wrong:
        raise Invalid(fields=wrong, most=NAME_MAX)


def _page(
    request: Request, db: Session, chosen: CommunityView | None, *, gate: Filled | None = None,
    lane: Filled | None = None, renamed: Filled | None = None, rung: Filled | None = None,
) -> Response:  # fmt: skip
    gate, lane = gate or Filled("gate"), lane or Filled("lane")
    here = gates_of(db, chosen.community_id) if chosen else []
    views = lanes_of(db, chosen.community_id) if chosen else []
    lanes, rings = [view.lane for view in views], {view.lane.lane_id: view.rings_at for view in views}
    status = max(form.status for form in (gate, lane, renamed, rung) if form)
    return page(
        request, "console/setup/gates.html", status_code=status,
        now=clock.now(), places=[chosen] if chosen else [], community=chosen, gate_form=gate, lane_form=lane,
        renamed=renamed, rung=rung, rings=rings,
        gates=[(one, [lane for lane in lanes if lane.gate_id == one.gate_id]) for one in here],
    )  # fmt: skip
