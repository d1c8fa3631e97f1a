"""What a site measured with its own people: written by scripts/calibrate, read by the node, next to its data.

    NODEFOLDER/face-thresholds.json

It counts only for the model and the template rule it was measured with, for a gallery that has grown by at most a
fifth, and never below what was measured on press photographs: a file changed by accident can make a gate stricter, not
laxer than an uncalibrated one by more than the margin that stands for not having measured.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from models.values.frozen import Frozen
from models.values.time import Instant

FILE = "face-thresholds.json"
GROWTH_MAX = 1.2

log = logging.getLogger(__name__)


class Measure(Frozen):
    """One threshold and what it stands on. `reached` of `trials` comparisons of strangers reached it.

    `rate_max`: with 95 % confidence the true rate is at most this, were the trials independent.
    """

    least: float = Field(gt=0, lt=1)
    goal: float = Field(gt=0, lt=1)
    trials: int = Field(ge=1)
    reached: int = Field(ge=0)
    rate_max: float = Field(gt=0, le=1)


class SiteThresholds(Frozen):
    """`verify` compares with one person, `search` (None: too few people to say) with everybody.

    `people` were in the gallery; no template stood on more than `photos`.
    """

    v: Literal[1] = 1
    model: str
    made_at: Instant
    people: int = Field(ge=2)
    photos: int = Field(ge=1)
    verify: Measure
    search: Measure | None = None
    twins_left_out: int = Field(default=0, ge=0, description="pairs of people who look like one, not counted above")
    own_scores: int = Field(default=0, ge=0, description="comparisons in the node's log, one to one")
    own_below: int = Field(default=0, ge=0, description="of them below the threshold: holders who would be refused")
    corrected: int = Field(default=0, ge=0, description="comparisons left out: a person said that it was somebody else")
    false_accepts: int = Field(default=0, ge=0, description="of them those that had let somebody in")

    def verify_min(self, model: str, photos: int) -> float | None:
        """The measured threshold one to one; None where it was measured for something else."""
        return self.verify.least if model == self.model and photos <= self.photos else None

    def search_min(self, model: str, gallery_size: int, photos: int) -> float | None:
        """The measured threshold for a search; None where it was measured for something else, or for fewer people."""
        fits = model == self.model and photos <= self.photos and gallery_size <= self.people * GROWTH_MAX
        return self.search.least if fits and self.search is not None else None


def read_site_thresholds(folder: Path) -> SiteThresholds | None:
    """The site's own thresholds; None where there are none, or where the file is not what calibrate wrote.

    A broken file is told in the log and costs nothing but the calibration: the thresholds without it are higher.
    """
    path = folder / FILE
    try:
        return SiteThresholds.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as broken:
        log.warning("%s is not used, the thresholds for sites that were not measured stand: %s", path, broken)
        return None
