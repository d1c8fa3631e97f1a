"""A resident and a home: moving in, putting the record right, groups at the gates, moving out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
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
from central.gates.access import service as access
from central.gates.access.permissions import ISSUE_RESIDENT_PASSES
from central.gates.access.queries import cardholder_of, passes_of, rules_of
from central.gates.access.queries_households import block_of
from central.gates.access.rules import RESIDENT_GROUP
from central.gates.access.where_opens import Ahead
from central.oversight.console.children import children_said
from central.oversight.console.forms import Filled, Sent, all_of, day_of, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import communities_for, page, pick, words_of
from central.oversight.console.opening import OpensNowhere, demand_way_in, opening_said
from central.oversight.console.setup.place import place_sent, uuid_of
from central.oversight.console.setup.rules import group_said, groups_known
from central.people.community.permissions import EDIT_PEOPLE
from central.people.community.queries import alike_at_home, community_of, homes_of, house_called, houses_of, resident_of
from central.people.community.rules import NAME_MAX, PHONE, REASON_MAX, Alike, Tie, tidy_name, tidy_phone
from central.people.community.service import add_resident, correct_resident, end_residency, withdraw_resident
from central.people.community.views import ResidentView
from central.people.consent.guardians import children_of
from models.access.credential import Window
from models.values.ids import new_id
from models.values.text import Printable
from models.values.time import SITE_TZ, site_day

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_PEOPLE)]


class MaybeThere(Exception):
    """Somebody of that house has the same name or number: asked about before a person is registered twice."""

    def __init__(self, found: list[tuple[ResidentView, Alike]]) -> None:
        super().__init__("somebody alike is at home there")
        self.found = found


FIRST_DAY, LAST_DAY = date(1950, 1, 1), date(2100, 1, 1)


@pages.get("/people/new")
def new(request: Request, db: Db, actor: Editor, community: UUID | None = None, house: Printable = "") -> Response:
    today = site_day(clock.now()).isoformat()
    values: dict[str, str | list[str]] = {
        "house": house, "starts": today, "tie": Tie.OWNER.value, "gates": "yes", "groups": [RESIDENT_GROUP],
        "resident": str(new_id()),
    }  # fmt: skip
    return _new_page(request, db, actor, community, Filled("new", values))


@pages.post("/people/new")
def move_in(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """The form carries the id of the stay it makes: sent twice, somebody moves in once."""
    chosen, t = place_sent(db, actor, EDIT_PEOPLE, sent), words_of(request)
    form = kept("new", sent, several=("groups",))
    try:
        with db.begin_nested():
            made = _move_in(db, actor, chosen.community_id, sent, clock.now())
    except MaybeThere as asked:
        return _new_page(
            request, db, actor, chosen.community_id, replace(form, status=Conflict.status), there=asked.found
        )
    except (Invalid, Conflict) as problem:
        return _new_page(request, db, actor, chosen.community_id, refused(t, form, problem, "house"))
    return redirect(request, f"/people/homes/{made}?said=added")


@pages.get("/people/homes/{resident_id}")
def home(request: Request, resident_id: UUID, db: Db, actor: Editor, said: Printable = "") -> Response:
    return _home_page(request, db, _found(db, actor, resident_id), said=said)


@pages.post("/people/homes/{resident_id}/correct")
def correct(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    here, form = _found(db, actor, resident_id), kept("correct", sent)
    name, phone = text_of(sent, "name"), text_of(sent, "phone")
    try:
        tie = _tie(sent)
        if not name and not phone and tie.value == here.tie:
            raise Invalid(fields={"name": "people.correct_nothing"})
        with db.begin_nested():
            correct_resident(
                db, actor, resident_id, text_of(sent, "reason"), name=name or None, phone=_phone(phone) or None,
                tie=tie if tie.value != here.tie else None,
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return _home_page(request, db, here, wrong=refused(words_of(request), form, problem, "name"))
    return _saved(request, resident_id)


@pages.post("/people/homes/{resident_id}/another")
def another(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """Another house for the same person: their passes and groups stay as they are."""
    here, form = _found(db, actor, resident_id), kept("another", sent)
    try:
        house, starts_at, ends_at = _stay(db, here.community_id, sent)
        with db.begin_nested():
            made = add_resident(
                db, actor, house, "", None, _tie(sent), starts_at=starts_at, ends_at=ends_at,
                person_id=here.person_id, resident_id=uuid_of(sent, "resident"),
            )  # fmt: skip
    except (Invalid, Conflict) as problem:
        return _home_page(request, db, here, wrong=refused(words_of(request), form, problem, "house"))
    return _saved(request, made.id)


@pages.post("/people/homes/{resident_id}/end")
def move_out(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """The last day is lived to its end: everything that hangs on the home ends at the midnight after it."""
    here, form, reason = _found(db, actor, resident_id), kept("end", sent), text_of(sent, "reason")
    try:
        if not reason or len(reason) > REASON_MAX:
            raise Invalid(fields={"reason": "community.reason_needed"})
        with db.begin_nested():
            end_residency(db, actor, resident_id, _after(_day(sent, "ends_at")), reason)
    except (Invalid, Conflict) as problem:
        return _home_page(request, db, here, wrong=refused(words_of(request), form, problem, "ends_at"))
    return redirect(request, f"/people/homes/{resident_id}?said=out")


@pages.post("/people/homes/{resident_id}/withdraw")
def withdraw(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """Registered wrongly: over now and not at midnight. A second press finds it done."""
    here, form, now = _found(db, actor, resident_id), kept("withdraw", sent), clock.now()
    one_at_a_time(db, "withdraw", resident_id)
    here = resident_of(db, resident_id)
    if here.ends_at is not None and here.ends_at <= now:
        return _saved(request, resident_id)
    try:
        with db.begin_nested():
            withdraw_resident(db, actor, resident_id, text_of(sent, "reason"), now)
    except (Invalid, Conflict) as problem:
        return _home_page(request, db, here, wrong=refused(words_of(request), form, problem, "reason"))
    return _saved(request, resident_id)


@pages.post("/people/homes/{resident_id}/groups")
def groups(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """Make the person known to the gates, or put them into other groups."""
    here, form = _found(db, actor, resident_id), kept("groups", sent, several=("groups",))
    holder = cardholder_of(db, here.community_id, here.person_id, clock.now())
    try:
        wanted = _groups(sent)
        with db.begin_nested():
            if holder is None:
                access.add_cardholder(db, actor, here.community_id, here.person_id, wanted)
            elif set(holder.groups) != set(wanted):
                access.change_groups(db, actor, holder.cardholder_id, wanted)
    except (Invalid, Conflict) as problem:
        return _home_page(request, db, here, wrong=refused(words_of(request), form, problem, "groups"))
    return _saved(request, resident_id)


@pages.post("/people/homes/{resident_id}/block")
def block(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """Block or unblock, as `deed` says. A second press finds it done."""
    here, form, reason = _found(db, actor, resident_id), kept("block", sent), text_of(sent, "reason")
    one_at_a_time(db, "block", here.person_id)
    holder = cardholder_of(db, here.community_id, here.person_id, clock.now())
    wanted = text_of(sent, "deed") == "block"
    if holder is None or (holder.blocked_at is not None) == wanted:
        return _saved(request, resident_id)
    if not reason or len(reason) > REASON_MAX:
        problem = Invalid(fields={"reason": "community.reason_needed"})
        return _home_page(request, db, here, wrong=refused(words_of(request), form, problem, "reason"))
    if wanted:
        access.block_cardholder(db, actor, holder.cardholder_id, reason, now=clock.now())
    else:
        access.unblock_cardholder(db, actor, holder.cardholder_id, reason)
    return _saved(request, resident_id)


@pages.post("/people/homes/{resident_id}/household")
def household(request: Request, resident_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    """Keep the whole household out until the end of a day, or let it in again, as `deed` says."""
    here, form, now = _found(db, actor, resident_id), kept("household", sent), clock.now()
    one_at_a_time(db, "household", here.house_id)
    standing, wanted = block_of(db, here.house_id, now), text_of(sent, "deed") == "block"
    if (standing is not None) == wanted:
        return _saved(request, resident_id)
    reason = text_of(sent, "reason")
    try:
        with db.begin_nested():
            if standing is None:
                access.block_household(db, actor, here.house_id, _after(_day(sent, "until")), reason, now=now)
            else:
                access.end_household_block(db, actor, standing.block_id, reason, now=now)
    except (Invalid, Conflict) as problem:
        return _home_page(request, db, here, wrong=refused(words_of(request), form, problem, "reason"))
    return _saved(request, resident_id)


@pages.post("/people/homes/{resident_id}/pass")
def issue_pass(
    request: Request, resident_id: UUID, db: Db, actor: Annotated[Actor, requires(ISSUE_RESIDENT_PASSES)], sent: Sent
) -> Response:
    """A pass of the resident's own. Pressed twice, the second leads to the one that the first has made."""
    here, form, now = resident_of(db, resident_id), kept("pass", sent), clock.now()
    actor.demand(ISSUE_RESIDENT_PASSES, here.community_id)
    actor.demand(EDIT_PEOPLE, here.community_id)  # the refused form shows what only an editor sees
    one_at_a_time(db, "pass", here.person_id)
    holder = cardholder_of(db, here.community_id, here.person_id, now)
    if holder is None:
        return _saved(request, resident_id)
    try:
        window = Window(
            start=datetime.combine(_day(sent, "starts"), time(), SITE_TZ), end=_after(_day(sent, "ends_at"))
        )
        for one in passes_of(db, frozenset({here.community_id}), now, limit=20):
            same = (one.cardholder_id, one.not_before, one.not_after) == (
                holder.cardholder_id,
                window.start,
                window.end,
            )
            if same and one.revoked_at is None:
                return redirect(request, f"/visitors/{one.pass_id}")
        with db.begin_nested():
            made = access.issue_resident_pass(db, actor, holder.cardholder_id, window=window, now=now)
            demand_way_in(db, made.pass_id, now, text_of(sent, "anyway"))
    except OpensNowhere as asked:
        return _home_page(request, db, here, wrong=replace(form, status=Conflict.status), nowhere=asked.ahead)
    except (Invalid, Conflict) as problem:
        return _home_page(request, db, here, wrong=refused(words_of(request), form, _at_the_end(problem), "ends_at"))
    return redirect(request, f"/visitors/{made.pass_id}")


def _at_the_end(problem: Invalid | Conflict) -> Invalid | Conflict:
    """What is wrong with a window is said beside its end, the field that such a form has for it."""
    if isinstance(problem, Invalid) and "window" in problem.fields:
        problem.fields["ends_at"] = problem.fields.pop("window")
    return problem


def _move_in(db: Session, actor: Actor, community_id: UUID, sent: FormData, now: datetime) -> UUID:
    name = tidy_name(text_of(sent, "name"))
    if not name or len(name) > NAME_MAX:
        raise Invalid(fields={"name": "community.name_needed"})
    phone, tie = _phone(text_of(sent, "phone")), _tie(sent)
    house, starts_at, ends_at = _stay(db, community_id, sent)
    if not text_of(sent, "alike"):
        _demand_nobody_alike(db, house, name, phone or None, starts_at, ends_at, uuid_of(sent, "resident"))
    known = bool(text_of(sent, "gates"))
    wanted = _groups(sent) if known else []
    made = add_resident(
        db, actor, house, name, phone or None, tie, starts_at=starts_at, ends_at=ends_at,
        resident_id=uuid_of(sent, "resident"),
    )  # fmt: skip
    if known and cardholder_of(db, community_id, made.person_id, now) is None:
        access.add_cardholder(db, actor, community_id, made.person_id, wanted)
    return made.id


def _demand_nobody_alike(
    db: Session, house: UUID, name: str, phone: str | None, starts_at: datetime, ends_at: datetime | None, made: UUID
) -> None:
    """Raises `MaybeThere`, unless this very form was sent before and has made whoever is there."""
    one_at_a_time(db, "alike", house)
    found = alike_at_home(db, house, name, phone, starts_at, ends_at)
    if found and all(view.resident_id != made for view, _ in found):
        raise MaybeThere(found)


def _stay(db: Session, community_id: UUID, sent: FormData) -> tuple[UUID, datetime, datetime | None]:
    """(house, first instant, end or None) as the form says it."""
    house = house_called(db, community_id, text_of(sent, "house"))
    if house is None:
        raise Invalid(fields={"house": "passes.house_unknown"})
    starts_at = datetime.combine(_day(sent, "starts"), time(), SITE_TZ)
    return house.house_id, starts_at, _after(_day(sent, "ends_at")) if text_of(sent, "ends_at") else None


def _day(sent: FormData, name: str) -> date:
    day = day_of(text_of(sent, name), name)
    if not FIRST_DAY <= day < LAST_DAY:
        raise Invalid(fields={name: "form.day_needed"})
    return day


def _after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), SITE_TZ).astimezone(UTC)


def _tie(sent: FormData) -> Tie:
    tie = text_of(sent, "tie")
    if tie not in set(Tie):
        raise Invalid(fields={"tie": "people.tie_needed"})
    return Tie(tie)


def _phone(text: str) -> str:
    tidied = tidy_phone(text)
    if tidied and not re.fullmatch(PHONE, tidied):
        raise Invalid(fields={"phone": "people.phone_form"})
    return tidied


def _groups(sent: FormData) -> list[str]:
    wanted = [*all_of(sent, "groups"), *re.split(r"[,，、\s]+", text_of(sent, "other_groups"))]
    if not any(wanted):
        raise Invalid(fields={"groups": "setup.group_needed"})
    return [group for group in wanted if group]


def _found(db: Session, actor: Actor, resident_id: UUID) -> ResidentView:
    here = resident_of(db, resident_id)
    actor.demand(EDIT_PEOPLE, here.community_id)
    return here


def _saved(request: Request, resident_id: UUID) -> Response:
    return redirect(request, f"/people/homes/{resident_id}?said=saved")


def _new_page(
    request: Request, db: Session, actor: Actor, asked: UUID | None, form: Filled, *,
    there: list[tuple[ResidentView, Alike]] | None = None,
) -> Response:  # fmt: skip
    t, places = words_of(request), communities_for(db, actor, EDIT_PEOPLE)
    chosen = pick(request, places, asked)
    return page(
        request, "console/resident_new.html", status_code=form.status, now=clock.now(), places=places,
        community=chosen, missing="houses" if chosen and not houses_of(db, chosen.community_id, limit=1) else "",
        form=form, there=there or [], ties=list(Tie),
        groups=_known(db, chosen.community_id, t) if chosen else [],
    )  # fmt: skip


def _home_page(
    request: Request, db: Session, here: ResidentView, *, wrong: Filled | None = None, said: str = "",
    nowhere: Ahead | None = None,
) -> Response:  # fmt: skip
    t, now = words_of(request), clock.now()
    holder = cardholder_of(db, here.community_id, here.person_id, now)
    blank = {
        "correct": Filled("correct", {"tie": here.tie}),
        "another": Filled("another", {"starts": site_day(now).isoformat(), "tie": here.tie, "resident": str(new_id())}),
        "end": Filled("end", {"ends_at": site_day(now).isoformat()}),
        "withdraw": Filled("withdraw"),
        "groups": Filled("groups", {"groups": list(holder.groups) if holder else [RESIDENT_GROUP]}),
        "block": Filled("block"),
        "household": Filled("household", {"until": site_day(now).isoformat()}),
        "pass": Filled("pass", _year_from(site_day(now))),
    }
    place = community_of(db, here.community_id)
    known = _known(db, here.community_id, t)
    called = dict(known)
    mine = holder.groups if holder else ()
    return page(
        request, "console/resident.html", status_code=wrong.status if wrong else 200, now=now, places=[place],
        community=place, one=here, ties=list(Tie), holder=holder,
        household=block_of(db, here.house_id, now),
        homes=homes_of(db, here.person_id, here.community_id),
        said=said if said in ("added", "saved") or (said == "out" and here.ends_at) else "",
        groups=[*known, *((group, group) for group in mine if group not in called)],
        in_groups=[called.get(group, group) for group in mine],
        nowhere=opening_said(db, t, here.community_id, nowhere, now) if nowhere else None,
        children=children_said(t, db, children_of(db, here.resident_id, now), now) if said == "added" else (),
        forms=blank | ({wrong.key: wrong} if wrong else {}), wrong=wrong.key if wrong else None,
    )  # fmt: skip


def _year_from(day: date) -> dict[str, str | list[str]]:
    return {"starts": day.isoformat(), "ends_at": (day + timedelta(days=364)).isoformat()}


def _known(db: Session, community_id: UUID, t: Words) -> list[tuple[str, str]]:
    """The groups a person can be put into: every group that a rule names. Visitors are in theirs by their pass."""
    found = (group for group in groups_known(rules_of(db, community_id)) if group != "visitor")
    return [(group, group_said(t, group)) for group in found]
