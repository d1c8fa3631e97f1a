"""The shared vectors, run where the policy lives; and an honest list of the reasons that other code gives."""

import pytest

from models.access.decision import Outcome, Reason
from models.access.policy import _REFERRED, decide
from tests.models.vectors.load import Case, cases

CASES = cases()

# Reasons of the closed list that the policy itself never gives, and who does or will.
GIVEN_ELSEWHERE = {
    Reason.TAILGATE: "the lane's machine, from its sensors (ACC-19)",
    Reason.LATE: "models.wire.commands.judge (ACC-25)",
    Reason.REPLAYED: "models.wire.commands.judge (ACC-25)",
    Reason.NOT_PERMITTED: "central, for a guard without the role (ACC-25)",
}
REFERRED = {
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


@pytest.mark.req("GEN-05", "VIS-07")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_decision_is_the_one_written_down_to_the_byte(case: Case) -> None:
    made = decide(case.facts, case.now)
    assert (made.outcome, made.reason, made.checks[-1].step) == (case.outcome, case.reason, case.step)
    assert made.model_dump_json() == case.decision_json


@pytest.mark.req("ACC-04")
def test_every_reason_has_a_vector_or_a_named_giver() -> None:
    """A reason that nothing can give is a word without a meaning; one in both lists would be a lie in one of them."""
    seen = {case.reason for case in CASES}
    assert seen.isdisjoint(GIVEN_ELSEWHERE)
    assert seen | GIVEN_ELSEWHERE.keys() == set(Reason)


@pytest.mark.req("ACC-04")
def test_the_closed_list_holds_all_that_is_required() -> None:
    required = (
        "ok unknown expired not_yet wrong_point wrong_time blocked revoked used_up passback tailgate low_quality spoof "
        "low_score ambiguous second_factor lockdown fire fault stale_rules"
    )
    assert set(required.split()) <= {reason.value for reason in Reason}


@pytest.mark.req("ACC-03")
def test_refer_is_for_what_a_second_look_can_mend_and_deny_for_the_rest() -> None:
    assert _REFERRED == REFERRED
    for case in CASES:
        if case.reason in (Reason.OK, Reason.FIRE, Reason.NO_CONSENT, Reason.CONSENT_ENDED):
            expected = Outcome.GRANT
        else:
            referred = case.reason in REFERRED or (case.step, case.reason) == ("face", Reason.SPOOF)
            expected = Outcome.REFER if referred else Outcome.DENY
        assert case.outcome is expected, case.name


def test_the_vectors_are_many_and_each_has_its_own_name() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)
