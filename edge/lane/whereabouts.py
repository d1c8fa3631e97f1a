"""Where people are, for anti-passback (ACC-17): a view of the journal, told of each event and made anew at a start.

A decision says who was let through, the passage under the same correlation whether they went. Until it is told,
whoever was let through at one lane counts as gone there at every other: a credential handed back through the gap of a
door that still stands open lets nobody else in beside it. What would make a place wrong is heard too: a fire, through
which people leave unread; devices of a lane that read nothing for longer than LOST_READS_MAX; the node itself not
running. Places from before that refuse nobody. An exit button names nobody: a zone that people leave by one must not
be hard, for who left that way still counts as inside.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from edge.journal.errors import JournalError
from edge.journal.journal import Journal
from models.access.decision import Outcome, Reason
from models.access.passback import LOST_READS_MAX, LastPassage, Passback, PassbackMode, PassbackZone
from models.access.policy import Facts
from models.site.topology import Direction
from models.values.clocks import following
from models.wire.commands import Action
from models.wire.events import EVENT_BODY, Alarm, AlarmKind, CommandDone, DecisionMade, EventBody, NodeNews, Passage

TOLD_MAX = 50_000
"""Events that a start looks back over. Who was seen before that is not known, and so is refused nothing."""

log = logging.getLogger(__name__)

_BLIND = (AlarmKind.DEVICE_FAULT, AlarmKind.CAMERA_STALE)


@dataclass(frozen=True, slots=True)
class _Granted:
    """Let through, and not yet known to have gone."""

    person: UUID
    lane: UUID | None
    at: datetime


class Whereabouts:
    """Owned by the lane thread. `lanes`: those of this node, and which way they lead."""

    def __init__(self, lanes: Mapping[UUID, Direction]):
        self._lanes = lanes
        self._granted: dict[UUID, _Granted] = {}
        self._passed: dict[UUID, dict[UUID, datetime]] = {}
        self._unsure_until: dict[UUID | None, datetime] = {}  # of a lane; None: of all of them
        self._blind: dict[tuple[UUID | None, str | None], datetime] = {}
        self._heard_at: datetime | None = None

    def tell(
        self, body: EventBody, correlation: UUID, lane_id: UUID | None, at: datetime, skew_ms: int | None = None
    ) -> None:
        """One event of this node's journal, in the order of the journal; `at` by the node's clock, which may jump."""
        own, at = at, following(self._heard_at, at, skew_ms)
        match body:
            case DecisionMade(decision=made) if made.outcome is Outcome.GRANT and made.reason is not Reason.FIRE:
                if person := made.cardholder_id or made.credential_id:
                    self._granted[correlation] = _Granted(person, lane_id, at)
            case Passage():
                self._ended(body, correlation, lane_id, at)
            case Alarm(alarm=AlarmKind.FIRE):
                self._unsure_until[lane_id] = at
            case Alarm() if body.alarm in _BLIND:
                self._blinded(body, lane_id, at)
            case NodeNews(what="started") if self._heard_at:
                if own < at or at - self._heard_at > LOST_READS_MAX:  # a clock set back tells no length of time
                    self._unsure_until[None] = at
            case CommandDone(action=Action.RESET_PASSBACK, result="done") if body.subject_id:
                self._passed.pop(body.subject_id, None)
        self._heard_at = at

    def begin(self, journal: Journal, now: datetime) -> None:
        """Look back at a start. What cannot be read stops no gate: then nothing of before counts."""
        try:
            for body, correlation, lane_id, at, skew_ms in journal.newest(TOLD_MAX):
                self.tell(EVENT_BODY.validate_json(body), correlation, lane_id, at, skew_ms)
        except (JournalError, ValueError) as error:
            log.error("where people are is not known: %s", error)
            self._unsure_until[None] = now

    def with_passback(self, facts: Facts, zones: Iterable[PassbackZone], now: datetime) -> Facts:
        """The same facts, with what is known of this person in the zone of this lane; the first zone counts."""
        person = facts.cardholder.cardholder_id if facts.cardholder else facts.verification.credential_id
        zone = next((one for one in zones if facts.lane.lane_id in one.lanes), None)
        if zone is None or person is None:
            return facts
        last = self._last(person, zone, facts.lane.lane_id)
        passback = Passback(zone=zone, last=last, trusted=last is not None and self._sure(zone, last.at, now))
        return facts.model_copy(update={"passback": passback})

    def _last(self, person: UUID, zone: PassbackZone, asking: UUID) -> LastPassage | None:
        lanes = zone.lanes & self._lanes.keys()
        here = [(lane, at) for lane, at in self._passed.get(person, {}).items() if lane in lanes]
        elsewhere = lanes if zone.mode is PassbackMode.HARD else lanes - {asking}
        here += [(one.lane, one.at) for one in self._granted.values() if one.person == person and one.lane in elsewhere]
        return LastPassage(direction=self._lanes[here[-1][0]], at=here[-1][1]) if here else None

    def _sure(self, zone: PassbackZone, since: datetime, now: datetime) -> bool:
        """Whether every passage of the zone was read since: a lane at another node is never seen from here."""
        if not zone.lanes <= self._lanes.keys():
            return False
        if any(at >= since for lane, at in self._unsure_until.items() if lane is None or lane in zone.lanes):
            return False
        return not any(now - at > LOST_READS_MAX for (lane, _), at in self._blind.items() if lane in zone.lanes)

    def _ended(self, passage: Passage, correlation: UUID, lane_id: UUID | None, at: datetime) -> None:
        granted = self._granted.pop(correlation, None)
        if granted is None or lane_id is None:
            return
        person = granted.person
        if passage.passed:
            passed = self._passed.setdefault(person, {})
            passed.pop(lane_id, None)  # so that the last is the latest, also where two have the same instant
            passed[lane_id] = at
        elif passage.why in ("restart", "fire"):  # nobody knows whether they went; a lift leads nowhere in or out
            self._passed.pop(person, None)

    def _blinded(self, alarm: Alarm, lane_id: UUID | None, at: datetime) -> None:
        key = (lane_id, alarm.device)
        if not alarm.over:
            self._blind.setdefault(key, at)
        elif at - self._blind.pop(key, at) > LOST_READS_MAX:
            self._unsure_until[lane_id] = at
