"""Which score is enough. A threshold belongs to (model, gallery size, template rule) and names its measurement.

All on press photographs of adults (2,988 photos, 1,488 mated and 4.46 million non-mated pairs), which the model may
have seen in training. Masks, night, children, ageing and a gate's own optics are unmeasured: a site that has measured
itself passes `calibrated=True` together with its own figures in the site file; until then a margin is added.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.verify.face.errors import UnknownModel
from edge.verify.face.weights import MODEL

UNCALIBRATED_MARGIN = 0.05
"""Among 93 people with East Asian names (a proxy only) FMR at 0.363 was 0.24 %, and 0.026 % at 0.45."""

SEVERAL_PHOTOS_MARGIN = 0.015
"""A mean of photos scores higher with everybody, so the same false matches need a higher threshold."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured for one model, one enrolment photo. `search_min` is (gallery size, cosine), ascending.

    `verify_min`: 1:1, FMR 1e-4, FNMR 2.6 %. `search_min`: FPIR 0.3 % with FNIR 6.2 % at 1,000, 7.0 % at 2,000,
    8.5 % at 4,000; 10,000 and 20,000 (about 15 %) are extrapolated. The library's usual 0.363 let 48 % of strangers
    in at 1,000: it is nowhere used.
    """

    verify_min: float
    search_min: tuple[tuple[int, float], ...]


MEASURED = {
    MODEL: Measured(
        verify_min=0.417,
        search_min=((1_000, 0.485), (2_000, 0.495), (4_000, 0.513), (10_000, 0.530), (20_000, 0.550)),
    )
}


def verify_threshold(model: str, photos: int, calibrated: bool = False) -> float:
    """The least cosine for 1:1, where a pass has named the person. `photos`: what the template stands on.

    Raises UnknownModel.
    """
    return round(_measured(model).verify_min + _margins(photos, calibrated), 4)


def search_threshold(model: str, gallery_size: int, photos: int, calibrated: bool = False) -> float:
    """The least cosine for a search among `gallery_size` people: the measured size at or above it counts.

    `photos`: the most that any template in the gallery stands on. Raises UnknownModel, also above the largest size
    measured: there a card, a phone or a plate has to name the person first.
    """
    for size, least in _measured(model).search_min:
        if gallery_size <= size:
            return round(least + _margins(photos, calibrated), 4)
    raise UnknownModel(f"no search threshold was measured for {gallery_size} people: let a card or pass name them")


def _measured(model: str) -> Measured:
    try:
        return MEASURED[model]
    except KeyError as unknown:
        raise UnknownModel(f"no thresholds were measured for the face model {model}") from unknown


def _margins(photos: int, calibrated: bool) -> float:
    return (0.0 if calibrated else UNCALIBRATED_MARGIN) + (SEVERAL_PHOTOS_MARGIN if photos > 1 else 0.0)
