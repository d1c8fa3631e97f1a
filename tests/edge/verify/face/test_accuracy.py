"""False matches and false non-matches on labelled photos, where MENTING_DATA names a folder of them; else not run."""

import os
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.verify.face.align import align
from edge.verify.face.detect import Detector
from edge.verify.face.embed import Embedder
from edge.verify.face.thresholds import verify_threshold
from edge.verify.face.weights import LoadedWeights

PEOPLE = 200


@pytest.mark.req("ACC-08")
def test_one_to_one_on_labelled_photos(weights: LoadedWeights) -> None:
    data = Path(os.environ.get("MENTING_DATA", "")) / "faces" / "calibration"
    if "MENTING_DATA" not in os.environ or not data.is_dir():
        pytest.skip("not run: MENTING_DATA names no folder with faces/calibration")
    detector, embedder = Detector(weights), Embedder(weights)

    def embedding(path: Path) -> np.ndarray:
        picture = cv2.imread(str(path))
        assert picture is not None, path
        centre = np.array(picture.shape[1::-1]) / 2
        faces = detector.find(picture.astype(np.uint8))
        meant = min(faces, key=lambda face: float(np.abs(face.landmarks[2] - centre).sum()))
        return embedder.embed(align(picture.astype(np.uint8), meant.landmarks))

    photos = (sorted(person.glob("*.jpg")) for person in sorted(data.iterdir()))
    pairs = list(islice((some[:2] for some in photos if len(some) > 1), PEOPLE))
    first, second = (np.stack([embedding(pair[n]) for pair in pairs]) for n in (0, 1))
    scores = first @ second.T
    mated, others = np.diag(scores), scores[~np.eye(len(pairs), dtype=bool)]
    least = verify_threshold(embedder.model, photos=1)
    false_non_match, false_match = float((mated < least).mean()), float((others >= least).mean())
    print(f"{len(mated)} mated: FNMR {false_non_match:.3%}; {len(others)} others: FMR {false_match:.2e}; at {least}")
    assert false_non_match <= 0.10
    assert false_match <= 2e-4
