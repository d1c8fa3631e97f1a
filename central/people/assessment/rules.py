"""When an impact assessment counts, and how long it is kept. Pure.

A finished assessment is signed and stands as it was signed. The newest signed one counts, until its `review_by`; what a
person has to answer stands in `QUESTIONS`, after article 56 of the Personal Information Protection Law and the measures
on face recognition: is it lawful and needed, what can it do to people, do the measures fit the risk, and which other
way in is there. It is kept for three years after the day on which it stopped counting, which is the longer reading of
"at least three years".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.values.time import SITE_TZ

QUESTIONS = ("purpose", "necessity", "impact", "leak", "measures", "other_ways", "children")
ANSWER_MIN, ANSWER_MAX = 10, 4000
NAME_MAX = 60
REVIEW_AFTER = timedelta(days=365)
KEPT_YEARS = 3


@dataclass(frozen=True, slots=True)
class Signed:
    version: int
    signed_at: datetime
    review_by: datetime


def current(assessments: Iterable[Signed], now: datetime) -> Signed | None:
    """The newest signed by `now`, when its time for a review has not come; an older one does not stand in for it."""
    newest = max((one for one in assessments if one.signed_at <= now), key=lambda one: one.version, default=None)
    return newest if newest is not None and now < newest.review_by else None


def kept_until(review_by: datetime) -> datetime:
    """The instant from which an assessment may be deleted: the same day at the site, three years on."""
    local = review_by.astimezone(SITE_TZ)
    try:
        return local.replace(year=local.year + KEPT_YEARS)
    except ValueError:  # 29 February
        return local.replace(year=local.year + KEPT_YEARS, month=3, day=1)


def problems_of(signed_by: str, answers: Mapping[str, str]) -> dict[str, str]:
    """Field -> catalogue key of what is missing before it can be signed. An answer of a word answers nothing."""
    found = {
        question: "assessment.answer_needed"
        for question in QUESTIONS
        if not ANSWER_MIN <= len(answers.get(question, "").strip()) <= ANSWER_MAX
    }
    if not 2 <= len(signed_by.strip()) <= NAME_MAX:
        found["signed_by"] = "assessment.name_needed"
    return found
