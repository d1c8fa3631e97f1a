"""Bounds of a counted rate are exact, and what cannot be signed is said field by field."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.oversight.privacy.attack_rules import (
    LIVING,
    SERIES,
    TAIL,
    TRIALS_MAX,
    AttackKind,
    Count,
    Told,
    bounded,
    clopper_pearson,
    problems_of,
)

pytestmark = pytest.mark.req("ACC-10")
TODAY = date(2026, 11, 29)
TOLD = Told(
    liveness="challenge-1", model="0ba9fbfa01b5270c", tested_by="王师傅", tested_on=TODAY, signed_by="李经理",
    note="20 张彩色打印，白天，一米", counts={AttackKind.PRINT.value: Count(50, 2), LIVING: Count(20, 1)},
)  # fmt: skip


def at_least(wrong: int, trials: int, rate: float) -> float:
    """The chance of `wrong` or more, summed term by term."""
    return math.fsum(math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(wrong, trials + 1))


@given(st.integers(1, 120).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_each_bound_leaves_exactly_its_tail(counted: tuple[int, int]) -> None:
    wrong, trials = counted
    low, high = clopper_pearson(wrong, trials)
    assert 0 <= low <= wrong / trials <= high <= 1
    assert low == 0 if wrong == 0 else at_least(wrong, trials, low) == pytest.approx(TAIL, rel=1e-6)
    if wrong == trials:
        assert high == 1
    else:
        assert 1 - at_least(wrong + 1, trials, high) == pytest.approx(TAIL, rel=1e-6)


@pytest.mark.parametrize(
    ("wrong", "trials", "low", "high"),
    [(0, 10, 0, 0.3085), (1, 10, 0.0025, 0.4450), (5, 10, 0.1871, 0.8129), (0, 300, 0, 0.01222), (10, 10, 0.6915, 1)],
)
def test_bounds_as_tables_print_them(wrong: int, trials: int, low: float, high: float) -> None:
    assert clopper_pearson(wrong, trials) == pytest.approx((low, high), abs=5e-5)


def test_the_most_trials_there_may_be_have_bounds_too() -> None:
    for wrong in (0, 1, TRIALS_MAX // 2, TRIALS_MAX):
        low, high = clopper_pearson(wrong, TRIALS_MAX)
        assert low <= wrong / TRIALS_MAX <= high and high - low < 0.021


def test_what_was_not_tried_has_no_rate() -> None:
    assert bounded(Count(0, 0)).rate is None and bounded(Count(0, 0)).high is None
    with pytest.raises(ValueError, match="3 of 2"):
        bounded(Count(2, 3))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tested_by": ""}, "tested_by"), ({"signed_by": "李"}, "signed_by"), ({"liveness": ""}, "liveness"),
        ({"model": "sface"}, "model"), ({"tested_on": date(2026, 11, 30)}, "tested_on"),
        ({"tested_on": None}, "tested_on"), ({"note": "打印"}, "note"),
        ({"counts": {"print": Count(2, 3)}}, "print"), ({"counts": {"mask": Count(TRIALS_MAX + 1, 0)}}, "mask"),
        ({"counts": {"living": Count(-1, -1)}}, "living"), ({"counts": {"clay": Count(1, 0)}}, "clay"),
        ({"counts": {}}, "print"), ({"counts": {key: Count(0, 0) for key in SERIES}}, "print"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_at_its_field(change: dict, field: str) -> None:
    assert problems_of(TOLD, TODAY) == {}
    assert list(problems_of(replace(TOLD, **change), TODAY)) == [field]
