"""One to one, both backends on the same photos: a template of one photo against a probe of each other photo.

Only people with two or more photos that our enrolment and our gate both took count, so that both backends answer the
same questions. FNMR is of
pairs, its interval (95 %) by bootstrap over people, the threshold for FMR 1e-3 found once over all pairs of strangers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.verify.face.examine import FaceReader
from edge.verify.face.thresholds import verify_threshold
from scripts import bench_face_accuracy as accuracy
from scripts.bench_rows import Row, absent

FMR = 1e-3
Step = Callable[[int, int], None]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Scores of all pairs: of one person, whose it is (an index), and of two people."""

    mated: Floats
    person: npt.NDArray[np.int64]
    others: Floats


def pairs_of(references: Floats, probes: Floats, people: Sequence[str]) -> Pairs:
    """Every template against every probe of another photo. Rows belong together."""
    _, who = np.unique(np.array(people), return_inverse=True)
    scores = references @ probes.T
    same = who[:, None] == who[None]
    own = same & ~np.eye(len(who), dtype=bool)
    return Pairs(scores[own], np.broadcast_to(who[:, None], same.shape)[own], scores[~same])


def row(backend: str, found: Pairs, model: str) -> Row:
    least = accuracy.least_threshold(found.others, FMR)
    missed = found.mated < least
    low, high = _interval(missed, found.person)
    own = verify_threshold(model, photos=1)
    wrong, rate = int((found.others >= own).sum()), float((found.others >= own).mean())
    return {
        "figure": f"one to one at FMR 1e-3, one photo, {backend}",
        "measured": (
            f"FNMR {missed.mean():.2%} ({low:.2%} to {high:.2%}) at cosine {least:.3f}; at the node's own {own}: "
            f"FNMR {(found.mated < own).mean():.2%}, FMR {rate:.1e} ({wrong})"
        ),
        "goal": "–",
        "peer": f"{len(missed)} pairs of {len(set(found.person.tolist()))} people, {len(found.others)} of two people",
        "ratio": None,
        "met": None,
        "det": accuracy.det(found.mated, found.others),
    }


def measure(photos: Sequence[accuracy.Photo], reader: FaceReader, dlib: FaceReader | None, step: Step) -> list[Row]:
    """A row for each backend. `dlib` None: its package is not installed, which is said."""
    fit = [photo for photo in photos if photo.reference is not None and photo.probe is not None]
    often = Counter(photo.person for photo in fit)
    both = [photo for photo in fit if often[photo.person] > 1]
    people = [photo.person for photo in both]
    references = np.stack([photo.reference for photo in both if photo.reference is not None])
    probes = np.stack([photo.probe for photo in both if photo.probe is not None])
    rows = [row("SFace", pairs_of(references, probes, people), reader.model)]
    if dlib is None:
        return [*rows, absent("one to one at FMR 1e-3, one photo, dlib", "scripts/bench face installs the package")]
    vectors = []
    for done, photo in enumerate(both):
        probe = dlib.examine(accuracy.middle(photo.path)).probe
        assert probe is not None, "the same gate took this photo a moment ago"
        vectors.append(probe.vector)
        step(done + 1, len(both))
    theirs = np.stack(vectors)
    return [*rows, row("dlib", pairs_of(theirs, theirs, people), dlib.model)]


def _interval(missed: npt.NDArray[np.bool_], person: npt.NDArray[np.int64], seed: int = 1) -> tuple[float, float]:
    people = np.unique(person)
    pairs, bad = np.bincount(person), np.bincount(person, weights=missed)
    rng = np.random.default_rng(seed)
    rates = []
    for _ in range(accuracy.RESAMPLES):
        drawn = rng.choice(people, len(people))
        rates.append(float(bad[drawn].sum() / pairs[drawn].sum()))
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(low), float(high)
