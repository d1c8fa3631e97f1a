"""When a group fails so much more often than the mean that somebody must look into it (PRIV-17). Pure.

A group is a finding when all of this holds:
    enough     at least PEOPLE_MIN people and TRIALS_MIN attempts, and failures of at least FAILING_MIN people
    twice      its failure rate is more than TIMES times the mean over all who take part, the group included
    no chance  the lower end of its 95 % interval (Wilson) lies above that mean
A group that is not large enough is said to be so, and its figures are not shown: with a handful of people they would
say more about those people than about the cameras. Attempts of one person are not independent, so the interval is
narrower than the truth; the third condition is a floor against chance, no proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

PEOPLE_MIN, TRIALS_MIN, FAILING_MIN = 10, 100, 3
TIMES = 2
Z95 = 1.959964


class Verdict(StrEnum):
    TOO_SMALL = "too_small"
    WITHIN = "within"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts and failures of one person."""

    trials: int
    failures: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one group, or of all who take part. `low` and `high`: the 95 % interval; all three None without attempts."""

    people: int
    trials: int
    failures: int
    failing: int
    rate: float | None
    low: float | None
    high: float | None


def rate_of(people: Iterable[Tally]) -> Rate:
    """`people`: those who tried at least once count."""
    tried = [one for one in people if one.trials > 0]
    trials, failures = sum(one.trials for one in tried), sum(one.failures for one in tried)
    failing = sum(one.failures > 0 for one in tried)
    if not trials:
        return Rate(len(tried), 0, 0, 0, None, None, None)
    low, high = wilson(failures, trials)
    return Rate(len(tried), trials, failures, failing, failures / trials, low, high)


def wilson(failures: int, trials: int) -> tuple[float, float]:
    """The two-sided 95 % interval of a rate (Wilson 1927), inside 0 and 1."""
    p, z2 = failures / trials, Z95 * Z95
    middle = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 / (1 + z2 / trials) * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    return min(p, max(0.0, middle - half)), max(p, min(1.0, middle + half))


def judge(group: Rate, mean: Rate) -> Verdict:
    """`mean`: of everybody who takes part."""
    if group.people < PEOPLE_MIN or group.trials < TRIALS_MIN or mean.rate is None:
        return Verdict.TOO_SMALL
    assert group.rate is not None
    assert group.low is not None
    twice = group.rate > TIMES * mean.rate and group.low > mean.rate and group.failing >= FAILING_MIN
    return Verdict.FINDING if twice else Verdict.WITHIN
