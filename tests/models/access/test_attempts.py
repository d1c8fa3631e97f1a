"""Wrong attempts: the fifth within ten minutes alarms, once; a grant starts anew; the way out is never locked."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.attempts import LIMIT, PIN_LOCK, WITHIN, Attempts
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.access.policy import _REFERRED
from models.site.topology import Direction
from tests.models.making import LANE_ID, MONDAY_NOON

REFUSED = sorted(set(Reason) - {Reason.OK, Reason.FIRE})
NOBODYS_MISTAKE = [
    Reason.SECOND_FACTOR,
    Reason.FACE_ALONE,
    Reason.NO_REFERENCE,
    Reason.FAULT,
    Reason.LOCKDOWN,
    Reason.STALE_RULES,
    Reason.INTERLOCK,
]


def decision(at: datetime, reason: Reason = Reason.UNKNOWN) -> Decision:
    outcome = Outcome.REFER if reason in _REFERRED else Outcome.DENY
    if reason in (Reason.OK, Reason.FIRE):
        outcome = Outcome.GRANT
    return Decision(outcome=outcome, reason=reason, kind=Kind.PASS, at=at, lane_id=LANE_ID, rules_version=1)


def minutes(number: float) -> datetime:
    return MONDAY_NOON + timedelta(minutes=number)


def alarms(*decisions: Decision) -> list[bool]:
    attempts, raised = Attempts(), []
    for each in decisions:
        attempts, alarm = attempts.after(each)
        raised.append(alarm)
    return raised


def wrong(*at: float) -> list[Decision]:
    return [decision(minutes(m)) for m in at]


@pytest.mark.req("ACC-21")
def test_the_fifth_wrong_attempt_within_ten_minutes_raises_the_alarm_and_the_sixth_does_not_again() -> None:
    assert alarms(*wrong(0, 1, 2, 3, 9.99, 9.995)) == [False, False, False, False, True, False]


@pytest.mark.req("ACC-21")
def test_five_that_span_ten_full_minutes_are_not_five_within_ten() -> None:
    assert not any(alarms(*wrong(0, 1, 2, 3, 10)))


@pytest.mark.req("ACC-21")
def test_an_attack_that_goes_on_is_told_again_after_ten_minutes() -> None:
    raised = alarms(*wrong(*range(30)))
    assert [minute for minute, alarm in enumerate(raised) if alarm] == [4, 14, 24]


@pytest.mark.req("ACC-21")
def test_a_grant_starts_the_count_anew() -> None:
    assert not any(alarms(*wrong(0, 1, 2, 3), decision(minutes(4), Reason.OK), *wrong(5, 6, 7, 8)))
    assert alarms(*wrong(0, 1, 2, 3), decision(minutes(4), Reason.OK), *wrong(5, 6, 7, 8, 9))[-1]


@pytest.mark.req("ACC-21")
@pytest.mark.parametrize("reason", NOBODYS_MISTAKE)
def test_what_is_no_mistake_of_the_person_counts_for_nothing(reason: Reason) -> None:
    """A person who was recognised and asked for more, or whom the gate itself failed, has tried nothing wrong."""
    assert not any(alarms(*[decision(minutes(m / 10), reason) for m in range(20)]))


@pytest.mark.req("ACC-21")
@pytest.mark.parametrize("reason", [r for r in REFUSED if r not in NOBODYS_MISTAKE])
def test_every_other_refusal_counts(reason: Reason) -> None:
    assert alarms(*[decision(minutes(m), reason) for m in range(5)])[-1]


@pytest.mark.req("ACC-21")
def test_pin_entry_is_locked_for_five_minutes_after_the_alarm_and_a_grant_does_not_unlock_it() -> None:
    attempts = Attempts()
    for each in wrong(0, 1, 2, 3, 4):
        assert not attempts.pin_locked(Direction.IN, each.at)
        attempts, _ = attempts.after(each)
    assert attempts.pin_locked(Direction.IN, minutes(4))
    assert attempts.pin_locked(Direction.IN, minutes(4) + PIN_LOCK - timedelta(microseconds=1))
    assert not attempts.pin_locked(Direction.IN, minutes(4) + PIN_LOCK)
    granted, _ = attempts.after(decision(minutes(5), Reason.OK))
    assert granted.pin_locked(Direction.IN, minutes(6))


steps = st.lists(
    st.tuples(st.integers(-7200, 7200), st.sampled_from(Reason)),
    max_size=40,
)


@pytest.mark.req("ACC-21")
@given(steps, st.integers(-7200, 7200))
def test_the_exit_is_never_locked_whatever_happened(history: list[tuple[int, Reason]], later_s: int) -> None:
    attempts, now = Attempts(), MONDAY_NOON
    for step_s, reason in history:
        now += timedelta(seconds=step_s)
        attempts, _ = attempts.after(decision(now, reason))
        assert not attempts.pin_locked(Direction.OUT, now)
    assert not attempts.pin_locked(Direction.OUT, now + timedelta(seconds=later_s))


@pytest.mark.req("ACC-21")
@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=40))
def test_with_a_clock_that_only_grows_the_alarm_is_what_counting_by_hand_says(history: list[tuple[int, bool]]) -> None:
    attempts, now = Attempts(), MONDAY_NOON
    wrong_at: list[datetime] = []
    alarmed_at: datetime | None = None
    for step_s, good in history:
        now += timedelta(seconds=step_s)
        attempts, alarm = attempts.after(decision(now, Reason.OK if good else Reason.FORGED))
        if good:
            wrong_at.clear()
        else:
            wrong_at.append(now)
        five = sum(now - at < WITHIN for at in wrong_at) >= LIMIT
        expected = not good and five and (alarmed_at is None or now - alarmed_at >= WITHIN)
        alarmed_at = now if expected else alarmed_at
        assert alarm is expected
        assert len(attempts.wrong_at) <= LIMIT


@pytest.mark.req("ACC-21")
def test_attempts_from_before_a_clock_went_back_grow_old_and_do_not_wait_for_the_hour_to_come_again() -> None:
    """Three at 12:00; the clock is set back to 11:00; three more, far apart, are three more and not an attack."""
    assert not any(alarms(*wrong(0, 0, 0), *wrong(-60, -45, -40)))


@pytest.mark.req("ACC-21")
def test_an_attack_during_which_the_clock_goes_back_still_alarms_and_alarms_once() -> None:
    assert alarms(*wrong(0, 1, 2, 3, -56, -55)) == [False, False, False, False, True, False]
    assert sum(alarms(*wrong(0, 1, 2, 3, 4, -55, -54, -53))) == 1


@pytest.mark.req("ACC-21")
def test_the_lock_of_a_clock_that_ran_ahead_is_gone_when_it_is_set_right() -> None:
    attempts = Attempts()
    for each in wrong(0, 1, 2, 3, 4):
        attempts, _ = attempts.after(each)
    assert not attempts.pin_locked(Direction.IN, minutes(-60))
    attempts, _ = attempts.after(decision(minutes(-60)))
    assert not attempts.pin_locked(Direction.IN, minutes(4))  # the hour comes again, the lock does not
