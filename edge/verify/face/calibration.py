"""A site's own face thresholds from its own people and log: by the node on a manager's word, and by scripts/calibrate.

People enrolled at the node are compared with each other: every match would be a false one. The log of passes with a
face says how often holders would be refused. What a person corrected there ("this was not me") is no holder's score: it
is left out of those and counted by itself. Nothing else hangs on it, for no visit ever changed a template (ACC-13).
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from edge.store.database import connect
from edge.store.templates import Templates
from edge.verify.face import rates
from edge.verify.face.site_thresholds import SiteThresholds
from edge.verify.face.template import Template, template_from_bytes
from edge.verify.face.thresholds import MEASURED, verify_threshold

PEOPLE_MAX = 3_000
"""More are not compared all with all (4.5 million pairs); these are drawn at random, always the same."""


class CannotCalibrate(Exception):
    """Why not, in zh_CN and English."""


class TooFew(CannotCalibrate):
    """Too few people are enrolled to say anything."""


@dataclass(frozen=True, slots=True)
class Logged:
    """Scores of holders, and how many comparisons were somebody else's by a person's word; so many had opened."""

    own_scores: tuple[float, ...] = ()
    corrected: int = 0
    false_accepts: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a node's folder holds: people and templates of the model most of them have; scores from the log."""

    people: tuple[UUID, ...]
    templates: tuple[Template, ...]
    left_out: int
    logged: Logged

    @property
    def own_scores(self) -> tuple[float, ...]:
        return self.logged.own_scores

    @property
    def model(self) -> str:
        return self.templates[0].model

    @property
    def photos(self) -> int:
        return max(template.photos for template in self.templates)


def calibrate(
    templates: Templates, journal: Path, now: datetime, corrected: Collection[UUID] = frozenset()
) -> SiteThresholds:
    """The thresholds that this node's people and log support, now. Raises CannotCalibrate.

    `corrected`: visits that, by a person's word, were somebody else's.
    """
    found = read_people(templates, journal, corrected)
    return calibrated(found, scores_of(found), now)


def scores_of(found: Found) -> rates.Gallery:
    """Everybody compared with everybody else."""
    vectors = np.stack([template.vector for template in found.templates])
    return rates.gallery_scores(vectors, rates.SAME_PERSON_MIN[found.model])


def read_people(templates: Templates, journal: Path, corrected: Collection[UUID] = frozenset()) -> Found:
    """The node's templates and the log's scores. Raises CannotCalibrate."""
    stored = templates.all()
    known = Counter(model for _, _, model in stored if model in MEASURED)
    if not known:
        raise TooFew(
            f"没有可用的人脸模板（共 {len(stored)} 个）。请先登记人脸。 / no usable face templates "
            f"({len(stored)} stored). Enrol people first."
        )
    model = known.most_common(1)[0][0]
    mine = [(person, template_from_bytes(content, made_by)) for person, content, made_by in stored if made_by == model]
    drawn = sorted(np.random.default_rng(1).permutation(len(mine))[:PEOPLE_MAX])
    kept = [mine[n] for n in drawn]
    return Found(
        people=tuple(person for person, _ in kept),
        templates=tuple(template for _, template in kept),
        left_out=len(stored) - len(kept),
        logged=_logged(journal, model, frozenset(corrected)),
    )


def _logged(journal: Path, model: str, corrected: frozenset[UUID]) -> Logged:
    """Faces compared one to one with whom a pass had named, accepted and refused. An unread log is empty.

    Decisions do not say which model scored: those with a threshold that this model cannot have are another's.
    """
    if not journal.is_file():
        return Logged()
    lowest = verify_threshold(model, photos=1, calibrated=True)
    scores, others, accepted = list[float](), 0, 0
    connection = connect(journal, read_only=True)
    try:
        for correlation, body in connection.execute("SELECT correlation, body FROM events ORDER BY seq"):
            decision = json.loads(body).get("decision") or {}
            compared = decision.get("kind") == "pass" and decision.get("reason") in ("ok", "low_score")
            if not compared or decision.get("score") is None or (decision.get("threshold") or 0) < lowest:
                continue
            if UUID(bytes=correlation) in corrected:
                others, accepted = others + 1, accepted + (decision["reason"] == "ok")
            else:
                scores.append(float(decision["score"]))
    except sqlite3.Error as error:
        raise CannotCalibrate(f"{journal}: 无法读取日志（{error}） / the log cannot be read") from error
    finally:
        connection.close()
    return Logged(tuple(scores), others, accepted)


def calibrated(found: Found, scores: rates.Gallery, now: datetime) -> SiteThresholds:
    """The thresholds that the node's own people support. Raises TooFew."""
    verify = rates.least_for(scores.pairs, rates.VERIFY_GOAL)
    if verify is None:
        needed = rates.people_min(rates.VERIFY_GOAL)
        raise TooFew(
            f"样本太少：已登记 {len(found.people)} 人，两两比较 {len(scores.pairs)} 次；要说明误识率不超过 "
            f"{rates.VERIFY_GOAL:.0e}，至少需要约 {needed} 人。在此之前继续使用出厂阈值。 / the sample is too small: "
            f"{len(found.people)} people enrolled, {len(scores.pairs)} pairs; to state a false match rate of at most "
            f"{rates.VERIFY_GOAL:.0e} it takes about {needed} people. Until then the thresholds as delivered stand."
        )
    return SiteThresholds(
        model=found.model,
        made_at=now,
        people=len(found.people),
        photos=found.photos,
        verify=verify,
        search=rates.least_for(scores.nearest, rates.SEARCH_GOAL),
        twins_left_out=len(scores.twins),
        own_scores=len(found.own_scores),
        own_below=sum(score < verify.least for score in found.own_scores),
        corrected=found.logged.corrected,
        false_accepts=found.logged.false_accepts,
    )
