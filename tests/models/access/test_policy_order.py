"""VIS-07: of several faults the first in the agreed order is the reason. Every combination of faults is tried."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from models.access.credential import RESIDENT
from models.access.decision import Outcome, Reason
from models.access.passes import PassProblem
from models.access.policy import Effect, Facts, GateState, decide, explain
from tests.models.making import HOLDER, MONDAY_NOON, a_pass, a_rule, two_factor

Fault = Callable[[Facts], Facts]


def gate(**state: object) -> Fault:
    return lambda facts: facts.model_copy(update={"gate": GateState(**state)})


def problem(kind: PassProblem) -> Fault:
    def spoil(facts: Facts) -> Facts:
        return facts.model_copy(update={"verification": facts.verification.model_copy(update={"read": kind})})

    return spoil


def claims(**changes: object) -> Fault:
    def change(facts: Facts) -> Facts:
        read = facts.verification.read
        if isinstance(read, PassProblem) or read is None:
            return facts
        changed = facts.verification.model_copy(update={"read": read.model_copy(update=changes)})
        return facts.model_copy(update={"verification": changed})

    return change


def fact(**changes: object) -> Fault:
    return lambda facts: facts.model_copy(update=changes)


def holder(**changes: object) -> Fault:
    def change(facts: Facts) -> Facts:
        return facts.model_copy(update={"cardholder": (facts.cardholder or HOLDER).model_copy(update=changes)})

    return change


OLD = MONDAY_NOON - timedelta(days=1)
# In the order in which they must win. Each row holds faults of one step: at most one of them at a time.
ORDER: list[list[tuple[Reason, Fault]]] = [
    [
        (Reason.FAULT, gate(fault="relay", lockdown=True, interlock=True)),
        (Reason.INTERLOCK, gate(interlock=True, lockdown=True)),
        (Reason.EBIKE, gate(ebike=True, lockdown=True)),
        (Reason.LOCKDOWN, gate(lockdown=True)),
    ],
    [(Reason.STALE_RULES, fact(rules_expire_at=MONDAY_NOON, refer_when_stale=True))],
    [
        (Reason.MALFORMED, problem(PassProblem.MALFORMED)),
        (Reason.UNKNOWN_KEY, problem(PassProblem.UNKNOWN_KEY)),
        (Reason.FORGED, problem(PassProblem.FORGED)),
    ],
    [(Reason.REVOKED, fact(revoked=True))],
    [(Reason.BLOCKED, holder(blocked=True))],
    [
        (Reason.EXPIRED, claims(not_after=OLD)),
        (Reason.NOT_YET, claims(not_before=MONDAY_NOON + timedelta(hours=1))),
    ],
    [(Reason.HOUSEHOLD_BLOCKED, holder(household_blocked_until=MONDAY_NOON + timedelta(hours=1)))],
    [(Reason.WRONG_POINT, claims(gates=1 << 4)), (Reason.WRONG_POINT, claims(site_tag=b"elsewher"))],
    [
        (Reason.NO_RULE, fact(rules=(a_rule(1, Effect.DENY, ("resident",)),))),
        (Reason.WRONG_TIME, fact(rules=(a_rule(1, Effect.ALLOW, ("resident",), valid_until=OLD),))),
        (Reason.NO_RULE, fact(rules=())),
    ],
    [(Reason.USED_UP, lambda facts: claims(uses=2)(facts).model_copy(update={"uses_before": 2}))],
]
LAST = Reason.SECOND_FACTOR  # two_factor(None) lacks the face in every combination


@pytest.mark.req("VIS-07")
def test_of_several_faults_the_first_step_is_the_reason_in_every_combination() -> None:
    tried = 0
    for chosen in product(*[[None, *step] for step in ORDER]):
        facts = two_factor(None)
        # A spoilt text has no claims to change, so it is applied last; the order asked is the policy's own affair.
        for wanted in reversed(chosen):
            if wanted is not None:
                facts = wanted[1](facts)
        expected = next((wanted[0] for wanted in chosen if wanted is not None), LAST)
        made = decide(facts, MONDAY_NOON)
        assert made.reason is expected, [wanted and wanted[0] for wanted in chosen]
        assert made.outcome is not Outcome.GRANT
        tried += 1
    assert tried == 5 * 2 * 4 * 2 * 2 * 3 * 2 * 3 * 4 * 2


@pytest.mark.req("VIS-07", "ACC-05")
def test_an_explanation_names_every_fault_of_a_readable_pass_in_the_same_order() -> None:
    facts = two_factor(None)
    for step in reversed([row[0] for row in ORDER if row[0][0] is not Reason.MALFORMED]):
        facts = step[1](facts)
    failed = [check.reason for check in explain(facts, MONDAY_NOON) if not check.passed]
    assert failed == [row[0][0] for row in ORDER if row[0][0] is not Reason.MALFORMED]


@pytest.mark.req("VIS-07")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"valid_from": MONDAY_NOON + timedelta(microseconds=1)}, Reason.NOT_YET),
        ({"valid_from": MONDAY_NOON}, Reason.SECOND_FACTOR),
        ({"valid_until": MONDAY_NOON}, Reason.EXPIRED),
        ({"valid_until": MONDAY_NOON + timedelta(microseconds=1)}, Reason.SECOND_FACTOR),
        ({"valid_from": MONDAY_NOON, "blocked": True}, Reason.BLOCKED),
    ],
)
def test_the_cardholders_own_validity_belongs_to_the_window_and_has_no_margin(
    changes: dict[str, object], expected: Reason
) -> None:
    person = HOLDER.model_copy(update=changes)
    assert decide(two_factor(None, person), MONDAY_NOON).reason is expected
    elsewhere = claims(gates=1 << 4)(two_factor(None, person))
    assert decide(elsewhere, MONDAY_NOON).reason is (
        Reason.WRONG_POINT if expected is Reason.SECOND_FACTOR else expected
    )


def test_the_pass_of_a_resident_was_meant() -> None:
    assert a_pass(group=RESIDENT) == two_factor(None).verification.read
