"""Visitor passes: the list, a new one, the pass itself to show or print, and its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid
from central.base.kernel.i18n import Words
from central.base.kernel.paging import PageAsk, Paging
from central.base.web.render import redirect
from central.gates.access import queries, service
from central.gates.access.permissions import ISSUE_PASSES, READ_PASSES, REVOKE_PASSES, to_issue
from central.gates.access.rules import PassState
from central.gates.access.views import PassView
from central.gates.access.where_opens import Ahead
from central.oversight.console.forms import (
    LOCAL,
    Filled,
    Sent,
    all_of,
    instant_of,
    kept,
    local,
    one_at_a_time,
    refused,
    sent_again,
    text_of,
    used_up,
)
from central.oversight.console.frame import AGAIN, communities_for, fragment, page, parts_of, pick, session_of, words_of
from central.oversight.console.link_code import base_for_others, base_for_phones, link_code
from central.oversight.console.opening import OpensNowhere, ahead_of, demand_way_in, opening_said
from central.people.community.house_list import label_said
from central.people.community.permissions import READ_HOUSES
from central.people.community.queries import CommunityView, community_of, gates_of, house_called, houses_of, lanes_of
from central.people.community.rules import REASON_MAX, mask, tidy_name
from models.access.credential import Window
from models.values.plate import normalised
from models.values.text import Printable
from models.values.time import SITE_TZ
from models.wire.plates import masked

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_PASSES)]
Changer = Annotated[Actor, requires(REVOKE_PASSES)]

FOUND_MAX = 50
SHOWABLE = (PassState.OPEN, PassState.UPCOMING)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, kept as it was when it cannot be taken."""

    house: str = ""
    name: str = ""
    phone: str = ""
    start: str = ""
    end: str = ""
    uses: str = "1"
    party: str = "1"
    gates: tuple[int, ...] | None = None
    plate: str = ""


def blank_form(now: datetime) -> Typed:
    """From now to three hours on: what a visitor at the desk usually needs."""
    here = now.astimezone(SITE_TZ)
    return Typed(start=here.strftime(LOCAL), end=(here + timedelta(hours=3)).strftime(LOCAL))


@dataclass(frozen=True, slots=True)
class Shown:
    """Which passes the list shows: a page of the visitors' or of the residents' own, or what was searched for."""

    whose: Literal["visitors", "residents"] = "visitors"
    after: str | None = None
    who: str = ""


@pages.get("/visitors")
def passes(
    request: Request, db: Db, actor: Reader, paging: Paging, community: UUID | None = None,
    whose: Literal["visitors", "residents"] = "visitors", found: Printable = "",
) -> Response:  # fmt: skip
    """`found`: what was searched for a moment ago; a search that is forgotten shows the newest."""
    now = clock.now()
    who = parts_of(request).asked.words(session_of(request), found, now) if found else None
    return _list(request, db, actor, community, blank_form(now), shown=Shown(whose, paging.after, who or ""))


@pages.post("/visitors/find")
def look_up(
    request: Request, db: Db, actor: Reader, community: Annotated[UUID, Form()],
    who: Annotated[Printable, Form(max_length=80)] = "",
) -> Response:  # fmt: skip
    """By house, name or the end of a phone, in the body: a name in an address would stay in histories and logs."""
    actor.demand(READ_PASSES, community_of(db, community).community_id)
    if not who.strip():
        return redirect(request, f"/visitors?community={community}")
    token = parts_of(request).asked.keep(session_of(request), who.strip(), clock.now())
    return redirect(request, f"/visitors?found={token}&community={community}#list")  # on a phone the form is above it


def _list(
    request: Request, db: Session, actor: Actor, asked: UUID | None, form: Typed, problem: Invalid | None = None,
    nowhere: Ahead | None = None, shown: Shown | None = None,
) -> Response:  # fmt: skip
    now, t, shown = clock.now(), words_of(request), shown or Shown()
    places = communities_for(db, actor, READ_PASSES)
    chosen = pick(request, places, asked)
    fields = {name: t(key, **problem.params) for name, key in problem.fields.items()} if problem else {}
    newest = queries.passes_of(db, frozenset({chosen.community_id}), now, limit=1) if chosen else []
    listed, following = _listed(db, chosen, shown, now)
    gates = gates_of(db, chosen.community_id) if chosen else []
    missing = "" if chosen is None else "gates" if not gates else "" if _has_houses(db, chosen) else "houses"
    return page(
        request, "console/passes.html", status_code=_status(problem, nowhere), now=now, places=places,
        community=chosen, form=form, fields=fields, said=_said_above(t, problem, fields) if problem else None,
        newest=newest[0].pass_id if newest else None, whose=shown.whose, who=shown.who,
        passes=listed[:FOUND_MAX], more=len(listed) > FOUND_MAX, next=following,
        gates=gates, missing=missing,
        ways_in={one.lane.gate_number for one in lanes_of(db, chosen.community_id)} if chosen else frozenset(),
        nowhere=opening_said(db, t, chosen.community_id, nowhere, now) if nowhere and chosen else None,
    )  # fmt: skip


def _has_houses(db: Session, chosen: CommunityView) -> bool:
    return bool(houses_of(db, chosen.community_id, limit=1))


def _said_above(t: Words, problem: Invalid, fields: dict[str, str]) -> str:
    """Above the form, unless the very same stands beside a field: then only that something is to be mended."""
    said = t(problem.key, **problem.params)
    return t("problem.invalid.detail") if said in fields.values() else said


def _listed(
    db: Session, chosen: CommunityView | None, shown: Shown, now: datetime
) -> tuple[list[PassView], str | None]:
    if chosen is None:
        return [], None
    if shown.who:
        return queries.visitors_meant(db, chosen.community_id, shown.who, now, FOUND_MAX + 1), None
    ask = PageAsk(after=shown.after, limit=FOUND_MAX)
    return queries.passes_page(db, chosen.community_id, shown.whose == "visitors", ask, now)


def _status(problem: Invalid | None, nowhere: Ahead | None) -> int:
    return problem.status if problem else Conflict.status if nowhere else 200


@pages.get("/visitors/houses")
def house_choices(
    request: Request, db: Db, actor: Annotated[Actor, requires(READ_HOUSES)], community: UUID, house: Printable = ""
) -> Response:
    """The houses whose number begins as typed, for the field's own list."""
    actor.demand(READ_HOUSES, community_of(db, community).community_id)
    return fragment(request, "console/houses.html", now=clock.now(), houses=houses_of(db, community, house.strip(), 12))


@pages.post("/visitors")
def issue(
    request: Request, db: Db, actor: Annotated[Actor, requires(ISSUE_PASSES)], community: Annotated[UUID, Form()],
    house: Annotated[Printable, Form(max_length=40)] = "", name: Annotated[Printable, Form(max_length=60)] = "",
    phone: Annotated[Printable, Form(max_length=20)] = "", start: Annotated[Printable, Form(max_length=30)] = "",
    end: Annotated[Printable, Form(max_length=30)] = "", uses: Annotated[Printable, Form(max_length=4)] = "1",
    party: Annotated[Printable, Form(max_length=4)] = "1", gates: Annotated[list[int] | None, Form()] = None,
    plate: Annotated[Printable, Form(max_length=40)] = "",
    after: Annotated[Printable, Form(max_length=40)] = "", anyway: Annotated[Printable, Form(max_length=4)] = "",
) -> Response:  # fmt: skip
    """Issue and show it. What cannot be taken comes back as it was typed, with the reason beside the field.

    A pass that lets nobody in is asked about first: `anyway` is the answer.
    `after` is the newest pass when the form was drawn. The same pass, issued since by the same person, is what the
    first of two presses has made: the second leads to it.
    """
    form = Typed(house, name, phone, start, end, uses, party, tuple(gates or ()), plate)
    actor.demand(ISSUE_PASSES, community_of(db, community).community_id)
    one_at_a_time(db, "visitor", community)
    made = _made_since(db, actor, community, form, after)
    if made is not None:
        return redirect(request, f"/visitors/{made.pass_id}")
    try:
        # A savepoint: what the service wrote before it refused is taken back, the answer is a page all the same.
        with db.begin_nested():
            issued = service.issue_visitor_pass(
                db, actor, _house(db, community, house), name, phone.strip() or None, form.gates,
                Window(
                    start=instant_of(start, "window", "passes.window_needed"),
                    end=instant_of(end, "window", "passes.window_needed"),
                ), _number(uses, "uses"), _number(party, "party"),
                now=clock.now(), plate=plate.strip() or None,
            )  # fmt: skip
            demand_way_in(db, issued.pass_id, clock.now(), anyway)
    except OpensNowhere as asked:
        return _list(request, db, actor, community, form, nowhere=asked.ahead)
    except Invalid as problem:
        return _list(request, db, actor, community, form, problem)
    except Conflict as problem:  # the house, as things stand
        return _list(request, db, actor, community, form, Invalid(problem.key, fields={"house": problem.key}))
    return redirect(request, f"/visitors/{issued.pass_id}")


def _made_since(db: Session, actor: Actor, community: UUID, form: Typed, after: str) -> PassView | None:
    if not after:
        return None
    told = (
        label_said(form.house),
        mask(tidy_name(form.name)),
        form.start,
        form.end,
        form.uses.strip(),
        form.party.strip(),
        masked(normalised(form.plate)) if form.plate.strip() else None,
    )
    for one in queries.passes_of(db, frozenset({community}), clock.now(), limit=20):
        if str(one.pass_id) == after:
            return None
        times = local(one.not_before), local(one.not_after)
        said = (one.house, one.label, *times, str(one.uses), str(one.party), one.plate)
        same_gates = set(one.gates) == set(form.gates or ())
        if said == told and same_gates and one.issued_by == actor.name and one.revoked_at is None:
            return one
    return None


def _house(db: Session, community: UUID, label: str) -> UUID:
    house = house_called(db, community, label)
    if house is None:
        raise Invalid(fields={"house": "passes.house_unknown"})
    return house.house_id


def _number(text: str, field: str) -> int:
    digits = text.strip()
    if not digits.isdecimal() or len(digits) > 4:
        raise Invalid(fields={field: "passes.number_needed"})
    return int(digits)


@pages.get("/visitors/{pass_id}")
def show(request: Request, pass_id: UUID, db: Db, actor: Reader) -> Response:
    """The pass as the visitor's phone shows it. Only who may issue sees the code itself, and that is audited."""
    return _one(request, db, actor, pass_id)


def _one(
    request: Request, db: Session, actor: Actor, pass_id: UUID, problem: Invalid | None = None, link: str | None = None
) -> Response:
    now, t = clock.now(), words_of(request)
    one = queries.pass_view(db, pass_id, now)
    actor.demand(READ_PASSES, one.community_id)
    community = community_of(db, one.community_id)
    issuer = actor.may(to_issue(one.cardholder_id is not None), one.community_id)
    shown = one.state in SHOWABLE and issuer
    ahead = ahead_of(db, one, now) if one.state in SHOWABLE else None
    return page(
        request, "console/pass.html", status_code=problem.status if problem else 200, now=now, places=[community],
        community=community, one=one, issuer=issuer, gate_names=_gate_names(db, community, one.gates),
        qr=service.picture(service.show_pass(db, actor, pass_id, now=now).token, "svg").decode() if shown else None,
        fields={name: t(key) for name, key in problem.fields.items()} if problem else {},
        link=link, link_code=link_code(link) if link and base_for_phones(request) else None,
        linked=service.link_of(db, pass_id) if shown else None,
        ahead=ahead, opening=opening_said(db, t, one.community_id, ahead, now) if ahead else [],
    )  # fmt: skip


def _gate_names(db: Session, community: CommunityView, numbers: tuple[int, ...]) -> list[str]:
    return [gate.name for gate in gates_of(db, community.community_id) if gate.number in numbers]


@pages.post("/visitors/{pass_id}/link")
def make_link(
    request: Request, pass_id: UUID, db: Db, actor: Annotated[Actor, requires(ISSUE_PASSES)], sent: Sent
) -> Response:
    """A link for the visitor's own phone, shown this once. The one before it ends."""
    one = queries.pass_view(db, pass_id, clock.now())
    actor.demand(READ_PASSES, one.community_id)
    if one.state not in SHOWABLE:
        return redirect(request, f"/visitors/{pass_id}")
    one_at_a_time(db, "link", pass_id)
    if sent_again(request, sent):
        return redirect(request, f"/visitors/{pass_id}?said={AGAIN}")
    token = service.make_link(db, actor, pass_id, now=clock.now())
    used_up(request, sent)
    return _one(request, db, actor, pass_id, link=f"{base_for_others(request)}/pass/{token}")


@pages.get("/visitors/{pass_id}/change")
def ask_change(request: Request, pass_id: UUID, db: Db, actor: Changer) -> Response:
    one = _changing(db, actor, pass_id, clock.now())
    values: dict[str, str | list[str]] = {
        "start": local(one.not_before), "end": local(one.not_after), "uses": str(one.uses), "party": str(one.party),
        "gates": [str(number) for number in one.gates],
    }  # fmt: skip
    return _change_page(request, db, one, Filled("change", values))


@pages.post("/visitors/{pass_id}/change")
def change(request: Request, pass_id: UUID, db: Db, actor: Changer, sent: Sent) -> Response:
    """The old code ends, a new one takes its place. Pressed twice, the second leads to the one that the first made."""
    now = clock.now()
    one, form, reason = (
        _changing(db, actor, pass_id, now),
        kept("change", sent, several=("gates",)),
        text_of(sent, "reason"),
    )
    one_at_a_time(db, "change", pass_id)
    follower = next(
        (p for p in queries.passes_of(db, frozenset({one.community_id}), now) if p.replaces == pass_id), None
    )
    if follower is not None:
        return redirect(request, f"/visitors/{follower.pass_id}")
    try:
        if not reason or len(reason) > REASON_MAX:
            raise Invalid(fields={"reason": "community.reason_needed"})
        window = Window(start=instant_of(text_of(sent, "start"), "start"), end=instant_of(text_of(sent, "end"), "end"))
        visitor = one.kind == "visitor"
        with db.begin_nested():
            issued = service.change_pass(
                db, actor, pass_id, reason=reason, now=now, window=window, gates=_gates(sent),
                uses=_number(text_of(sent, "uses"), "uses") if visitor else None,
                party=_number(text_of(sent, "party"), "party") if visitor else None,
            )  # fmt: skip
            demand_way_in(db, issued.pass_id, now, text_of(sent, "anyway"))
    except OpensNowhere as asked:
        return _change_page(request, db, one, replace(form, status=Conflict.status), asked.ahead)
    except (Invalid, Conflict) as problem:
        return _change_page(request, db, one, refused(words_of(request), form, problem, "reason"))
    return redirect(request, f"/visitors/{issued.pass_id}")


def _changing(db: Session, actor: Actor, pass_id: UUID, now: datetime) -> PassView:
    one = queries.pass_view(db, pass_id, now)
    actor.demand(REVOKE_PASSES, one.community_id)
    actor.demand(to_issue(one.cardholder_id is not None), one.community_id)
    return one


def _gates(sent: FormData) -> list[int]:
    numbers = all_of(sent, "gates")
    return [int(number) for number in numbers if number.isascii() and number.isdecimal() and len(number) < 3]


def _change_page(request: Request, db: Session, one: PassView, form: Filled, nowhere: Ahead | None = None) -> Response:
    now, place = clock.now(), community_of(db, one.community_id)
    return page(
        request, "console/pass_change.html", status_code=form.status, now=now, places=[place], community=place,
        one=one, form=form, gates=[(str(gate.number), gate.name) for gate in gates_of(db, one.community_id)],
        changeable=one.state in SHOWABLE,
        nowhere=opening_said(db, words_of(request), one.community_id, nowhere, now) if nowhere else None,
    )  # fmt: skip


@pages.post("/visitors/{pass_id}/revoke")
def revoke(
    request: Request, pass_id: UUID, db: Db, actor: Annotated[Actor, requires(REVOKE_PASSES)],
    reason: Annotated[Printable, Form(max_length=200)] = "",
) -> Response:  # fmt: skip
    if not reason.strip():
        return _one(request, db, actor, pass_id, Invalid(fields={"reason": "pass.reason_needed"}))
    one = queries.pass_view(db, pass_id, clock.now())
    actor.demand(REVOKE_PASSES, one.community_id)
    if one.state is not PassState.REVOKED:  # a second press finds it done
        service.revoke_pass(db, actor, pass_id, reason.strip(), now=clock.now())
    return redirect(request, f"/visitors/{pass_id}")
