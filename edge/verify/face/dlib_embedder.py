"""The `face-recognition` package as the second backend, for lanes where a card or pass has named the person.

Only this file imports it, and only when a site chooses it: the import takes seconds, reads 130 MB, and one of the files
it reads (68 landmarks) is not for commercial use. What is used of it is its encoder with the 5-point file. Faces come
from YuNet, whose box is made into one as that package's own detector would have drawn it: 84 % of the side (geometric
mean), 6 % lower; medians over 584 photos that both found.

Fingerprints of all four files are checked before the package may open any of them (SEC-18).
"""

from __future__ import annotations

import hashlib
import importlib.util
import threading
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import ImageFile

from devices.ports import Pixels
from edge.verify.face.backend import DLIB_MODEL
from edge.verify.face.detect import Face
from edge.verify.face.embed import Embedding, unit
from edge.verify.face.errors import FaceFault, WeightsChanged, WeightsMissing

PINNED = {
    "dlib_face_recognition_resnet_model_v1.dat": "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    "mmod_human_face_detector.dat": "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
    "shape_predictor_5_face_landmarks.dat": "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    "shape_predictor_68_face_landmarks.dat": "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
}
_SIDE, _LOWER = 0.844, 0.06
_ABSENT = "the package face-recognition is not installed: run `python3 scripts/setup.py --face dlib`"


class DlibEmbedder:
    """128 numbers from dlib's ResNet, made length 1. Safe to share: one face at a time."""

    model = DLIB_MODEL

    def __init__(self) -> None:
        """Raises WeightsMissing where the package is not installed, WeightsChanged for other files than the pinned."""
        check_files(_models_folder())
        self._library = _load()
        self._one_at_a_time = threading.Lock()

    def probe(self, pixels: Pixels, face: Face) -> Embedding:
        rgb = np.ascontiguousarray(pixels[:, :, ::-1])
        with self._one_at_a_time:
            encodings = self._library.face_encodings(rgb, [_as_its_own_box(face)])
        if len(encodings) != 1:
            raise FaceFault(f"dlib gave {len(encodings)} encodings for one face")
        return unit(encodings[0])

    def reference(self, pixels: Pixels, face: Face) -> Embedding:
        return self.probe(pixels, face)


def check_files(folder: Path) -> None:
    """Raises WeightsMissing or WeightsChanged, naming the file."""
    for name, wanted in PINNED.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError as gone:
            raise WeightsMissing(f"{folder / name} is not there: {_ABSENT}") from gone
        if found != wanted:
            raise WeightsChanged(f"{name} has sha256 {found[:16]}…, but this version was measured with {wanted[:16]}…")


def _models_folder() -> Path:
    found = importlib.util.find_spec("face_recognition_models")  # finds, and does not import
    if found is None or found.origin is None:
        raise WeightsMissing(_ABSENT)
    return Path(found.origin).parent / "models"


def _load() -> ModuleType:
    """The package, without what it does to others: it tells Pillow to accept cut-off pictures, everywhere."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pkg_resources announces its end on every import
            import face_recognition
    except (ImportError, SystemExit) as absent:  # it ends the process where its models cannot be imported
        raise WeightsMissing(_ABSENT) from absent
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    package: ModuleType = face_recognition
    return package


def _as_its_own_box(face: Face) -> tuple[int, int, int, int]:
    """(top, right, bottom, left), a square. It may reach beyond the picture: dlib fills with black."""
    x, y, width, height = face.box
    across, down = x + width / 2, y + height * (0.5 + _LOWER)
    half = _SIDE * (width * height) ** 0.5 / 2
    return round(down - half), round(across + half), round(down + half), round(across - half)
