"""Where and when a pass opens, told before anybody stands at a gate with it: the lane's own policy, asked ahead.

The policy's answer changes only at certain instants: midnight, the ends of a schedule's spans, the ends of a rule, a
key, a lockdown, a holder's time. It is asked once in each stretch between two of them, at every lane of the pass's
gates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from central.gates.access.explain import holder_at, shown_there
from central.gates.access.lane_facts import Ground, facts_of, ground_at
from central.gates.access.tables import GatePassRow, PassKeyRow
from central.people.community.finding import find
from central.people.community.queries import gates_of, lanes_of
from models.access.credential import Cardholder
from models.access.decision import Check, Reason
from models.access.policy import Facts, explain
from models.site.topology import Direction, Lane
from models.values.time import day_begins, site_day

AHEAD = timedelta(days=31)
"""How far it is looked: all of a visitor's pass, the first month of a resident's."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` the lane gives one answer: `refused` is the question that fails, None where it opens."""

    start: datetime
    end: datetime
    refused: Check | None

    @property
    def opens(self) -> bool:
        return self.refused is None


@dataclass(frozen=True, slots=True)
class LaneAhead:
    lane: Lane
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class GateAhead:
    """A gate of the pass, with its lanes. Without any it has nothing yet that could open."""

    name: str
    lanes: tuple[LaneAhead, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the gates of a pass will say between `start` and `end`; without gates once the pass is over.

    `known`: it is a cardholder's, whose face a lane may ask for beside it; of a visitor a gate knows no face.
    """

    start: datetime
    end: datetime
    known: bool
    gates: tuple[GateAhead, ...]

    @property
    def opens_nowhere(self) -> bool:
        """Nobody comes in with it, at no gate and at no time: a way out is no way in."""
        ways_in = [lane for gate in self.gates for lane in gate.lanes if lane.lane.direction is Direction.IN]
        return not any(one.opens or self._looks(one) for lane in ways_in for one in lane.stretches)

    def _looks(self, one: Stretch) -> bool:
        return self.known and one.refused is not None and one.refused.reason is Reason.SECOND_FACTOR


def where_opens(db: Session, pass_id: UUID, now: datetime, *, uses_before: Mapping[UUID, int] | None = None) -> Ahead:
    """Ask ahead of now, or of the pass's beginning. uses_before: entries already made by lane, as far as known."""
    row = find(db, GatePassRow, pass_id, "access.no_pass")
    start, end = max(now, row.not_before), min(row.not_after, max(now, row.not_before) + AHEAD)
    if end <= start:
        return Ahead(start, start, row.credential_id is not None, ())
    key, ground = find(db, PassKeyRow, row.key_id, "access.no_key"), ground_at(db, row.community_id, now)
    views = [view for view in lanes_of(db, row.community_id) if view.lane.gate_number in row.gates]
    gate_ids = {view.lane.gate_id for view in views}
    holders = {gate_id: holder_at(db, row, start, gate_id) for gate_id in gate_ids}  # a consent is for some gates
    turns = sorted(_turns(ground, row, key, tuple(holders.values()), start, end))
    lanes: dict[int, list[LaneAhead]] = {number: [] for number in row.gates}
    for view in views:
        holder = holders[view.lane.gate_id]
        used = (uses_before or {}).get(view.lane.lane_id, 0)
        answers = [
            (at, _refused(shown_there(facts_of(ground, view, at), row, key, holder, at, used), at)) for at in turns
        ]
        lanes[view.lane.gate_number].append(LaneAhead(view.lane, _stretches(answers, end)))
    named = {gate.number: gate.name for gate in gates_of(db, row.community_id)}
    gates = tuple(GateAhead(named[number], tuple(found)) for number, found in sorted(lanes.items()))
    return Ahead(start, end, row.credential_id is not None, gates)


def _refused(facts: Facts, at: datetime) -> Check | None:
    return next((check for check in explain(facts, at) if not check.passed), None)


def _stretches(answers: list[tuple[datetime, Check | None]], end: datetime) -> tuple[Stretch, ...]:
    """Neighbours that say the same are one."""
    found: list[Stretch] = []
    for place, (at, refused) in enumerate(answers):
        until = answers[place + 1][0] if place + 1 < len(answers) else end
        if found and found[-1].refused == refused:
            found[-1] = Stretch(found[-1].start, until, refused)
        else:
            found.append(Stretch(at, until, refused))
    return tuple(found)


def _turns(
    ground: Ground, row: GatePassRow, key: PassKeyRow, holders: tuple[Cardholder | None, ...], start: datetime,
    end: datetime,
) -> set[datetime]:  # fmt: skip
    """The instants from `start` on at which an answer can change; some change nothing."""
    once = {one.until for one in ground.lockdowns} | {key.accepted_until, row.revoked_at}
    once |= {at for rule in ground.rules for at in (rule.valid_from, rule.valid_until)}
    for holder in (one for one in holders if one is not None):
        once |= {holder.valid_from, holder.valid_until, holder.household_blocked_until, holder.face_consent_until}
    return {start} | {at for at in (*once, *_clock_turns(ground, start, end)) if at is not None and start < at < end}


def _clock_turns(ground: Ground, start: datetime, end: datetime) -> Iterator[datetime]:
    """Each day at midnight and wherever a span of any rule or lane begins or ends."""
    schedules = [*(rule.schedule for rule in ground.rules), *(one.schedule for one in ground.kinds)]
    spans = {span for schedule in schedules for span in schedule}
    minutes = {0} | {minute % 1440 for span in spans for minute in (span.start_minute, span.end_minute)}
    day, last = site_day(start), site_day(end)
    while day <= last:
        yield from (day_begins(day, minute) for minute in minutes)
        day += timedelta(days=1)
