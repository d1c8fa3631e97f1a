"""Which score is enough. A threshold belongs to (model, gallery size, template rule) and names its measurement.

All on press photographs of adults, which the model may have seen in training. Masks, night, children, ageing and a
gate's own optics are unmeasured; therefore a margin is added until the site has measured itself with scripts/calibrate
(site_thresholds.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.verify.face.backend import DLIB_MODEL, SFACE_MODEL, why_no_search
from edge.verify.face.errors import OneToOneOnly, UnknownModel
from edge.verify.face.site_thresholds import SiteThresholds


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured for one model, one enrolment photo. `search_min` is (gallery size, cosine), ascending.

    Margins are added to them. `uncalibrated`: about one decade of false matches, for a site that has not measured
    itself. (SFace, 93 people with East Asian names, a proxy only: FMR at 0.363 was 0.24 %, and 0.026 % at 0.45.)
    `several_photos`, `several_frames`: a mean scores higher with everybody, strangers too. With the mean of three
    probes SFace's threshold for FPIR 1 % among 1,221 and 1,225 people rose by 0.008 and 0.016, and FNMR at 0.475 fell
    from 7.4 to 1.7 % and from 5.3 to 0.4 % with one enrolment photo, from 0.6 and 0.4 % to none with three.

    Below, (a) is 2,988 photos as they are, (b) scripts/bench face: 6,432 mated and 3.05 million non-mated pairs of 483
    people after enrolment and quality gate, and 1,000 people searched by 192 enrolled and 1,473 others.

    SFace `verify_min`: 1:1, FMR 1e-4, FNMR 2.7 % (b); (a) gave 0.417. `search_min`, all (a): FPIR 0.3 % with FNIR 6.2 %
    at 1,000, 7.0 % at 2,000, 8.5 % at 4,000; 10,000 and 20,000 (about 15 %) are extrapolated. The library's usual 0.363
    let 48 % of strangers in at 1,000: it is nowhere used. (b) at 1,000 gives FPIR 0.3 % at 0.472 with one photo and
    0.475 with three, and at 0.485 and 0.5 FPIR 0.10 and 0.06 %: they stay, being the stricter. With the margin of an
    uncalibrated site no stranger of 11,050 searches was named, and one frame missed 2.7 % of residents with three
    photos (calibrated 1.4 %) and 13 % with one (calibrated 5.8 %).

    dlib `verify_min`: 1:1, FMR 1e-3, FNMR 6.7 % (b), the cosine of its vectors made length 1; with the margin FMR 1e-4,
    FNMR 27 %. As the distance its authors use it is no better (FNMR 24 % instead of 13 % at FMR 1e-4, 284 pairs), and
    their usual 0.6 let 41 % of strangers with East Asian names match (a).
    """

    verify_min: float
    search_min: tuple[tuple[int, float], ...]
    uncalibrated_margin: float
    several_photos_margin: float
    several_frames_margin: float


MEASURED = {
    SFACE_MODEL: Measured(
        verify_min=0.422,
        search_min=((1_000, 0.485), (2_000, 0.495), (4_000, 0.513), (10_000, 0.530), (20_000, 0.550)),
        uncalibrated_margin=0.05,
        several_photos_margin=0.015,
        several_frames_margin=0.015,
    ),
    DLIB_MODEL: Measured(
        verify_min=0.927,
        search_min=(),
        uncalibrated_margin=0.0175,
        several_photos_margin=0.003,
        several_frames_margin=0.003,
    ),
}


def verify_threshold(
    model: str, photos: int, frames: int = 1, *, calibrated: bool = False, site: SiteThresholds | None = None
) -> float:
    """The least cosine for 1:1, where a pass has named the person.

    `photos`: what the template stands on; `frames`: what the probe does. `site`: what was measured here; where it is
    about something else, or lower than what `calibrated` gives, that stands. Raises UnknownModel.
    """
    measured = _measured(model)
    least = round(measured.verify_min + _margins(measured, photos, calibrated), 4)
    own = site.verify_min(model, photos) if site is not None else None
    if own is not None:
        least = max(own, round(measured.verify_min + _margins(measured, photos, calibrated=True), 4))
    return _for_frames(least, measured, frames)


def search_threshold(
    model: str,
    gallery_size: int,
    photos: int,
    frames: int = 1,
    *,
    calibrated: bool = False,
    site: SiteThresholds | None = None,
) -> float:
    """The least cosine for a search among `gallery_size` people: the measured size at or above it counts.

    `photos`: the most that any template in the gallery stands on; the rest as in `verify_threshold`. Raises
    OneToOneOnly, and UnknownModel, also above the largest size measured: there a card, a phone or a plate has to name
    the person first.
    """
    if reason := why_no_search(model):
        raise OneToOneOnly(reason)
    measured = _measured(model)
    floor = next((least for size, least in measured.search_min if gallery_size <= size), None)
    if floor is None:
        raise UnknownModel(f"no search threshold was measured for {gallery_size} people: let a card or pass name them")
    least = round(floor + _margins(measured, photos, calibrated), 4)
    own = site.search_min(model, gallery_size, photos) if site is not None else None
    if own is not None:
        least = max(own, round(floor + _margins(measured, photos, calibrated=True), 4))
    return _for_frames(least, measured, frames)


def _measured(model: str) -> Measured:
    try:
        return MEASURED[model]
    except KeyError as unknown:
        raise UnknownModel(f"no thresholds were measured for the face model {model}") from unknown


def _margins(measured: Measured, photos: int, calibrated: bool) -> float:
    for_photos = measured.several_photos_margin if photos > 1 else 0.0
    return for_photos + (0.0 if calibrated else measured.uncalibrated_margin)


def _for_frames(least: float, measured: Measured, frames: int) -> float:
    return round(least + (measured.several_frames_margin if frames > 1 else 0.0), 4)
