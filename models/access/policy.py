"""Whether the door opens. One pure function, run unchanged at the lane and at central (promise 1).

`decide` asks the questions below in order and stops at the first that fails; `explain` shows each of them. The order
is that of VIS-07, with the state of the gate before it and the second factor after it:

    gate state > format > key > signature > revoked > blocked > window > gate scope > rules > uses > passback
        > second factor

A card, or a PIN behind its unit: gate state > attempts > known > revoked > blocked > validity > rules > passback >
second factor. A lane may say which kinds it takes, and when; that comes right after the gate state.

The uses of a pass are entries: no lane out asks about them.

A second factor is a face, and a face is never the only way (ACC-07, PRIV-01): of whoever has agreed to none it is not
asked for, and what they showed opens alone. `_second_factor` says why.

Of a cardholder whose household a manager has blocked, the household is asked about after the validity.

A face alone is asked: gate state > face > blocked > validity > rules > passback > second factor. It opens only where
its lane lets faces open, it was shown to be alive, and its owner has agreed.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from models.access.credential import GROUP_NAMES, Cardholder, Kind, Pass, site_tag
from models.access.decision import Check, Decision, Outcome, Reason
from models.access.inputs import inputs_of
from models.access.lifts import in_order
from models.access.passback import Passback, Verdict, judge
from models.access.passes import PassProblem
from models.access.schedule import ALWAYS, Span
from models.access.verification import FaceResult, FaceStatus, Liveness, Verification
from models.site.topology import Direction, Lane
from models.values.frozen import IN_ORDER, Frozen, WireValue
from models.values.time import Instant


class Effect(StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    SECOND_FACTOR = "second_factor"


class Rule(WireValue):
    """Person groups × lanes × weekly schedule × validity. No lanes named means every lane of the site."""

    rule_id: UUID
    effect: Effect
    groups: Annotated[frozenset[str], IN_ORDER] = Field(min_length=1)
    lanes: Annotated[frozenset[UUID], IN_ORDER] = frozenset()
    schedule: tuple[Span, ...] = ALWAYS
    valid_from: Instant | None = None
    valid_until: Instant | None = None

    def concerns(self, groups: frozenset[str], lane_id: UUID) -> bool:
        return bool(self.groups & groups) and (not self.lanes or lane_id in self.lanes)

    def applies(self, at: datetime, holidays: frozenset[date]) -> bool:
        started = self.valid_from is None or self.valid_from <= at
        ended = self.valid_until is not None and at >= self.valid_until
        return started and not ended and any(span.holds(at, holidays) for span in self.schedule)


class KindWindow(WireValue):
    """A kind of credential that a lane takes, and when. A lane without any takes every kind, always (ACC-01)."""

    lane_id: UUID
    kind: Kind
    schedule: tuple[Span, ...] = ALWAYS


class GateState(Frozen):
    """What the lane itself is like at the moment of the decision."""

    fire: bool = False
    fault: str | None = None
    lockdown: bool = False
    lockdown_groups: frozenset[str] = Field(default=frozenset(), description="who still passes during it")
    interlock: bool = Field(default=False, description="the other door of an interlock is released or open")
    ebike: bool = Field(default=False, description="an electric bicycle stands where none may be taken in")
    pin_locked: bool = False


class Facts(Frozen):
    """Everything the policy may know. Two runs with equal facts and equal `now` give equal decisions."""

    site_id: UUID
    lane: Lane
    gate: GateState = GateState()
    face_opens: bool = Field(default=False, description="the lane demands liveness, and lets a living face open")
    face_lives: bool = Field(
        default=False, description="the lane tells living faces apart by itself, beside a pass too"
    )
    verification: Verification
    cardholder: Cardholder | None = None
    revoked: bool = False
    uses_before: int = Field(default=0, ge=0)
    rules: tuple[Rule, ...] = ()
    holidays: frozenset[date] = frozenset()
    passback: Passback | None = None
    floors: frozenset[str] | None = Field(default=None, description="at a lift, those that would be freed")
    kinds: tuple[KindWindow, ...] = Field(default=(), description="those of this lane")
    rules_version: int = Field(default=0, ge=0)
    rules_issued_at: Instant | None = None
    rules_expire_at: Instant | None = None
    refer_when_stale: bool = False
    window_margin_s: int = Field(
        default=300, ge=0, le=3600, description="VIS-10: an early or late visitor's five minutes"
    )


_REFERRED = {
    Reason.FAULT,
    Reason.STALE_RULES,
    Reason.INTERLOCK,
    Reason.SECOND_FACTOR,
    Reason.NO_REFERENCE,
    Reason.FACE_ALONE,
    Reason.NO_FACE,
    Reason.SEVERAL_FACES,
    Reason.LOW_QUALITY,
    Reason.AMBIGUOUS,
}
_REFERRED_FOR_A_FACE = _REFERRED | {Reason.SPOOF}
"""A living person can fail a proof of liveness: a pass lets them in. Beside a pass a spoof stays refused."""

_FACE_REASON = {
    FaceStatus.NO_FACE: Reason.NO_FACE,
    FaceStatus.SEVERAL_FACES: Reason.SEVERAL_FACES,
    FaceStatus.LOW_QUALITY: Reason.LOW_QUALITY,
    FaceStatus.BELOW_THRESHOLD: Reason.LOW_SCORE,
    FaceStatus.AMBIGUOUS: Reason.AMBIGUOUS,
    FaceStatus.NO_REFERENCE: Reason.NO_REFERENCE,
    FaceStatus.MATCHED: Reason.OK,
}


def decide(facts: Facts, now: datetime) -> Decision:
    """The answer, with the checks that led to it: those passed, and the one that failed if any did."""
    asked: list[Check] = []
    for check in _checks(facts, now):
        asked.append(check)
        if not check.passed or check.reason is Reason.FIRE:
            break
    last = asked[-1]
    rule_id = next((UUID(c.detail["rule"]) for c in asked if "rule" in c.detail), None)
    face, holder = facts.verification.face, facts.cardholder
    if holder is not None and not holder.may_be_compared(now):
        if facts.verification.kind is Kind.FACE:
            holder = None  # who has withdrawn is nobody to a camera, also in the record
        else:
            face = None  # looked at before the consent ended: it counts no more, and the record knows none
    return Decision(
        outcome=_outcome(last, facts.verification.kind),
        reason=last.reason,
        kind=facts.verification.kind,
        at=now,
        lane_id=facts.lane.lane_id,
        cardholder_id=holder.cardholder_id if holder else None,
        credential_id=facts.verification.credential_id,
        rule_id=rule_id,
        rules_version=facts.rules_version,
        rules_age_s=int((now - facts.rules_issued_at).total_seconds()) if facts.rules_issued_at else None,
        score=face.score if face else None,
        threshold=face.threshold if face else None,
        detail=last.detail | _liveness(face),
        checks=tuple(asked),
        inputs=inputs_of(facts, now),
    )


def explain(facts: Facts, now: datetime) -> tuple[Check, ...]:
    """Every question that can still be asked, also after one failed: what else would have stood in the way (ACC-05)."""
    return tuple(_checks(facts, now))


def _outcome(last: Check, kind: Kind) -> Outcome:
    if last.passed:
        return Outcome.GRANT
    referred = _REFERRED_FOR_A_FACE if kind is Kind.FACE else _REFERRED
    return Outcome.REFER if last.reason in referred else Outcome.DENY


def _checks(facts: Facts, now: datetime) -> Iterator[Check]:
    kind, read = facts.verification.kind, facts.verification.read
    yield from _gate_state(facts, now)
    if kind in (Kind.EXIT_BUTTON, Kind.REMOTE, Kind.INTERCOM):
        # a button is pressed from inside; a command was judged by `wire.commands.judge`; an intercom by its answer
        yield _passed("presented")
        yield from _floors(facts)
        return
    yield from _kind(facts, now)
    if kind is Kind.FACE:
        yield from _face_alone(facts, now)
        return
    if kind in (Kind.CARD, Kind.PIN):
        yield from _card_or_pin(facts, now)
        return
    if kind is not Kind.PASS or read is None:
        yield _failed("format", Reason.UNKNOWN)
        return
    if isinstance(read, PassProblem):
        yield _failed("signature" if read is PassProblem.FORGED else "format", Reason(read.value))
        return
    yield _passed("signature")
    yield _check("revoked", not facts.revoked, Reason.REVOKED)
    yield _check("blocked", not (facts.cardholder and facts.cardholder.blocked), Reason.BLOCKED)
    yield _window(read, facts, now)
    yield from _cardholder_validity(facts.cardholder, now)
    yield from _household(facts.cardholder, facts, now)
    yield _scope(read, facts)
    rule = _rule(_groups(read, facts.cardholder), facts, now)
    yield rule
    if facts.lane.direction is not Direction.OUT:  # uses are entries: whoever is inside may always leave
        yield _uses(read, facts.uses_before)
    yield from _passback(facts, now)
    yield from _floors(facts)
    if rule.detail.get("effect") == Effect.SECOND_FACTOR:
        yield _second_factor(facts, now)


def _kind(facts: Facts, now: datetime) -> Iterator[Check]:
    """Asked only where the lane says which kinds it takes."""
    if facts.kinds:
        mine = [one for one in facts.kinds if one.kind is facts.verification.kind]
        on = any(span.holds(now, facts.holidays) for one in mine for span in one.schedule)
        yield _check("kind", on, Reason.WRONG_TIME if mine else Reason.NO_RULE)


def _card_or_pin(facts: Facts, now: datetime) -> Iterator[Check]:
    """What names its cardholder and says nothing else: the rules are those of its owner."""
    if facts.verification.kind is Kind.PIN and facts.gate.pin_locked:
        yield _failed("attempts", Reason.WRONG_ATTEMPTS)
        return
    holder = facts.cardholder
    if facts.verification.credential_id is None or holder is None:
        yield _failed("known", Reason.UNKNOWN)
        return
    yield _passed("known")
    yield _check("revoked", not facts.revoked, Reason.REVOKED)
    yield _check("blocked", not holder.blocked, Reason.BLOCKED)
    yield from _cardholder_validity(holder, now)
    yield from _household(holder, facts, now)
    rule = _rule(holder.groups, facts, now)
    yield rule
    yield from _passback(facts, now)
    yield from _floors(facts)
    if rule.detail.get("effect") == Effect.SECOND_FACTOR:
        yield _second_factor(facts, now)


def _floors(facts: Facts) -> Iterator[Check]:
    """Asked only at a lift, which needs at least one floor to go to."""
    if facts.floors is not None:
        floors = " ".join(in_order(facts.floors))
        yield _check("floors", bool(facts.floors), Reason.WRONG_POINT, **({"floors": floors} if floors else {}))


def _gate_state(facts: Facts, now: datetime) -> Iterator[Check]:
    gate = facts.gate
    if gate.fire:
        yield Check(step="gate", passed=True, reason=Reason.FIRE)  # the door stands open already; nobody is held back
    elif gate.fault is not None:
        yield _failed("gate", Reason.FAULT, device=gate.fault)
    elif gate.interlock:
        yield _failed("gate", Reason.INTERLOCK)
    elif gate.ebike and not _leaves(facts) and facts.verification.kind is not Kind.REMOTE:
        yield _failed("gate", Reason.EBIKE)
    elif gate.lockdown and not _passes_lockdown(facts):
        yield _failed("gate", Reason.LOCKDOWN)
    else:
        yield _passed("gate")
    expired = facts.rules_expire_at is not None and now >= facts.rules_expire_at
    if expired and facts.refer_when_stale and facts.verification.kind is not Kind.EXIT_BUTTON:
        yield _failed("rules_age", Reason.STALE_RULES)


def _leaves(facts: Facts) -> bool:
    return facts.verification.kind is Kind.EXIT_BUTTON or facts.lane.direction is Direction.OUT


def _passes_lockdown(facts: Facts) -> bool:
    """Whoever leaves, and the group that is named; what they show is asked all the other questions as well."""
    if _leaves(facts):
        return True
    read, holder = facts.verification.read, facts.cardholder
    groups = _groups(read, holder) if isinstance(read, Pass) else holder.groups if holder else frozenset[str]()
    return bool(groups & facts.gate.lockdown_groups)


def _passback(facts: Facts, now: datetime) -> Iterator[Check]:
    """Asked only where a zone is set up. What is noted is let through, and the record says so."""
    if facts.passback is None:
        return
    verdict = judge(facts.passback, facts.lane.direction, now)
    last = facts.passback.last
    since = {"last": last.at.isoformat()} if last and verdict is not Verdict.FREE else {}
    yield _check("passback", verdict is not Verdict.REFUSED, Reason.PASSBACK, verdict=verdict.value, **since)


def _window(read: Pass, facts: Facts, now: datetime) -> Check:
    margin = timedelta(seconds=facts.window_margin_s)
    window = {"from": read.not_before.isoformat(), "until": read.not_after.isoformat()}
    # The margin moves `now`, not the window: a pass until the last day of the calendar has no room for it.
    if now + margin < read.not_before:
        return _failed("window", Reason.NOT_YET, **window)
    if now - margin >= read.not_after:
        return _failed("window", Reason.EXPIRED, **window)
    return _passed("window", **window)


def _cardholder_validity(cardholder: Cardholder | None, now: datetime) -> Iterator[Check]:
    if cardholder is None:
        return
    if cardholder.valid_from and now < cardholder.valid_from:
        yield _failed("cardholder", Reason.NOT_YET, **{"from": cardholder.valid_from.isoformat()})
    if cardholder.valid_until and now >= cardholder.valid_until:
        yield _failed("cardholder", Reason.EXPIRED, until=cardholder.valid_until.isoformat())


def _household(cardholder: Cardholder | None, facts: Facts, now: datetime) -> Iterator[Check]:
    """Asked only of a household that is blocked. Whoever is inside may always leave."""
    until = cardholder.household_blocked_until if cardholder else None
    if until is not None:
        held_back = now < until and facts.lane.direction is not Direction.OUT
        yield _check("household", not held_back, Reason.HOUSEHOLD_BLOCKED, until=until.isoformat())


def _scope(read: Pass, facts: Facts) -> Check:
    here = read.site_tag == site_tag(facts.site_id) and bool(read.gates >> facts.lane.gate_number & 1)
    return _check("gate_scope", here, Reason.WRONG_POINT)


def _groups(read: Pass, cardholder: Cardholder | None) -> frozenset[str]:
    signed = frozenset({GROUP_NAMES[read.group]}) if read.group in GROUP_NAMES else frozenset[str]()
    return signed | (cardholder.groups if cardholder else frozenset())


def _rule(groups: frozenset[str], facts: Facts, now: datetime) -> Check:
    """Deny beats a demand for a second factor, which beats allow; no match is deny (ACC-03)."""
    concerned = [rule for rule in facts.rules if rule.concerns(groups, facts.lane.lane_id)]
    applying = [rule for rule in concerned if rule.applies(now, facts.holidays)]
    for effect in (Effect.DENY, Effect.SECOND_FACTOR, Effect.ALLOW):
        rule = min((r for r in applying if r.effect is effect), key=lambda r: r.rule_id, default=None)
        if rule is not None:
            detail = {"rule": str(rule.rule_id), "effect": effect.value}
            return _check("rules", effect is not Effect.DENY, Reason.NO_RULE, **detail)
    other_time = any(rule.effect is not Effect.DENY for rule in concerned)
    return _failed("rules", Reason.WRONG_TIME if other_time else Reason.NO_RULE)


def _uses(read: Pass, before: int) -> Check:
    left = read.uses == 0 or before < read.uses
    return _check("uses", left, Reason.USED_UP, allowed=str(read.uses), before=str(before))


def _second_factor(facts: Facts, now: datetime) -> Check:
    """The face of whoever the pass, card or PIN names, where they agreed to it.

    Who never agreed, has withdrawn, or whose consent has ended is asked for no face and goes through as easily as
    everybody else, by what they showed alone; the reason says so, and the record of it. Another credential in place of
    the face would be a price on saying no, and is not what the consent's own words promise. What it costs: of these
    people the rule has one factor, and the rule's page says that. Who did agree cannot get around their face: no
    reference, a bad picture or nobody in it is for a guard. A visitor's pass names no cardholder and agrees to nothing;
    its face stays asked for, so that a guard is.
    """
    holder = facts.cardholder
    if holder is not None and not holder.may_be_compared(now):
        reason = Reason.CONSENT_ENDED if holder.face_consent else Reason.NO_CONSENT
        return Check(step="second_factor", passed=True, reason=reason)
    face = facts.verification.face
    if face is None:
        return _failed("second_factor", Reason.SECOND_FACTOR)
    if face.liveness is Liveness.SPOOF:
        return _failed("second_factor", Reason.SPOOF)
    if face.status is FaceStatus.MATCHED and (holder is None or face.cardholder_id != holder.cardholder_id):
        return _failed("second_factor", Reason.LOW_SCORE)  # a match with somebody else is no match
    if _not_shown_alive(face, facts):
        return _failed("second_factor", Reason.SECOND_FACTOR)
    reason = _FACE_REASON[face.status]
    quality = {"quality": face.quality} if face.quality else {}
    return _check("second_factor", reason is Reason.OK, reason, **quality)


def _not_shown_alive(face: FaceResult, facts: Facts) -> bool:
    """A photograph beside the pass is its owner's face too: where the lane can tell, it must be shown to live."""
    return facts.face_lives and face.status is FaceStatus.MATCHED and face.liveness is not Liveness.LIVE


def _face_alone(facts: Facts, now: datetime) -> Iterator[Check]:
    """Without proof of liveness a face opens nothing by itself: the guard is asked (promise 6).

    A living one, of somebody who agreed, at a lane that lets faces open, is asked what its owner's pass would be asked.
    """
    face, holder = facts.verification.face, facts.cardholder
    known = _known_face(face, holder, now)
    if known is not Reason.OK or face is None or holder is None:
        quality = {"quality": face.quality} if face and face.quality else {}
        yield _failed("face", known, **quality, **_liveness(face))
        return
    opens = facts.face_opens and face.liveness is Liveness.LIVE
    unproven = {"unproven": "yes"} if facts.face_opens and not opens else {}
    yield _check("face", opens, Reason.FACE_ALONE, **unproven, **_liveness(face))
    yield _check("blocked", not holder.blocked, Reason.BLOCKED)
    yield from _cardholder_validity(holder, now)
    yield from _household(holder, facts, now)
    rule = _rule(holder.groups, facts, now)
    yield rule
    yield from _passback(facts, now)
    yield from _floors(facts)
    if rule.detail.get("effect") == Effect.SECOND_FACTOR:
        yield _failed("second_factor", Reason.SECOND_FACTOR)


def _known_face(face: FaceResult | None, holder: Cardholder | None, now: datetime) -> Reason:
    """OK for the face of this cardholder, or why it is nobody's."""
    if face is None or face.status is FaceStatus.NO_FACE:
        return Reason.NO_FACE
    if face.liveness is Liveness.SPOOF:
        return Reason.SPOOF
    if face.status in (FaceStatus.BELOW_THRESHOLD, FaceStatus.NO_REFERENCE):
        return Reason.UNKNOWN
    if face.status is not FaceStatus.MATCHED:
        return _FACE_REASON[face.status]
    mine = holder is not None and holder.cardholder_id == face.cardholder_id and holder.may_be_compared(now)
    return Reason.OK if mine else Reason.UNKNOWN


def _liveness(face: FaceResult | None) -> dict[str, str]:
    """What was measured of the liveness, and by what: part of every decision about a face (PRIV-18)."""
    if face is None or face.liveness is Liveness.NOT_MEASURED:
        return {}
    by = {"proved_by": face.proved_by} if face.proved_by else {}
    return {"liveness": face.liveness_word, **by}


def _check(step: str, passed: bool, reason: Reason, **detail: str) -> Check:
    return Check(step=step, passed=passed, reason=Reason.OK if passed else reason, detail=detail)


def _passed(step: str, **detail: str) -> Check:
    return _check(step, True, Reason.OK, **detail)


def _failed(step: str, reason: Reason, **detail: str) -> Check:
    return _check(step, False, reason, **detail)
