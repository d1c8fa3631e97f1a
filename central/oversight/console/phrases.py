"""Reasons, alarms and checks in words that a guard can read aloud: what, why, what now (ACC-04).

Each message may have a form `<key>_with` that names its facts ("通行码已过期（今天 08:00）"). It is used when every
fact it asks for is known, and never with a blank in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from string import Formatter
from typing import Any

from central.base.kernel.i18n import Words
from central.gates.visits.views import AlarmView, VisitView
from models.access.decision import Reason
from models.values.time import site_day, site_time
from models.wire.events import AlarmKind


@dataclass(frozen=True, slots=True)
class Said:
    """Three short sentences. `now` is what the reader can do next."""

    what: str
    why: str
    now: str


@dataclass(frozen=True, slots=True)
class AlarmSaid(Said):
    """`device` by its name where it has one; `detail` as the node wrote it where there are no words for it."""

    device: str | None
    detail: str | None


def reason_said(t: Words, reason: str, detail: Mapping[str, str], house: str | None, now: datetime) -> Said:
    """The words of a decision's reason. A reason this version does not know is named, not hidden."""
    if reason not in set(Reason):
        return Said(t("reason.other.what"), t("reason.other.why", code=reason), t("reason.other.now"))
    known = _known(t, {name: value for name, value in detail.items() if value != reason}, house, now)
    what, why, then = (_filled(t, f"reason.{reason}.{part}", known) for part in ("what", "why", "now"))
    return Said(what, why, then)


def visit_said(t: Words, visit: VisitView, now: datetime) -> Said | None:
    if visit.reason is None:
        return None
    return reason_said(t, visit.reason, visit.detail, visit.person.house, now)


def alarm_said(t: Words, alarm: AlarmView) -> AlarmSaid:
    key = f"alarm.{alarm.kind}" if t.has(f"alarm.{alarm.kind}.what") else "alarm.other"
    device, detail = alarm.device, alarm.detail
    if alarm.kind == AlarmKind.WRONG_ATTEMPTS:
        device = detail = None  # the key of a counter and a figure that `why` says already
    elif device is not None and t.has(f"device.{device}"):
        device = t(f"device.{device}")
    elif alarm.kind == AlarmKind.WATCH_GROUP:
        ground, _, score = (detail or "").partition(" ")
        device = t("watch.entry", number=device or "?")
        detail = (
            t("watch.hit", ground=t(f"watch.ground.{ground}"), score=score)
            if t.has(f"watch.ground.{ground}")
            else detail
        )
    if detail is not None and alarm.kind == AlarmKind.SNAPSHOT_REFUSED and t.has(f"snapshot.{detail}"):
        detail = t(f"snapshot.{detail}")
    return AlarmSaid(t(f"{key}.what"), t(f"{key}.why", kind=alarm.kind), t(f"{key}.now"), device, detail)


def check_said(t: Words, check: Mapping[str, Any], now: datetime) -> tuple[str, str]:
    """(the question, its answer) of one line of an explanation."""
    step = f"step.{check['step']}"
    question = t(step) if t.has(step) else t("step.other")
    detail: Mapping[str, str] = check.get("detail") or {}
    if not check["passed"] or check["reason"] == Reason.FIRE:
        return question, reason_said(t, str(check["reason"]), detail, None, now).what
    known = _known(t, detail, None, now)
    if "from" in known and "until" in known:
        return question, t("check.window", **known)
    if known.get("allowed") not in (None, "0"):
        return question, t("check.uses", allowed=known["allowed"], before=known.get("before", "0"))
    return question, t("check.passed")


def when(t: Words, at: datetime, now: datetime) -> str:
    """今天 08:00, 昨天 08:00, 明天 08:00, else 11月23日 周一 08:00; at the site's clock."""
    days = (site_time(at).date() - site_time(now).date()) // timedelta(days=1)
    key = {0: "when.today", -1: "when.yesterday", 1: "when.tomorrow"}.get(days)
    return t(key, clock=site_time(at).strftime("%H:%M")) if key else t("when.on", date=dated(t, at, now))


def dated(t: Words, at: datetime, now: datetime) -> str:
    """11月23日 周一 08:00; with its year when that is not this one: a pass for a year does not end today."""
    here = site_time(at)
    if here.year == site_time(now).year:
        return t.date(at)
    return t("when.in_year", year=here.year, day=t.day(here.date()), clock=here.strftime("%H:%M"))


def day_said(t: Words, day: date, now: datetime) -> str:
    """11月23日 周一; with its year when that is not this one."""
    said = t.day(day)
    return said if day.year == site_time(now).year else t("when.day_in_year", year=day.year, day=said)


def last_day_said(t: Words, at: datetime, now: datetime) -> str:
    """An end as people say it: midnight is the end of the day before, any other instant stands with its hour."""
    if site_time(at).time() == time():
        return day_said(t, site_day(at - timedelta(microseconds=1)), now)
    return dated(t, at, now)


def _known(t: Words, detail: Mapping[str, str], house: str | None, now: datetime) -> dict[str, str]:
    known = {name: str(value) for name, value in detail.items()}
    for name in ("from", "until"):
        instant = _instant(known.pop(name, None))
        if instant is not None:
            known[name] = when(t, instant, now)
    quality = known.pop("quality", None)
    if quality is not None and t.has(f"quality.{quality}"):
        known["quality"] = t(f"quality.{quality}")
    if house:
        known["house"] = house
    return known


def _instant(text: str | None) -> datetime | None:
    """An instant as the policy wrote it; None for what central cannot read (older or newer nodes)."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _filled(t: Words, key: str, known: Mapping[str, str]) -> str:
    fuller = f"{key}_with"
    if t.has(fuller):
        text = t(fuller)
        asked = {name for _, name, _, _ in Formatter().parse(text) if name}
        if asked <= known.keys():
            return text.format_map(known)
    return t(key)
