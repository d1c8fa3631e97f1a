"""How sure a counted rate is, and the least threshold that a site's own scores support. Pure.

With no error among n trials the true rate is, with 95 % confidence, at most 3 in n (the rule of three); with k errors
the bound is Clopper and Pearson's. Both want independent trials. Pairs from one gallery are not quite: each person is
in many of them. The bound for a search is over people and stands on firmer ground than the one over pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.verify.face.backend import DLIB_MODEL, SFACE_MODEL
from edge.verify.face.site_thresholds import Measure

CONFIDENCE = 0.95
VERIFY_GOAL = 1e-4
SEARCH_GOAL = 0.01
SAME_PERSON_MIN = {SFACE_MODEL: 0.65, DLIB_MODEL: 0.96}
"""Templates of two people this near are one person enrolled twice, or twins. Among 9 million pairs of press photos
SFace put ten of seven couples so near, all of them one person under two names, or twins; dlib none of 173,465. They
are shown, and left out of the count: one double enrolment would otherwise raise a site's threshold above what anybody
reaches. Two photos of one person can also lie further apart; therefore the nearest pairs that count are shown as well.
"""
NEAREST_SHOWN = 3

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Scores between the templates of different people, twins left out.

    `pairs` in descending order; `nearest`: for each person the best score of anybody else. `twins` and
    `nearest_pairs`: (row, row, score), the latter of those that count, the nearest first.
    """

    pairs: Scores
    nearest: Scores
    twins: tuple[tuple[int, int, float], ...]
    nearest_pairs: tuple[tuple[int, int, float], ...]


def rate_max(errors: int, trials: int) -> float:
    """The upper end of a one-sided 95 % interval for `errors` in `trials`."""
    if not 0 <= errors <= trials or trials < 1:
        raise ValueError(f"{errors} errors in {trials} trials")
    if errors == trials:
        return 1.0
    if errors == 0:
        return min(1.0, 3 / trials)
    low, high = errors / trials, 1.0
    for _ in range(60):  # the chance of so few errors falls as the rate rises
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(errors, trials, middle) > 1 - CONFIDENCE else (low, middle)
    return high


def trials_min(goal: float) -> int:
    """How many comparisons without any error it takes to say that the rate is at most `goal`."""
    return math.ceil(3 / goal)


def people_min(goal: float) -> int:
    """How many people give `trials_min` pairs."""
    return math.ceil((1 + math.sqrt(1 + 8 * trials_min(goal))) / 2)


def gallery_scores(vectors: npt.NDArray[np.float32], same_person_min: float) -> Gallery:
    """All scores between rows. A pair that looks like one person is left out, and its people keep their other pairs."""
    scores = (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(scores, -1.0)
    upper = np.triu(np.ones(scores.shape, bool), 1)
    same = np.argwhere(upper & (scores >= same_person_min))
    twins = tuple((int(a), int(b), float(scores[a, b])) for a, b in same)
    for a, b, _ in twins:
        scores[a, b] = scores[b, a] = -1.0
    nearest = scores.max(axis=1)
    partner = scores.argmax(axis=1)
    couples = {(min(a, b), max(a, b)) for a, b in ((int(n), int(partner[n])) for n in np.argsort(nearest)[::-1][:10])}
    near = sorted(((a, b, float(scores[a, b])) for a, b in couples), key=lambda pair: -pair[2])
    pairs = np.sort(scores[upper & (scores > -1.0)])[::-1]
    return Gallery(pairs, nearest, twins, tuple(near[:NEAREST_SHOWN]))


def least_for(scores: Scores, goal: float) -> Measure | None:
    """The least threshold at which, with 95 % confidence, at most `goal` of strangers pass; None: too few scores."""
    ordered = np.sort(scores)[::-1]
    if rate_max(0, len(ordered)) > goal:
        return None
    reached = 0
    while reached + 1 < len(ordered) and rate_max(reached + 1, len(ordered)) <= goal:
        reached += 1
    least = math.ceil(float(ordered[reached]) * 1e4 + 1e-6) / 1e4
    passing = int((ordered >= least).sum())
    return Measure(
        least=min(max(least, 1e-4), 0.9999),
        goal=goal,
        trials=len(ordered),
        reached=passing,
        rate_max=rate_max(passing, len(ordered)),
    )


def _at_most(errors: int, trials: int, rate: float) -> float:
    """The chance of at most `errors` in `trials` at a true `rate` between 0 and 1."""
    if rate >= 1.0:
        return 0.0
    log_p, log_q = math.log(rate), math.log1p(-rate)
    ways = math.lgamma(trials + 1)
    logs = (ways - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * log_p + (trials - k) * log_q
            for k in range(errors + 1))  # fmt: skip
    return math.fsum(math.exp(log) for log in logs)
