"""Anti-passback zones of a community: which lanes surround one, and how strictly a second entry is met (ACC-17)."""

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
from central.gates.access.permissions import EDIT_ZONES
from central.gates.access.queries_zones import zones_of
from central.gates.access.service import drop_zone, set_zone
from central.gates.access.views import ZoneView
from central.oversight.console.forms import Filled, Sent, all_of, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.console.setup.place import place_of, place_sent, uuid_of
from central.people.community.queries import CommunityView, lanes_of
from central.people.community.rules import NAME_MAX, tidy_name
from models.access.passback import PassbackMode

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_ZONES)]


@pages.get("/setup/zones")
def zones(
    request: Request, db: Db, actor: Editor, community: UUID | None = None, change: UUID | None = None
) -> Response:
    """`change`: a zone whose form is filled in."""
    chosen = place_of(request, db, actor, EDIT_ZONES, community)
    if chosen is None or change is None:
        return _page(request, db, chosen, Filled("zone"))
    old = next((one for one in zones_of(db, chosen.community_id) if one.zone_id == change), None)
    if old is None:
        raise NotFound("access.no_zone")
    return _page(request, db, chosen, Filled("zone", _values(old)))


@pages.post("/setup/zones")
def save(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """Sent twice, the second new zone finds its lanes taken and says so."""
    chosen, form = place_sent(db, actor, EDIT_ZONES, sent), kept("zone", sent, several=("lanes",))
    one_at_a_time(db, "zone", chosen.community_id)
    try:
        with db.begin_nested():
            _put(db, actor, chosen, sent)
    except Invalid as problem:
        return _page(request, db, chosen, refused(words_of(request), form, problem, "name"))
    return redirect(request, f"/setup/zones?community={chosen.community_id}")


@pages.post("/setup/zones/{zone_id}/drop")
def drop(request: Request, zone_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    chosen = place_sent(db, actor, EDIT_ZONES, sent)
    if any(one.zone_id == zone_id for one in zones_of(db, chosen.community_id)):  # a second press finds none
        drop_zone(db, actor, zone_id)
    return redirect(request, f"/setup/zones?community={chosen.community_id}")


def _put(db: Session, actor: Actor, chosen: CommunityView, sent: FormData) -> None:
    name, mode, minutes = tidy_name(text_of(sent, "name")), text_of(sent, "mode"), text_of(sent, "minutes", 5)
    wrong = {}
    if not name or len(name) > NAME_MAX:
        wrong["name"] = "form.name_needed"
    if mode not in set(PassbackMode):
        wrong["mode"] = "setup.zone_mode_needed"
    if mode == PassbackMode.TIMED and not (minutes.isascii() and minutes.isdigit()):
        wrong["minutes"] = "access.zone_minutes"
    try:
        lanes = [UUID(lane) for lane in all_of(sent, "lanes")]
    except ValueError:
        wrong["lanes"] = "access.zone_lanes"
    if wrong:
        raise Invalid(fields=wrong, most=NAME_MAX)
    set_zone(
        db, actor, chosen.community_id, name, PassbackMode(mode), lanes, now=clock.now(),
        minutes=int(minutes) if mode == PassbackMode.TIMED else 0,
        zone_id=uuid_of(sent, "zone") if text_of(sent, "zone") else None,
    )  # fmt: skip


def _values(zone: ZoneView) -> dict[str, str | list[str]]:
    return {
        "zone": str(zone.zone_id), "name": zone.name, "mode": zone.mode.value, "minutes": str(zone.minutes or ""),
        "lanes": [str(lane) for lane in zone.lanes],
    }  # fmt: skip


def _page(request: Request, db: Session, chosen: CommunityView | None, form: Filled) -> Response:
    lanes = [view.lane for view in lanes_of(db, chosen.community_id)] if chosen else []
    names = {lane.lane_id: lane.name for lane in lanes}
    here = zones_of(db, chosen.community_id) if chosen else []
    return page(
        request, "console/setup/zones.html", status_code=form.status, now=clock.now(),
        places=[chosen] if chosen else [], community=chosen, form=form, lanes=lanes, modes=list(PassbackMode),
        zones=[(zone, [names.get(lane, "?") for lane in zone.lanes]) for zone in here],
    )  # fmt: skip
