"""Real weights and real faces: what set-up prepared, or what can be made of installed packages without a network."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from edge.verify.face.backend import DLIB
from edge.verify.face.examine import FaceReader
from edge.verify.face.weights import LoadedWeights, load
from scripts.prepare.demo_faces import DemoFaces, prepare_demo_faces
from scripts.prepare.plate_weights import prepare_plate_weights
from scripts.prepare.weights import prepare_weights

ROOT = Path(__file__).resolve().parents[3]
CACHE = ROOT / os.environ.get("MENTING_CACHE", ".menting/cache")


@pytest.fixture(scope="session")
def weights_folder() -> Path:
    return prepare_weights(CACHE).folder


@pytest.fixture(scope="session")
def plate_weights_folder() -> Path:
    return prepare_plate_weights(CACHE)


@pytest.fixture(scope="session")
def weights(weights_folder: Path) -> LoadedWeights:
    return load(weights_folder)


@pytest.fixture(scope="session")
def reader(weights: LoadedWeights) -> FaceReader:
    return FaceReader(weights)


@pytest.fixture(scope="session")
def dlib_reader(weights_folder: Path) -> FaceReader:
    """scripts/test installs the package, so CI must have it; elsewhere: not run, and why."""
    if importlib.util.find_spec("face_recognition") is None:
        said = "not run: face-recognition is not installed (python3 scripts/setup.py --face dlib)"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return FaceReader.open(weights_folder, DLIB)


@pytest.fixture(scope="session")
def demo_faces() -> DemoFaces:
    return prepare_demo_faces(CACHE, fetch=False)


@pytest.fixture(scope="session")
def astronaut(demo_faces: DemoFaces) -> np.ndarray:
    """Always there: it comes with an installed package."""
    return demo_faces.pictures("astronaut")[0]


@pytest.fixture(scope="session")
def three_people(demo_faces: DemoFaces) -> DemoFaces:
    """The astronaut and two others, one of them on three photos. CI must have them; elsewhere: not run, and why."""
    if demo_faces.missing is not None:
        said = f"not run, a second face is needed: {demo_faces.missing}"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return demo_faces
