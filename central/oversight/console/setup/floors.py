"""On which floor each house lies, and up which stairs each lift goes (ACC-29).

A house number suggests a floor. Nothing is taken from it before somebody has looked at the houses of a unit and pressed
save: the suggestion stands in the field, with a word beside it.
"""

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
from central.gates.visits.lift_buttons import lift_buttons
from central.oversight.console.forms import Filled, Sent, all_of, kept, refused, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.console.setup.houses import unit_said
from central.oversight.console.setup.place import place_of, place_sent, uuid_of
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.queries import CommunityView
from central.people.community.queries_floors import floors_by_unit, floors_in_unit, lifts_of, units_with_floors
from central.people.community.rules import floor_of
from central.people.community.service import set_floors, set_lift
from central.people.community.views import HouseFloor, LiftView, UnitFloors
from models.access.lifts import without_button

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_HOUSES)]

SHOWN = 400
"""Houses on one form. Of more, those without a floor come first; a list of houses says any number at once."""


@pages.get("/setup/floors")
def floors(
    request: Request, db: Db, actor: Editor, community: UUID | None = None, unit: UUID | None = None,
    lane: UUID | None = None,
) -> Response:  # fmt: skip
    """`unit`: whose houses are asked about. `lane`: the lift that is asked about."""
    return _page(request, db, place_of(request, db, actor, EDIT_HOUSES, community), unit, lane)


@pages.post("/setup/floors")
def save(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """The floors of one unit's houses as they stand in the form; an empty field is a house that no lift goes to."""
    chosen, unit_id = place_sent(db, actor, EDIT_HOUSES, sent), uuid_of(sent, "unit")
    unit = _unit(db, chosen, unit_id)
    try:
        set_floors(db, actor, chosen.community_id, _sent(sent, floors_in_unit(db, unit.unit_id)))
    except Invalid as problem:
        told = refused(words_of(request), kept("floors", sent), problem, "floors")
        return _page(request, db, chosen, unit_id, None, told)
    return redirect(request, f"/setup/floors?community={chosen.community_id}")


@pages.post("/setup/lifts")
def save_lift(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """The units up whose stairs this lane is the lift."""
    chosen = place_sent(db, actor, EDIT_HOUSES, sent)
    lift = _lift(db, chosen, uuid_of(sent, "lane"))
    try:
        set_lift(db, actor, lift.lane_id, _units(sent))
    except Invalid as problem:
        told = refused(words_of(request), kept("lift", sent, several=("units",)), problem, "units")
        return _page(request, db, chosen, None, lift.lane_id, told)
    return redirect(request, f"/setup/floors?community={chosen.community_id}")


def _sent(sent: FormData, houses: list[HouseFloor]) -> dict[UUID, str | None]:
    """What the form says of the houses that it showed. Each floor that is none is laid at its own field."""
    said = {house.house_id: text_of(sent, str(house.house_id)) for house in houses if str(house.house_id) in sent}
    wrong = {
        str(house_id): "community.floor_letters" for house_id, text in said.items() if text and floor_of(text) is None
    }
    if wrong:
        raise Invalid(fields=wrong)
    return {house_id: text or None for house_id, text in said.items()}


def _units(sent: FormData) -> list[UUID]:
    try:
        return [UUID(one) for one in all_of(sent, "units")]
    except ValueError as error:
        raise NotFound("community.no_unit") from error


def _unit(db: Session, chosen: CommunityView, unit_id: UUID) -> UnitFloors:
    found = next((one for one in units_with_floors(db, chosen.community_id) if one.unit_id == unit_id), None)
    if found is None:
        raise NotFound("community.no_unit")
    return found


def _lift(db: Session, chosen: CommunityView, lane_id: UUID) -> LiftView:
    found = next((one for one in lifts_of(db, chosen.community_id) if one.lane_id == lane_id), None)
    if found is None:
        raise NotFound("community.no_lane")
    return found


def _lacking(db: Session, community_id: UUID, lifts: list[LiftView]) -> list[tuple[LiftView, list[tuple[str, str]]]]:
    """The lifts that have no button for a floor of a unit that they go to, each unit with those floors."""
    serves = {one.lane_id: frozenset(unit_id for unit_id, _ in one.units) for one in lifts if one.units}
    found = without_button(floors_by_unit(db, community_id), serves, lift_buttons(db, community_id, serves))
    return [
        (one, [(label, " · ".join(found[one.lane_id][unit_id])) for unit_id, label in one.units
               if unit_id in found[one.lane_id]])
        for one in lifts if one.lane_id in found
    ]  # fmt: skip


def _page(
    request: Request, db: Session, chosen: CommunityView | None, unit_id: UUID | None, lane_id: UUID | None,
    told: Filled | None = None,
) -> Response:  # fmt: skip
    t = words_of(request)
    units = units_with_floors(db, chosen.community_id) if chosen else []
    lifts = lifts_of(db, chosen.community_id) if chosen else []
    unit = _unit(db, chosen, unit_id) if chosen and unit_id else None
    lift = _lift(db, chosen, lane_id) if chosen and lane_id else None
    houses = floors_in_unit(db, unit.unit_id) if unit else []
    if len(houses) > SHOWN:
        houses = sorted(houses, key=lambda house: house.floor is not None)[:SHOWN]
    form = told or (Filled("floors", {str(one.house_id): one.floor or one.guess or "" for one in houses}) if unit else
                    Filled("lift", {"units": [str(one) for one, _ in lift.units]} if lift else {}))  # fmt: skip
    return page(
        request, "console/setup/floors.html", status_code=form.status, now=clock.now(), form=form,
        places=[chosen] if chosen else [], community=chosen, lifts=lifts, lift=lift, unit=unit, houses=houses,
        units=[(one, unit_said(t, one.building, one.unit)) for one in units],
        unit_name=unit_said(t, unit.building, unit.unit) if unit else "",
        lacking=_lacking(db, chosen.community_id, lifts) if chosen else [],
        guessed=sum(one.guess is not None for one in houses),
    )  # fmt: skip
