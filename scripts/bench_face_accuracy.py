"""The accuracy half of `scripts/bench face`: labelled photos, through the product's own enrolment, search and decision.

A photo is cut to its middle 160x160 px first: press photos show bystanders, and the label is of who stands in the
middle. Then nothing is arranged: `portrait` and `template_of` make templates, `FaceReader.examine` makes probes,
`match.search` decides with its margin. Photos that enrolment or the gate turns away are counted and told.

    searches   people with four or more photos are enrolled (three photos, or the first of them) and looked for with
               the photos that are left; people with one photo fill the gallery; everybody else is searched for too,
               and any answer is false. Ten draws of photos and of fillers.
    refused    enrolment also refuses a set that does not look like one person. With that rule, another set is
               drawn, and the photo that did not fit is left to search with, every time: nine such photos (wrong labels,
               disguises) of 1,138 then weigh half as much again. Measured with three photos, and told without a goal
    intervals  95 %, bootstrap by person over both kinds of searches, the threshold found anew each time; who fills
               the gallery is not drawn again
    pairs      one photo with one photo, all pairs that our gate and both detectors took

Of the differently named pairs that are one person or twins (suspect_pairs.json) one side is left out. The photos are of
celebrities by press photographers, and the network may have seen them: gates, masks, night, children and ageing are not
measured here, nor are error rates by age, sex or skin tone, for which these photos carry no labels.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import numpy.typing as npt

from edge.verify.face.embed import Embedding
from edge.verify.face.enrol import EnrolmentRefused, Portrait, Problem, combine, portrait
from edge.verify.face.examine import FaceReader
from edge.verify.face.gallery import Gallery
from edge.verify.face.match import Probe, search
from edge.verify.face.quality import Unfit
from edge.verify.face.template import Template, template_of
from models.access.verification import FaceStatus

GALLERIES = (500, 1_000)
FNIR_MAX = {3: 0.01, 1: 0.05}
FPIR = 0.01
FPIR_TOO = 0.003
MIDDLE_PX = 160
MATED_PHOTOS_MIN = 4
TRIES = 6
RESAMPLES = 1_000
ANY_SCORE = -2.0

Row = dict[str, Any]
Step = Callable[[int, int], None]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo as the product took it: for the gallery and for the gate; None where it was turned away, and why.

    `yaw`: which way the head looks, where enrolment took the photo.
    """

    person: str
    path: Path
    reference: Embedding | None
    probe: Embedding | None
    refused: Problem | None = None
    unfit: Unfit | None = None
    yaw: float | None = None


@dataclass(slots=True)
class Searches:
    """Every search of all draws, decided with no threshold: `score` is ANY_SCORE where the margin refused it.

    `person` is an index for the bootstrap. A mated search is `right` when it named who stood there.
    """

    mated_score: list[float] = field(default_factory=list)
    mated_right: list[bool] = field(default_factory=list)
    mated_person: list[int] = field(default_factory=list)
    other_score: list[float] = field(default_factory=list)
    other_person: list[int] = field(default_factory=list)
    people: int = 0
    draws: int = 0
    not_enrolled: int = 0
    sets_refused: int = 0
    unfit: int = 0


def read_photos(data: Path, reader: FaceReader, people_max: int | None, step: Step) -> list[Photo]:
    """Every usable person's photos through enrolment and gate. Raises FileNotFoundError."""
    folder = data / "calibration"
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and path.name not in _twins(data, folder))
    if people_max is not None:  # a share of everybody, not the first ones: few have four photos
        folders = folders[:: max(1, len(folders) // people_max)]
    photos = []
    for done, person in enumerate(folders):
        for path in sorted(person.glob("*.jpg")):
            photos.append(_taken(person.name, path, reader))
        step(done + 1, len(folders))
    return photos


def _taken(person: str, path: Path, reader: FaceReader) -> Photo:
    pixels = middle(path)
    own, examined = portrait(pixels, reader), reader.examine(pixels)
    probe = examined.probe.vector if examined.probe is not None else None
    if isinstance(own, Portrait):
        return Photo(person, path, own.embedding, probe, unfit=examined.unfit, yaw=own.yaw)
    return Photo(person, path, None, probe, refused=own, unfit=examined.unfit)


def middle(path: Path) -> npt.NDArray[np.uint8]:
    """The middle of a photo, where the labelled person is. Raises FileNotFoundError for what is no picture."""
    whole = cv2.imread(str(path))
    if whole is None:
        raise FileNotFoundError(f"{path} is no picture")
    y, x = ((side - MIDDLE_PX) // 2 for side in whole.shape[:2])
    return np.ascontiguousarray(whole[y : y + MIDDLE_PX, x : x + MIDDLE_PX].astype(np.uint8))


def _twins(data: Path, folder: Path) -> set[str]:
    """The second of two names that look like one person, where both are here."""
    named = [
        [file.rsplit("_", 1)[0] for file in pair[1:]] for pair in json.loads((data / "suspect_pairs.json").read_text())
    ]
    return {second for first, second in named if (folder / first).is_dir() and (folder / second).is_dir()}


def search_all(
    photos: Sequence[Photo], model: str, size: int, enrolled_with: int, draws: int, refusing: bool = False
) -> Searches:
    """Galleries of `size` people, `enrolled_with` photos each where there are so many, searched by everybody else.

    `refusing`: with enrolment's rule that a set must look like one person.
    """
    of: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        of[photo.person].append(photo)
    index = {person: n for n, person in enumerate(of)}
    mated = [person for person, some in of.items() if len(some) >= MATED_PHOTOS_MIN]
    single = [p for p, some in of.items() if len(some) == 1 and some[0].reference is not None]
    found = Searches(people=len(mated), draws=draws)
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        people: dict[str, tuple[Template, list[Photo]]] = {}
        for person in mated:
            made = _enrolled(of[person], model, enrolled_with, rng, found, refusing)
            if made is not None:
                people[person] = made
        fillers = [single[n] for n in rng.permutation(len(single))][: size - len(people)]
        gallery = Gallery(model, ((UUID(int=index[p] + 1), template) for p, (template, _) in people.items()))
        for person in fillers:
            gallery.add(UUID(int=index[person] + 1), _template(of[person][:1], model))
        if len(gallery) != size:
            raise ValueError(f"{len(gallery)} people do not fill a gallery of {size}")
        for person, (_, left) in people.items():
            found.unfit += sum(photo.probe is None for photo in left)
            for score, named in _decided(left, gallery, model):
                found.mated_score.append(score)
                found.mated_right.append(named == UUID(int=index[person] + 1))
                found.mated_person.append(index[person])
        for person in of.keys() - people.keys() - set(fillers) - set(mated):
            for score, _ in _decided(of[person], gallery, model):
                found.other_score.append(score)
                found.other_person.append(index[person])
    return found


def _enrolled(
    photos: list[Photo], model: str, count: int, rng: np.random.Generator, found: Searches, refusing: bool
) -> tuple[Template, list[Photo]] | None:
    """A template of three fit photos of a person, or of the first of them; and the photos that are left."""
    fit = [photo for photo in photos if photo.reference is not None]
    for _ in range(TRIES if len(fit) >= 3 else 0):
        three = [fit[n] for n in rng.permutation(len(fit))[:3]]
        if refusing and isinstance(combine(_references(three), model), EnrolmentRefused):
            found.sets_refused += 1
            continue
        return _template(three[:count], model), [photo for photo in photos if photo not in three]
    found.not_enrolled += 1
    return None


def _template(photos: list[Photo], model: str) -> Template:
    return template_of(_references(photos), model)


def _references(photos: list[Photo]) -> list[Embedding]:
    return [photo.reference for photo in photos if photo.reference is not None]


def _decided(photos: list[Photo], gallery: Gallery, model: str) -> Iterator[tuple[float, UUID | None]]:
    """(score, who) of each fit photo, decided by the product with every score allowed."""
    for photo in photos:
        if photo.probe is not None:
            match = search(Probe(photo.probe, model), gallery, ANY_SCORE)
            sure = match.status is FaceStatus.MATCHED and match.score is not None
            yield (match.score or 0.0) if sure else ANY_SCORE, match.cardholder_id


def fnir(found: Searches, threshold: float) -> float:
    """Share of mated searches that did not name the right person."""
    return float(1 - (np.array(found.mated_right) & (np.array(found.mated_score) >= threshold)).mean())


def fpir(found: Searches, threshold: float) -> float:
    """Share of searches for somebody who is not there that named anybody."""
    return float((np.array(found.other_score) >= threshold).mean())


def threshold_at(scores: Floats, weights: Floats, share: float) -> float:
    """The least threshold that at most `share` of the weight reaches. `scores` descend."""
    reach = int(np.searchsorted(np.cumsum(weights), share * weights.sum(), side="right"))
    return float(np.nextafter(scores[min(reach, len(scores) - 1)], np.inf))


def least_threshold(others: Sequence[float] | Floats, share: float) -> float:
    scores = np.sort(np.array(others, np.float64))[::-1]
    return threshold_at(scores, np.ones(len(scores)), share)


def interval(found: Searches, share: float, seed: int = 1) -> tuple[float, float]:
    """95 % of FNIR at FPIR `share`, people drawn again with repetition."""
    score, right = np.array(found.mated_score), np.array(found.mated_right)
    order = np.argsort(found.other_score)[::-1]
    other, whose = np.array(found.other_score)[order], np.array(found.other_person)[order]
    person = np.array(found.mated_person)
    rng, most = np.random.default_rng(seed), max(person.max(), whose.max()) + 1
    rates = []
    for _ in range(RESAMPLES):
        times = np.zeros(most)
        for group in (np.unique(person), np.unique(whose)):
            times += np.bincount(rng.choice(group, len(group)), minlength=most)
        least = threshold_at(other, times[whose], share)
        weight = times[person]
        rates.append(1 - float(weight @ (right & (score >= least))) / float(weight.sum()))
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(low), float(high)


def det(mated: Floats, others: Floats) -> list[tuple[float, float]]:
    """(false accepts, false rejects) as shares, along the thresholds; from ten false accepts on, at most 100 points."""
    own, theirs = np.sort(mated), np.sort(others)[::-1]
    reach = np.unique(np.geomspace(10, len(theirs) / 2, 100).astype(int))
    at = np.nextafter(theirs[reach], np.inf)
    return [(int(r) / len(theirs), float(np.searchsorted(own, t) / len(own))) for r, t in zip(reach, at, strict=True)]
