"""A face without a pass: opens where everything is so, and where one thing is not it opens nothing and says which."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.policy import Effect, Facts, GateState, decide, explain
from models.access.verification import LIVENESS_WORDS, Attack, FaceResult, FaceStatus, Liveness, Verification
from tests.models.making import HOLDER, HOLDER_ID, MONDAY_NOON, OTHER_LANE_ID, a_face, a_rule, granted, uuid
from tests.models.strategies import faces, moments
from tests.models.strategies import facts as any_facts

AGREED = HOLDER.model_copy(update={"face_consent": True})
LIVE = a_face(liveness=Liveness.LIVE, proved_by="challenge-1", one_to_many=True)
RESIDENTS = (a_rule(2, groups=("resident",)),)


def living(face: FaceResult | None = LIVE, **changes: Any) -> Facts:
    """A resident who agreed and turned their head as asked, at a lane that lets faces open."""
    fields: dict[str, Any] = {
        "verification": Verification(kind=Kind.FACE, face=face),
        "cardholder": AGREED,
        "rules": RESIDENTS,
        "face_opens": True,
    }
    return granted(**{**fields, **changes})


@dataclass(frozen=True)
class Row:
    what: str
    facts: Facts
    outcome: Outcome
    reason: Reason


def holder(**changes: Any) -> dict[str, Any]:
    return {"cardholder": AGREED.model_copy(update=changes)}


def face(**changes: Any) -> FaceResult:
    return LIVE.model_copy(update=changes)


GRANT, DENY, REFER = Outcome
NOT_LIVE = Liveness.NOT_MEASURED
SPOOF = face(liveness=Liveness.SPOOF, attack=Attack.FLAT)
PHOTO_OF_A_STRANGER = SPOOF.model_copy(update={"status": FaceStatus.BELOW_THRESHOLD})
LATER = MONDAY_NOON + timedelta(microseconds=1)
ELSEWHERE = (a_rule(2, groups=("resident",), lanes=frozenset({OTHER_LANE_ID})),)
ENDED = (a_rule(2, groups=("resident",), valid_until=MONDAY_NOON),)
DENIED = (*RESIDENTS, a_rule(3, Effect.DENY, ("resident",)))
WITH_PASS = (*RESIDENTS, a_rule(3, Effect.SECOND_FACTOR, ("resident",)))
ROWS = [
    Row("all is well", living(), GRANT, Reason.OK),
    Row("the lane does not let faces open", living(face_opens=False), REFER, Reason.FACE_ALONE),
    Row("liveness not measured", living(face(liveness=NOT_LIVE)), REFER, Reason.FACE_ALONE),
    Row("consent over", living(**holder(face_consent_until=MONDAY_NOON)), DENY, Reason.UNKNOWN),
    Row("consent refused", living(**holder(face_consent=False)), DENY, Reason.UNKNOWN),
    Row("a photograph", living(SPOOF), REFER, Reason.SPOOF),
    Row("a photograph of a stranger", living(PHOTO_OF_A_STRANGER), REFER, Reason.SPOOF),
    Row("a living stranger", living(face(status=FaceStatus.BELOW_THRESHOLD), cardholder=None), DENY, Reason.UNKNOWN),
    Row("below the margin", living(face(status=FaceStatus.AMBIGUOUS), cardholder=None), REFER, Reason.AMBIGUOUS),
    Row("two people", living(face(status=FaceStatus.SEVERAL_FACES), cardholder=None), REFER, Reason.SEVERAL_FACES),
    Row("nobody", living(None), REFER, Reason.NO_FACE),
    Row("somebody the rules do not know", living(cardholder=None), DENY, Reason.UNKNOWN),
    Row("a match with somebody else", living(face(cardholder_id=uuid(0xFF))), DENY, Reason.UNKNOWN),
    Row("blocked", living(**holder(blocked=True)), DENY, Reason.BLOCKED),
    Row("household blocked", living(**holder(household_blocked_until=LATER)), DENY, Reason.HOUSEHOLD_BLOCKED),
    Row("household block over", living(**holder(household_blocked_until=MONDAY_NOON)), GRANT, Reason.OK),
    Row("not valid yet", living(**holder(valid_from=MONDAY_NOON + timedelta(1))), DENY, Reason.NOT_YET),
    Row("not valid any more", living(**holder(valid_until=MONDAY_NOON)), DENY, Reason.EXPIRED),
    Row("in no group", living(**holder(groups=frozenset())), DENY, Reason.NO_RULE),
    Row("no rule", living(rules=()), DENY, Reason.NO_RULE),
    Row("another lane", living(rules=ELSEWHERE), DENY, Reason.NO_RULE),
    Row("other hours", living(rules=ENDED), DENY, Reason.WRONG_TIME),
    Row("denied", living(rules=DENIED), DENY, Reason.NO_RULE),
    Row("a pass is wanted too", living(rules=WITH_PASS), REFER, Reason.SECOND_FACTOR),
    Row("lockdown", living(gate=GateState(lockdown=True)), DENY, Reason.LOCKDOWN),
    Row("a silent board", living(gate=GateState(fault="relay")), REFER, Reason.FAULT),
]  # fmt: skip


@pytest.mark.req("ACC-06", "ACC-10", "PRIV-01")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_a_face_without_a_pass(row: Row) -> None:
    made = decide(row.facts, MONDAY_NOON)
    assert (made.outcome, made.reason) == (row.outcome, row.reason)


@given(faces, any_facts, moments)
def test_only_a_living_match_of_somebody_who_agreed_ever_opens(shown: FaceResult, facts: Facts, now: Any) -> None:
    asked = facts.model_copy(
        update={"gate": GateState(), "face_opens": True, "verification": Verification(kind=Kind.FACE, face=shown)}
    )
    made = decide(asked, now)
    if made.outcome is Outcome.GRANT:
        assert shown.liveness is Liveness.LIVE and shown.status is FaceStatus.MATCHED
        assert facts.cardholder is not None and facts.cardholder.may_be_compared(now)
        assert facts.cardholder.cardholder_id == shown.cardholder_id and not facts.cardholder.blocked


@pytest.mark.req("PRIV-18")
def test_what_was_measured_is_said_of_a_grant_and_of_a_refusal() -> None:
    made = decide(living(face(simulated=True)), MONDAY_NOON)
    assert made.detail == {
        "rule": str(uuid(2)), "effect": "allow", "liveness": "live_simulated", "proved_by": "challenge-1"
    }  # fmt: skip
    assert (made.score, made.threshold, made.cardholder_id) == (0.71, 0.45, HOLDER_ID)
    refused = decide(living(SPOOF), MONDAY_NOON)
    assert refused.detail == {"liveness": "spoof_flat", "proved_by": "challenge-1"}
    assert (refused.score, refused.threshold) == (0.71, 0.45)
    unfit = face(status=FaceStatus.LOW_QUALITY, quality="too_dark")
    assert decide(living(unfit), MONDAY_NOON).detail["quality"] == "too_dark"


@pytest.mark.req("PRIV-04")
def test_who_has_withdrawn_is_not_named_by_a_camera() -> None:
    made = decide(living(**holder(face_consent=False)), MONDAY_NOON)
    assert made.cardholder_id is None and made.checks[-1].reason is Reason.UNKNOWN


@pytest.mark.req("ACC-07", "PRIV-01", "PRIV-02")
@given(any_facts, moments)
def test_a_face_is_never_the_only_way_and_who_agreed_to_one_cannot_leave_it_out(facts: Facts, now: datetime) -> None:
    """Whatever the facts: with a rule that wants a face, whoever agreed to none goes where the rule would let them go
    without that wish, and whoever agreed goes nowhere without their face."""
    holder, kind = facts.cardholder, facts.verification.kind
    assume(holder is not None and kind in (Kind.PASS, Kind.CARD, Kind.PIN))
    assert holder is not None
    wanting = tuple(
        rule.model_copy(update={"effect": Effect.SECOND_FACTOR}) if rule.effect is Effect.ALLOW else rule
        for rule in facts.rules
    )
    allowing = tuple(
        rule.model_copy(update={"effect": Effect.ALLOW}) if rule.effect is Effect.SECOND_FACTOR else rule
        for rule in facts.rules
    )
    made = decide(facts.model_copy(update={"rules": wanting}), now)
    without = decide(facts.model_copy(update={"rules": allowing}), now)
    if without.outcome is not Outcome.GRANT or without.reason is Reason.FIRE:
        assert made.outcome is without.outcome
    elif holder.may_be_compared(now):
        face = facts.verification.face
        matched = face is not None and face.status is FaceStatus.MATCHED
        mine = matched and face is not None and face.cardholder_id == holder.cardholder_id
        refused = {Liveness.SPOOF, Liveness.NOT_MEASURED} if facts.face_lives else {Liveness.SPOOF}
        assert (made.outcome is Outcome.GRANT) is (mine and face is not None and face.liveness not in refused)
    else:
        assert made.outcome is Outcome.GRANT
        assert made.reason is (Reason.CONSENT_ENDED if holder.face_consent else Reason.NO_CONSENT)
        assert made.score is None and "face" not in made.inputs and "liveness" not in made.detail


@pytest.mark.req("ACC-07")
def test_a_visitors_pass_agrees_to_nothing_and_its_face_stays_asked_for() -> None:
    wants = (a_rule(3, Effect.SECOND_FACTOR, ("visitor",)),)
    made = decide(granted(rules=wants), MONDAY_NOON)
    assert (made.outcome, made.reason) == (Outcome.REFER, Reason.SECOND_FACTOR)


@pytest.mark.req("ACC-05")
def test_the_explanation_tells_everything_that_stands_in_the_way() -> None:
    facts = living(
        face_opens=False, **holder(blocked=True), rules=(a_rule(3, Effect.SECOND_FACTOR, ("resident",)),)
    )  # fmt: skip
    told = [check.reason for check in explain(facts, MONDAY_NOON) if not check.passed]
    assert told == [Reason.FACE_ALONE, Reason.BLOCKED, Reason.SECOND_FACTOR]


@pytest.mark.req("ACC-10")
def test_every_liveness_has_its_word_and_kinds_of_attack_are_told_apart() -> None:
    assert {
        face(liveness=liveness, attack=attack, simulated=simulated).liveness_word
        for liveness, attack, simulated in product(Liveness, (*Attack, None), (True, False))
    } == LIVENESS_WORDS
    assert {word for word in LIVENESS_WORDS if not word.endswith("_simulated")} == {
        "not_measured", "live", "spoof_flat", "spoof_curved", "spoof_screen", "spoof_unknown"
    }  # fmt: skip
