"""When an assessment counts and how long it is kept: the rule alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.people.assessment.rules import QUESTIONS, Signed, current, kept_until, problems_of

pytestmark = pytest.mark.req("PRIV-10")

NOW = datetime(2026, 11, 23, tzinfo=UTC)
instants = st.timedeltas(timedelta(days=-2500), timedelta(days=5000)).map(lambda span: NOW + span)
GOOD = dict.fromkeys(QUESTIONS, "十个字以上的一个真实回答。")


def signed(version: int, days_ago: int, review_in: int) -> Signed:
    return Signed(version, NOW - timedelta(days=days_ago), NOW + timedelta(days=review_in))


def test_only_the_newest_counts_and_only_until_its_review() -> None:
    old, new = signed(1, 30, 300), signed(2, 3, 300)
    assert current([], NOW) is None
    assert current([old], NOW) == old
    assert current([new, old], NOW) == new
    assert current([old, signed(2, 3, 0)], NOW) is None, "an older one does not stand in for it"
    assert current([old, signed(2, -1, 300)], NOW) == old, "one of tomorrow does not count today"


@given(instants)
def test_it_is_kept_for_three_years_after_it_stopped_counting_at_the_least(review_by: datetime) -> None:
    years = kept_until(review_by) - review_by
    assert timedelta(days=3 * 365) <= years <= timedelta(days=3 * 365 + 2)


@given(st.dictionaries(st.sampled_from(QUESTIONS), st.text(max_size=30)))
def test_it_is_signed_only_when_every_question_has_an_answer(answers: dict[str, str]) -> None:
    wrong = problems_of("李经理", answers)
    assert set(wrong) == {one for one in QUESTIONS if len(answers.get(one, "").strip()) < 10}


def test_somebody_signs_it_by_name() -> None:
    assert problems_of("李经理", GOOD) == {}
    assert set(problems_of(" ", GOOD)) == {"signed_by"}
