"""`scripts/bench face`: speed, memory, accuracy, stills, each beside its goal. DET curves go into the plot.

Accuracy needs labelled photos that are not ours to ship: MENTING_DATA names a folder with faces/calibration and
faces/suspect_pairs.json. Without it those rows say "not run", and the bench does not count as met.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from edge.verify.face.backend import DLIB
from edge.verify.face.errors import WeightsMissing
from edge.verify.face.examine import FaceReader
from edge.verify.face.thresholds import search_threshold
from edge.verify.face.weights import MODEL
from scripts import bench_face_accuracy as accuracy
from scripts import bench_face_pairs as pairs
from scripts import bench_face_sent_back as sent_back
from scripts import bench_face_speed as speed
from scripts import bench_face_stills as stills
from scripts.bench_rows import Row, absent

Step = Callable[[int, int], None]
STILLS = 30
"""People whose photo is played against the challenge here; `scripts/bench stills` plays all of them."""


def measure(cache: Path, quick: bool, step: Step) -> list[Row]:
    """All rows. `step` is called with how much is done of how much, for each part anew."""
    rows = speed.measure(cache, 10 if quick else 60, step)
    data = Path(os.environ.get("MENTING_DATA", "")) / "faces"
    if "MENTING_DATA" not in os.environ or not (data / "calibration").is_dir():
        return [*rows, *_not_run()]
    reader = FaceReader.open(cache / "weights")
    photos = accuracy.read_photos(data, reader, 430 if quick else None, step)
    rows += sent_back.rows(photos)
    sizes = (150,) if quick else accuracy.GALLERIES
    for size in sizes:
        for enrolled_with in (3, 1):
            found = accuracy.search_all(photos, reader.model, size, enrolled_with, 2 if quick else 10)
            rows += _search_rows(found, size, enrolled_with)
        refusing = accuracy.search_all(photos, reader.model, size, 3, 2 if quick else 10, refusing=True)
        rows.append(_refusing_row(refusing, size))
    rows += pairs.measure(photos, reader, _dlib(cache), step)
    held = stills.one_each(data / "calibration", 2 if quick else STILLS)
    return [*rows, *stills.rows(held, step, os.cpu_count() or 1)]


def _dlib(cache: Path) -> FaceReader | None:
    try:
        return FaceReader.open(cache / "weights", DLIB)
    except WeightsMissing:
        return None


def _not_run() -> Iterator[Row]:
    what = [f"search, {size} people, {photos} enrolment photo(s)" for size in accuracy.GALLERIES for photos in (3, 1)]
    for figure in (*sent_back.FIGURES, *what, "one to one at FMR 1e-3, SFace and dlib"):
        yield absent(figure, "set MENTING_DATA")
    yield from stills.not_run()


def _search_rows(found: accuracy.Searches, size: int, enrolled_with: int) -> Iterator[Row]:
    """FNIR at FPIR 1 % against its goal, and what the thresholds do that a node uses."""
    name = f"search, {size} people, {enrolled_with} enrolment photo{'s, mean' if enrolled_with > 1 else ''}"
    least = accuracy.least_threshold(found.other_score, accuracy.FPIR)
    missed, goal = accuracy.fnir(found, least), accuracy.FNIR_MAX[enrolled_with]
    low, high = accuracy.interval(found, accuracy.FPIR)
    rarer = accuracy.least_threshold(found.other_score, accuracy.FPIR_TOO)
    low_too, high_too = accuracy.interval(found, accuracy.FPIR_TOO)
    yield {
        "figure": name,
        "measured": (
            f"FNIR {missed:.2%} ({low:.2%} to {high:.2%}) at FPIR 1 %, cosine {least:.3f}; "
            f"{accuracy.fnir(found, rarer):.2%} ({low_too:.2%} to {high_too:.2%}) at 0.3 %, {rarer:.3f}"
        ),
        "goal": f"FNIR at most {goal:.0%}",
        "peer": told(found),
        "ratio": missed / goal,
        "goal_ratio": 1.0,
        "met": missed <= goal,
        "det": accuracy.det(np.array(found.mated_score), np.array(found.other_score)),
    }
    for calibrated in (False, True):
        own = search_threshold(MODEL, size, enrolled_with, calibrated=calibrated)
        missed, wrong = accuracy.fnir(found, own), sum(score >= own for score in found.other_score)
        yield {
            "figure": f"the same at the node's own threshold{', calibrated' if calibrated else ''}",
            "measured": f"FNIR {missed:.2%}, FPIR {accuracy.fpir(found, own):.2%} ({wrong}) at {own}",
            "goal": "–",
            "peer": "",
            "ratio": None,
            "met": None,
        }


def _refusing_row(found: accuracy.Searches, size: int) -> Row:
    least = accuracy.least_threshold(found.other_score, accuracy.FPIR)
    low, high = accuracy.interval(found, accuracy.FPIR)
    return {
        "figure": f"search, {size} people, 3 photos, sets that do not look like one person refused",
        "measured": f"FNIR {accuracy.fnir(found, least):.2%} ({low:.2%} to {high:.2%}) at FPIR 1 %, cosine {least:.3f}",
        "goal": "–",
        "peer": told(found),
        "ratio": None,
        "met": None,
    }


def told(found: accuracy.Searches) -> str:
    """The counts that a figure stands on."""
    return (
        f"{len(found.mated_score)} searches for {len(set(found.mated_person))} of {found.people} people, "
        f"{len(found.other_score)} for {len(set(found.other_person))} who are not there, in {found.draws} draws; "
        f"{found.unfit} more asked for another try; enrolment: {found.sets_refused} sets of photos refused, "
        f"{found.not_enrolled} times nobody enrolled"
    )
