"""Are the photos of a guided enrolment taken as they were asked for: straight ahead, turned to one side, to the other?

Which side comes first is left open. A phone's front camera may hand out its picture mirrored or not, and a page cannot
tell: to demand the left of somebody who turned left would refuse what is right on half of the phones.

Measured on 270 press photos of 55 people, all fit for enrolment: 90 % are straight by this rule, 30 % turned. Of 251
pairs of a turned and a less turned photo of one person one missed the threshold that says "one person" (0.422), of 30
pairs of either side none: three such photos are still one person's. Of 710 other press photos, where nobody was asked
to look straight, 108 (15 %) are not (scripts/bench face). How many people are asked to take a photo again was not
measured, nor what turned photos do to the rates at a gate. It is no proof of life: who has three pictures passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

GUIDED_PHOTOS = 3
"""The mean of three took FNMR at FMR 1e-5 from 4.4 % to 1.0 %; fewer are not called guided."""
TURNED_MIN = 0.13
"""Nose tip off the middle of the eyes, in eye distances, from which a head is turned: about 18 degrees, where a nose
stands 0.4 of them in front of the eyes. The gate on quality ends it at 0.4, about 45 degrees."""
STRAIGHT_MAX = 0.22
"""As much as the challenge allows its frontal reference. The two overlap: one official portrait gave 0.09 and, scaled
by a quarter, 0.15, so that a sharper limit would send people back for what YuNet sees and they cannot."""


class WrongPose(StrEnum):
    """Why a photo that is in order is not the one that was asked for."""

    NOT_STRAIGHT = "not_straight"
    NOT_TURNED = "not_turned"
    SAME_SIDE = "same_side"


def wrong_poses(yaws: Sequence[float | None]) -> dict[int, WrongPose]:
    """What is wrong, by the photo's number from 1. `yaws`: one for each photo, None where there is no face to judge.

    The first photo is straight, the second turned to either side, the third to the other one; more may be anyhow.
    """
    wrong: dict[int, WrongPose] = {}
    straight, first, second = (*yaws[:GUIDED_PHOTOS], *(None,) * GUIDED_PHOTOS)[:GUIDED_PHOTOS]
    if straight is not None and abs(straight) >= STRAIGHT_MAX:
        wrong[1] = WrongPose.NOT_STRAIGHT
    for number, yaw in ((2, first), (3, second)):
        if yaw is not None and abs(yaw) < TURNED_MIN:
            wrong[number] = WrongPose.NOT_TURNED
    if first is not None and second is not None and not wrong.keys() & {2, 3} and (first > 0) == (second > 0):
        wrong[3] = WrongPose.SAME_SIDE
    return wrong
