"""How often an attack passes, and how often a living person does not: counted in a test, with exact bounds. Pure.

A test is made on purpose at one lane by people who are named: for each kind of attack so many trials, of which so many
passed as living (APCER), and so many living people who tried, of whom so many were not taken for living (BPCER). What
was not tried has no rate, and no other kind speaks for it. The words are those of ISO/IEC 30107-3; a test by hand at a
gate is not one by a laboratory, and is never called that.

The interval is Clopper and Pearson's: with so many trials it holds the true rate at least 95 times in 100, however few
they are. Trials have to be independent: one print shown fifty times is nearer to one trial than to fifty.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

TRIALS_MAX = 10_000
NAME_MAX, LIVENESS_MAX, NOTE_MAX = 60, 60, 1000
NOTE_MIN = 10
TAIL = 0.025
"""Of each side: 95 % lie between."""
_MODEL = re.compile(r"[0-9a-f]{8,64}")
_STEPS = 60
_TINY = 1e-300


class AttackKind(StrEnum):
    """What was held before the lens. MASK: worn, printed or moulded; the note says which."""

    PRINT = "print"
    SCREEN = "screen"
    BENT = "bent"
    MASK = "mask"
    VIDEO = "video"


LIVING = "living"
"""The key of the living people among the counts."""
SERIES = (*(kind.value for kind in AttackKind), LIVING)


@dataclass(frozen=True, slots=True)
class Count:
    """`wrong`: attacks that passed, or living people who did not."""

    trials: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Bounded:
    """A rate with its two-sided 95 % interval; all None where nothing was tried."""

    trials: int
    wrong: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody signs. `counts` by SERIES; `model`: of the faces, hexadecimal, "" where it is not known.
    `tested_on`: None where what was written is no day."""

    liveness: str
    model: str
    tested_by: str
    tested_on: date | None
    signed_by: str
    note: str
    counts: Mapping[str, Count]


def bounded(count: Count) -> Bounded:
    """Raises ValueError for counts that are none."""
    if not 0 <= count.wrong <= count.trials:
        raise ValueError(f"{count.wrong} of {count.trials}")
    if count.trials == 0:
        return Bounded(0, 0, None, None, None)
    low, high = clopper_pearson(count.wrong, count.trials)
    return Bounded(count.trials, count.wrong, count.wrong / count.trials, low, high)


def clopper_pearson(wrong: int, trials: int) -> tuple[float, float]:
    """The rates at which so many, or more, and so many, or fewer, would each come about 2.5 times in 100."""
    low = 0.0 if wrong == 0 else _rate_where(wrong, trials - wrong + 1, TAIL)
    high = 1.0 if wrong == trials else _rate_where(wrong + 1, trials - wrong, 1 - TAIL)
    return low, high


def is_fingerprint(model: str) -> bool:
    return _MODEL.fullmatch(model) is not None


def problems_of(told: Told, today: date) -> dict[str, str]:
    """Field -> catalogue key of what is missing before it can be signed."""
    found = {}
    for name in ("tested_by", "signed_by"):
        if not 2 <= len(getattr(told, name)) <= NAME_MAX:
            found[name] = "attacks.no.name"
    if not 2 <= len(told.liveness) <= LIVENESS_MAX:
        found["liveness"] = "attacks.no.liveness"
    if told.model and not is_fingerprint(told.model):
        found["model"] = "attacks.no.model"
    if told.tested_on is None:
        found["tested_on"] = "form.day_needed"
    elif told.tested_on > today:
        found["tested_on"] = "attacks.no.day"
    if not NOTE_MIN <= len(told.note) <= NOTE_MAX:
        found["note"] = "attacks.no.note"
    for key, count in told.counts.items():
        if key not in SERIES or not 0 <= count.wrong <= count.trials <= TRIALS_MAX:
            found[key] = "attacks.no.counts"
    if not found and not any(count.trials for count in told.counts.values()):
        found[AttackKind.PRINT.value] = "attacks.no.trial"
    return found


def _rate_where(a: int, b: int, share: float) -> float:
    """Where the regularised incomplete beta function of a and b, which rises from 0 to 1, reaches `share`."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta(a, b, middle) < share else (low, middle)
    return (low + high) / 2


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function: the chance of `a` or more among a + b - 1 trials at the rate x."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # on this side the fraction is slow, on the other one quick
        return 1 - _beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, from its front (Lentz)."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    whole = d
    for m in range(1, 1000):
        for part in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / (1 + part * d or _TINY), 1 + part / c or _TINY
            whole *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return whole
