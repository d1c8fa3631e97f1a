"""A form's number is good once, in the session it was drawn for; what was searched for is kept briefly, and for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from central.base.web.asked import EACH_MAX, KEPT_FOR, KEPT_MAX, Asked
from central.base.web.once import Once

NOW = datetime(2026, 11, 29, 4, tzinfo=UTC)


@pytest.mark.req("SEC-02")
def test_a_number_is_used_once_and_by_its_own_session():
    once = Once()
    number = once.draw("a")
    assert not once.is_used("a", number) and not once.is_used("a", number), "asking uses nothing up"
    assert once.is_used("b", number) and once.is_used("a", once.draw("b"))
    once.use(number)
    assert once.is_used("a", number) and not once.is_used("a", once.draw("a"))


def test_a_number_of_an_earlier_process_or_of_nobody_does_nothing():
    once = Once()
    for number in (Once().draw("a"), "x", ".", "x.", ".x", "门.庭"):
        assert once.is_used("a", number), number
    assert not once.is_used("a", ""), "a form without a number is no reload of a page of ours"


def test_used_numbers_are_bounded():
    once = Once(most=3)
    numbers = [once.draw("a") for _ in range(5)]
    for number in numbers:
        once.use(number)
    assert [once.is_used("a", number) for number in numbers] == [False, False, True, True, True]


@pytest.mark.req("PRIV-14")
def test_a_search_is_kept_for_its_session_and_a_few_minutes():
    asked = Asked()
    token = asked.keep("a", "张示例", NOW)
    assert "张" not in token and asked.words("a", token, NOW + KEPT_FOR / 2) == "张示例"
    assert asked.words("b", token, NOW) is None and asked.words("a", "other", NOW) is None
    assert asked.words("a", token, NOW + KEPT_FOR) is None
    assert asked.words("a", token, NOW) is None, "forgotten is forgotten, whatever the clock does"


def test_searches_are_bounded_for_one_and_for_all():
    asked = Asked()
    tokens = [asked.keep("a", str(n), NOW + timedelta(microseconds=n)) for n in range(EACH_MAX + 2)]
    kept = [asked.words("a", token, NOW + timedelta(seconds=1)) for token in tokens]
    assert kept == [None, None, *map(str, range(2, EACH_MAX + 2))]
    for n in range(KEPT_MAX):
        asked.keep(f"other{n}", "x", NOW + timedelta(seconds=1))
    assert asked.words("a", tokens[-1], NOW + timedelta(seconds=1)) is None
