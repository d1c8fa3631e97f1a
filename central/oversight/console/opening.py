"""Where and when a pass opens, gate by gate, in plain words: or why it does not, and what to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.base.kernel.i18n import Words
from central.gates.access.queries import rules_of
from central.gates.access.service import where_opens
from central.gates.access.views import PassView
from central.gates.access.where_opens import Ahead, GateAhead, LaneAhead, Stretch
from central.gates.visits.explain import uses_before
from central.oversight.console.phrases import dated, reason_said
from central.people.community.queries import lanes_of
from models.access.decision import Check, Reason
from models.site.topology import Direction
from models.values.time import site_day, site_time

TIMES = 3
"""Hours of so many days are told one by one; who wants more looks at the rules."""
ANYWAY = "yes"
"""What the second button of a form sends."""
CHANGED_AT = {"rules": ("rule.edit", "/setup/rules"), "kind": ("rule.edit", "/setup/kinds"),
              "lanes": ("house.edit", "/setup/gates")}  # fmt: skip
"""Where each answer is changed, and the right that it takes."""


@dataclass(frozen=True, slots=True)
class LineSaid:
    """Of the lanes that say the same. `lanes` is empty where all of the gate do; `why` and `now` where all is well.

    `right`, `address`: where it is changed, "" where no page changes it.
    """

    lanes: str
    mark: str
    what: str
    why: str = ""
    now: str = ""
    right: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class GateSaid:
    name: str
    lines: tuple[LineSaid, ...]


class OpensNowhere(Exception):
    """A pass that lets nobody in is asked about before it is issued. Raised within a savepoint, which it takes back."""

    def __init__(self, ahead: Ahead) -> None:
        super().__init__("the pass opens nowhere")
        self.ahead = ahead


def demand_way_in(db: Session, pass_id: UUID, now: datetime, sent_anyway: str) -> None:
    """Raises `OpensNowhere` unless somebody said that they want it anyway."""
    ahead = where_opens(db, pass_id, now)
    if ahead.opens_nowhere and sent_anyway != ANYWAY:
        raise OpensNowhere(ahead)


def ahead_of(db: Session, one: PassView, now: datetime) -> Ahead:
    """Asked with the entries that each lane's node has counted."""
    lanes = [view.lane for view in lanes_of(db, one.community_id) if view.lane.gate_number in one.gates]
    used = {lane.lane_id: uses_before(db, one.pass_id, lane.lane_id, now, one.not_before) or 0 for lane in lanes}
    return where_opens(db, one.pass_id, now, uses_before=used if one.uses else None)


def opening_said(db: Session, t: Words, community_id: UUID, ahead: Ahead, now: datetime) -> list[GateSaid]:
    rules = {rule.rule_id: rule.name for rule in rules_of(db, community_id)}
    return [_gate(t, gate, ahead, rules, now) for gate in ahead.gates]


def ways_in(t: Words, ahead: Ahead, now: datetime) -> list[tuple[str, str]]:
    """For the visitor: (gate, when it opens), "" for the pass's whole time. Gates that never open are left out."""
    found = []
    for gate in ahead.gates:
        entries = [lane for lane in gate.lanes if lane.lane.direction is Direction.IN]
        open_ = _joined(stretch for lane in entries for stretch in lane.stretches if stretch.opens)
        if open_:
            found.append((gate.name, "" if open_ == [(ahead.start, ahead.end)] else _times(t, open_, now)))
    return found


def _joined(stretches: Iterable[Stretch]) -> list[tuple[datetime, datetime]]:
    """The times of several lanes as one."""
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted((one.start, one.end) for one in stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _gate(t: Words, gate: GateAhead, ahead: Ahead, rules: Mapping[UUID, str], now: datetime) -> GateSaid:
    if not gate.lanes:
        why, then = t("opening.no_lane.why"), t("opening.no_lane.now")
        return GateSaid(gate.name, (LineSaid("", "refused", t("opening.never"), why, then, *CHANGED_AT["lanes"]),))
    alike: list[list[LaneAhead]] = []
    for lane in gate.lanes:
        same = next((lanes for lanes in alike if lanes[0].stretches == lane.stretches), None)
        if same is None:
            alike.append([lane])
        else:
            same.append(lane)
    between = t("opening.and")
    lines = [
        _line(
            t,
            between.join(one.lane.name for one in lanes) if len(alike) > 1 else "",
            lanes[0].stretches,
            ahead,
            rules,
            now,
        )
        for lanes in alike
    ]
    return GateSaid(gate.name, tuple(lines))


def _line(
    t: Words, lanes: str, stretches: tuple[Stretch, ...], ahead: Ahead, rules: Mapping[UUID, str], now: datetime
) -> LineSaid:
    open_ = _joined(stretch for stretch in stretches if stretch.opens)
    refused = next((one.refused for one in stretches if one.refused is not None), None)
    if refused is None:
        return LineSaid(lanes, "granted", t("opening.whole"))
    why, then = _why(t, refused, ahead, rules, now)
    right, address = CHANGED_AT.get(refused.step, ("", ""))
    if open_:
        what = t("opening.times", times=_times(t, open_, now))
    else:
        what = t("opening.look" if refused.reason is Reason.SECOND_FACTOR else "opening.never")
    mark = "attention" if open_ or refused.reason is Reason.SECOND_FACTOR else "refused"
    return LineSaid(lanes, mark, what, why, then, right, address)


def _why(t: Words, refused: Check, ahead: Ahead, rules: Mapping[UUID, str], now: datetime) -> tuple[str, str]:
    who = t("opening.who.resident" if ahead.known else "opening.who.visitor")
    rule = refused.detail.get("rule")
    key = f"opening.{refused.step}.{refused.reason.value}"
    if rule is not None and refused.reason is Reason.NO_RULE:
        return t("opening.rules.denied.why", who=who, rule=rules.get(UUID(rule), "?")), t("opening.rules.denied.now")
    if refused.reason is Reason.SECOND_FACTOR:
        key += ".resident" if ahead.known else ".visitor"
    if t.has(f"{key}.why"):
        return t(f"{key}.why", who=who), t(f"{key}.now", who=who)
    said = reason_said(t, refused.reason.value, refused.detail, None, now)
    return said.why, said.now


def _times(t: Words, open_: list[tuple[datetime, datetime]], now: datetime) -> str:
    said = t("opening.then").join(span_said(t, start, end, now) for start, end in open_[:TIMES])
    return said if len(open_) <= TIMES else t("opening.more", times=said, n=len(open_) - TIMES)


def span_said(t: Words, start: datetime, end: datetime, now: datetime) -> str:
    """11月29日 周日 08:00–12:00; over midnight both days are named."""
    last = site_day(end - timedelta(microseconds=1))
    if site_day(start) != last:
        return t("opening.span", start=dated(t, start, now), end=dated(t, end, now))
    until = "24:00" if site_day(end) != last else site_time(end).strftime("%H:%M")
    return t("opening.day_span", start=dated(t, start, now), until=until)
