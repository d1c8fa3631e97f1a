"""One plate out of the reads of one approach: several must agree, and the far ones alone decide nothing (LANE-03).

A read belongs to a track: one car, from the first sight of its plate to the last. What is not fit for a vote is left
out with its reason, so that the guard's page can say why a car that was seen was not read.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.values.plate import differences, kind_of


class Unfit(StrEnum):
    """Why a read is left out of the vote (LANE-04)."""

    CUT = "cut"
    SMALL = "small"
    SHAPE = "shape"
    FAINT = "faint"
    NO_PLATE = "no_plate"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Read:
    """One plate in one frame. box: left, top, right, bottom in pixels of a frame of `size` (width, height).

    located: score of the locator, 0 to 1. score: of the weakest character, 0 to 1. frame: its number in the approach.
    still_since_s: for how long this plate has not moved.
    """

    track: int
    frame: int
    text: str
    score: float
    located: float
    box: tuple[float, float, float, float]
    size: tuple[int, int]
    still_since_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """located_min is LANE-04's. A plate of 440 x 140 mm seen from aside is narrower; two rows are nearly square.

    sure_score: of the weakest character, in each of so many `agreeing` reads. Of 493 labelled crops 13 were misread as
    another plate, the surest of them at 0.953 (G for 6); `scripts/bench plate` counts what a lane would open for.
    """

    located_min: float = 0.6
    height_px_min: float = 16.0
    aspect_min: float = 1.6
    aspect_max: float = 6.0
    margin_px: float = 2.0
    parked_s: float = 60.0
    agreeing: int = 2
    sure_score: float = 0.96


AT_THE_LANE = Limits()


@dataclass(frozen=True, slots=True)
class Vote:
    """text: what was read, or "". sure: may be compared with the lists; else a guard is asked, with the candidates.

    frame: the very frame that the text was read from, to be shown with it (LANE-06). left_out: why, and how often.
    """

    text: str
    sure: bool
    frame: int | None
    candidates: tuple[str, ...]
    left_out: dict[Unfit, int]


def is_cut(box: tuple[float, float, float, float], size: tuple[int, int], margin_px: float = 2.0) -> bool:
    """Whether the frame's border may have taken a part of the plate (LANE-04)."""
    left, top, right, bottom = box
    return left < margin_px or top < margin_px or right > size[0] - margin_px or bottom > size[1] - margin_px


def unfit(read: Read, limits: Limits = AT_THE_LANE) -> Unfit | None:
    left, top, right, bottom = read.box
    width, height = right - left, bottom - top
    if is_cut(read.box, read.size, limits.margin_px):
        return Unfit.CUT
    if height < limits.height_px_min:
        return Unfit.SMALL
    if not limits.aspect_min <= width / height <= limits.aspect_max:
        return Unfit.SHAPE
    if read.located < limits.located_min:
        return Unfit.FAINT
    if kind_of(read.text) is None:
        return Unfit.NO_PLATE  # a badge or a poster that was taken for letters
    return Unfit.PARKED if read.still_since_s > limits.parked_s else None


def vote(reads: Sequence[Read], limits: Limits = AT_THE_LANE) -> Vote:
    """reads: of one approach, all tracks, in any order. The track that comes nearest to the line is the car there."""
    reasons = [(read, unfit(read, limits)) for read in reads]
    left_out = dict(Counter(why for _, why in reasons if why is not None))
    fit = [read for read, why in reasons if why is None]
    if not fit:
        return Vote("", False, None, (), left_out)
    nearest = max(fit, key=_nearness)
    mine = sorted((read for read in fit if read.track == nearest.track), key=_nearness, reverse=True)
    agreeing = [read for read in mine if read.text == nearest.text]
    close = [read for read in mine if differences(read.text, nearest.text) <= 1]
    ranked = Counter(read.text for read in close).most_common()
    contradicted = any(text != nearest.text and count >= len(agreeing) for text, count in ranked)
    certain = [read for read in agreeing if read.score >= limits.sure_score]
    sure = len(certain) >= limits.agreeing and len(close) == len(mine) and not contradicted
    return Vote(nearest.text, sure, nearest.frame, tuple(dict.fromkeys(read.text for read in mine)), left_out)


def _nearness(read: Read) -> tuple[float, float, int, float, int, str]:
    """The camera looks down the lane: what is lower in the picture, then larger, then newer, is nearer to the line.
    What is equally near goes by its score, and at last by anything that does not depend on the order of the reads."""
    left, top, right, bottom = read.box
    return bottom, (right - left) * (bottom - top), read.frame, read.score, read.track, read.text
