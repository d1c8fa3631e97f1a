"""`scripts/bench plate`: plates read beside agentclpr's own pipeline in one run, and what a lane would open for.

The labelled photos are not ours to ship: MENTING_DATA names a folder with plates/labels.csv, plates/crops and
plates/scenes. Without it every row says "not run", and the bench does not count as met.

A crop or scene counts as right when the surest read is the whole labelled plate. A scene with several cars has one
label: a right read of another car that is surer counts as wrong, for both readers alike. CPU milliseconds are of all
threads.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from devices.ports import Pixels
from edge.verify.plate.reader import PlateReader
from models.values.plate import normalised
from scripts import bench_plate_openings as openings
from scripts import bench_plate_peer as peer
from scripts.bench_rows import Row, absent

CROPS_MIN, SCENES_MIN = 0.965, 0.92
CROP, SCENE = "crop", "scene"
QUICK = 30

Step = Callable[[int, int], None]
Read = Callable[[Pixels], str]


@dataclass(frozen=True, slots=True)
class Photo:
    path: Path
    plate: str
    kind: str

    def pixels(self) -> Pixels:
        """Raises FileNotFoundError where OpenCV makes no picture of it."""
        pixels = cv2.imread(str(self.path))
        if pixels is None:
            raise FileNotFoundError(f"{self.path.name} is no picture")
        return pixels.astype("uint8", copy=False)


@dataclass(frozen=True, slots=True)
class Measured:
    """right of total; wrong: the photos that were read as something else, with what; cpu_ms: for each photo."""

    right: int
    total: int
    wrong: tuple[str, ...]
    cpu_ms: float

    @property
    def rate(self) -> float:
        return self.right / self.total if self.total else 0.0


def measure(weights: Path, quick: bool, step: Step) -> list[Row]:
    """All rows. `step` is called with how much is done of how much, for each part anew."""
    folder = Path(os.environ.get("MENTING_DATA", "")) / "plates"
    if "MENTING_DATA" not in os.environ or not (folder / "labels.csv").is_file():
        return [absent(figure, "set MENTING_DATA") for figure in ("crops", "scenes", "openings for another's plate")]
    cv2.setNumThreads(1)
    photos = labelled(folder)
    reader = PlateReader.open(weights)
    theirs = peer.opened()
    rows: list[Row] = []
    readers = {
        CROP: (lambda pixels: reader.read_crop(pixels)[0], theirs.crop if theirs else None),
        SCENE: (lambda pixels: next((read.text for read in reader.read(pixels)), ""), theirs.scene if theirs else None),
    }
    for kind, least in ((CROP, CROPS_MIN), (SCENE, SCENES_MIN)):
        some = [photo for photo in photos if photo.kind == kind][: QUICK if quick else None]
        ours, other = beside(some, *readers[kind], step)
        rows += accuracy_rows(kind, ours, other, least)
    return [*rows, openings.row(list(_tried(reader, photos, QUICK if quick else None, step)))]


def _tried(reader: PlateReader, photos: Sequence[Photo], most: int | None, step: Step) -> Iterator[openings.Tried]:
    some = [photo for kind in (CROP, SCENE) for photo in [each for each in photos if each.kind == kind][:most]]
    for seed, photo in enumerate(some):
        yield openings.approach(reader, photo.pixels(), photo.plate, photo.kind == CROP, seed)
        step(seed + 1, len(some))


def labelled(folder: Path) -> list[Photo]:
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [Photo(folder / row["file"], row["plate"], row["kind"]) for row in csv.DictReader(file)]


def beside(
    photos: Sequence[Photo], ours: Read, theirs: Read | None, step: Step = lambda done, of: None
) -> tuple[Measured, Measured | None]:
    """Both readers on the same photos in turn, so that neither always finds the machine in the better state."""
    took = {"ours": 0.0, "theirs": 0.0}
    right = {"ours": 0, "theirs": 0}
    wrong: dict[str, list[str]] = {"ours": [], "theirs": []}
    readers = {"ours": ours} | ({"theirs": theirs} if theirs is not None else {})
    for number, photo in enumerate(photos):
        pixels = photo.pixels()
        for name, read in list(readers.items())[:: 1 if number % 2 else -1]:
            began = time.process_time()
            text = read(pixels)
            took[name] += time.process_time() - began
            if normalised(text) == photo.plate:
                right[name] += 1
            else:
                wrong[name].append(f"{photo.plate} as {text or 'nothing'}")
        step(number + 1, len(photos))
    total = max(1, len(photos))
    both = {name: Measured(right[name], len(photos), tuple(wrong[name]), took[name] * 1000 / total) for name in readers}
    return both["ours"], both.get("theirs")


def accuracy_rows(kind: str, ours: Measured, theirs: Measured | None, least: float) -> list[Row]:
    """Ours against the goal, and the peer's own row beside it, as a share of the same goal."""
    beside = f"agentclpr {theirs.rate:.1%}, {theirs.cpu_ms:.0f} ms" if theirs else "agentclpr: not run, not installed"
    met = ours.total > 0 and ours.rate >= least
    row = {**_accuracy(f"whole plate right, {kind}s", ours, least), "peer": beside, "goal_ratio": 1.0, "met": met}
    row |= {"goal": f"at least {least:.1%}"}
    figure = f"agentclpr's own pipeline, {kind}s"
    if theirs is None:
        return [row, {**absent(figure, "its packages could not be installed"), "met": None}]
    return [row, {**_accuracy(figure, theirs, least), "goal": "–", "peer": "–", "met": None}]


def _accuracy(figure: str, read: Measured, least: float) -> Row:
    low, high = openings.interval(read.right, read.total)
    told = f"{read.right} of {read.total}, {read.rate:.1%} ({low:.1%} to {high:.1%}); {read.cpu_ms:.0f} ms CPU"
    return {"figure": figure, "measured": told, "ratio": read.rate / least, "wrong": list(read.wrong)}
