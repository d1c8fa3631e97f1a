"""The rule of the door, asked over generated facts: what must hold of every decision, whatever the facts."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from models.access.credential import Kind
from models.access.decision import Outcome, Reason
from models.access.policy import Effect, Facts, GateState, decide, explain
from models.access.verification import FaceStatus, Liveness, Verification
from models.site.topology import Direction
from models.values.time import SITE_TZ
from tests.models.making import (
    HOLDER,
    HOLDER_ID,
    LANE,
    LANE_ID,
    MONDAY_NOON,
    OTHER_LANE_ID,
    PASS_ID,
    a_face,
    a_pass,
    a_rule,
    granted,
    two_factor,
    uuid,
    with_pass,
)
from tests.models.strategies import GROUPS, faces, facts, moments

CALM = GateState()


@pytest.mark.req("ACC-03", "ACC-05")
@given(facts, moments)
def test_a_grant_is_a_decision_all_of_whose_checks_passed(facts: Facts, now: datetime) -> None:
    made = decide(facts, now)
    event(f"{made.outcome}/{made.reason}")
    assert (made.outcome is Outcome.GRANT) is all(check.passed for check in made.checks)
    granted_by = (Reason.OK, Reason.FIRE, Reason.NO_CONSENT, Reason.CONSENT_ENDED)
    assert (made.outcome is Outcome.GRANT) is (made.reason in granted_by)
    assert all(check.passed for check in made.checks[:-1])
    last = made.checks[-1]
    assert made.reason is last.reason and made.detail.items() >= last.detail.items()
    assert made.detail.keys() - last.detail.keys() <= {"liveness", "proved_by"}


@pytest.mark.req("GEN-04")
@given(facts, moments)
def test_a_refusal_keeps_as_much_as_a_grant_does(facts: Facts, now: datetime) -> None:
    made = decide(facts, now)
    assert made.checks
    assert (made.at, made.lane_id, made.kind) == (now, facts.lane.lane_id, facts.verification.kind)
    assert (made.rules_version, made.credential_id) == (facts.rules_version, facts.verification.credential_id)
    issued = facts.rules_issued_at
    assert made.rules_age_s == (None if issued is None else (now - issued) // timedelta(seconds=1))
    face, holder = facts.verification.face, facts.cardholder
    if holder is not None and not holder.may_be_compared(now) and facts.verification.kind is not Kind.FACE:
        face = None  # nobody agreed to a comparison, so that none is kept
    assert (made.score, made.threshold) == ((face.score, face.threshold) if face else (None, None))


@pytest.mark.req("GEN-05", "ACC-05")
@given(facts, moments, st.randoms(use_true_random=False))
def test_equal_facts_give_equal_bytes_whatever_way_they_came(facts: Facts, now: datetime, random: object) -> None:
    """A copy, another order of the rules, the same instant by another clock: the decision is the same text."""
    shuffled = list(facts.rules)
    random.shuffle(shuffled)
    again = Facts.model_validate(facts.model_dump()).model_copy(update={"rules": tuple(shuffled)})
    first, second = decide(facts, now), decide(again, now.astimezone(SITE_TZ))
    assert first == second
    assert first.model_dump_json() == second.model_dump_json()


@pytest.mark.req("ACC-05")
@given(facts, moments)
def test_an_explanation_begins_with_what_the_decision_asked(facts: Facts, now: datetime) -> None:
    asked, explained = decide(facts, now).checks, explain(facts, now)
    assert explained[: len(asked)] == asked
    failed = [check for check in explained if not check.passed]
    if decide(facts, now).reason is not Reason.FIRE:
        assert bool(failed) is (decide(facts, now).outcome is not Outcome.GRANT)


@pytest.mark.req("ACC-03")
@given(facts, moments)
def test_one_deny_that_applies_beats_everything_that_allows(facts: Facts, now: datetime) -> None:
    deny = a_rule(9, Effect.DENY, GROUPS)
    before, after = decide(facts, now), decide(facts.model_copy(update={"rules": (*facts.rules, deny)}), now)
    named = facts.verification.kind in (Kind.PASS, Kind.CARD, Kind.PIN, Kind.FACE)  # the others ask no rule
    if not named or facts.gate.fire:
        assert after == before
    elif before.outcome is Outcome.GRANT:
        assert (after.outcome, after.reason, after.rule_id) == (Outcome.DENY, Reason.NO_RULE, deny.rule_id)
    else:
        assert after.outcome is not Outcome.GRANT


@pytest.mark.req("ACC-03")
@given(facts, moments)
def test_without_a_rule_that_matches_no_pass_opens(facts: Facts, now: datetime) -> None:
    assume(facts.verification.kind is Kind.PASS and not facts.gate.fire)
    elsewhere = tuple(rule.model_copy(update={"lanes": frozenset({OTHER_LANE_ID})}) for rule in facts.rules)
    strangers = tuple(rule.model_copy(update={"groups": frozenset({"nobody"})}) for rule in facts.rules)
    over = tuple(rule.model_copy(update={"valid_until": now}) for rule in facts.rules)
    for rules in ((), elsewhere, strangers, over):
        assert decide(facts.model_copy(update={"rules": rules}), now).outcome is not Outcome.GRANT


@pytest.mark.req("ACC-03")
@given(st.lists(st.tuples(st.sampled_from(Effect), st.booleans(), st.booleans(), st.booleans()), max_size=5))
def test_the_strongest_rule_that_matches_in_group_point_and_time_decides(
    drawn: list[tuple[Effect, bool, bool, bool]],
) -> None:
    def rule(number: int, effect: Effect, group: bool, point: bool, time: bool) -> object:
        until = None if time else MONDAY_NOON
        lanes = frozenset({LANE_ID if point else OTHER_LANE_ID})
        return a_rule(number, effect, ("visitor",) if group else ("courier",), lanes=lanes, valid_until=until)

    made = decide(granted(rules=tuple(rule(n, *d) for n, d in enumerate(drawn))), MONDAY_NOON)
    matching = {effect for effect, group, point, time in drawn if group and point and time}
    missed = any(group and point and effect is not Effect.DENY for effect, group, point, _ in drawn)
    if Effect.DENY in matching:
        expected = Reason.NO_RULE
    elif Effect.SECOND_FACTOR in matching:
        expected = Reason.SECOND_FACTOR
    elif Effect.ALLOW in matching:
        expected = Reason.OK
    else:
        expected = Reason.WRONG_TIME if missed else Reason.NO_RULE
    assert made.reason is expected


@pytest.mark.req("GEN-04", "GEN-05")
@pytest.mark.parametrize("effect", Effect)
def test_of_two_rules_that_decide_alike_the_same_one_is_named_in_whatever_order_they_came(effect: Effect) -> None:
    rules = (a_rule(1, effect), a_rule(2, effect))
    for order in (rules, rules[::-1]):
        assert decide(granted(rules=order), MONDAY_NOON).rule_id == uuid(1)


@pytest.mark.req("ACC-22")
@given(facts, moments)
def test_in_a_fire_everybody_is_let_through(facts: Facts, now: datetime) -> None:
    burning = facts.gate.model_copy(update={"fire": True})
    made = decide(facts.model_copy(update={"gate": burning}), now)
    assert (made.outcome, made.reason, len(made.checks)) == (Outcome.GRANT, Reason.FIRE, 1)


@given(facts, moments)
def test_the_exit_button_is_refused_by_nothing_but_the_gate_itself(facts: Facts, now: datetime) -> None:
    """A fault or the other door of an interlock; not lockdown, not old rules, not a person's standing."""
    pressed = facts.model_copy(update={"verification": Verification(kind=Kind.EXIT_BUTTON)})
    made = decide(pressed, now)
    if facts.gate.fire:
        assert made.reason is Reason.FIRE
    elif facts.gate.fault is not None:
        assert (made.outcome, made.reason) == (Outcome.REFER, Reason.FAULT)
    elif facts.gate.interlock:
        assert (made.outcome, made.reason) == (Outcome.REFER, Reason.INTERLOCK)
    else:
        assert (made.outcome, made.reason) == (Outcome.GRANT, Reason.OK)


@given(facts, moments)
def test_a_remote_open_is_held_back_by_the_state_of_the_gate_only(facts: Facts, now: datetime) -> None:
    made = decide(facts.model_copy(update={"verification": Verification(kind=Kind.REMOTE)}), now)
    gate, expire = facts.gate, facts.rules_expire_at
    stale = facts.refer_when_stale and expire is not None and now >= expire
    held = gate.fault is not None or gate.interlock or gate.lockdown or stale
    assert (made.outcome is Outcome.GRANT) is (gate.fire or not held)


@given(st.none() | faces, facts, moments)
def test_a_face_alone_opens_nothing_however_well_it_matches(face: object, facts: Facts, now: datetime) -> None:
    calm = facts.model_copy(
        update={"gate": CALM, "verification": Verification(kind=Kind.FACE, face=face, credential_id=PASS_ID)}
    )
    assert decide(calm, now).outcome is not Outcome.GRANT


@given(facts, moments)
def test_a_kind_that_this_version_does_not_drive_opens_nothing(facts: Facts, now: datetime) -> None:
    for kind in (Kind.PLATE, Kind.MOBILE, Kind.KEY):
        shown = facts.verification.model_copy(update={"kind": kind})
        made = decide(facts.model_copy(update={"verification": shown, "gate": CALM}), now)
        assert made.outcome is not Outcome.GRANT


@given(faces, facts, moments)
def test_a_second_factor_is_the_cardholders_own_living_match_and_no_other(
    face: object, facts: Facts, now: datetime
) -> None:
    shown = facts.verification.model_copy(update={"kind": Kind.PASS, "face": face})
    demanding = tuple(rule.model_copy(update={"effect": Effect.SECOND_FACTOR}) for rule in facts.rules)
    made = decide(facts.model_copy(update={"verification": shown, "rules": demanding, "gate": CALM}), now)
    event(made.reason)
    if made.outcome is Outcome.GRANT:
        assert facts.cardholder is not None
        if not facts.cardholder.may_be_compared(now):
            return  # who agreed to no face is asked for none (test_policy_face)
        assert shown.face is not None
        assert shown.face.status is FaceStatus.MATCHED
        assert shown.face.cardholder_id == facts.cardholder.cardholder_id
        assert shown.face.liveness is (Liveness.LIVE if facts.face_lives else shown.face.liveness)
        assert shown.face.liveness is not Liveness.SPOOF


@pytest.mark.parametrize(
    ("status", "liveness", "mine", "known"),
    list(product(FaceStatus, Liveness, (HOLDER_ID, uuid(0xFF), None), (True, False))),
)
def test_every_face_beside_a_good_pass(status: FaceStatus, liveness: Liveness, mine: object, known: bool) -> None:
    shown = two_factor(a_face(status, liveness=liveness, cardholder_id=mine), HOLDER if known else None)
    made = decide(shown, MONDAY_NOON)
    good = status is FaceStatus.MATCHED and liveness is not Liveness.SPOOF and known and mine == HOLDER_ID
    assert (made.outcome is Outcome.GRANT) is good
    if liveness is Liveness.SPOOF:
        assert (made.outcome, made.reason) == (Outcome.DENY, Reason.SPOOF)


@pytest.mark.req("ACC-10")
def test_where_a_lane_can_tell_a_photograph_beside_the_pass_is_not_enough() -> None:
    """The guard is asked when nothing was measured; a face that is not the holder's is refused as ever."""
    shown = {
        (FaceStatus.MATCHED, Liveness.LIVE): Reason.OK,
        (FaceStatus.MATCHED, Liveness.NOT_MEASURED): Reason.SECOND_FACTOR,
        (FaceStatus.MATCHED, Liveness.SPOOF): Reason.SPOOF,
        (FaceStatus.BELOW_THRESHOLD, Liveness.NOT_MEASURED): Reason.LOW_SCORE,
    }
    for (status, liveness), reason in shown.items():
        asked = two_factor(a_face(status, liveness=liveness)).model_copy(update={"face_lives": True})
        made = decide(asked, MONDAY_NOON)
        assert made.reason is reason
        if reason is Reason.SECOND_FACTOR:
            assert (made.outcome, made.inputs["face_lives"]) == (Outcome.REFER, "yes")


@pytest.mark.req("VIS-10")
@pytest.mark.parametrize("margin_s", [0, 1, 300, 3600])
def test_the_window_is_wide_by_its_margin_at_both_ends_to_the_microsecond(margin_s: int) -> None:
    shown, tick = granted(window_margin_s=margin_s), timedelta(microseconds=1)
    claims = a_pass()
    first, last = claims.not_before - timedelta(seconds=margin_s), claims.not_after + timedelta(seconds=margin_s)
    assert decide(shown, first - tick).reason is Reason.NOT_YET
    assert decide(shown, first).reason is Reason.OK
    assert decide(shown, last - tick).reason is Reason.OK
    assert decide(shown, last).reason is Reason.EXPIRED


@pytest.mark.req("VIS-10")
def test_five_minutes_are_the_margin_unless_a_site_says_otherwise_and_early_comers_are_told_when() -> None:
    opens = a_pass().not_before
    assert decide(granted(), opens - timedelta(minutes=5)).reason is Reason.OK
    early = decide(granted(), opens - timedelta(minutes=5, seconds=1))
    assert early.reason is Reason.NOT_YET
    assert datetime.fromisoformat(early.detail["from"]) == opens


@pytest.mark.req("VIS-10")
def test_a_window_over_midnight_needs_no_split() -> None:
    evening = datetime(2026, 3, 2, 22, 0, tzinfo=SITE_TZ)
    shown = with_pass(not_before=evening, not_after=evening + timedelta(hours=4))
    for hours in (0, 1, 2, 3):
        assert decide(shown, evening + timedelta(hours=hours, minutes=59)).outcome is Outcome.GRANT


@pytest.mark.req("VIS-10")
@pytest.mark.parametrize("allowed", [0, 1, 3, 255])
def test_entries_are_counted_up_to_the_number_allowed_and_none_allowed_means_no_limit(allowed: int) -> None:
    for before in {0, 1, max(0, allowed - 1), allowed, allowed + 1, 400}:
        shown = with_pass(uses=allowed).model_copy(update={"uses_before": before})
        expected = Reason.OK if allowed == 0 or before < allowed else Reason.USED_UP
        assert decide(shown, MONDAY_NOON).reason is expected


@pytest.mark.req("VIS-10")
@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_who_leaves_is_not_asked_how_often_they_entered(allowed: int) -> None:
    out = {"uses_before": allowed + 1, "lane": LANE.model_copy(update={"direction": Direction.OUT})}
    made = decide(with_pass(uses=allowed).model_copy(update=out), MONDAY_NOON)
    assert made.reason is Reason.OK and "uses" not in {check.step for check in made.checks}


@pytest.mark.req("VIS-05")
@pytest.mark.parametrize("gate", range(64))
def test_every_gate_number_of_the_mask_opens_that_gate_only(gate: int) -> None:
    made = decide(with_pass(gates=1 << gate), MONDAY_NOON)
    assert made.reason is (Reason.OK if gate == LANE.gate_number else Reason.WRONG_POINT)


def test_a_window_at_the_ends_of_the_calendar_is_answered() -> None:
    """A pass "for ever" is signed with the last day there is; the margin around it must not bring the lane down."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert decide(with_pass(not_before=first, not_after=last), MONDAY_NOON).reason is Reason.OK
    assert decide(with_pass(not_before=last, not_after=last), MONDAY_NOON).reason is Reason.NOT_YET
    assert decide(with_pass(not_before=first, not_after=first), MONDAY_NOON).reason is Reason.EXPIRED


@pytest.mark.req("GEN-02")
def test_a_naive_now_is_a_fault_of_the_caller_and_not_a_decision() -> None:
    with pytest.raises((TypeError, ValueError)):
        decide(granted(), MONDAY_NOON.replace(tzinfo=None))
