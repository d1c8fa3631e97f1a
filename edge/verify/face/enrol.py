"""From photos to a template, or to what is wrong with which photo. Photos are not kept; nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from devices.ports import Pixels
from edge.verify.face.embed import Embedding
from edge.verify.face.examine import FaceReader
from edge.verify.face.photo import BadPhoto, decode
from edge.verify.face.poses import GUIDED_PHOTOS, WrongPose, wrong_poses
from edge.verify.face.quality import AT_ENROLMENT, Unfit, is_dark, yaw_of
from edge.verify.face.template import Template, template_of
from edge.verify.face.thresholds import verify_threshold

PHOTOS_MAX = 10
SAME_PICTURE_MIN = 0.985
"""Two photos above this are one photo sent twice: the nearest different photos of one person, among 7,324 pairs,
reached 0.968. Such a pair counts once, or `photos` would claim what three copies of a file cannot give."""


class BadSet(StrEnum):
    """Why photos that are each in order make no template together. NOT_THE_FIRST is said of one photo: its face is not
    that of the first."""

    NO_PHOTOS = "no_photos"
    TOO_MANY_PHOTOS = "too_many_photos"
    TOO_FEW_PHOTOS = "too_few_photos"
    DIFFERENT_PEOPLE = "different_people"
    NOT_THE_FIRST = "not_the_first"


_OF_A_TURNED_PHOTO = (Unfit.NO_FACE, Unfit.TOO_SMALL, Unfit.TURNED_AWAY)
"""What is found wrong with a photo on its side or head, where the detector sees a face that is not there: who then
comes closer sends the same again."""

Problem = Unfit | BadPhoto | BadSet | WrongPose
Read = Callable[[bytes], Pixels | BadPhoto]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong. `photo` counts from 1; None: about all of them together."""

    problem: Problem
    photo: int | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentRefused:
    """No template, and everything that is wrong, so that one more try is enough."""

    complaints: tuple[Complaint, ...]

    @property
    def problem(self) -> Problem:
        """The first thing wrong."""
        return self.complaints[0].problem


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """What one photo in order gave. `yaw`: which way the head looks, as quality.py measures it."""

    embedding: Embedding
    yaw: float


def make_template(
    photos: Sequence[bytes | Pixels], reader: FaceReader, *, guided: bool = False, read: Read = decode
) -> Template | EnrolmentRefused:
    """The template of the one person on all photos, in files (JPEG, PNG, WebP) or as height x width x 3 BGR arrays.

    `guided`: they were asked for one by one, and must be as asked (poses.py). One bad photo refuses the set: whoever
    enrols should know, not wonder why a template is weak. That a photo shows somebody else is said of it before how the
    head stands on it: turned better, it would be theirs still. `read` makes a picture of a file. Never raises for any
    bytes."""
    if not photos:
        return EnrolmentRefused((Complaint(BadSet.NO_PHOTOS),))
    if len(photos) > PHOTOS_MAX:
        return EnrolmentRefused((Complaint(BadSet.TOO_MANY_PHOTOS),))
    if guided and len(photos) < GUIDED_PHOTOS:
        return EnrolmentRefused((Complaint(BadSet.TOO_FEW_PHOTOS),))
    found = [portrait(photo, reader, read) for photo in photos]
    portraits = [one for one in found if isinstance(one, Portrait)]
    wrong: dict[int, Problem] = {
        number: one for number, one in enumerate(found, start=1) if not isinstance(one, Portrait)
    }
    wrong |= _others_than_the_first(found, reader.model)
    if guided:
        heads = enumerate(found, start=1)
        wrong |= wrong_poses([one.yaw if isinstance(one, Portrait) and n not in wrong else None for n, one in heads])
    if wrong:
        return EnrolmentRefused(tuple(Complaint(problem, number) for number, problem in sorted(wrong.items())))
    return combine([one.embedding for one in portraits], reader.model)


def combine(embeddings: list[Embedding], model: str) -> Template | EnrolmentRefused:
    """The template of photos that `portrait` found in order, or DIFFERENT_PEOPLE. Raises ValueError for none."""
    if not _one_person(embeddings, model):
        return EnrolmentRefused((Complaint(BadSet.DIFFERENT_PEOPLE),))
    return template_of(_different_pictures(embeddings), model)


def portrait(photo: bytes | Pixels, reader: FaceReader, read: Read = decode) -> Portrait | Unfit | BadPhoto:
    """What one enrolment photo gives, or what is wrong with it. Never raises for any bytes."""
    pixels = photo if isinstance(photo, np.ndarray) else read(photo)
    if isinstance(pixels, BadPhoto):
        return pixels
    examined = reader.examine(pixels, AT_ENROLMENT, reference=True)
    if examined.probe is None or examined.face is None:
        unfit = examined.unfit or Unfit.NO_FACE
        if unfit in _OF_A_TURNED_PHOTO and reader.is_fit_when_turned(pixels, examined.face):
            return Unfit.NOT_UPRIGHT
        return Unfit.TOO_DARK if unfit is Unfit.NO_FACE and is_dark(pixels) else unfit
    if not reader.is_upright(pixels, examined.face):
        return Unfit.NOT_UPRIGHT
    return Portrait(examined.probe.vector, yaw_of(examined.face.landmarks))


def _others_than_the_first(found: Sequence[Portrait | Unfit | BadPhoto], model: str) -> dict[int, Problem]:
    """Which photos, by their number from 1, show another face than the first one; none where that shows no face."""
    first, least = found[0], _one_person_min(model)
    if not isinstance(first, Portrait):
        return {}
    return {
        number: BadSet.NOT_THE_FIRST
        for number, one in enumerate(found, start=1)
        if isinstance(one, Portrait) and float(first.embedding @ one.embedding) < least
    }


def _one_person(embeddings: list[Embedding], model: str) -> bool:
    """Every pair must verify 1:1. Each pair, not each photo against the mean: a mean of two people is near to both."""
    least = _one_person_min(model)
    return all(float(a @ b) >= least for a, b in combinations(embeddings, 2))


def _one_person_min(model: str) -> float:
    """The least score of two photos of one enrolment.

    Without the margin for uncalibrated sites (FMR 1e-4): with it 13 % of triples of one person were refused
    (831 triples of press photos, years apart); without it 7 %.
    """
    return verify_threshold(model, photos=1, calibrated=True)


def _different_pictures(embeddings: list[Embedding]) -> list[Embedding]:
    kept: list[Embedding] = []
    for embedding in embeddings:
        if all(float(embedding @ other) < SAME_PICTURE_MIN for other in kept):
            kept.append(embedding)
    return kept
