"""A command opens once, within its time to live, in order, and at the node it was meant for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.access.decision import Reason
from models.wire.commands import OPEN_TTL_MAX_S, Action, Command, CommandLedger, judge
from tests.models.making import LANE_ID, MONDAY_NOON, NODE_ID, uuid

FRESH = CommandLedger()
TICK = timedelta(microseconds=1)


def a_command(number: int = 1, action: Action = Action.OPEN, ttl_s: int = 5, **changes: object) -> Command:
    fields: dict[str, object] = {
        "command_id": uuid(0xC0000 + number),
        "number": number,
        "node_id": NODE_ID,
        "lane_id": LANE_ID,
        "action": action,
        "nonce": f"nonce-{number:012d}",
        "issued_at": MONDAY_NOON,
        "ttl_s": ttl_s,
        "actor_id": uuid(0xA),
        "role": "guard",
        "reason": "住户忘带通行码",
        "correlation": uuid(0xB),
    }
    return Command.model_validate({**fields, **changes})


def at(seconds: float) -> object:
    return MONDAY_NOON + timedelta(seconds=seconds)


@pytest.mark.req("ACC-25", "SEC-10")
@pytest.mark.parametrize(
    ("action", "ttl_s", "age_s", "expected"),
    [
        (Action.OPEN, 5, 0, Reason.OK),
        (Action.OPEN, 5, 5, Reason.OK),
        (Action.OPEN, 5, 5.000001, Reason.LATE),
        (Action.OPEN, 2, 2, Reason.OK),
        (Action.OPEN, 2, 2.000001, Reason.LATE),
        (Action.OPEN, 600, 5, Reason.OK),
        (Action.OPEN, 600, 5.000001, Reason.LATE),  # whatever central asks for, an opening waits five seconds at most
        (Action.OPEN, 600, 86_400, Reason.LATE),
        (Action.OPEN, 5, -5, Reason.OK),  # the measured skew may be off by a little, to either side
        (Action.OPEN, 5, -5.000001, Reason.LATE),
        (Action.OPEN, 600, -6, Reason.LATE),
        (Action.LOOK, 30, 30, Reason.OK),
        (Action.LOOK, 30, 30.000001, Reason.LATE),
        (Action.END_FIRE_HOLD, 600, 600, Reason.OK),
        (Action.END_FIRE_HOLD, 600, 601, Reason.LATE),
    ],
)
def test_a_command_lives_as_long_as_it_says_and_an_opening_five_seconds(
    action: Action, ttl_s: int, age_s: float, expected: Reason
) -> None:
    assert OPEN_TTL_MAX_S == 5
    assert judge(a_command(action=action, ttl_s=ttl_s), NODE_ID, FRESH, at(age_s)) is expected


@pytest.mark.req("ACC-25")
@pytest.mark.parametrize("skew_s", [-3600, -4, 4, 3600])
def test_a_nodes_own_clock_may_be_hours_off_when_its_skew_is_known(skew_s: int) -> None:
    node_clock = at(3 + skew_s)
    assert judge(a_command(), NODE_ID, FRESH, node_clock - timedelta(seconds=skew_s)) is Reason.OK


@pytest.mark.req("ACC-25", "SEC-10")
def test_a_command_is_done_once() -> None:
    ledger = FRESH.after(a_command())
    assert judge(a_command(), NODE_ID, ledger, at(1)) is Reason.REPLAYED


@pytest.mark.req("ACC-25", "SEC-10")
def test_a_command_that_was_overtaken_is_refused() -> None:
    ledger = FRESH.after(a_command(7))
    assert judge(a_command(6), NODE_ID, ledger, at(1)) is Reason.REPLAYED
    assert judge(a_command(7, nonce="another-nonce-00"), NODE_ID, ledger, at(1)) is Reason.REPLAYED
    assert judge(a_command(8), NODE_ID, ledger, at(1)) is Reason.OK
    assert judge(a_command(900), NODE_ID, ledger, at(1)) is Reason.OK  # commands to other lanes lay between


@pytest.mark.req("ACC-25", "SEC-10")
def test_a_nonce_is_used_once_even_under_a_new_number() -> None:
    ledger = FRESH.after(a_command(1))
    assert judge(a_command(2, nonce=a_command(1).nonce), NODE_ID, ledger, at(1)) is Reason.REPLAYED


@pytest.mark.req("ACC-25")
def test_a_command_for_another_node_opens_nothing_here() -> None:
    assert judge(a_command(node_id=uuid(0xEE)), NODE_ID, FRESH, at(1)) is Reason.WRONG_POINT


@pytest.mark.req("ACC-25", "SEC-10")
@given(st.permutations(range(1, 9)), st.lists(st.integers(0, 7), max_size=12))
def test_whatever_the_order_and_the_repeats_each_opens_at_most_once_and_never_an_older_after_a_newer(
    order: list[int], repeats: list[int]
) -> None:
    sent = [a_command(number) for number in [*order, *(order[index] for index in repeats)]]
    ledger, done = FRESH, []
    for command in sent:
        if judge(command, NODE_ID, ledger, at(1)) is Reason.OK:
            done.append(command.number)
            ledger = ledger.after(command)
    assert done == sorted(set(done))
    assert done[-1] == 8


@pytest.mark.req("SEC-10")
def test_the_ledger_stays_small_and_what_it_forgets_is_still_refused_by_its_number() -> None:
    ledger = FRESH
    for number in range(1, 1001):
        ledger = ledger.after(a_command(number))
    assert len(ledger.nonces) == 256
    assert ledger.highest == 1000
    assert judge(a_command(1), NODE_ID, ledger, at(1)) is Reason.REPLAYED
    assert CommandLedger.model_validate_json(ledger.model_dump_json()) == ledger


@pytest.mark.req("ACC-25")
@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"nonce": "short"},
        {"nonce": "n" * 65},
        {"ttl_s": 0},
        {"ttl_s": 601},
        {"reason": ""},
        {"role": ""},
        {"action": "open_all"},
        {"issued_at": "2026-03-02T12:00:00"},
        {"actor_id": None},
    ],
)
def test_a_command_without_role_reason_nonce_or_end_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        a_command(**wrong)
