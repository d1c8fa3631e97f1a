"""Reasons, alarms and checks in words that a guard can read aloud: what, why, what now (ACC-04).

Each message may have a form `<key>_with` that names its facts ("通行码已过期（今天 08:00）"). It is used when every
fact it asks for is known, and never with a blank in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from string import Formatter
from typing import Any

from central.base.kernel.i18n import Words
from central.gates.visits.alarms import BAY_CHARGED, BAY_FUEL_CAR, CHAIN_BROKEN, NODE_CLAIMS, OFFLINE
from central.gates.visits.replays import NODE_REPLAYED
from central.gates.visits.rules import Lock
from central.gates.visits.views import AlarmView, VisitView
from central.oversight.console.faults import device_said, fault_said
from models.access.attempts import LIMIT
from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.values.time import site_day, site_time
from models.wire.events import AlarmKind

FEN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Said:
    """Three short sentences. `now` is what the reader can do next."""

    what: str
    why: str
    now: str


@dataclass(frozen=True, slots=True)
class AlarmSaid(Said):
    """`device` by its name where it has one; `detail` in the reader's words, `raw` as the node wrote it where there are
    none. `over`: how it ended, by itself or by whom; None while it lasts, and where it only happened. `at`: the gate
    and the node, of an alarm about a node's records, which has no lane."""

    device: str | None
    detail: str | None
    raw: str | None
    over: str | None
    at: str | None = None


RECORDS = frozenset({"fork", "events_lost"})
"""Alarms of central about stretches of a node's records; their detail is the numbers."""

SHOWN_ALREADY = frozenset({"pass", "card"})
"""Who showed one of these is not told to use a pass instead: the face is what was asked for beside it."""


AT_BARRIER = "car"
"""In place of what was shown: the words of a lane where a barrier stands."""


def here_said(t: Words, key: str, vehicles: bool, **known: object) -> str:
    """A word for where a barrier stands, if there is one; else that for a door."""
    own = f"{key}.car"
    return t(own if vehicles and t.has(own) else key, **known)


def reason_said(
    t: Words, reason: str, detail: Mapping[str, str], house: str | None, now: datetime, kind: str | None = None,
    proof: str = "",
) -> Said:  # fmt: skip
    """The words of a decision's reason, or of why a node refused a command; `kind`: what was shown; `proof`: what was
    to show that a face lives, with its version. A reason this version does not know is named, not hidden."""
    if reason not in set(Reason) and not t.has(f"reason.{reason}.what"):
        return Said(t("reason.other.what"), t("reason.other.why", code=reason), t("reason.other.now"))
    known = _known(t, {name: value for name, value in detail.items() if value != reason}, house, now)
    special = "starting" if detail.get("device") == "starting" else _unproven(proof) if "unproven" in detail else kind
    own = f"reason.{reason}.{special}"
    what, why, then = (
        _filled(t, f"{own}.{part}" if t.has(f"{own}.{part}") else f"reason.{reason}.{part}", known)
        for part in ("what", "why", "now")
    )
    beside = f"reason.{reason}.beside"
    return Said(what, why, t(beside) if kind in SHOWN_ALREADY and t.has(beside) else then)


def _unproven(proof: str) -> str:
    """A lane asks for a turned head, or looks in infrared and asks for nothing; of another nothing is said."""
    return {"challenge": "turned", "nir": "infrared"}.get(proof.partition("-")[0], "unproven")


def reason_counted(t: Words, reason: str) -> str:
    """What a figure counts, where each visit may have had its own cause: in words that are so of all of them."""
    if reason == Reason.FACE_ALONE:
        return t("figures.face_alone")
    keys = (f"reason.{reason}.face.what", f"reason.{reason}.what", "reason.other.what")
    return t(next(key for key in keys if t.has(key)))


def visit_said(t: Words, visit: VisitView, now: datetime) -> Said | None:
    if visit.reason is None:
        return None
    if visit.kind == Kind.PLATE and t.has(f"plate.{visit.detail.get('case')}.what"):
        key, known = f"plate.{visit.detail['case']}", _known(t, visit.detail, None, now)
        said = Said(*(_filled(t, f"{key}.{part}", known) for part in ("what", "why", "now")))
        if visit.outcome != Outcome.GRANT and (visit.passed or visit.held):
            return _past_the_arm(t, visit, key, known, said)
        bay = visit.inputs.get("booked_bay") or visit.inputs.get("booked_zone")
        guest, until = visit.inputs.get("shared_bay"), _instant(visit.inputs.get("shared_until"))
        if key == "plate.bay_shared" and guest and until is not None:
            return replace(said, now=t("plate.bay_shared.until", bay=guest, until=when(t, until, now)))
        return replace(said, now=t("plate.booked.where", bay=bay)) if bay and key == "plate.booked" else said
    kind = AT_BARRIER if visit.vehicles and visit.kind in (Kind.PLATE, Kind.REMOTE) else visit.kind
    proof = visit.inputs.get("proved_by", "")
    return reason_said(t, visit.reason, visit.detail, visit.person.house, now, kind, proof)


def _past_the_arm(t: Words, visit: VisitView, key: str, known: Mapping[str, str], said: Said) -> Said:
    """Who was told to wait at an arm that is up stands there only if they like; once they have driven, nobody does."""
    if not visit.passed:
        return replace(said, now=t(f"{key}.held" if t.has(f"{key}.held") else "plate.held"))
    own = f"{key}.past"
    if t.has(f"{own}.now"):
        return replace(said, what=_filled(t, f"{own}.what", known), now=t(f"{own}.now"))
    return replace(said, now=t("plate.past"))


def alarm_said(t: Words, alarm: AlarmView, ended_by: str | None = None, at: str | None = None) -> AlarmSaid:
    """`ended_by`: the person by whose word it ended, where it was one. `at`: the gate and the node."""
    key = f"alarm.{alarm.kind}" if t.has(f"alarm.{alarm.kind}.what") else "alarm.other"
    detail, raw = _alarm_detail(t, alarm)
    why, then = f"{key}.why", f"{key}.now"
    program = f"{key}.{re.split('[: ]', alarm.device or '')[0]}"
    if t.has(f"{program}.why"):  # what is at fault is no device on the wall, or tries were counted by this
        why = f"{program}.why"
        then = f"{program}.now" if t.has(f"{program}.now") else then
    elif alarm.over_at is not None and t.has(f"{key}.after"):
        then = f"{key}.after"
    elif alarm.in_storm:
        then = f"{key}.in_storm.now"
    if alarm.fire_here:
        why = "alarm.fire.here"
    elif alarm.fire_elsewhere:
        why = "alarm.fire.along"
    tries = (alarm.detail or "").partition(" ")[0]
    lanes = t("alarm.fire.and").join(alarm.fire_elsewhere)
    reason = here_said(
        t, why, alarm.vehicles, n=tries if tries.isdecimal() else LIMIT, kind=alarm.kind, lanes=lanes
    )  # fmt: skip
    what = f"{program}.what" if t.has(f"{program}.what") else f"{key}.what"
    if (lock := _fire_lock(alarm)) is not None:
        freed = t.clock(alarm.freed_at) if alarm.freed_at else ""
        of_lock = here_said(t, f"alarm.fire.lock.{lock}", alarm.vehicles, at=freed)
        reason = t("alarm.fire.with_lock", why=reason, lock=of_lock)
        what = f"alarm.fire.{lock}.what" if t.has(f"alarm.fire.{lock}.what") else what
        then = f"alarm.fire.{lock}.now" if t.has(f"alarm.fire.{lock}.now") else then
    if detail is not None and alarm.kind == AlarmKind.DEVICE_FAULT:
        reason, detail = detail, None  # what is wrong with this device says more than what may be wrong with any
    over = None if alarm.momentary or alarm.over_at is None else _ended(t, alarm.over_at, ended_by)
    if alarm.revoked_by is not None and alarm.over_at is not None:
        then, over = "alarm.revoked.now", _ended_with_node(t, alarm.over_at, alarm.revoked_by)
    if alarm.node_revoked:
        then = "alarm.fire.revoked.now"
    if alarm.closed_by is not None and alarm.over_at is not None:
        at_time, why_closed = t.clock(alarm.over_at), alarm.closed_why or ""
        then, over = "alarm.fire.closed.now", t("alarm.over_closed", at=at_time, name=alarm.closed_by, why=why_closed)
    what, then = here_said(t, what, alarm.vehicles), here_said(t, then, alarm.vehicles)
    return AlarmSaid(what, reason, then, _alarm_device(t, alarm), detail, raw or None, over, at)


def _fire_lock(alarm: AlarmView) -> str | None:
    """Which words a fire has for its lock; None of any other alarm, and of a fire that is over and had no fault."""
    if alarm.kind != AlarmKind.FIRE or alarm.lock is None:
        return None
    if alarm.lock is Lock.STUCK and alarm.over_at is not None:
        return "never"
    return "late" if alarm.freed_at is not None else alarm.lock.value


def _ended(t: Words, at: datetime, by: str | None) -> str:
    return t("alarm.over", at=t.clock(at)) if by is None else t("alarm.over_by", name=by, at=t.clock(at))


def _ended_with_node(t: Words, at: datetime, by: str) -> str:
    return t("alarm.over_revoked_by", at=t.clock(at), name=by) if by else t("alarm.over_revoked", at=t.clock(at))


OF_BAYS = (BAY_FUEL_CAR, BAY_CHARGED)
CLAIM = re.compile(r"(.+): (\d+) > (\d+)", re.DOTALL)
"""What a node claims, as central writes it: its name, the version it says it has, the last that there is."""


def _alarm_device(t: Words, alarm: AlarmView) -> str | None:
    told = alarm.detail or ""
    if alarm.kind == OFFLINE:
        return told or None
    if alarm.kind in OF_BAYS:
        return t("lot.bay_called", bay=told)
    if alarm.kind == NODE_CLAIMS:
        return claim[1] if (claim := CLAIM.fullmatch(told)) else None
    if alarm.kind == AlarmKind.WRONG_ATTEMPTS or alarm.device is None:
        return None  # of wrong tries it is the key of a counter
    if alarm.kind == AlarmKind.WATCH_GROUP:
        return t("watch.entry", number=alarm.device)
    return device_said(t, alarm.device)


DETAIL_SAID = (AlarmKind.WRONG_ATTEMPTS, AlarmKind.FIRE, OFFLINE, *OF_BAYS)


def _alarm_detail(t: Words, alarm: AlarmView) -> tuple[str | None, str | None]:
    """(in the reader's words, as the node wrote it): what has words needs no second telling, but a fault's own text."""
    told = alarm.detail
    if told is None or alarm.kind in DETAIL_SAID:
        return (
            None,
            None,
        )  # said already: of wrong tries a figure, of a fire where it was seen, of a node or a bay its name
    if alarm.kind == NODE_CLAIMS and (claim := CLAIM.fullmatch(told)):
        return t("alarm.node_claims.versions", have=claim[2], known=claim[3]), None
    if alarm.kind == AlarmKind.WATCH_GROUP:
        ground, _, score = told.partition(" ")
        if t.has(f"watch.ground.{ground}"):
            return t("watch.hit", ground=t(f"watch.ground.{ground}"), score=score), None
    if alarm.kind == NODE_REPLAYED:
        count, source, node = (*told.split(" ", 2), "", "")[:3]
        return t("alarm.node_replayed.times", n=count, source=source, node=node), None
    if alarm.kind == CHAIN_BROKEN and (node := told.partition(" ")[2]):
        since = "since" if alarm.over_at is None else "was"
        return t(f"alarm.chain_broken.{since}", node=node, at=t.date(alarm.raised_at)), None
    if alarm.kind in RECORDS:
        return t("alarm.numbers", numbers=told), None
    refusal = told.rpartition(": ")[2]  # of rules found on disk it stands behind a sentence
    if alarm.kind == AlarmKind.SNAPSHOT_REFUSED and t.has(f"snapshot.{refusal}"):
        return t(f"snapshot.{refusal}"), None
    return fault_said(t, told), told


NOT_ON_ITS_LIST = (
    "plate_white_list", "plate_special", "plate_special_looks", "plate_permit", "plate_permit_grace",
    "plate_booked", "plate_second_car",
)  # fmt: skip
"""What would have let a car in, asked one after another: what did is the last line, the others are answered no."""


def check_said(t: Words, check: Mapping[str, Any], now: datetime, decisive: bool = True) -> tuple[str, str]:
    """(the question, its answer) of one line of an explanation. `decisive`: the last line, at which it was decided."""
    step = f"step.{check['step']}"
    question = t(step) if t.has(step) else t("step.other")
    detail: Mapping[str, str] = check.get("detail") or {}
    of_plate = str(check["step"]).replace("plate_", "plate.", 1) + ".what"
    if str(check["step"]).startswith("plate_") and not check["passed"] and t.has(of_plate):
        return question, t(of_plate)
    if check["step"] in NOT_ON_ITS_LIST and not decisive:
        return question, t("check.no")
    if not check["passed"] or check["reason"] != Reason.OK:  # passed by something else than what was asked
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
    return t.dated(at, now)


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
    for name in ("ask", "fee", "owed"):
        fen = known.pop(f"{name}_fen", "")
        if fen.isdecimal() and len(fen) <= FEN_DIGITS:
            known[name] = t.money(int(fen))
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
