"""Stills against the challenge: how many photographs pass as living, each way of holding them a row of its own.

`scripts/bench face` plays a few people; `scripts/bench stills` plays every photo there is, on all cores, which takes
hours: with `--keep FILE` each attempt is written down as it ends, and a later call plays what is missing. What must
not pass at all are the flat ones. What is bent is counted without a goal: it is known to pass sometimes, and by how
much is what the row is for. All of it is drawn; nothing was held before a camera.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.verify.face.rates import rate_max
from scripts import liveness_stills
from scripts.bench_rows import Row, absent
from scripts.bench_stills_kept import Kept
from scripts.liveness_stills import CURVED, FLAT, MOTIONS

Step = Callable[[int, int], None]
PASSED, UNREAD = "passed", "unread"
SEED = 5
AT_ONCE = 4
"""Attempts that a process takes at a time: enough for little talk, few enough that all end together."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One photo, held in one way. The seed is its place among all photos, so that a part is a part of the whole."""

    motion: str
    seed: int
    photo: Path


Play = Callable[[Attempt], str]


def folder() -> Path | None:
    """Where the labelled photos lie, if they do."""
    named = os.environ.get("MENTING_DATA")
    found = Path(named) / "faces" / "calibration" if named else None
    return found if found is not None and found.is_dir() else None


def measure(quick: bool, step: Step, keep: Path | None = None, cores: int | None = None) -> list[Row]:
    """Every photo that there is; `quick`: one photo each of ten people. `keep`: the attempts that are done already, and
    where others are added. Raises OtherAttempts where that file is of another version of what is played."""
    here = folder()
    if here is None:
        return list(not_run())
    photos = one_each(here, 10) if quick else sorted(path for path in here.rglob("*") if path.is_file())
    return rows(photos, step, cores or os.cpu_count() or 1, Kept.open(keep, here) if keep is not None else None)


def not_run() -> Iterator[Row]:
    for motion in MOTIONS:
        yield absent(figure(motion), "set MENTING_DATA")


def one_each(here: Path, count: int) -> list[Path]:
    """The first photo of so many people, always the same ones."""
    people = sorted(person for person in here.iterdir() if person.is_dir())
    chosen = np.random.default_rng(SEED).permutation(len(people))[:count]
    return [min(path for path in people[place].iterdir() if path.is_file()) for place in chosen]


def rows(
    photos: Sequence[Path], step: Step, cores: int = 1, kept: Kept | None = None, play: Play | None = None
) -> list[Row]:
    """A row for each motion. A photo that cannot be read is no attempt, and is said."""
    play = play or played
    ends: defaultdict[str, Counter[str]] = defaultdict(Counter)
    left, of = [], len(photos) * len(MOTIONS)
    for attempt in _in_fair_order(photos):
        known = kept.ended(attempt.motion, attempt.seed, attempt.photo) if kept is not None else None
        if known is None:
            left.append(attempt)
        else:
            ends[attempt.motion][known] += 1
    done = of - len(left)
    step(done, of)
    for attempt, ended in _all(left, play, cores):
        ends[attempt.motion][ended] += 1
        if kept is not None:
            kept.add(attempt.motion, attempt.seed, attempt.photo, ended)
        done += 1
        step(done, of)
    return [row(motion, ends[motion], ends[motion].pop(UNREAD, 0)) for motion in MOTIONS]


def _in_fair_order(photos: Sequence[Path]) -> Iterator[Attempt]:
    """Every flat way of holding a photo before the next one, in an order that knows nobody: whoever stops it half way
    has a fair half of each. What is bent comes last."""
    mixed = np.random.default_rng(SEED).permutation(len(photos))
    for motions in (FLAT, CURVED):
        for place in mixed:
            for motion in motions:
                yield Attempt(motion, int(place), photos[place])


def played(attempt: Attempt) -> str:
    """How it ended: PASSED, UNREAD, or why not."""
    photo = cv2.imread(str(attempt.photo))
    if photo is None:
        return UNREAD
    return str(liveness_stills.attempt(photo.astype(np.uint8, copy=False), attempt.motion, attempt.seed).why or PASSED)


def _all(attempts: Sequence[Attempt], play: Play, cores: int) -> Iterator[tuple[Attempt, str]]:
    """Each with its end, as they end. On several cores each process is one thread: two that share a network's work
    wait for each other, and take 15 % more of the processor for it."""
    if cores < 2 or len(attempts) < 2 * cores:
        yield from ((attempt, play(attempt)) for attempt in attempts)
        return
    with multiprocessing.get_context("spawn").Pool(cores, _begin) as pool:
        yield from pool.imap_unordered(_Playing(play), attempts, AT_ONCE)


def _begin() -> None:
    """In each process. Ctrl-C is answered by the one that started them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class _Playing:
    """An attempt with its end: they come back in any order."""

    play: Play

    def __call__(self, attempt: Attempt) -> tuple[Attempt, str]:
        return attempt, self.play(attempt)


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
