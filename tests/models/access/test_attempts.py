"""Wrong attempts: the fifth within ten minutes alarms, once; guessed PINs alone lock, and never the way out."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.access.attempts import LIMIT, USUAL, WITHIN, Attempts, Limits, counted_at, locked_by
from models.access.credential import Kind
from models.access.decision import Decision, Outcome, Reason
from models.access.policy import _REFERRED
from models.site.topology import Direction
from tests.models.making import LANE_ID, MONDAY_NOON

PIN_LOCK = timedelta(minutes=5)
GRANTED = {Reason.OK, Reason.FIRE, Reason.NO_CONSENT, Reason.CONSENT_ENDED}
REFUSED = sorted(set(Reason) - GRANTED)
NOBODYS_MISTAKE = [
    Reason.SECOND_FACTOR,
    Reason.FACE_ALONE,
    Reason.NO_REFERENCE,
    Reason.WRONG_ATTEMPTS,
    Reason.FAULT,
    Reason.LOCKDOWN,
    Reason.STALE_RULES,
    Reason.INTERLOCK,
    Reason.EBIKE,
]


def decision(at: datetime, reason: Reason = Reason.UNKNOWN, kind: Kind = Kind.PASS) -> Decision:
    outcome = Outcome.REFER if reason in _REFERRED else Outcome.DENY
    if reason in GRANTED:
        outcome = Outcome.GRANT
    return Decision(outcome=outcome, reason=reason, kind=kind, at=at, lane_id=LANE_ID, rules_version=1)


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


@pytest.mark.req("ACC-21")
def test_who_keys_on_at_a_locked_keypad_does_not_keep_it_locked() -> None:
    attempts = Attempts()
    tries = [*wrong(0, 1, 2, 3, 4), *(decision(minutes(m), Reason.WRONG_ATTEMPTS) for m in (5, 6, 7, 8))]
    for each in tries:
        attempts, _ = attempts.after(each)
    assert not attempts.pin_locked(Direction.IN, minutes(4) + PIN_LOCK)


POINTS, UNITS = ("north", "south"), ("1203", "1204")
deeds = st.tuples(
    st.integers(0, 100),
    st.sampled_from(POINTS),
    st.sampled_from([Kind.PIN, Kind.PIN, Kind.PIN, *Kind]),
    st.sampled_from([Reason.OK, Reason.UNKNOWN, Reason.WRONG_TIME, Reason.REVOKED, Reason.LOW_SCORE]),
    st.sampled_from(UNITS),
)
limits_of = st.builds(Limits, wrong_max=st.integers(1, LIMIT), pin_lock_s=st.integers(1, 3600))


@pytest.mark.req("ACC-21")
@given(st.lists(deeds, min_size=10, max_size=60), limits_of)
def test_pin_entry_is_locked_exactly_by_too_many_guesses_at_this_keypad_or_at_this_unit(
    history: list[tuple[int, str, Kind, Reason, str]], limits: Limits
) -> None:
    """Counted by hand: no card, code or face, no refusal for rules or hours and no try while it is locked counts."""
    counters: dict[str, Attempts] = {}
    guesses: list[tuple[datetime, str, str]] = []
    locked_until: dict[str, datetime] = {}
    now = MONDAY_NOON
    for step_s, point, kind, reason, unit in history:
        now += timedelta(seconds=step_s)
        locked = any(
            counters.get(key, Attempts()).pin_locked(Direction.IN, now, limits) for key in locked_by(point, unit)
        )
        assert locked is any(now < locked_until.get(key, now) for key in (point, unit))
        told = Reason.WRONG_ATTEMPTS if locked and kind is Kind.PIN else reason
        made = decision(now, told, kind)
        for key in counted_at(point, made, unit if kind is Kind.PIN else None):
            counters[key], _ = counters.get(key, Attempts()).after(made, limits)
        if kind is not Kind.PIN or told is Reason.WRONG_ATTEMPTS:
            continue
        if told is Reason.OK:
            guesses = [(at, where, whose if whose != unit else "") for at, where, whose in guesses]
        if told is Reason.UNKNOWN:
            guesses.append((now, point, unit))
            for place, key in ((1, point), (2, unit)):
                if sum(now - one[0] < WITHIN for one in guesses if one[place] == key) >= limits.wrong_max:
                    locked_until[key] = now + timedelta(seconds=limits.pin_lock_s)


@pytest.mark.req("ACC-21")
@given(st.lists(st.sampled_from([k for k in Kind if k is not Kind.PIN]), min_size=5, max_size=20))
def test_a_stranger_with_bad_cards_and_codes_raises_the_alarm_and_locks_no_pin(kinds: list[Kind]) -> None:
    counters: dict[str, Attempts] = {}
    raised = []
    for number, kind in enumerate(kinds):
        made = decision(minutes(number / 10), kind=kind)
        for key in counted_at("north", made):
            counters[key], alarm = counters.get(key, Attempts()).after(made)
            raised.append(alarm)
    assert not any(key in counters for key in locked_by("north", "1203"))
    assert any(raised) is (sum(kind not in (Kind.EXIT_BUTTON, Kind.REMOTE, Kind.INTERCOM) for kind in kinds) >= LIMIT)


@pytest.mark.req("ACC-21")
def test_whoever_has_one_pin_cannot_guess_at_all_the_others_in_between() -> None:
    keypad = Attempts()
    for number in range(LIMIT):
        for made in (decision(minutes(number), kind=Kind.PIN), decision(minutes(number), Reason.OK, Kind.PIN)):
            if "keypad:north" in counted_at("north", made, "1203"):
                keypad, _ = keypad.after(made)
    assert keypad.pin_locked(Direction.IN, minutes(LIMIT))


@pytest.mark.req("ACC-21")
def test_a_lane_may_be_stricter_than_five_and_never_more_lenient() -> None:
    strict = Limits(wrong_max=3, pin_lock_s=60)
    attempts = Attempts()
    for each in wrong(0, 1, 2):
        attempts, alarm = attempts.after(each, strict)
    assert alarm and attempts.pin_locked(Direction.IN, minutes(2.9), strict)
    assert not attempts.pin_locked(Direction.IN, minutes(3), strict)
    assert Limits(wrong_max=5, pin_lock_s=300) == USUAL
    with pytest.raises(ValueError, match="less than or equal to 5"):
        Limits(wrong_max=LIMIT + 1)


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
