"""What a lane would open for: approaches made of one photo each, voted on as at a lane, against a treacherous list.

The list holds every true plate and, for each, every plate that differs from it in one place by characters that readers
take for each other; a wrong opening is a sure vote for a plate that is on the list and is another's. Counted beside it:
sure votes that are one place off in any way.

The frames of an approach are views of one photo (nearer, shifted, darker, less sharp, noisier): they err together far
more than frames of a real approach, so that the vote helps less here, and the bound counts photos, never frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from devices.ports import Pixels
from edge.verify.plate.approach import PlatesInView
from edge.verify.plate.ports import PlateRead
from edge.verify.plate.reader import PlateReader
from edge.verify.plate.vote import Vote, vote
from models.values.plate import ALIKE, differences, kind_of

FRAMES = 5
FRAME_S = 0.25

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tried:
    plate: str
    vote: Vote


def confusables(plate: str) -> set[str]:
    """Every plate that differs in one place by characters of one group of look-alikes."""
    return {
        changed
        for place, character in enumerate(plate)
        for group in ALIKE
        if character in group
        for other in group
        if other != character and kind_of(changed := plate[:place] + other + plate[place + 1 :]) is not None
    }


def approach(reader: PlateReader, pixels: Pixels, plate: str, is_crop: bool, seed: int) -> Tried:
    """One car: FRAMES views of its photo, one after the other, through the tracks to the vote."""
    view = PlatesInView()
    for number, frame in enumerate(views(pixels, seed)):
        size = (frame.shape[1], frame.shape[0])
        reads = _as_located(reader, frame, number) if is_crop else reader.read(frame)
        view = view.seen(reads, (10_000, 10_000) if is_crop else size, number * FRAME_S)
    return Tried(plate, vote(view.reads_since(0)))


def views(pixels: Pixels, seed: int) -> Iterator[Pixels]:
    """From farther to nearer: each is turned and scaled a little otherwise, and has its own light, blur and noise."""
    rng = np.random.default_rng([7, seed])
    height, width = pixels.shape[:2]
    for number in range(FRAMES):
        scale = 0.88 + 0.12 * number / (FRAMES - 1)
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1.5, 1.5), scale)
        turn[0, 2] += rng.uniform(-0.01, 0.01) * width
        turn[1, 2] += rng.uniform(-0.01, 0.01) * height
        frame = cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        frame = cv2.GaussianBlur(frame, (0, 0), rng.uniform(0.1, 0.6)) * rng.uniform(0.75, 1.15)
        yield np.clip(frame + rng.normal(0, rng.uniform(0, 5), frame.shape), 0, 255).astype(np.uint8)


def row(tried: Sequence[Tried]) -> Row:
    known = {one.plate for one in tried}
    treacherous = known.union(*(confusables(plate) for plate in known)) if known else set()
    sure = [one for one in tried if one.vote.sure]
    right = [one for one in sure if one.vote.text == one.plate]
    # a sure read of another true plate of the set is no misread where both stand in one photo
    wrong = [one for one in sure if one.vote.text in treacherous - known]
    near = [one for one in sure if differences(one.vote.text, one.plate) == 1]
    most, own = upper_bound(len(wrong), len(tried)), len(right) / max(1, len(tried))
    return {
        "figure": "openings for another's plate",
        "measured": (
            f"{len(wrong)} of {len(tried)} approaches ({', '.join(told(one) for one in wrong) or 'none'}); "
            f"at most {most:.2%} at 95 %; sure and one place off in any way: {len(near)}; "
            f"opened for their own: {own:.1%}"
        ),
        "goal": "none",
        "peer": f"{len(treacherous)} plates on the list; {FRAMES} views of one photo each, correlated",
        "ratio": None,
        "met": bool(tried) and not wrong,
        "wrong": [told(one) for one in near],
    }


def told(one: Tried) -> str:
    return f"{one.plate} as {one.vote.text}"


def upper_bound(events: int, trials: int, confidence: float = 0.95) -> float:
    """The largest rate at which so few events still happen with 1 - confidence: exact, one-sided, by halving."""
    if trials == 0 or events >= trials:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, trials, middle) > 1 - confidence else (low, middle)
    return high


def interval(right: int, total: int) -> tuple[float, float]:
    """95 %, exact, two-sided."""
    if total == 0:
        return 0.0, 1.0
    return 1 - upper_bound(total - right, total, 0.975), upper_bound(right, total, 0.975)


def _at_most(events: int, trials: int, rate: float) -> float:
    """The chance of so many events or fewer, each with `rate`."""
    if rate <= 0.0 or rate >= 1.0:
        return float(rate <= 0.0)
    logs = [0.0]
    for n in range(1, events + 1):
        logs.append(logs[-1] + float(np.log(trials - n + 1) - np.log(n)))
    terms = [log + n * np.log(rate) + (trials - n) * np.log1p(-rate) for n, log in enumerate(logs)]
    return float(np.exp(terms).sum())


def _as_located(reader: PlateReader, crop: Pixels, number: int) -> tuple[PlateRead, ...]:
    """A crop has no street around it: its plate counts as located, a little lower in each frame."""
    text, colour, score = reader.read_crop(crop)
    top = 1000.0 + 20 * number
    corners = ((1000.0, top), (1140.0, top), (1140.0, top + 44), (1000.0, top + 44))
    return (PlateRead(text, colour, score, 1.0, corners, False),) if text else ()
