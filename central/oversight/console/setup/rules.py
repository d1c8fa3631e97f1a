"""Who may pass where and when: rules, holidays, and what the gates of a community do besides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from central.base.identity.guard import Db, requires
from central.base.kernel import clock
from central.base.kernel.actor import Actor
from central.base.kernel.errors import Conflict, Invalid, NotFound
from central.base.kernel.i18n import Words
from central.base.web.render import redirect
from central.gates.access.permissions import EDIT_RULES
from central.gates.access.queries import holidays_of, rules_of
from central.gates.access.rules import RESIDENT_GROUP
from central.gates.access.service import (
    add_holiday,
    add_rule,
    change_settings,
    remove_holiday,
    retire_rule,
    settings_of,
)
from central.gates.access.views import RuleView
from central.oversight.console.forms import (
    Filled,
    Sent,
    all_of,
    day_of,
    instant_of,
    kept,
    local,
    one_at_a_time,
    refused,
    text_of,
    whole_of,
)
from central.oversight.console.frame import page, words_of
from central.oversight.console.setup.place import place_of, place_sent, uuid_of
from central.oversight.console.setup.schedule import DAYS, ROWS, ROWS_MAX, spans_said, spans_sent, values_of
from central.people.community.queries import CommunityView, lanes_of
from central.people.community.rules import NAME_MAX, tidy_name
from models.access.policy import Effect

pages = APIRouter(include_in_schema=False)
Editor = Annotated[Actor, requires(EDIT_RULES)]

GROUPS = (RESIDENT_GROUP, "visitor", "help", "staff")
"""Groups that every page offers; a community adds others by naming them in a rule."""


def groups_known(rules: Sequence[RuleView]) -> list[str]:
    named = {group for rule in rules for group in rule.groups}
    return [*GROUPS, *sorted(named - set(GROUPS))]


def group_said(t: Words, group: str) -> str:
    return t(f"group.{group}") if t.has(f"group.{group}") else group


@pages.get("/setup/rules")
def rules(
    request: Request, db: Db, actor: Editor, community: UUID | None = None, change: UUID | None = None
) -> Response:
    """`change`: a standing rule whose form is filled in, to be put in its place."""
    chosen = place_of(request, db, actor, EDIT_RULES, community)
    if chosen is None or change is None:
        return _page(request, db, chosen)
    old = next((one for one in rules_of(db, chosen.community_id) if one.rule_id == change), None)
    if old is None:
        raise NotFound("access.no_rule")
    return _page(request, db, chosen, rule=Filled("rule", _values(old)))


@pages.post("/setup/rules")
def add(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    """A new rule, or one that takes another's place: decisions made by the old one still find it as it was."""
    chosen, t = place_sent(db, actor, EDIT_RULES, sent), words_of(request)
    rows = tuple(f"days{row}" for row in range(ROWS_MAX))
    form = kept("rule", sent, several=("groups", "lanes", *rows))
    one_at_a_time(db, "rule", chosen.community_id)
    try:
        with db.begin_nested():
            _put(db, actor, chosen, sent, clock.now())
    except (Invalid, Conflict) as problem:
        return _page(request, db, chosen, rule=refused(t, form, problem, "name"))
    return redirect(request, f"/setup/rules?community={chosen.community_id}")


@pages.post("/setup/rules/{rule_id}/retire")
def retire(request: Request, rule_id: UUID, db: Db, actor: Editor) -> Response:
    rule = retire_rule(db, actor, rule_id, now=clock.now())
    return redirect(request, f"/setup/rules?community={rule.community_id}")


@pages.post("/setup/holidays")
def add_a_holiday(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    chosen, form = place_sent(db, actor, EDIT_RULES, sent), kept("holiday", sent)
    name = tidy_name(text_of(sent, "name"))
    try:
        day = day_of(text_of(sent, "day"), "day")
        if not name or len(name) > NAME_MAX:
            raise Invalid(fields={"name": "form.name_needed"}, most=NAME_MAX)
        with db.begin_nested():
            add_holiday(db, actor, chosen.community_id, day, name)
    except (Invalid, Conflict) as problem:
        return _page(request, db, chosen, holiday=refused(words_of(request), form, problem, "day"))
    return redirect(request, f"/setup/rules?community={chosen.community_id}#holidays")


@pages.post("/setup/holidays/{holiday_id}/remove")
def remove(request: Request, holiday_id: UUID, db: Db, actor: Editor, sent: Sent) -> Response:
    chosen = place_sent(db, actor, EDIT_RULES, sent)
    if any(one.holiday_id == holiday_id for one in holidays_of(db, chosen.community_id)):  # a second press finds none
        remove_holiday(db, actor, holiday_id)
    return redirect(request, f"/setup/rules?community={chosen.community_id}#holidays")


@pages.post("/setup/settings")
def settings(request: Request, db: Db, actor: Editor, sent: Sent) -> Response:
    chosen = place_sent(db, actor, EDIT_RULES, sent)
    wanted = {name: bool(text_of(sent, name)) for name in ("send_pictures", "refer_when_stale")}
    here = settings_of(db, chosen.community_id)
    changed = {name: value for name, value in wanted.items() if getattr(here, name) is not value}
    form = kept("settings", sent)
    try:
        times = {name: whole_of(sent, name) for name in ("picture_passed_s", "picture_refused_days") if name in sent}
        times = {name: value for name, value in times.items() if getattr(here, name) != value}
        if changed or times:
            with db.begin_nested():
                change_settings(
                    db, actor, chosen.community_id, refer_when_stale=changed.get("refer_when_stale"),
                    send_pictures=changed.get("send_pictures"), picture_passed_s=times.get("picture_passed_s"),
                    picture_refused_days=times.get("picture_refused_days"),
                )  # fmt: skip
    except Invalid as problem:
        return _page(request, db, chosen, told=refused(words_of(request), form, problem, "picture_passed_s"))
    return redirect(request, f"/setup/rules?community={chosen.community_id}#settings")


def _put(db: Session, actor: Actor, chosen: CommunityView, sent: FormData, now: datetime) -> None:
    name, effect = tidy_name(text_of(sent, "name")), text_of(sent, "effect")
    groups = [*all_of(sent, "groups"), *re.split(r"[,，、\s]+", text_of(sent, "other_groups"))]
    wrong = {}
    if not name or len(name) > NAME_MAX:
        wrong["name"] = "form.name_needed"
    if effect not in set(Effect):
        wrong["effect"] = "setup.effect_needed"
    if not any(groups):
        wrong["groups"] = "setup.group_needed"
    if wrong:
        raise Invalid(fields=wrong, most=NAME_MAX)
    spans = spans_sent(sent)
    since, until = text_of(sent, "valid_from"), text_of(sent, "valid_until")
    valid_from = instant_of(since, "valid_from") if since else None
    valid_until = instant_of(until, "valid_until") if until else None
    old = uuid_of(sent, "replaces") if text_of(sent, "replaces") else None
    standing = rules_of(db, chosen.community_id)
    if old is not None and all(one.rule_id != old for one in standing):
        raise Conflict("access.rule_retired")
    if any(one.name == name and one.rule_id != old for one in standing):
        raise Conflict("setup.rule_there", name=name)
    if old is not None:
        retire_rule(db, actor, old, now=now)
    add_rule(
        db, actor, chosen.community_id, name, Effect(effect), [group for group in groups if group], now=now,
        lanes=_lanes(sent), schedule=spans, valid_from=valid_from, valid_until=valid_until, replaces=old,
    )  # fmt: skip


def _lanes(sent: FormData) -> list[UUID]:
    """None named: every lane, also those still to come."""
    if text_of(sent, "where") != "some":
        return []
    try:
        found = [UUID(lane) for lane in all_of(sent, "lanes")]
    except ValueError as error:
        raise Invalid(fields={"lanes": "access.lanes_unknown"}) from error
    if not found:
        raise Invalid(fields={"lanes": "setup.lane_needed"})
    return found


def _values(rule: RuleView) -> dict[str, str | list[str]]:
    return {
        "name": rule.name, "effect": rule.effect.value, "groups": list(rule.groups),
        "where": "some" if rule.lanes else "all", "lanes": [str(lane) for lane in rule.lanes],
        "valid_from": local(rule.valid_from), "valid_until": local(rule.valid_until), "replaces": str(rule.rule_id),
        **values_of(rule.schedule),
    }  # fmt: skip


def _page(
    request: Request, db: Session, chosen: CommunityView | None, *, rule: Filled | None = None,
    holiday: Filled | None = None, told: Filled | None = None,
) -> Response:  # fmt: skip
    t, rule, holiday = words_of(request), rule or Filled("rule"), holiday or Filled("holiday")
    told = told or Filled("settings")
    here = rules_of(db, chosen.community_id) if chosen else []
    lanes = [view.lane for view in lanes_of(db, chosen.community_id)] if chosen else []
    names = {lane.lane_id: lane.name for lane in lanes}
    filled = max((int(name.removeprefix("days")) + 1 for name in rule.values if _row_used(rule, name)), default=0)
    return page(
        request, "console/setup/rules.html", status_code=max(rule.status, holiday.status, told.status), now=clock.now(),
        places=[chosen] if chosen else [], community=chosen, rule_form=rule, holiday_form=holiday, settings_form=told,
        rules=[(one, [group_said(t, group) for group in one.groups], [names.get(lane, "?") for lane in one.lanes],
                spans_said(t, one.schedule)) for one in here],
        groups=[(group, group_said(t, group)) for group in groups_known(here)], lanes=lanes, effects=list(Effect),
        days=[(str(day), t(f"day.{day}")) for day in DAYS], rows=range(min(max(ROWS, filled + 1), ROWS_MAX)),
        holidays=holidays_of(db, chosen.community_id) if chosen else [],
        settings=settings_of(db, chosen.community_id) if chosen else None,
    )  # fmt: skip


def _row_used(form: Filled, name: str) -> bool:
    return name.startswith("days") and bool(form.chosen(name))
