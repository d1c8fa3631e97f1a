"""What the events of one access amount to, and when an alarm needs a person. Pure.

A visit is a fold over all events that share its correlation id, never an edit of what was there: whatever order they
arrive in, and however often, the same events give the same row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from central.gates.ingest.queries import Recorded
from models.wire.events import UNSEEN, Actuated, DecisionMade, Passage, Position, Sensed

VISIT_KINDS = ("decision", "actuation", "sensed", "passage")
EVENTS_MAX = 200
LATE_AFTER = timedelta(seconds=60)
ONLINE_WITHIN_S = 45
CONTACT_WITHIN_S = 12
"""A node that is there asks again at least every `nodes.rules.WAIT_MAX_S`, 8 seconds. Beyond these four more, which are
for the way and a busy machine, it is not to be reached at this moment; of ONLINE_WITHIN_S an alarm is made."""

REPEATED = "tailgate_repeated"
"""Somebody was followed in again and again with the same credential: for a person to look into (ACC-19)."""
REPEATS, REPEATS_WITHIN = 3, timedelta(hours=24)

MOMENTARY = frozenset(
    {
        *("wrong_attempts", "tailgate", REPEATED, "snapshot_refused", "events_dropped", "events_lost", "fork"),
        *("watch_group", "node_replayed", "node_twice", "template_claimed", "many_claimed", "duress", "sent_in_vain"),
    }
)
"""They happen and are never over: seeing them is what ends them."""
OUTLIVES_NODE = MOMENTARY | {"fire"}
"""What does not end when its node is revoked: what has no end, and a fire, of which that says nothing."""
APART = frozenset({"watch_group"})
"""Of those that only repeat, these are one card for each of their devices: two people are not one alarm."""
STAYS_UNTIL_SEEN = MOMENTARY | {
    *(
        "forced",
        "held_open",
        "tamper",
        "ebike",
        "fire_lane",
        "camera_covered",
        "camera_moved",
        "fire",
        "water",
        "journal",
        "chain_broken",
        "node_claims",
    )
}
"""Shown until a person has taken note, also when they are over: a forced door that closed again is not forgotten."""


STAYS_WHEN_LONG = frozenset({"node_offline", "device_fault"})
LONG = timedelta(minutes=1)
"""These, when they lasted so long, stay too: nobody may have been able to pass meanwhile. What was shorter is in the
list of alarms."""

DANGER = (
    frozenset({"duress"}),
    frozenset({"fire"}),
    frozenset({"water"}),
    frozenset({"forced"}),
    frozenset(
        {
            "tamper",
            "stuck_released",
            "journal",
            "node_claims",
            "node_replayed",
            "node_twice",
            "template_claimed",
            "many_claimed",
            "sent_in_vain",
        }
    ),
    frozenset({"ebike", "fire_lane", "held_open", "watch_group", "camera_covered", "camera_moved"}),
    frozenset({"tailgate", REPEATED, "wrong_attempts"}),
)
"""The kinds of alarms in the order of danger: a person under threat, a fire, rising water, a door that was broken open,
a door that is no longer held or watched over (or a node that somebody else may speak for), what may be the beginning of
it, people who do not keep to the rules. Every other kind tells of a machine and comes after them.

Duress stands before the fire: a fire opens its doors by itself, sounds in the house and shows on each of its lanes,
with a card for every one of them, whereas of the duress nobody learns but from this one card. A fire that is over comes
last of what is over: what it left standing open is on its lane.
"""


def urgency(kind: str, over_at: datetime | None, acknowledged_at: datetime | None) -> tuple[bool, bool, int]:
    """What sorts the alarms on the guard's page, and so what the key A takes note of first: what nobody has seen yet
    and goes on, by danger; then what nobody has seen and is over, by danger; then what is known, likewise. Alike in all
    of these, the oldest comes first. What only happened has no end: until somebody sees it, it goes on."""
    burnt_out = kind == "fire" and over_at is not None
    rank = len(DANGER) if burnt_out else _danger(kind)
    return acknowledged_at is not None, over_at is not None, rank


def is_of_machines(kind: str) -> bool:
    """Whether an alarm tells of a machine, and of nobody in danger."""
    return _danger(kind) == len(DANGER)


def _danger(kind: str) -> int:
    return next((place for place, kinds in enumerate(DANGER) if kind in kinds), len(DANGER))


def stands_in_red(kind: str, over_at: datetime | None, acknowledged_at: datetime | None) -> bool:
    """Whether an alarm is shown as one that counts now: it goes on, or a door was broken open and nobody knows of it
    yet. That such a door fell shut again says nothing of who is inside."""
    return over_at is None or (kind == "forced" and acknowledged_at is None)


class Lock(StrEnum):
    """A lock that a fire is to release: read back as released, told to and not read back (or nothing was heard of it
    yet), or it did not release."""

    FREE = "free"
    UNSURE = "unsure"
    STUCK = "stuck"


def lock_in_fire(hold: str | None, faulty: bool, silent: bool = False) -> Lock:
    """`hold`: the last word about the lane's hold. `faulty`: whether a fault of its lock stands. One voice that says
    it did not release is enough. `silent`: its board answers no more, so that what it said before is not known now."""
    if faulty or hold == "failed":
        return Lock.STUCK
    return Lock.FREE if hold == "seen" and not silent else Lock.UNSURE


ANSWER_BESIDE = 3
"""A node's answer to a command follows what the command did as one of its next so many events."""


def ended_by_command(over_seq: int, answer_seq: int) -> bool:
    """Whether an alarm was over by what a person had the node do: its answer stands right behind the end. An end that
    no answer follows came by itself."""
    return 0 < answer_seq - over_seq <= ANSWER_BESIDE


def needs_a_person(kind: str, raised_at: datetime, over_at: datetime | None, acknowledged_at: datetime | None) -> bool:
    """Whether an alarm stands on the guard's page."""
    if acknowledged_at is None:
        if over_at is None or kind in STAYS_UNTIL_SEEN:
            return True
        return kind in STAYS_WHEN_LONG and over_at - raised_at >= LONG
    return over_at is None and kind not in MOMENTARY


def is_a_pair(score: float | None, cardholder_id: UUID | None, outcome: str | None, lane_id: UUID | None) -> bool:
    """Whether a face was compared in this visit with a person who is named: what somebody can say is wrong (ACC-13)."""
    return None not in (score, cardholder_id, outcome, lane_id)


def is_online(heard_at: datetime | None, now: datetime) -> bool:
    return heard_at is not None and now - heard_at <= timedelta(seconds=ONLINE_WITHIN_S)


def is_in_contact(heard_at: datetime | None, now: datetime) -> bool:
    """Whether what a person asks of the node now will reach it."""
    return heard_at is not None and now - heard_at <= timedelta(seconds=CONTACT_WITHIN_S)


def fold(events: Sequence[Recorded]) -> dict[str, Any] | None:
    """The columns of the visit that these events (of one node, one correlation, at most `EVENTS_MAX`) amount to.

    None when they are no access: a door that was only seen to move. The last decision counts, and the first instant
    at which somebody was seen; a step that is missing stays None.
    """
    told = [(one, one.body) for one in sorted(events, key=lambda one: one.event.seq)]
    decisions = [(one, body) for one, body in told if isinstance(body, DecisionMade)]
    releases = [(one, body) for one, body in told if isinstance(body, Actuated) and body.action == "release"]
    sensed = [(one, body) for one, body in told if isinstance(body, Sensed)]
    passages = [(one, body) for one, body in told if isinstance(body, Passage)]
    if not decisions and not releases and not passages:
        return None
    first, _ = told[0]
    main = decisions[-1][0] if decisions else first
    at = min(decisions[-1][1].decision.at, main.received_at) if decisions else first.happened_at
    lanes = [one.event.lane_id for one, _ in told if one.event.lane_id]
    row: dict[str, Any] = {
        "community_id": first.community_id,
        "node_id": first.event.node_id,
        "lane_id": main.event.lane_id or next(iter(lanes), None),
        "happened_at": at,
        "received_at": main.received_at,
        "skew_ms": main.event.skew_ms,
        "late": main.received_at - main.happened_at > LATE_AFTER,
    }
    row |= _decided(decisions) | _released(releases) | _door(sensed) | _passed(passages)
    if releases and releases[-1][1].told == "panel":  # it has no column of its own
        row["detail"] = {**(row["detail"] or {}), "told": "panel"}
    return row


def _decided(decisions: Sequence[tuple[Recorded, DecisionMade]]) -> dict[str, Any]:
    if not decisions:
        return dict.fromkeys(
            ("decision_id", "seen_at", "decided_at", "outcome", "reason", "kind", "detail", "checks", "cardholder_id",
             "credential_id", "rule_id", "rules_version", "rules_age_s", "decide_us", "score", "threshold",
             "image_rule", "inputs", "liveness", "sealed_plate", "party", "command_id", "actor_id", "said")
        )  # fmt: skip
    one, body = decisions[-1]
    made = body.decision
    return {
        "decision_id": one.event.event_id,
        "seen_at": min(decisions[0][1].seen_at, one.received_at),
        "decided_at": min(made.at, one.received_at),
        "outcome": made.outcome.value,
        "reason": made.reason.value,
        "kind": made.kind.value,
        "detail": made.detail,
        "checks": [check.model_dump(mode="json") for check in made.checks],
        "cardholder_id": made.cardholder_id,
        "credential_id": made.credential_id,
        "rule_id": made.rule_id,
        "rules_version": made.rules_version,
        "rules_age_s": made.rules_age_s,
        "decide_us": body.duration_us,
        "score": made.score,
        "threshold": made.threshold,
        "image_rule": body.image_rule.value,
        "inputs": made.inputs,
        "liveness": body.liveness,
        "sealed_plate": body.plate,
        "party": body.party,
        "command_id": body.command_id,
        "actor_id": body.actor_id,
        "said": body.said,
    }


def _released(releases: Sequence[tuple[Recorded, Actuated]]) -> dict[str, Any]:
    if not releases:
        return dict.fromkeys(("actuated_at", "actuation_confirmed", "actuation_fault", "relay_us"))
    one, body = releases[-1]
    return {
        "actuated_at": one.happened_at,
        "actuation_confirmed": body.confirmed,
        "actuation_fault": body.fault,
        "relay_us": body.latency_us,
    }


def _door(sensed: Sequence[tuple[Recorded, Sensed]]) -> dict[str, Any]:
    """Opened: when it was first seen open. Closed: when it was last seen closed, and has not moved since."""
    opened = next((one.happened_at for one, body in sensed if body.position is Position.OPEN), None)
    closed = sensed[-1][0].happened_at if sensed and sensed[-1][1].position is Position.CLOSED else None
    return {"opened_at": opened, "closed_at": closed if opened else None}


def _passed(passages: Sequence[tuple[Recorded, Passage]]) -> dict[str, Any]:
    if not passages:
        return dict.fromkeys(("passed", "passage_why", "passed_at", "open_ms"))
    one, body = passages[-1]
    passed = None if body.why in UNSEEN else body.passed  # "nobody" is said only where it is known
    return {"passed": passed, "passage_why": body.why, "passed_at": one.happened_at, "open_ms": body.open_ms}
