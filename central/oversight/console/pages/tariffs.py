"""Tariffs 收费标准: the versions of a community, the two persons that bring one into force, and a simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from central.base.kernel.i18n import Words
from central.base.web.render import redirect
from central.gates.parking.permissions import APPROVE_TARIFFS, DRAFT_TARIFFS, READ_STAYS, READ_TARIFFS
from central.gates.parking.rules import VersionState
from central.gates.parking.tariffs import service
from central.gates.parking.tariffs.queries import VersionView, calendar_for, versions_of
from central.gates.parking.tariffs.simulating import VEHICLE_CLASSES
from central.gates.parking.tariffs.starts import STARTS
from central.gates.parking.tariffs.terms import Finding, read_terms, terms_of
from central.gates.parking.tariffs.ties import lane_names, ties_in_words, ways_in_of
from central.gates.parking.tariffs.words import class_said, finding_said, prices_said, scope_said, terms_said
from central.oversight.console.forms import Filled, Sent, instant_of, kept, one_at_a_time, refused, text_of
from central.oversight.console.frame import communities_for, page, pick, words_of
from central.oversight.console.setup.place import place_of, place_sent
from central.oversight.console.tariff_form import (
    ENDS,
    SCOPE,
    place_of_finding,
    scope_sent,
    scope_values,
    terms_sent,
    values_of,
)
from central.oversight.console.tariff_trial import trial_of
from central.people.community.queries import CommunityView, lanes_of
from central.people.community.rules import NAME_MAX, tidy_name
from models.parking.scope import TOLD_CLASSES, TOLD_COLOURS, Group
from models.parking.tariff import Tariff
from models.values.text import Printable

pages = APIRouter(include_in_schema=False)
Reader = Annotated[Actor, requires(READ_TARIFFS)]
Drafter = Annotated[Actor, requires(DRAFT_TARIFFS)]
Approver = Annotated[Actor, requires(APPROVE_TARIFFS)]

SHOWN = (VersionState.IN_FORCE, VersionState.PLANNED, VersionState.WAITING)
"""States of versions that still matter, each in full; the others stand in a list."""


@pages.get("/tariffs")
def tariffs(request: Request, db: Db, actor: Reader, community: UUID | None = None) -> Response:
    """Everything but `community` is what the simulator was asked."""
    places = communities_for(db, actor, READ_TARIFFS)
    return _page(request, db, actor, places, pick(request, places, community))


@pages.get("/tariffs/new")
def new(
    request: Request,
    db: Db,
    actor: Drafter,
    community: UUID | None = None,
    start: Printable = "",
    like: UUID | None = None,
) -> Response:
    """`start`: one of the usual ways to charge, or "ends" with the tariff to end in `like`. `like`: a version to begin
    with."""
    chosen = place_of(request, db, actor, DRAFT_TARIFFS, community)
    values: dict[str, str | list[str]] = {}
    if chosen is not None and like is not None:
        found = next((one for one in versions_of(db, chosen.community_id, clock.now()) if one.version_id == like), None)
        if found is None:
            raise NotFound("parking.no_version")
        terms = values_of(terms_of(found.tariff)) if start != ENDS else {"kind": ENDS}
        values = {**terms, "name": found.tariff.name, **scope_values(found.tariff)}
    elif start in STARTS:
        values = {**values_of(STARTS[start])}
    return _form(request, db, chosen, Filled("tariff", values))


@pages.post("/tariffs")
def save(request: Request, db: Db, actor: Drafter, sent: Sent) -> Response:
    """Pressed twice, the second finds the draft that the first has made and shows it."""
    boxes = tuple(f"scope_{kind}" for kind in SCOPE)
    chosen, form = place_sent(db, actor, DRAFT_TARIFFS, sent), kept("tariff", sent, several=boxes)
    one_at_a_time(db, "tariff", chosen.community_id)
    try:
        with db.begin_nested(), ties_in_words(words_of(request)):
            read = _sent(form, sent)
            if not isinstance(read, Tariff):
                return _form(request, db, chosen, Filled("tariff", form.values, _beside(request, read), Invalid.status))
            if not _there(db, actor, chosen, read):
                service.draft_tariff(db, actor, chosen.community_id, read, now=clock.now())
    except Invalid as problem:
        fields = {_field(name): key for name, key in problem.fields.items()}
        problem.fields = fields
        return _form(request, db, chosen, refused(words_of(request), form, problem, "name"))
    except Conflict as problem:
        beside = "scope" if problem.key == "parking.scope_tie" else "name"
        return _form(request, db, chosen, refused(words_of(request), form, problem, beside))
    return redirect(request, f"/tariffs?community={chosen.community_id}")


@pages.post("/tariffs/{version_id}/approve")
def approve(request: Request, version_id: UUID, db: Db, actor: Approver, sent: Sent) -> Response:
    return _deed(
        request, db, actor, version_id, place_sent(db, actor, APPROVE_TARIFFS, sent),
        lambda: service.approve_tariff(db, actor, version_id, now=clock.now()),
    )  # fmt: skip


@pages.post("/tariffs/{version_id}/withdraw")
def withdraw(request: Request, version_id: UUID, db: Db, actor: Drafter, sent: Sent) -> Response:
    reason = text_of(sent, "reason")
    return _deed(
        request, db, actor, version_id, place_sent(db, actor, DRAFT_TARIFFS, sent),
        lambda: service.withdraw_tariff(db, actor, version_id, reason, now=clock.now()),
    )  # fmt: skip


def _deed(
    request: Request, db: Session, actor: Actor, version_id: UUID, chosen: CommunityView, deed: Callable[[], object]
) -> Response:
    """Do it and show how things stand; what is refused is said at the version it was about."""
    try:
        with db.begin_nested(), ties_in_words(words_of(request)):
            deed()
    except (Conflict, Forbidden, Invalid) as problem:
        t = words_of(request)
        keys = problem.fields.values() if isinstance(problem, Invalid) and problem.fields else [problem.key]
        said = " ".join(t(key, **problem.params) for key in keys)
        return _page(request, db, actor, [chosen], chosen, told=(version_id, said), status=problem.status)
    return redirect(request, f"/tariffs?community={chosen.community_id}")


def _sent(form: Filled, sent: FormData) -> Tariff | tuple[Finding, ...]:
    """The tariff of a form, or what the model finds wrong with it. Raises Invalid for what cannot be read."""
    wrong: dict[str, str] = {}
    name, starts_at, terms = tidy_name(text_of(sent, "name")), None, {}
    if not name or len(name) > NAME_MAX:
        wrong["name"] = "form.name_needed"
    try:
        starts_at = instant_of(text_of(sent, "starts_at"), "starts_at")
    except Invalid as problem:
        wrong |= problem.fields
    try:
        terms = scope_sent(form.chosen) | terms_sent({key: form.text(key) for key in form.values})
    except Invalid as problem:
        wrong |= problem.fields
    if wrong or starts_at is None:
        raise Invalid(fields=wrong, most=NAME_MAX)
    return read_terms(terms, name, starts_at)


def _field(name: str) -> str:
    """Of a problem of the service: parameters by their path, the others as they are called."""
    return place_of_finding(name.removeprefix("terms.")) if name.startswith("terms.") else name


def _beside(request: Request, findings: tuple[Finding, ...]) -> dict[str, str]:
    t = words_of(request)
    fields: dict[str, str] = {}
    for one in findings:
        place = place_of_finding(one.path)
        said = finding_said(t, one)
        said = f"{one.path}: {said}" if place == "more" and one.path else said
        fields[place] = f"{fields[place]} {said}" if place in fields else said
    return fields


def _there(db: Session, actor: Actor, chosen: CommunityView, read: Tariff) -> bool:
    """Whether this very draft of theirs waits already."""
    return any(
        one.state is VersionState.WAITING and one.drafted_by == actor.id and one.starts_at == read.starts_at
        and one.tariff.name == read.name and terms_of(one.tariff) == terms_of(read)
        for one in versions_of(db, chosen.community_id, clock.now())
    )  # fmt: skip


def _form(request: Request, db: Session, chosen: CommunityView | None, form: Filled) -> Response:
    t = words_of(request)
    scope = _scope_choices(t, db, chosen, form)
    return page(
        request, "console/tariff_new.html", status_code=form.status, now=clock.now(),
        places=[chosen] if chosen else [], community=chosen, form=form, starts=list(STARTS),
        begun=bool(form.text("kind")), scope=scope,
        ends_for=t("parking.scope.and").join(
            t("parking.scope.or").join(word for value, word in choices if value in form.chosen(f"scope_{kind}"))
            for kind, choices in scope.items() if form.chosen(f"scope_{kind}")
        ),
    )  # fmt: skip


def _scope_choices(
    t: Words, db: Session, chosen: CommunityView | None, form: Filled
) -> dict[str, list[tuple[str, str]]]:  # fmt: skip
    """The boxes of each kind. Lanes: those of vehicles that lead in, and whichever others are chosen already."""
    lanes = lanes_of(db, chosen.community_id) if chosen is not None else []
    ways_in = ways_in_of(db, chosen.community_id) if chosen is not None else {}
    wanted = form.chosen("scope_lanes")
    shown = [
        one for one in lanes if (one.lane.lane_id in ways_in and one.between is None) or str(one.lane.lane_id) in wanted
    ]
    return {
        "lanes": [(str(one.lane.lane_id), f"{one.gate_name} · {one.lane.name}") for one in shown],
        "classes": [(one, class_said(t, one)) for one in TOLD_CLASSES],
        "colours": [(one.value, t(f"parking.scope.colour.{one}")) for one in TOLD_COLOURS],
        "groups": [(one.value, t(f"parking.scope.group.{one}")) for one in Group],
    }


def _page(
    request: Request, db: Session, actor: Actor, places: list[CommunityView], chosen: CommunityView | None, *,
    told: tuple[UUID, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    t, now = words_of(request), clock.now()
    versions = versions_of(db, chosen.community_id, now) if chosen else []
    lanes = lane_names(db, chosen.community_id) if chosen else {}
    trial = trial_of(
        t, versions, calendar_for(db, chosen.community_id), request.query_params if status == 200 else {}, lanes, now
    ) if chosen and versions else None  # fmt: skip
    here = _by_tariff([one for one in versions if one.state in SHOWN])
    return page(
        request, "console/tariffs.html", now=now, places=places, community=chosen, told=told,
        status_code=trial.form.status if trial and status == 200 else status,
        standing=[(one, prices_said(t, one.tariff), terms_said(t, one.tariff)) for one in here],
        cars=lambda one: scope_said(t, one.tariff.scope, lanes),
        everybody=any(
            one.state is VersionState.IN_FORCE and not one.tariff.ends and not one.tariff.scope.weight for one in here
        ),
        scope=_scope_choices(t, db, chosen, Filled("trial")),
        past=[one for one in versions if one not in here], versions=versions, trial=trial,
        classes=[(one, class_said(t, one)) for one in _classes(versions)],

        drafts=chosen is not None and actor.may(DRAFT_TARIFFS, chosen.community_id),
        compares=chosen is not None and len(versions) > 1 and actor.may(READ_STAYS, chosen.community_id),
        approves=chosen is not None and actor.may(APPROVE_TARIFFS, chosen.community_id),
    )  # fmt: skip


def _by_tariff(versions: list[VersionView]) -> list[VersionView]:
    """Each tariff's versions together, the most specific tariff first; an ended one that nothing follows is over."""
    ended = {one.tariff_id for one in versions if one.state is VersionState.IN_FORCE and one.tariff.ends}
    more = {one.tariff_id for one in versions if one.state is not VersionState.IN_FORCE}
    there = [one for one in versions if one.tariff_id in more or one.tariff_id not in ended]
    return sorted(there, key=lambda one: (-one.tariff.scope.weight, one.tariff_id, SHOWN.index(one.state)))


def _classes(versions: list[VersionView]) -> list[str]:
    """The usual classes, and whichever others these tariffs name."""
    named = {each.vehicle_class for one in versions for each in one.tariff.classes}
    return [*VEHICLE_CLASSES, *sorted(named - set(VEHICLE_CLASSES))]
