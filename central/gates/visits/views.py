"""What pages and programs are shown of the gates: frozen values, filled by `queries.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from central.gates.access.views import PersonView
from central.gates.visits.rules import APART, MOMENTARY, Lock, is_a_pair, stands_in_red, urgency
from models.site.topology import Direction

__all__ = ["AlarmView", "HeldNow", "LaneNow", "PersonView", "VisitView"]


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A person said that the face of this visit was somebody else's (ACC-13). `by_whom` is "guard" or "resident";
    `name` the guard's, and of a resident none is kept. What stood before is in the visit itself, which stays."""

    visit_id: UUID
    lane_id: UUID
    happened_at: datetime
    at: datetime
    by_whom: str
    name: str
    reason: str
    accepted: bool
    score: float
    threshold: float | None


@dataclass(frozen=True, slots=True)
class VisitView:
    """One access, from recognition to passage. What has not arrived, or never happened, is None: it is never guessed.

    `visit_id` is the correlation id of its events. `detail` and `checks` are those of the decision: each check is
    {"step", "passed", "reason", "detail"}; in `detail` stands `told` = "panel" too, where an existing panel was shown a
    card and drives the lock. `inputs` is what the decision stood on beside the rules of its version.
    `picture_until`: when the picture that is here goes, where nothing holds it.
    Instants are central's time as far as the node knew it; `skew_ms` (its own clock minus central's) is None where it
    had not reached central since its start. `late`: it reached central more than a minute after it happened. `plate`:
    as it is painted, of a vehicle whose plate was read; None also where its key is gone. `vehicles`: a barrier stands
    at its lane, and no door. `driven`: a node stands at its lane now, so that it can be opened from afar.
    `held`: a vehicle has not driven yet, as far as was told, and the arm of its lane is held up now.
    """

    stream_id: int
    visit_id: UUID
    community_id: UUID
    node_id: UUID
    lane_id: UUID | None
    lane_name: str
    gate_name: str
    direction: str | None
    seen_at: datetime | None
    decided_at: datetime | None
    outcome: str | None
    reason: str | None
    kind: str | None
    detail: Mapping[str, str]
    checks: tuple[Mapping[str, Any], ...]
    person: PersonView
    rules_version: int | None
    rules_age_s: int | None
    decide_ms: float | None
    score: float | None
    threshold: float | None
    image_rule: str | None
    inputs: Mapping[str, str]
    liveness: str | None
    party: int
    actor_name: str | None
    said: str | None
    picture_id: UUID | None
    actuated_at: datetime | None
    actuation_confirmed: bool | None
    actuation_fault: str | None
    relay_ms: float | None
    opened_at: datetime | None
    closed_at: datetime | None
    passed: bool | None
    passage_why: str | None
    passed_at: datetime | None
    received_at: datetime
    skew_ms: int | None
    late: bool
    plate: str | None = None
    picture_until: datetime | None = None
    correction: CorrectionView | None = None
    vehicles: bool = False
    driven: bool = False
    held: bool = False

    @property
    def may_be_corrected(self) -> bool:
        """Whether a face was compared here with a person who is named, and nobody has spoken yet."""
        return self.correction is None and is_a_pair(self.score, self.person.cardholder_id, self.outcome, self.lane_id)

    @property
    def unopened(self) -> bool:
        """A grant that the lock was not seen to follow, nor the door: whoever was let in stands there still."""
        failed = self.passage_why == "not_released" or self.actuation_fault is not None
        return self.outcome == "grant" and failed and self.opened_at is None and not self.passed


@dataclass(frozen=True, slots=True)
class AlarmView:
    """Something that needs, or needed, a person. `kind` is a word of `models.wire.events.AlarmKind`, or one of
    central's own: "node_offline", "node_claims", "node_replayed", "node_twice", "template_claimed",
    "many_claimed", "sent_in_vain", "chain_broken", "fork", "events_lost", "bay_fuel_car", "bay_charged".

    An open alarm of a kind that only repeats stands for all of its kind at its lane that nobody has seen: `times` of
    them, the last, `last_id`, at `last_at`. `over_seq`: the number of the node's event that ended it; `revoked_by`:
    none did, its node was revoked, by whom ("" unknown); `closed_by`: none did, this person ended it, and
    `closed_why`. `node_revoked`: of a fire that goes on, nobody else can end it any more. `fire_here` and
    `fire_elsewhere`: whether this lane's own input said fire, and the names of the other lanes whose input did.
    `pictured_in`: the visit that the last of them came along with, where its picture may still be shown; `own_picture`:
    pictures of the lane came with the alarm itself. `beside`: of a
    hit of the watch group, the access for which that very face was compared. `lock`: of a fire, what became of the
    lock that it was to release; `freed_at`: when that released, if it did not at first. `vehicles`: a barrier stands at
    its lane, and no door. `in_storm`: storm mode runs where water rises.
    """

    alarm_id: UUID
    community_id: UUID
    kind: str
    node_id: UUID | None
    lane_id: UUID | None
    lane_name: str
    device: str | None
    detail: str | None
    raised_at: datetime
    over_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    times: int
    last_at: datetime
    last_id: UUID
    over_seq: int | None = None
    revoked_by: str | None = None
    closed_by: str | None = None
    closed_why: str | None = None
    node_revoked: bool = False
    fire_here: bool = False
    fire_elsewhere: tuple[str, ...] = ()
    pictured_in: UUID | None = None
    own_picture: bool = False
    beside: UUID | None = None
    lock: Lock | None = None
    freed_at: datetime | None = None
    vehicles: bool = False
    in_storm: bool = False

    @property
    def traps(self) -> bool:
        """A fire that goes on, at a door whose lock did not release: nothing comes before it, whoever has seen it."""
        return self.lock is Lock.STUCK and self.over_at is None

    @property
    def place(self) -> str:
        """Sorts the cards as `rules.urgency` has it, also in a browser, which compares it as text. Of the lanes that
        one fire opened, that where it was seen comes first: there somebody has to go.
        """
        known, over, rank = urgency(self.kind, self.over_at, self.acknowledged_at)
        known, rank = (False, 0) if self.traps else (known, rank + 1)
        along = bool(self.fire_elsewhere) and not self.fire_here
        return f"{known:d}{over:d}{rank}{along:d} {self.raised_at.isoformat()}"

    @property
    def red(self) -> bool:
        return stands_in_red(self.kind, self.over_at, self.acknowledged_at)

    @property
    def momentary(self) -> bool:
        """Whether it only happened, and so can neither last nor be over."""
        return self.kind in MOMENTARY

    @property
    def card(self) -> str:
        """Alike for all alarms that one card stands for, whichever of them comes first."""
        if self.kind not in MOMENTARY:
            return str(self.alarm_id)
        apart = f"-{self.device}" if self.kind in APART else ""
        return f"{self.kind}-{self.lane_id or self.node_id}{apart}"


@dataclass(frozen=True, slots=True)
class HeldNow:
    """A barrier that is held up until `until`, when it ends by itself; `passed` cars drove through meanwhile. `by`:
    whose word it was; None of a storm, or of an account that is gone. `for_storm`: storm mode holds it, and has its
    node begin anew at `until`, until the storm ends at `storm_until`; None where that is over."""

    since: datetime
    until: datetime
    passed: int
    by: str | None
    said: str
    for_storm: UUID | None
    storm_until: datetime | None


@dataclass(frozen=True, slots=True)
class TurnsNow:
    """What a tidal lane's timetable is about to do. `due`: since when it should lead the other way, and `waits`: why it
    does not yet; both None where nothing waits. `next_at`: when it changes next, to `next_leads`."""

    due: datetime | None
    waits: str | None
    next_at: datetime | None
    next_leads: Direction | None


@dataclass(frozen=True, slots=True)
class LaneNow:
    """A lane at this moment. `node_id` None: no node drives it; `revoked`: none since the last one was revoked, and all
    that is said here is what that one said last. Online means: heard within `ONLINE_WITHIN_S`,
    in contact: within `CONTACT_WITHIN_S`, so that what is asked of the node now reaches it.

    `fire_held`: its node raised a fire alarm for it and has not said that it is over; taking note does not end it.
    `fire_lock`: what became of its lock then; only a `Lock.FREE` is an open door. `fire_signal`: whether
    a fire input of its node is active still, so that no word would end the hold; None where that is not known.
    `vehicles`: a barrier stands there, and no door.
    `held`: by whose word its arm is held up. `leads`: which way a lane that may be turned round leads now; None of
    others. `turns`: what its timetable is about to do.
    `scan_refused`: why the last thing held to its scanner was no pass at all, as its node said at `scan_refused_at`.
    """

    lane_id: UUID
    community_id: UUID
    code: str
    name: str
    gate_name: str
    direction: str
    node_id: UUID | None
    node_online: bool
    in_contact: bool
    last_heard_at: datetime | None
    position: str
    rules_version: int | None
    rules_age_s: int | None
    queue_length: int | None
    skew_ms: int | None
    last_visit: VisitView | None
    fire_held: bool
    alarms: tuple[AlarmView, ...]
    fire_lock: Lock | None = None
    fire_signal: bool | None = None
    scan_refused: str | None = None
    scan_refused_at: datetime | None = None
    vehicles: bool = False
    revoked: bool = False
    held: HeldNow | None = None
    leads: Direction | None = None
    turns: TurnsNow | None = None

    @property
    def fire_to_close(self) -> UUID | None:
        """The alarm of a fire that goes on here and that only a person ends, its node being revoked."""
        return next((one.alarm_id for one in self.alarms if one.node_revoked), None)
