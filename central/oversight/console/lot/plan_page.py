"""The floor plan's file is looked at before it counts; how many places there are without one; who tells of bays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.web.bounds import takes
from central.base.web.render import redirect
from central.gates.parking.lot import plans as lot_plans
from central.gates.parking.lot import sensors as lot_sensors
from central.gates.parking.lot.settings import LotSettings, set_lot, settings_of
from central.gates.parking.lot.told import tell_if_changed
from central.gates.parking.lot.zones import wrong_zones
from central.gates.parking.permissions import KEEP_LOT
from central.oversight.console.forms import (
    Filled,
    Sent,
    kept,
    lines_of,
    one_at_a_time,
    refused,
    sent_again,
    text_of,
    used_up,
    whole_of,
)
from central.oversight.console.frame import AGAIN, communities_for, page, words_of
from central.oversight.console.lot.drawing import draw
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.queries import CommunityView, community_of, lanes_of
from models.parking.plan_check import Problem
from models.parking.plan_file import FILE_MAX
from models.parking.plan_sample import sample_plan
from models.site.topology import Direction

pages = APIRouter(include_in_schema=False)
Keeper = Annotated[Actor, requires(KEEP_LOT)]


@pages.get("/parking/lot/plan")
def plan(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    return _page(request, db, actor, place_of(request, db, actor, KEEP_LOT, community), Filled(""))


@pages.get("/parking/lot/plan/example.json")
def example(request: Request, db: Db, actor: Keeper, community: UUID | None = None) -> Response:
    """A file to begin with, with this community's own lanes in it."""
    chosen = place_of(request, db, actor, KEEP_LOT, community)
    lanes = lanes_of(db, chosen.community_id) if chosen is not None else []
    entries = [one.lane.code for one in lanes if one.lane.direction is Direction.IN][:2]
    told = sample_plan(dict(zip(entries, ("west", "east"), strict=False)))
    content = json.dumps(told, ensure_ascii=False, indent=1)
    headers = {"content-disposition": 'attachment; filename="floor-plan-example.json"'}
    return Response(content, media_type="application/json", headers=headers)


@pages.post("/parking/lot/plan", dependencies=[takes(FILE_MAX * 3 + 65_536)])
def upload(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    """Kept for a look, or refused with everything that is wrong with it."""
    chosen, form = place_sent(db, actor, KEEP_LOT, sent), Filled("plan", {"text": lines_of(sent, "text", FILE_MAX)})
    content = _content(sent)
    if not content.strip():  # no file was chosen: that is no fault of a plan
        form = Filled(form.key, form.values, {"file": words_of(request)("lot.file_needed")}, 422)
        return _page(request, db, actor, chosen, form)
    try:
        plan_id = lot_plans.upload_plan(db, actor, chosen.community_id, content, clock.now())
    except lot_plans.BadPlan as bad:
        form = Filled(form.key, form.values, {"file": ""}, 422)
        return _page(request, db, actor, chosen, form, problems=bad.problems)
    except Conflict as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "file"))
    return redirect(request, f"/parking/lot/plan/{plan_id}")


@pages.get("/parking/lot/plan/{plan_id}")
def preview(request: Request, plan_id: UUID, db: Db, actor: Keeper) -> Response:
    found = lot_plans.plan_of(db, actor, plan_id)
    current = lot_plans.plan_in_force(db, found.community_id)
    names = {one.lane.code: one.lane.name for one in lanes_of(db, found.community_id)}
    return page(
        request, "console/lot/preview.html", now=clock.now(), places=[community_of(db, found.community_id)],
        community=community_of(db, found.community_id), view=found, plan=found.plan,
        counts=current is not None and current.plan_id == plan_id,
        wrong_zones=wrong_zones(db, found.community_id, found.plan),
        drawings=[draw(found.plan, level, {}, names) for level in found.plan.levels],
        kinds=_kinds(found.plan.bays.values()),
    )  # fmt: skip


@pages.post("/parking/lot/plan/{plan_id}/use")
def use(request: Request, plan_id: UUID, db: Db, actor: Keeper) -> Response:
    row = lot_plans.use_plan(db, actor, plan_id, clock.now())
    tell_if_changed(db, row.community_id, clock.now())
    return redirect(request, f"/parking/lot?community={row.community_id}")


@pages.post("/parking/lot/settings")
def settings(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, KEEP_LOT, sent), kept("settings", sent)
    try:
        places = whole_of(sent, "places") if text_of(sent, "places") else None
        wanted = LotSettings(
            places, whole_of(sent, "own_places"), whole_of(sent, "full_at"), whole_of(sent, "long_days"),
            whole_of(sent, "abandoned_days"), whole_of(sent, "wait_minutes"), whole_of(sent, "charged_minutes"),
        )  # fmt: skip
        set_lot(db, actor, chosen.community_id, wanted)
    except Invalid as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "places"))
    tell_if_changed(db, chosen.community_id, clock.now())
    return redirect(request, f"/parking/lot/plan?community={chosen.community_id}")


@pages.post("/parking/lot/systems")
def add_system(request: Request, db: Db, actor: Keeper, sent: Sent) -> Response:
    """Its key stands in this answer and nowhere else."""
    chosen, form = place_sent(db, actor, KEEP_LOT, sent), kept("system", sent)
    one_at_a_time(db, "lot.system", chosen.community_id)
    if sent_again(request, sent):
        return redirect(request, f"/parking/lot/plan?community={chosen.community_id}&said={AGAIN}")
    try:
        key = lot_sensors.add_system(db, actor, chosen.community_id, text_of(sent, "name"), clock.now())
    except (Conflict, Invalid) as problem:
        return _page(request, db, actor, chosen, refused(words_of(request), form, problem, "name"))
    used_up(request, sent)
    return _page(request, db, actor, chosen, Filled(""), key=key)


@pages.post("/parking/lot/systems/{system_id}/end")
def end_system(request: Request, system_id: UUID, db: Db, actor: Keeper) -> Response:
    row = lot_sensors.end_system(db, actor, system_id, clock.now())
    return redirect(request, f"/parking/lot/plan?community={row.community_id}")


def _content(sent: FormData) -> bytes:
    file = sent.get("file")
    if isinstance(file, UploadFile) and file.size:
        return file.file.read(FILE_MAX + 1)
    return lines_of(sent, "text", FILE_MAX + 1).encode("utf-8", "replace")


def _kinds(bays: Any) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for _, bay in bays:
        found[bay.kind.value] = found.get(bay.kind.value, 0) + 1
    return list(found.items())


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, form: Filled, *,
    problems: Sequence[Problem] = (), key: str = "",
) -> Response:  # fmt: skip
    more: dict[str, Any] = {}
    if chosen is not None:
        place = chosen.community_id
        current = lot_plans.plan_in_force(db, place)
        more = {
            "wrong_zones": wrong_zones(db, place, current.plan) if current is not None else [],
            "plans": lot_plans.plans_of(db, actor, place), "current": current.plan_id if current is not None else None,
            "set": settings_of(db, place), "systems": lot_sensors.systems_of(db, actor, place),
        }  # fmt: skip
    return page(
        request, "console/lot/plan.html", status_code=form.status, now=clock.now(), places=[chosen] if chosen else [],
        others=communities_for(db, actor, KEEP_LOT), community=chosen, form=form, problems=problems, key=key,
        mine=lambda one: form if form.key == one else Filled(one), **more,
    )  # fmt: skip
