"""Rules and holidays, and what gates do when rules are old or pictures are wanted (ACC-03)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from central.base.kernel.actor import Actor
from central.base.kernel.audit import record
from central.base.kernel.errors import Conflict, Invalid
from central.gates.access import rules, snapshot
from central.gates.access.permissions import EDIT_RULES
from central.gates.access.tables import AccessRuleRow, GateSettingsRow, HolidayRow
from central.gates.access.views import SettingsView
from central.gates.ingest.pictures import retime
from central.people.community.finding import add_unless_taken, find
from central.people.community.queries import community_of, lanes_of
from models.access.pictures import PASSED_S_MAX, PASSED_S_MIN, REFUSED_DAYS_MAX
from models.access.policy import Effect
from models.access.schedule import ALWAYS, Span


def add_rule(
    db: Session, actor: Actor, community_id: UUID, name: str, effect: Effect, groups: Collection[str], *,
    now: datetime, lanes: Collection[UUID] = (), schedule: Sequence[Span] = ALWAYS,
    valid_from: datetime | None = None, valid_until: datetime | None = None, replaces: UUID | None = None,
) -> AccessRuleRow:  # fmt: skip
    """Groups × lanes × schedule × validity -> effect. No lanes named means every lane, also those still to come."""
    community_of(db, community_id)
    actor.demand(EDIT_RULES, community_id)
    _check(db, community_id, groups, lanes, schedule, valid_from, valid_until)
    rule = AccessRuleRow(
        community_id=community_id, name=name, effect=effect.value, groups=sorted(set(groups)),
        lanes=sorted(set(lanes)), schedule=[_span(span) for span in schedule], valid_from=valid_from,
        valid_until=valid_until, added_at=now, replaces=replaces,
    )  # fmt: skip
    db.add(rule)
    db.flush()
    record(
        db, actor, "rule.add", "access_rule", rule.id, community_id=community_id,
        after={
            "name": name, "effect": rule.effect, "groups": rule.groups, "lanes": [str(lane) for lane in rule.lanes],
            "schedule": rule.schedule, "replaces": str(replaces) if replaces else None,
        },
    )  # fmt: skip
    snapshot.changed(db, community_id, correlation_id=actor.correlation_id)
    return rule


def retire_rule(db: Session, actor: Actor, rule_id: UUID, *, now: datetime) -> AccessRuleRow:
    """The rule counts no longer. It stays, because decisions were made by it."""
    rule = find(db, AccessRuleRow, rule_id, "access.no_rule", lock=True)
    actor.demand(EDIT_RULES, rule.community_id)
    if rule.retired_at is not None:
        raise Conflict("access.rule_retired")
    rule.retired_at = now
    db.flush()
    record(db, actor, "rule.retire", "access_rule", rule.id, before={"name": rule.name}, community_id=rule.community_id)
    snapshot.changed(db, rule.community_id, correlation_id=actor.correlation_id)
    return rule


def add_holiday(db: Session, actor: Actor, community_id: UUID, day: date, name: str) -> HolidayRow:
    community_of(db, community_id)
    actor.demand(EDIT_RULES, community_id)
    holiday = HolidayRow(community_id=community_id, day=day, name=name)
    add_unless_taken(db, holiday, Conflict("access.holiday_exists", day=day.isoformat()))
    record(
        db, actor, "holiday.add", "holiday", holiday.id, community_id=community_id,
        after={"day": day.isoformat(), "name": name},
    )  # fmt: skip
    snapshot.changed(db, community_id, correlation_id=actor.correlation_id)
    return holiday


def remove_holiday(db: Session, actor: Actor, holiday_id: UUID) -> None:
    holiday = find(db, HolidayRow, holiday_id, "access.no_holiday", lock=True)
    actor.demand(EDIT_RULES, holiday.community_id)
    db.delete(holiday)
    db.flush()
    record(
        db, actor, "holiday.remove", "holiday", holiday.id, community_id=holiday.community_id,
        before={"day": holiday.day.isoformat(), "name": holiday.name},
    )  # fmt: skip
    snapshot.changed(db, holiday.community_id, correlation_id=actor.correlation_id)


def change_settings(
    db: Session, actor: Actor, community_id: UUID, *, refer_when_stale: bool | None = None,
    send_pictures: bool | None = None, picture_passed_s: int | None = None, picture_refused_days: int | None = None,
) -> SettingsView:  # fmt: skip
    """What is not given stays. `send_pictures` lets event pictures leave the node; it is off until somebody says so.

    picture_passed_s, picture_refused_days: how long pictures are kept (PRIV-08); they count for those that are here
    already. Invalid outside their bounds.
    """
    community_of(db, community_id)
    actor.demand(EDIT_RULES, community_id)
    _check_times(picture_passed_s, picture_refused_days)
    wanted: dict[str, bool | int | None] = {
        "refer_when_stale": refer_when_stale, "send_pictures": send_pictures, "picture_passed_s": picture_passed_s,
        "picture_refused_days": picture_refused_days,
    }  # fmt: skip
    given = {name: value for name, value in wanted.items() if value is not None}
    before = settings_of(db, community_id)
    if given:
        keys = [GateSettingsRow.tenant_id, GateSettingsRow.community_id]
        settings = insert(GateSettingsRow).values(community_id=community_id, **given)
        db.execute(settings.on_conflict_do_update(index_elements=keys, set_=given))
        record(
            db, actor, "gate_settings.change", "community", community_id, community_id=community_id,
            before={name: getattr(before, name) for name in given}, after=given,
        )  # fmt: skip
        snapshot.changed(db, community_id, correlation_id=actor.correlation_id)
        retime(db, community_id, settings_of(db, community_id).keeping)
    return settings_of(db, community_id)


def settings_of(db: Session, community_id: UUID) -> SettingsView:
    """What the gates of a community are told to do; everything off before anybody chose."""
    row = db.execute(snapshot.settings_query(community_id)).one_or_none()
    return SettingsView(community_id, 0, False, False) if row is None else SettingsView(community_id, *row)


def _check_times(passed_s: int | None, refused_days: int | None) -> None:
    wrong = {}
    if passed_s is not None and not PASSED_S_MIN <= passed_s <= PASSED_S_MAX:
        wrong["picture_passed_s"] = "access.picture_passed_s"
    if refused_days is not None and not 0 <= refused_days <= REFUSED_DAYS_MAX:
        wrong["picture_refused_days"] = "access.picture_refused_days"
    if wrong:
        raise Invalid(fields=wrong, least=PASSED_S_MIN, most=PASSED_S_MAX, days=REFUSED_DAYS_MAX)


def _check(
    db: Session, community_id: UUID, groups: Collection[str], lanes: Collection[UUID], schedule: Sequence[Span],
    valid_from: datetime | None, valid_until: datetime | None,
) -> None:  # fmt: skip
    problems: dict[str, str] = {}
    if not groups or not all(re.fullmatch(rules.GROUP, group) for group in groups):
        problems["groups"] = "access.group_name"
    if not set(lanes) <= {view.lane.lane_id for view in lanes_of(db, community_id)}:
        problems["lanes"] = "access.lanes_unknown"
    if not schedule:
        problems["schedule"] = "access.schedule_empty"
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        problems["valid_until"] = "access.window_backwards"
    if problems:
        raise Invalid(fields=problems)


def _span(span: Span) -> dict[str, object]:
    return {"days": sorted(span.days), "start_minute": span.start_minute, "end_minute": span.end_minute}
