"""Houses of a community: one by one, or a list that is looked over before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.i18n import Words
from central.base.web.bounds import BODY_MAX, takes
from central.base.web.render import redirect
from central.oversight.console.forms import Filled, Sent, kept, lines_of, refused, text_of
from central.oversight.console.frame import page, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.people.community.house_list import (
    LINES_MAX,
    PARTS,
    HouseLine,
    HouseName,
    decode_list,
    label_of,
    read_house,
    read_house_list,
    says_what,
)
from central.people.community.permissions import EDIT_HOUSES
from central.people.community.queries import CommunityView, house_called, tree_of
from central.people.community.rules import floor_of
from central.people.community.service import Fate, HousePlan, add_houses, plan_houses

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_HOUSES)]

LIST_MAX = 500_000
"""Characters or bytes: a hundred for each line that may be sent."""


@pages.get("/setup/houses")
def houses(
    request: Request, db: Db, actor: Editor, community: UUID | None = None, made: int | None = None, floors: int = 0
) -> Response:
    return _page(request, db, actor, place_of(request, db, actor, EDIT_HOUSES, community), made=made, floors=floors)


@pages.post("/setup/houses")
def add_one(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """One house, with its building and unit where they are new."""
    chosen, form, t = place_sent(db, actor, EDIT_HOUSES, sent), kept("house", sent), words_of(request)
    try:
        house = _house(sent)
        label = label_of(house)
        if house_called(db, chosen.community_id, label) is not None:
            raise Conflict("community.house_exists", label=label)
        floor = _floor(sent)
        add_houses(db, actor, chosen.community_id, [house], {label: floor} if floor else None)
    except (Invalid, Conflict) as problem:
        return _page(request, db, actor, chosen, one=refused(t, form, problem, "number"))
    return redirect(request, f"/setup/houses?community={chosen.community_id}&made=1")


@pages.post("/setup/houses/check", dependencies=[takes(BODY_MAX)])
def check(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """What the list would make, line by line. Nothing is made yet."""
    chosen, t = place_sent(db, actor, EDIT_HOUSES, sent), words_of(request)
    try:
        text = _list(sent)
        plan = _plan(db, chosen, text)
    except Invalid as problem:
        form = Filled("many", {"lines": lines_of(sent, "lines", LIST_MAX)})
        return _page(request, db, actor, chosen, many=refused(t, form, problem, "lines"))
    return _page(request, db, actor, chosen, many=Filled("many", {"lines": text}), plan=plan)


@pages.post("/setup/houses/save", dependencies=[takes(BODY_MAX)])
def save(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """Make what can be made of the list that was looked over. Sent twice, the second makes nothing.

    Lines that were not understood come back in the box, so that nobody has to look for them in their own list. That
    answer is a page, not a redirect: it holds what was sent, and may be sent again.
    """
    chosen = place_sent(db, actor, EDIT_HOUSES, sent)
    plan = _plan(db, chosen, lines_of(sent, "lines", LIST_MAX))
    made = add_houses(db, actor, chosen.community_id, plan.houses, plan.floors)
    floors = plan.count(Fate.FLOOR)
    left = [planned.line for planned in plan.lines if planned.fate is Fate.WRONG]
    if left:
        again = Filled("many", {"lines": "\n".join(line.text for line in left)})
        return _page(request, db, actor, chosen, many=again, made=made, floors=floors, left=left)
    told = f"&floors={floors}" if floors else ""
    return redirect(request, f"/setup/houses?community={chosen.community_id}&made={made}{told}")


def _page(
    request: Request, db: Session, actor: Actor, chosen: CommunityView | None, *, one: Filled | None = None,
    many: Filled | None = None, plan: HousePlan | None = None, made: int | None = None,
    floors: int = 0, left: Sequence[HouseLine] = (),
) -> Response:  # fmt: skip
    one, many = one or Filled("house"), many or Filled("many")
    tree = tree_of(db, chosen.community_id) if chosen else []
    return page(
        request, "console/setup/houses.html", status_code=max(one.status, many.status), now=clock.now(),
        unit_said=lambda building, unit: unit_said(words_of(request), building, unit),
        places=[chosen] if chosen else [], community=chosen, one=one, many=many, plan=plan, made=made, floors=floors,
        left=left, tree=tree, total=sum(len(unit.numbers) for unit in tree),
    )  # fmt: skip


def unit_said(t: Words, building: str, unit: str | None) -> str:
    """5 栋 2 单元, or 5 栋 where there is no unit; what a label says by itself is not said again (综合楼)."""
    whole = building if says_what(building) else t("setup.building_alone", building=building)
    if not unit:
        return whole
    return t("setup.unit_of", building=whole, unit=unit if says_what(unit) else t("setup.unit_alone", unit=unit))


def _house(sent: FormData) -> HouseName:
    building, unit, number = (text_of(sent, name) for name in PARTS)
    house, wrong = read_house(building, unit, number)
    if wrong:
        raise Invalid(fields=wrong)
    return house


def _floor(sent: FormData) -> str | None:
    """The floor where one was typed; most houses have no lift."""
    text = text_of(sent, "floor")
    floor = floor_of(text)
    if text and floor is None:
        raise Invalid(fields={"floor": "community.floor_letters"})
    return floor


def _list(sent: FormData) -> str:
    """The file when one came, else what was pasted."""
    file = sent.get("file")
    if isinstance(file, UploadFile) and file.size:
        if file.size > LIST_MAX:
            raise Invalid(fields={"file": "community.list_too_long"}, most=LINES_MAX)
        text = decode_list(file.file.read())
        if text is None:
            raise Invalid(fields={"file": "setup.file_unread"})
        return text
    text = lines_of(sent, "lines", LIST_MAX + 1)
    if not text:
        raise Invalid(fields={"lines": "setup.lines_needed"})
    if len(text) > LIST_MAX:
        raise Invalid(fields={"lines": "community.list_too_long"}, most=LINES_MAX)
    return text


def _plan(db: Session, chosen: CommunityView, text: str) -> HousePlan:
    lines: list[HouseLine] = read_house_list(text)
    if not lines:
        raise Invalid(fields={"lines": "setup.lines_needed"})
    return plan_houses(db, chosen.community_id, lines)
