"""Stills against the challenge: how many photographs pass as living, each way of holding them a row of its own.

`scripts/bench face` plays a few people; `scripts/bench stills` plays every photo there is, which takes hours. What must
not pass at all are the flat ones. What is bent is counted without a goal: it is known to pass sometimes, and by how
much is what the row is for. All of it is drawn; nothing was held before a camera.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.verify.face.rates import rate_max
from scripts import liveness_stills
from scripts.bench_rows import Row, absent
from scripts.liveness_stills import FLAT, MOTIONS

Step = Callable[[int, int], None]
PASSED = "passed"
SEED = 5


def folder() -> Path | None:
    """Where the labelled photos lie, if they do."""
    named = os.environ.get("MENTING_DATA")
    found = Path(named) / "faces" / "calibration" if named else None
    return found if found is not None and found.is_dir() else None


def measure(quick: bool, step: Step) -> list[Row]:
    """Every photo that there is; `quick`: one photo each of ten people."""
    here = folder()
    if here is None:
        return list(not_run())
    photos = one_each(here, 10) if quick else sorted(path for path in here.rglob("*") if path.is_file())
    return rows(photos, step)


def not_run() -> Iterator[Row]:
    for motion in MOTIONS:
        yield absent(figure(motion), "set MENTING_DATA")


def one_each(here: Path, count: int) -> list[Path]:
    """The first photo of so many people, always the same ones."""
    people = sorted(person for person in here.iterdir() if person.is_dir())
    chosen = np.random.default_rng(SEED).permutation(len(people))[:count]
    return [min(path for path in people[place].iterdir() if path.is_file()) for place in chosen]


def rows(photos: Sequence[Path], step: Step) -> list[Row]:
    """A row for each motion. A photo that cannot be read is no attempt, and is said."""
    found, done = [], 0
    for motion in MOTIONS:
        ends, unread = Counter[str](), 0
        for seed, path in enumerate(photos):
            photo = cv2.imread(str(path))
            if photo is None:
                unread += 1
            else:
                ended = liveness_stills.attempt(photo.astype(np.uint8, copy=False), motion, seed)
                ends[str(ended.why or PASSED)] += 1
            done += 1
            step(done, len(photos) * len(MOTIONS))
        found.append(row(motion, ends, unread))
    return found


def row(motion: str, ends: Counter[str], unread: int = 0) -> Row:
    """What became of the attempts, by the word for how each ended."""
    attempts, passed = sum(ends.values()), ends[PASSED]
    if not attempts:
        return absent(figure(motion), "no photo could be read")
    others = ", ".join(f"{count} {why}" for why, count in ends.most_common() if why != PASSED)
    must_not = motion in FLAT
    return {
        "figure": figure(motion),
        "measured": f"{passed} of {attempts} passed, at most {rate_max(passed, attempts):.1%} (95 %); {others or '–'}"
        + (f"; {unread} not read" if unread else ""),
        "goal": "none passes" if must_not else "–",
        "peer": "drawn, one attempt each photo, steered by somebody who sees what is asked",
        "ratio": passed / attempts,
        "goal_ratio": 0.0 if must_not else None,
        "met": passed == 0 if must_not else None,
    }


def figure(motion: str) -> str:
    return f"stills against the challenge, {motion}"
