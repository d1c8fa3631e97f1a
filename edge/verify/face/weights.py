"""The two networks of faces, checked as `edge/verify/pinned.py` says before a byte of them is used (SEC-18).

    FOLDER/manifest.json                 written by set-up
    FOLDER/face_detection_yunet.onnx     YuNet, finds faces and five landmarks
    FOLDER/face_recognition_sface.onnx   SFace, folded to plain float32 by scripts/prepare/weights.py

Thresholds were measured for these very files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.verify.face.errors import WeightsChanged, WeightsMissing
from edge.verify.pinned import MANIFEST as MANIFEST
from edge.verify.pinned import read_pinned

DETECTOR_FILE = "face_detection_yunet.onnx"
EMBEDDER_FILE = "face_recognition_sface.onnx"

PINNED = {
    DETECTOR_FILE: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    EMBEDDER_FILE: "e7d444509f2d7932b74b00dad484488bffe4916c5ce437fea9c39f84b9b2b286",
}

MODEL = PINNED[EMBEDDER_FILE][:16]
"""How templates, thresholds and events name the model: the first 16 hex digits of the embedder's sha256."""


@dataclass(frozen=True, slots=True, repr=False)
class LoadedWeights:
    """Both files' bytes, checked. `model` goes into every template and every FaceResult."""

    detector: bytes
    embedder: bytes
    model: str


def load(folder: Path) -> LoadedWeights:
    """Read and check both files. Raises WeightsMissing or WeightsChanged, naming the file."""
    files = read_pinned(folder, PINNED, WeightsMissing, WeightsChanged)
    return LoadedWeights(detector=files[DETECTOR_FILE], embedder=files[EMBEDDER_FILE], model=MODEL)
