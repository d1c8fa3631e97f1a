"""The two networks, read once and checked before a byte of them is used (SEC-18).

    FOLDER/manifest.json                 {"files": {NAME: sha256 in hex, ...}}, written by set-up
    FOLDER/face_detection_yunet.onnx     YuNet, finds faces and five landmarks
    FOLDER/face_recognition_sface.onnx   SFace, folded to plain float32 by scripts/prepare/weights.py

The manifest finds accidents: a torn copy, a bad disk. It cannot find an intruder, who would rewrite it as well; so the
hashes must also be the ones pinned here, for which thresholds were measured. What is hashed is what is loaded: the
bytes are read once and handed on, never read a second time from a path.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from edge.verify.face.errors import WeightsChanged, WeightsMissing

MANIFEST = "manifest.json"
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
    listed = _manifest(folder / MANIFEST)
    detector = _checked(folder, DETECTOR_FILE, listed)
    embedder = _checked(folder, EMBEDDER_FILE, listed)
    return LoadedWeights(detector=detector, embedder=embedder, model=MODEL)


def _manifest(path: Path) -> dict[str, object]:
    try:
        files = json.loads(path.read_bytes())["files"]
    except FileNotFoundError as gone:
        raise WeightsMissing(f"{path} is not there: run set-up, which prepares the face weights") from gone
    except (ValueError, KeyError, TypeError) as broken:
        raise WeightsChanged(f"{path} is not the manifest set-up wrote") from broken
    if not isinstance(files, dict):
        raise WeightsChanged(f"{path} is not the manifest set-up wrote")
    return files


def _checked(folder: Path, name: str, listed: dict[str, object]) -> bytes:
    path = folder / name
    try:
        content = path.read_bytes()
    except FileNotFoundError as gone:
        raise WeightsMissing(f"{path} is not there: run set-up, which prepares the face weights") from gone
    found = hashlib.sha256(content).hexdigest()
    if found != listed.get(name):
        raise WeightsChanged(f"{path} has sha256 {found[:16]}…, but its manifest lists {str(listed.get(name))[:16]}…")
    if found != PINNED[name]:
        raise WeightsChanged(
            f"{path} has sha256 {found[:16]}…, but this version was measured with {PINNED[name][:16]}…"
        )
    return content
