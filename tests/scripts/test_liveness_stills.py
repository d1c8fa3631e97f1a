"""A photograph held up, or worn, by somebody who plays along does not pass the challenge: no head turns."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.liveness_stills import stills_pass
from tests.edge.verify.conftest import astronaut, demo_faces, weights_folder

__all__ = ["astronaut", "demo_faces", "weights_folder"]


@pytest.mark.req("ACC-10")
@pytest.mark.parametrize("motion", ["moved", "tilted", "zoomed", "mask"])
def test_a_still_passes_by_no_way_of_holding_it(weights_folder, astronaut: np.ndarray, motion: str) -> None:
    assert not stills_pass(astronaut, motion, seed=3)
