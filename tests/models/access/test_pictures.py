"""How long a picture of the gate is kept: the whole table, and what holds for every setting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.access.decision import Outcome
from models.access.pictures import (
    HELD_FOR,
    PASSED_S_MAX,
    PASSED_S_MIN,
    PAYS_FOR,
    REFUSED_DAYS_MAX,
    Fate,
    Keeping,
    Pictured,
    Shows,
    held_until,
    judge,
    kept_for,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
pytestmark = pytest.mark.req("PRIV-08")

pictured = st.builds(Pictured, shows=st.sampled_from(Shows), outcome=st.sampled_from(Outcome))
keepings = st.builds(
    Keeping, passed_s=st.integers(PASSED_S_MIN, PASSED_S_MAX), refused_days=st.integers(0, REFUSED_DAYS_MAX)
)
ages = st.timedeltas(timedelta(days=-40), timedelta(days=40))


@pytest.mark.parametrize(
    ("shows", "outcome", "kept"),
    [
        (Shows.CROP, Outcome.GRANT, timedelta(seconds=60)),
        (Shows.CROP, Outcome.DENY, timedelta(days=7)),
        (Shows.CROP, Outcome.REFER, timedelta(days=7)),
        (Shows.FRAME, Outcome.GRANT, timedelta(seconds=60)),
        (Shows.FRAME, Outcome.DENY, timedelta(seconds=60)),
        (Shows.FRAME, Outcome.REFER, timedelta(seconds=60)),
        (Shows.VEHICLE, Outcome.GRANT, timedelta(seconds=60)),
        (Shows.VEHICLE, Outcome.DENY, timedelta(days=7)),
        (Shows.VEHICLE, Outcome.REFER, timedelta(days=7)),
        (Shows.PAYING, Outcome.GRANT, timedelta(seconds=60)),
        (Shows.PAYING, Outcome.REFER, timedelta(minutes=10)),
    ],
)
def test_the_table_as_a_community_has_it_that_chose_nothing(shows: Shows, outcome: Outcome, kept: timedelta) -> None:
    assert kept_for(Pictured(shows=shows, outcome=outcome), Keeping()) == kept


@given(pictured, keepings, ages)
def test_nothing_outlives_the_measure_and_only_a_refusal_of_a_face_or_car_its_minute(
    picture: Pictured, keeping: Keeping, age: timedelta
) -> None:
    fate = judge(picture, keeping, NOW - age, NOW)
    refused = picture.shows is not Shows.FRAME and picture.outcome is not Outcome.GRANT
    most = timedelta(days=REFUSED_DAYS_MAX) if refused else timedelta(seconds=PASSED_S_MAX)
    if abs(age) >= (min(most, PAYS_FOR) if refused and picture.shows is Shows.PAYING else most):
        assert fate is Fate.DELETE
    if abs(age) < timedelta(seconds=keeping.passed_s):
        assert fate is Fate.KEEP


@given(pictured, keepings, ages)
def test_a_held_picture_is_kept_at_any_age(picture: Pictured, keeping: Keeping, age: timedelta) -> None:
    assert judge(picture, keeping, NOW - age, NOW, held=True) is Fate.KEEP


@given(pictured, keepings, st.timedeltas(timedelta(0), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(60)))
def test_what_is_deleted_stays_deleted_as_time_goes_on(
    picture: Pictured, keeping: Keeping, age: timedelta, more: timedelta
) -> None:
    if judge(picture, keeping, NOW - age, NOW) is Fate.DELETE:
        assert judge(picture, keeping, NOW - age, NOW + more) is Fate.DELETE


@pytest.mark.parametrize("wrong", [{"passed_s": 61}, {"passed_s": 0}, {"refused_days": 8}, {"refused_days": -1}])
def test_no_setting_goes_beyond_the_measure(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Keeping(**wrong)


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_gate_says_of_no_picture_that_it_is_held_for_longer_than_an_alarm_holds_one(said):
    until = held_until(NOW, NOW + said)
    assert until <= NOW + HELD_FOR and until <= NOW + said and until in (NOW + HELD_FOR, NOW + said)
